#include "model/language_model.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "model/embedded.h"
#include "model/language_codes.h"
#include "model/language_corpus.h"
#include "model/language_eval.h"
#include "model/language_scorer.h"
#include "model/language_text.h"
#include "model/language_trainer.h"

namespace hb::model {
namespace {

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> out;
  WalkLanguage(text, [&](const LanguageWord& word) {
    EXPECT_EQ(word.symbols[0], kWordBegin);
    EXPECT_EQ(word.symbols[word.count - 1], kWordEnd);
    std::string spelt;
    for (std::size_t i = 1; i + 1 < word.count; ++i) {
      spelt += word.symbols[i] < 0x80 ? std::string(1, static_cast<char>(word.symbols[i]))
                                      : "<" + std::to_string(word.symbols[i]) + ">";
    }
    out.push_back(spelt);
  });
  return out;
}

using Words = std::vector<std::string>;

TEST(LanguageText, TakesTheProseOnly) {
  struct {
    const char* name;
    std::string_view text;
    Words words;
  } const cases[] = {
      {"links, names, hashtags", "See http://a.b/c?d @me_2 #Go now", {"see", "now"}},
      {"www and capitals", "WWW.x.com HTTPS://x.y Hello", {"hello"}},
      {"only a beginning is a link", "ahttp://x", {"ahttp", "x"}},
      {"apostrophes",
       "don't 'quote' rock'n' \xE2\x80\x99tis l\xE2\x80\x99"
       "eau",
       {"don't", "quote", "rock'n", "tis", "l'eau"}},
      {"repeats", "sooooo goooal", {"soo", "gooal"}},
      {"digits and emoji part words",
       "a1b\xF0\x9F\x98\x82"
       "c",
       {"a", "b", "c"}},
      {"entities and escapes",
       "caf\\u00e9 &amp; this &#233;t&eacute",
       {"caf<233>", "this", "<233>t", "eacute"}},
      {"capitals beyond ASCII", "\xC3\x89T\xC3\x89 \xD0\x96", {"<233>t<233>", "<1078>"}},
      {"full-width", "\xEF\xBC\xA8\xEF\xBD\x89", {"hi"}},
      {"scripts part words", "abc\xD0\xB6", {"abc", "<1078>"}},
      {"marks stay", "e\xCC\x81t", {"e<769>t"}},
      {"a mark alone", "\xCC\x81 a", {"a"}},
      {"a joiner is not there",
       "a\xE2\x80\x8C"
       "b",
       {"ab"}},
      {"broken bytes part words",
       "a\xFF"
       "b\xC3",
       {"a", "b"}},
      {"nothing", "", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(WordsOf(c.text), c.words) << c.name;
}

TEST(LanguageText, ALongWordGoesOnAsAnother) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += i % 2 == 0 ? 'a' : 'b';
  const Words words = WordsOf(text);
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words[0].size(), kMaxLanguageWord);
  EXPECT_EQ(words[3].size(), 100 - 3 * kMaxLanguageWord);
}

TEST(LanguageText, GramsAreThoseOfTheWordWithItsEnds) {
  std::vector<std::uint64_t> hashes;
  WalkLanguage("ab", [&](const LanguageWord& word) {
    ForLanguageGrams(word, [&](std::uint64_t hash) { hashes.push_back(hash); });
  });
  // Of ^ab$: two of one symbol (not the ends alone), three of two, two of three, one of four.
  EXPECT_EQ(hashes.size(), 2u + 3u + 2u + 1u);
  std::size_t whole = 0;
  WalkLanguage("abcdef", [&](const LanguageWord& word) {
    ForLanguageGrams(word, [&](std::uint64_t hash) { whole += hash == word.hash; });
  });
  EXPECT_EQ(whole, 1u);
}

TEST(LanguageCodes, OneSpellingForEachLanguage) {
  EXPECT_EQ(CanonicalLanguage("nb-NO"), "no");
  EXPECT_EQ(CanonicalLanguage("Farsi (Persian)"), "fa");
  EXPECT_EQ(CanonicalLanguage("Klingon"), "und");
  EXPECT_EQ(CanonicalLanguage("pcm"), "pcm");
  EXPECT_EQ(CanonicalLanguage("Traditional Chinese"), "zh-TW");
}

/// "ab" is of the first language, "cd" of the second.
LanguageParts SmallParts() {
  LanguageParts parts;
  parts.name = "small";
  parts.version = "7";
  parts.lengths.fill(1 << 16);
  LanguageClass first{.code = "aa", .script = Script::kLatin};
  first.weights[0] = 1 << kLanguageBits;
  LanguageClass second{.code = "bb", .script = Script::kLatin};
  second.weights[kLanguageDim - 1] = 1 << kLanguageBits;
  parts.classes = {first, second, {.code = "ru", .script = Script::kCyrillic}};
  parts.tags.assign(16 * kLanguageWays, 0);
  parts.rows.assign(16 * kLanguageWays * kLanguageRowBytes, kLanguageZero * 0x11);
  const auto put = [&](std::string_view word, std::size_t byte, std::uint8_t value) {
    WalkLanguage(word, [&](const LanguageWord& w) {
      std::uint64_t last = 0;
      ForLanguageGrams(w, [&](std::uint64_t hash) { last = hash; });
      // Any n-gram of the word will do: the last is its end.
      std::size_t at = LanguageModel::SetOf(last, 16) * kLanguageWays;
      while (parts.tags[at] != 0) ++at;
      parts.tags[at] = static_cast<std::uint16_t>(LanguageModel::TagOf(last));
      parts.rows[at * kLanguageRowBytes + byte] = value;
    });
  };
  put("ab", 0, 0x8F);                      // Number 0 is 7, number 16 is 0.
  put("cd", kLanguageRowBytes - 1, 0xF8);  // Number 31 is 7, number 15 is 0.
  return parts;
}

std::string Rechecked(std::string bytes) {
  const std::uint64_t sum = Hash64(std::string_view(bytes).substr(24));
  for (std::size_t i = 0; i < 8; ++i) bytes[16 + i] = static_cast<char>(sum >> (8 * i));
  return bytes;
}

LanguageModel SmallModel() {
  auto model = LanguageModel::FromBytes(EncodeLanguageModel(SmallParts()));
  EXPECT_TRUE(model.ok());
  return std::move(model).value();
}

TEST(LanguageModel, ReadsBackWhatWasWritten) {
  const LanguageModel model = SmallModel();
  EXPECT_EQ(model.name(), "small");
  EXPECT_EQ(model.version(), "7");
  ASSERT_EQ(model.classes().size(), 3u);
  EXPECT_EQ(model.classes()[1].code, "bb");
  EXPECT_EQ(model.classes()[1].weights[31], 1 << kLanguageBits);
  EXPECT_EQ(model.ClassesOf(Script::kLatin), std::make_pair(std::size_t{0}, std::size_t{2}));
  EXPECT_EQ(model.ClassesOf(Script::kCyrillic), std::make_pair(std::size_t{2}, std::size_t{3}));
  EXPECT_EQ(model.ClassesOf(Script::kGreek), std::make_pair(std::size_t{0}, std::size_t{0}));
  EXPECT_EQ(model.length_factor(1'000'000), 1u << 16);
}

// The worked example of docs/formats/language_model.md.
TEST(LanguageModel, HeaderHasTheDocumentedLayout) {
  const std::string bytes = EncodeLanguageModel(SmallParts());
  EXPECT_EQ(bytes.substr(0, 8), "HBLANGID");
  EXPECT_EQ(bytes.substr(8, 8), std::string("\1\0\0\0\1\0\0\0", 8));
  EXPECT_EQ(bytes.substr(24, 8), std::string("\3\0\0\0\x10\0\0\0", 8));
  EXPECT_EQ(bytes.substr(4128, 8), std::string("\5small\1"
                                               "7",
                                               8));
  EXPECT_EQ(bytes.substr(4136, 4), std::string("\2"
                                               "aa\1",
                                               4));
  EXPECT_EQ(bytes.size(), 4352u + 16 * 4 * 18);
}

TEST(LanguageModel, ScoresByHandAsWritten) {
  const LanguageModel model = SmallModel();
  const LanguageScorer scorer(model);
  LanguageScratch scratch;
  // Number 0 of the text is 7 / 512, the weight 1: e^(7/512) to 1.
  const LanguageVerdict first = scorer.Score("ab", "", scratch);
  EXPECT_EQ(first.code, "aa");
  // The table of exp is linear between sixteenths.
  EXPECT_NEAR(first.probability, 503'418, 150);
  EXPECT_EQ(first.grams, 1u);
  EXPECT_EQ(scorer.Score("cd", "", scratch).code, "bb");
  EXPECT_EQ(scorer.Score("ab cd cd", "", scratch).code, "bb");
  EXPECT_EQ(scorer.Score("cd", "aa", scratch).code, "aa") << "the source's label tips the balance";
  EXPECT_EQ(scorer.Score("\xD0\xB6", "", scratch).code, "ru") << "alone in its script";
  EXPECT_EQ(scorer.Score("\xCE\xB1\xCE\xB2", "", scratch).code, "el") << "known by its script";
  EXPECT_EQ(scorer.Score("12 :-)", "", scratch).code, "");
  EXPECT_FALSE(scorer.Score("12 :-)", "aa", scratch).sure());
}

TEST(LanguageModel, RefusesWhatIsBroken) {
  const std::string good = EncodeLanguageModel(SmallParts());
  struct {
    const char* name;
    std::string bytes;
  } const cases[] = {
      {"empty", ""},
      {"short", good.substr(0, 31)},
      {"other magic", "HBLINEAR" + good.substr(8)},
      {"cut off", Rechecked(good.substr(0, good.size() - 1))},
      {"longer", Rechecked(good + "x")},
      {"cut off in the classes", Rechecked(good.substr(0, 4200))},
      {"wrong sum", good.substr(0, good.size() - 1) + "\x01"},
      {"other format", Rechecked(std::string(good).replace(8, 1, "\x02"))},
      {"other features", Rechecked(std::string(good).replace(12, 1, "\x09"))},
      {"one class", Rechecked(std::string(good).replace(24, 1, "\x01"))},
      {"huge table", Rechecked(std::string(good).replace(28, 4, "\xFF\xFF\xFF\x7F"))},
      {"a huge length factor", Rechecked(std::string(good).replace(35, 1, "\x7F"))},
      {"a code with a digit", Rechecked(std::string(good).replace(4137, 1, "1"))},
      {"a script that is none", Rechecked(std::string(good).replace(4139, 1, "\x63"))},
      {"a huge weight", Rechecked(std::string(good).replace(4145, 1, "\x7F"))},
      {"a huge bias", Rechecked(std::string(good).replace(4143, 1, "\x7F"))},
  };
  ASSERT_TRUE(LanguageModel::View(Rechecked(good)).ok());
  for (const auto& c : cases) {
    const auto model = LanguageModel::View(c.bytes);
    ASSERT_FALSE(model.ok()) << c.name;
    EXPECT_EQ(model.error().code, Code::kCorrupt) << c.name;
  }
}

TEST(LanguageModel, TheEmbeddedOneFitsItsLimits) {
  const LanguageModel& model = EmbeddedLanguage();
  EXPECT_LE(model.bytes().size(), std::size_t{4} << 20);
  EXPECT_GE(model.classes().size(), 75u);
}

TEST(LanguageScorer, RememberedWordsChangeNothing) {
  const LanguageScorer scorer(EmbeddedLanguage());
  LanguageScratch warm;
  const std::string_view texts[] = {
      "the cat sat on the mat", "le chat est sur la table",
      "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 \xD0\xBC\xD0\xB8\xD1\x80"};
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view text : texts) {
      LanguageScratch cold;
      const LanguageVerdict a = scorer.Score(text, "", warm);
      const LanguageVerdict b = scorer.Score(text, "", cold);
      EXPECT_EQ(a.code, b.code);
      EXPECT_EQ(a.probability, b.probability);
    }
  }
}

