#include "analysis/polarity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "analysis/pattern_lexicon.h"

namespace hb {
namespace {

using Mode = PolarityAnalyzer::Mode;
using testing::ElementsAre;

struct Case {
  const char* name;
  std::string_view text;
  double polarity, subjectivity;
};

PolarityScore ScoreOf(std::string_view text, Mode mode = Mode::kTextBlob) {
  PolarityAnalyzer::Scratch scratch;
  return PolarityAnalyzer(mode).Score(text, scratch);
}

std::vector<std::string> TokensOf(std::string_view text, Mode mode = Mode::kTextBlob) {
  polarity::TokenBuffer buffer;
  buffer.Tokenize(text, mode);
  std::vector<std::string> tokens;
  for (const polarity::Token token : buffer.tokens()) {
    if (token.bytes > 0) tokens.emplace_back(buffer.View(token));
  }
  return tokens;
}

// Values that textblob 0.20.1 printed.
constexpr Case kTextBlobCases[] = {
    {"word", "great", 0.8, 0.75},
    {"modifier", "very great", 1.0, 0.975},
    {"negation", "not great", -0.4, 0.75},
    {"negated modifier", "not very great", -0.3076923076923077, 0.5769230769230769},
    {"modifier below the clamp", "very good", 0.91, 0.78},
    {"modifier of one", "really good", 0.7, 0.6000000000000001},
    {"exclamation", "extremely bad!", -0.8749999999999998, 0.6666666666666666},
    {"one exclamation mark", "good!", 0.875, 0.6000000000000001},
    {"two exclamation marks", "good!!", 1.0, 0.6000000000000001},
    {"irony", "(!)", 0, 1},
    {"emoticon", ":(", -0.75, 1},
    {"worst", "This is terrible", -1, 1},
    {"adverb and word", "We are absolutely loving this!", 0.75, 0.95},
    {"contraction is not seen", "This isn't a bad idea at all", -0.6999999999999998,
     0.6666666666666666},
    {"contraction is lost", "It isn't great", 0.8, 0.75},
    {"negation first", "Not bad at all", 0.3499999999999999, 0.6666666666666666},
    {"modifier before negation", "very not happy", -0.1, 0.65},
    {"modifier before no", "very no happy", -0.5, 1.0},
    {"negation across one letter", "not a great", -0.4, 0.75},
    {"negation dropped by two letters", "not of the great", 0.8, 0.75},
    {"hashtag", "#good", 0.7, 0.6000000000000001},
    {"mention counts", "@good good", 0.7, 0.6000000000000001},
    {"negated modifier alone", "not very", -0.1, 0.3},
    {"negation alone", "not", 0, 0},
    {"two adjectives", "definitely happy", 0.8, 1.0},
    {"hard work", "Thank you for all your hard work", -0.2916666666666667, 0.5416666666666666},
    {"emoji mean nothing",
     "  Without makeup, Beauty and Daniella are beautiful \xf0\x9f\x98\x8d BBNajia", 0.85, 1.0},
    {"paragraphs",
     "  oh, how rain amuses itself in sorrows\nits what someone once told me...\nhowever, i saw it "
     "differently~\n\n"
     "rain was nature\xe2\x80\x99s\xe2\x80\xa6",
     0.0, 0.6},
    {"empty", "", 0, 0},
    {"blank", " \n\t ", 0, 0},
    {"Kelvin sign is a k", "\xe2\x84\xaaind", 0.6, 0.9},
    {"letter joins an emoticon", "Happy relax D", 0.8, 1.0},
    {"NUL is a character", std::string_view("good\0", 5), 0, 0},
};

TEST(PolarityTest, GivesWhatTextBlobGives) {
  for (const Case& c : kTextBlobCases) {
    const PolarityScore score = ScoreOf(c.text);
    EXPECT_NEAR(score.polarity, c.polarity, 1e-12) << c.name;
    EXPECT_NEAR(score.subjectivity, c.subjectivity, 1e-12) << c.name;
  }
}

constexpr Case kRepairedCases[] = {
    {"contraction", "It isn't great", -0.4, 0.75},
    {"curly contraction", "It isn\xe2\x80\x99t great", -0.4, 0.75},
    {"capitals", "IT ISN'T GREAT", -0.4, 0.75},
    {"apostrophe left out", "it isnt great", -0.4, 0.75},
    {"cannot", "cannot recommend: not good", -0.35, 0.6000000000000001},
    {"idea", "This isn't a bad idea at all", 0.3499999999999999, 0.6666666666666666},
    {"emoji", "beautiful \xf0\x9f\x98\x8d", 0.925, 1.0},
    {"emoji against a word", "beautiful\xf0\x9f\x98\xad", -0.075, 1.0},
    {"emoji with colour and variation", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd\xe2\x9d\xa4\xef\xb8\x8f",
     0.75, 1.0},
    {"emoji stops a negation", "not \xf0\x9f\x98\x8d a great", 0.9, 0.875},
    {"plain text as before", "not very great", -0.3076923076923077, 0.5769230769230769},
    {"emoticon with a quote", ":'(", -1, 1},
    {"negation after a modifier (#391)", "very not happy", -0.5, 1},
    {"and its other spelling", "very no happy", -0.5, 1},
    {"an adverb's own intensity (#391)", "definitely happy", 1, 1},
    {"another one", "really good", 1, 1},
    {"the adverb alone", "seriously", -0.1, 1},
    {"emoticon with a curly quote", ":\xe2\x80\x99(", -1, 1},
};

TEST(PolarityTest, RepairedModeSeesContractionsQuotesAndEmoji) {
  for (const Case& c : kRepairedCases) {
    const PolarityScore score = ScoreOf(c.text, Mode::kRepaired);
    EXPECT_NEAR(score.polarity, c.polarity, 1e-12) << c.name;
    EXPECT_NEAR(score.subjectivity, c.subjectivity, 1e-12) << c.name;
  }
}

TEST(PolarityTest, TellsWhatEachPoleAdds) {
  const PolarityScore score = ScoreOf("good, not good, not bad");  // .7, -.35, .35
  EXPECT_NEAR(score.positive, (0.7 + 0.35) / 3, 1e-12);
  EXPECT_NEAR(score.negative, 0.35 / 3, 1e-12);
  EXPECT_NEAR(score.positive - score.negative, score.polarity, 1e-12);
}

TEST(PolarityTest, LabelsBySignAndTheRepairedModeForgivesNoise) {
  const PolarityScore noise = ScoreOf("not good, not bad");
  ASSERT_NE(noise.polarity, 0.0);
  ASSERT_LT(std::abs(noise.polarity), 1e-9);
  const PolarityLabel strict =
      noise.polarity < 0 ? PolarityLabel::kNegative : PolarityLabel::kPositive;
  EXPECT_EQ(PolarityAnalyzer(Mode::kTextBlob).Label(noise), strict);
  EXPECT_EQ(PolarityAnalyzer(Mode::kRepaired).Label(noise), PolarityLabel::kNeutral);
  for (const Mode mode : {Mode::kTextBlob, Mode::kRepaired}) {
    const PolarityAnalyzer analyzer(mode);
    EXPECT_EQ(analyzer.Label({0, 0}), PolarityLabel::kNeutral);
    EXPECT_EQ(analyzer.Label({1e-8, 0}), PolarityLabel::kPositive);
    EXPECT_EQ(analyzer.Label({-1e-8, 0}), PolarityLabel::kNegative);
  }
  EXPECT_EQ(ToString(PolarityLabel::kNegative), "negative");
}

TEST(PolarityTest, ExplainsWithTheWordsOfEachAssessment) {
  const PolarityAnalyzer analyzer;
  PolarityAnalyzer::Scratch scratch;
  std::vector<PolarityAssessment> assessments;
  const PolarityScore score =
      analyzer.Explain("NOT very great! Nice try, ( ! ) really not :-D", scratch, assessments);
  std::vector<std::string> words;
  double sum = 0;
  for (const PolarityAssessment& a : assessments) {
    words.push_back(a.words);
    sum += a.polarity;
  }
  EXPECT_THAT(words, ElementsAre("not very great !", "nice", "(!)", "really not", ":-d"));
  EXPECT_NEAR(score.polarity, sum / 5, 1e-15);
  EXPECT_EQ(score.polarity,
            analyzer.Score("NOT very great! Nice try, ( ! ) really not :-D", scratch).polarity);
  KeepHeaviest(2, assessments);
  ASSERT_EQ(assessments.size(), 2u);
  EXPECT_EQ(assessments[0].words, ":-d");
  EXPECT_EQ(assessments[1].words, "nice");
}

struct TokenCase {
  const char* name;
  std::string_view text;
  std::vector<std::string> tokens;
};

TEST(PolarityTokensTest, SplitsAsTheOriginal) {
  const TokenCase cases[] = {
      {"contraction falls apart", "isn't", {"is", "n", "'", "t"}},
      {"possessive", "Ann's", {"Ann", "'", "s"}},
      {"marks at both ends", "(good!?)", {"(", "good", "!", "?", ")"}},
      {"marks inside stay", "a-b/c_d", {"a-b/c_d"}},
      {"leading full stop stays", ".good", {".good"}},
      {"ellipsis swallows full stops", "so.....", {"so", "..."}},
      {"two full stops", "so..", {"so", ".", "."}},
      {"abbreviations", "etc. e.g. U.S. Mr. x.", {"etc.", "e.g.", "U.S.", "Mr.", "x."}},
      {"abbreviation before a mark", "(etc.)", {"(", "etc.", ")"}},
      {"not abbreviations", "Ma. end.", {"Ma", ".", "end", "."}},
      {"irony", "yes ( ! ) no", {"yes", "(!)", "no"}},
      {"irony with a paragraph inside", "( \n\n ! )", {"(!)"}},
      {"emoticons", "x:) :'( 8-) >:(", {"x", ":)", ":'(", "8-)", ">", ":("}},
      {"emoticon before a word", ": )x", {":)", "x"}},
      {"no emoticon before a letter", ":Dx :-Da", {":", "Dx", ":", "-", "Da"}},
      {"longer emoticon first", ": o )", {":o)"}},
      {"emoticon after an abbreviation", "o. O", {"o.O"}},
      {"no emoticon across a sentence", "o . O", {"o", ".", "O"}},
      {"a word that begins an emoticon", "relax D now", {"relaxD", "now"}},
      {"the mark of a paragraph", "a END-OF-SENTENCE b", {"a", "b"}},
      {"white space of Unicode",
       "a\xc2\xa0"
       "b\xe3\x80\x80"
       "c\xe2\x80\xa8"
       "d\x1c"
       "e",
       {"a", "b", "c", "d", "e"}},
      {"zero width space is none",
       "a\xe2\x80\x8b"
       "b",
       {"a\xe2\x80\x8b"
        "b"}},
      {"curly quotes",
       "\xe2\x80\x9c"
       "hi\xe2\x80\x99",
       {"\xe2\x80\x9c", "hi", "\xe2\x80\x99"}},
  };
  for (const TokenCase& c : cases) EXPECT_EQ(TokensOf(c.text), c.tokens) << c.name;
}

TEST(PolarityTokensTest, RepairedModeKeepsContractionsAndCutsEmojiOut) {
  EXPECT_THAT(TokensOf("isn\xe2\x80\x99t", Mode::kRepaired), ElementsAre("is", "n't"));
  EXPECT_THAT(TokensOf("DON'T", Mode::kRepaired), ElementsAre("DO", "N'T"));
  EXPECT_THAT(TokensOf("ok\xf0\x9f\x98\x8d!", Mode::kRepaired),
              ElementsAre("ok", "\xf0\x9f\x98\x8d", "!"));
}

TEST(PolarityTokensTest, TheShortWayGivesTheTokensOfThePlainOne) {
  constexpr std::string_view kAlphabet[] = {
      "(", ")", "!", ":",  "-", "'", "=", "o", "O", "D", "x", "X",        "8", ".",   "_",
      "s", " ", " ", "\n", ">", "<", "3", "/", "P", ";", "c", "\xc2\xb0", "[", "n't", "^"};
  std::mt19937 random(3);
  const auto visible = [](const polarity::TokenBuffer& buffer) {
    std::vector<std::string> tokens;
    for (const polarity::Token token : buffer.tokens()) {
      if (token.bytes > 0) tokens.emplace_back(buffer.View(token));
    }
    return tokens;
  };
  polarity::TokenBuffer quick, plain;
  std::size_t joined = 0;
  for (int run = 0; run < 100'000; ++run) {
    std::string text;
    for (std::size_t i = random() % 10; i > 0; --i)
      text += kAlphabet[random() % std::size(kAlphabet)];
    for (const Mode mode : {Mode::kTextBlob, Mode::kRepaired}) {
      quick.Tokenize(text, mode);
      plain.TokenizePlain(text, mode);
      ASSERT_EQ(visible(quick), visible(plain)) << "text: " << text;
    }
    for (const std::string& token : visible(plain))
      joined += token == ":)" || token == "o.O" || token == "(!)";
  }
  EXPECT_GT(joined, 100u);  // The texts do hold what makes the two ways differ.
}

TEST(PolarityTokensTest, CountsCharactersAsPythonDoesInLowerCase) {
  struct {
    const char* name;
    std::string_view token;
    std::size_t characters;
  } const cases[] = {
      {"ascii", "abc", 3},
      {"two bytes", "\xc3\xa9", 1},
      {"four bytes", "\xf0\x9f\x98\x8d", 1},
      {"dotted I", "\xc4\xb0", 2},
      {"surrogate", "\xed\xa0\x80", 3},
      {"cut sequence", "\xf0\x9f\x98", 1},
      {"overlong", "\xe0\x80\x80", 3},
      {"too large", "\xf4\x90\x80\x80", 4},
      {"stray", "\x80\xff", 2},
      {"lead then letter",
       "\xe2"
       "a",
       2},
  };
  for (const auto& c : cases) {
    EXPECT_TRUE(polarity::LongerThan(c.token, c.characters - 1)) << c.name;
    EXPECT_FALSE(polarity::LongerThan(c.token, c.characters)) << c.name;
  }
}

TEST(PatternLexiconTest, FindsEveryFormAndNoOther) {
  std::size_t words = 0;
  for (const pattern::Entry& entry : pattern::Entries()) {
    const std::string form = entry.Form();
    EXPECT_EQ(pattern::Find(pattern::MakeKey(form)), &entry) << form;
    words += (entry.flags & pattern::kWord) != 0;
    // FindToken looks up no other form of one byte.
    EXPECT_TRUE(form.size() > 1 || form == "!") << form;
    if (form.size() < pattern::kMaxFormBytes) {
      const pattern::Entry* longer = pattern::Find(pattern::MakeKey(form + '\0'));
      EXPECT_EQ(longer, nullptr) << form;
    }
  }
  EXPECT_EQ(words, 2840u);
}

TEST(PatternLexiconTest, LowersLettersOnly) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::uint64_t all = 0x0101010101010101u * byte;
    const std::uint64_t lower = byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
    EXPECT_EQ(pattern::LowerAscii(all), 0x0101010101010101u * lower) << byte;
    EXPECT_EQ(pattern::LowerAscii(all & 0xff00ff00ff00ff00u),
              0x0101010101010101u * lower & 0xff00ff00ff00ff00u)
        << byte;
  }
}

TEST(PolarityTest, HostileTextsTakeTimeInTheirLength) {
  // Each would take minutes if its square were walked.
  const std::string parts[] = {"a.",           "!",        "....", "(",   "( ! )", ": )", "n't",
                               "\xe2\x84\xaa", "\xc4\xb0", "\xf0", "Mr.", "'",     "...!"};
  for (const std::string& part : parts) {
    std::string text;
    while (text.size() < 2'000'000) text += part;
    for (const Mode mode : {Mode::kTextBlob, Mode::kRepaired}) {
      const PolarityScore score = ScoreOf(text, mode);
      EXPECT_LE(std::abs(score.polarity), 1.0) << part;
    }
  }
  std::string abbreviations, marks;
  for (int i = 0; i < 300'000; ++i) abbreviations += "a.", marks += "!.";
  EXPECT_EQ(ScoreOf(abbreviations + "x" + marks).polarity, 0.0);
}

TEST(PolarityTest, OneAnalyzerServesManyThreads) {
  const PolarityAnalyzer analyzer;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      PolarityAnalyzer::Scratch scratch;
      for (int run = 0; run < 500; ++run) {
        wrong[t] += analyzer.Score("not very great", scratch).subjectivity != 0.5769230769230769;
        wrong[t] += analyzer.Score("good : )", scratch).polarity != 0.6;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace hb