TEST(LanguageScorer, AScratchServesTwoModels) {
  const LanguageModel small = SmallModel();
  const LanguageScorer one(small);
  const LanguageScorer two(EmbeddedLanguage());
  LanguageScratch scratch;
  EXPECT_EQ(one.Score("ab", "", scratch).grams, 1u);
  EXPECT_GT(two.Score("ab", "", scratch).grams, 1u);
  EXPECT_EQ(one.Score("ab", "", scratch).grams, 1u);
}

std::string MadeUpRows(int rows, std::uint64_t seed) {
  constexpr const char* kWords[3][4] = {{"lova", "mira", "sola", "tova"},
                                        {"krub", "drub", "stub", "grub"},
                                        {"enisch", "lisch", "misch", "tisch"}};
  constexpr const char* kCodes[] = {"xa", "xb", "xc"};
  std::string out;
  std::uint64_t state = seed;
  for (int i = 0; i < rows; ++i) {
    out += std::string(kCodes[i % 3]) + "\t";
    for (int w = 0; w < 4; ++w) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      out += std::string(kWords[i % 3][state >> 62]) + " ";
    }
    out += "\n";
  }
  return out;
}

void AddRows(std::string_view rows, LanguageCorpus& corpus) {
  corpus.BeginSource();
  while (!rows.empty()) {
    const std::size_t stop = rows.find('\n');
    const std::size_t tab = rows.find('\t');
    corpus.Add(rows.substr(0, tab), rows.substr(tab + 1, stop - tab - 1));
    rows.remove_prefix(stop + 1);
  }
}

LanguageOptions SmallOptions() {
  LanguageOptions options;
  options.sets = 64;
  options.grams = 200;
  options.passes = 4;
  options.draws = 400;
  options.choice = 400;
  options.priors.clear();
  return options;
}

TEST(LanguageTrainer, LearnsAndGivesTheSameBytesAgain) {
  LanguageCorpus corpus;
  AddRows(MadeUpRows(600, 1), corpus);
  corpus.DropRare();
  ASSERT_EQ(corpus.classes().size(), 3u);
  const auto trained = TrainLanguage(SmallOptions(), corpus);
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  const LanguageScorer scorer(trained.value().model);
  LanguageScratch scratch;
  EXPECT_EQ(scorer.Score("sola tova", "", scratch).code, "xa");
  EXPECT_EQ(scorer.Score("grub", "", scratch).code, "xb");
  EXPECT_EQ(scorer.Score("fisch", "", scratch).code, "xc") << "by its n-grams";
  EXPECT_GT(scorer.Score("fisch", "", scratch).probability, 600'000);
  const auto again = TrainLanguage(SmallOptions(), corpus);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(trained.value().model.bytes(), again.value().model.bytes());
}

TEST(LanguageTrainer, RefusesOptionsOutOfRange) {
  LanguageCorpus corpus;
  AddRows(MadeUpRows(600, 1), corpus);
  LanguageOptions options = SmallOptions();
  options.passes = 0;
  EXPECT_EQ(TrainLanguage(options, corpus).error().code, Code::kInvalidArgument);
  options = SmallOptions();
  options.length_exponent = 2;
  EXPECT_EQ(TrainLanguage(options, corpus).error().code, Code::kInvalidArgument);
  EXPECT_EQ(TrainLanguage(SmallOptions(), LanguageCorpus()).error().code, Code::kInvalidArgument);
}

TEST(LanguageCorpus, KeepsAScriptOnlyWhereALanguageIsAtHome) {
  LanguageCorpus corpus;
  corpus.BeginSource();
  for (int i = 0; i < 900; ++i)
    corpus.Add("ru", "\xD0\xB6\xD0\xB8\xD0\xB2\xD0\xBE\xD0\xB9 \xD0\xB6\xD0\xB8\xD0\xB2 Twitter");
  for (int i = 0; i < 150; ++i) corpus.Add("ru", "breaking news");
  for (int i = 0; i < 99; ++i) corpus.Add("xx", "ab");
  corpus.DropRare();
  ASSERT_EQ(corpus.classes().size(), 1u);
  EXPECT_EQ(corpus.classes()[0].key.script, Script::kCyrillic);
}

TEST(LanguageEval, OpenAnswersCountAsWrong) {
  std::chrono::steady_clock::duration busy{};
  const Metrics metrics = ScoreLanguages(EmbeddedLanguage(),
                                         {{"en", "the weather is lovely today"},
                                          {"en", "123"},
                                          {"zh-TW", "\xE9\x80\x99\xE5\x80\x8B\xE5\x9C\x8B"}},
                                         busy);
  EXPECT_EQ(metrics.count(), 3u);
  EXPECT_NEAR(metrics.Accuracy(), 2.0 / 3, 1e-9);
}

}  // namespace
}  // namespace hb::model
