#include "analysis/language.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hb {
namespace {

struct Case {
  const char* name;
  std::string_view text;
  std::string_view hint;
  std::string_view code;
};

constexpr Case kCases[] = {
    {"english", "The weather is lovely today and everybody went to the park.", "", "en"},
    {"german", "Heute ist das Wetter sch\xC3\xB6n und alle gehen in den Park.", "", "de"},
    {"portuguese", "Hoje o tempo est\xC3\xA1 bonito e todos foram ao parque da cidade.", "", "pt"},
    {"russian",
     "\xD0\xA1\xD0\xB5\xD0\xB3\xD0\xBE\xD0\xB4\xD0\xBD\xD1\x8F \xD1\x85\xD0\xBE\xD1\x80\xD0\xBE\xD1"
     "\x88\xD0\xB0\xD1\x8F \xD0\xBF\xD0\xBE\xD0\xB3\xD0\xBE\xD0\xB4\xD0\xB0",
     "", "ru"},
    {"japanese",
     "\xE4\xBB\x8A\xE6\x97\xA5\xE3\x81\xAF\xE3\x81\xA8\xE3\x81\xA6\xE3\x82\x82\xE8\x89\xAF\xE3\x81"
     "\x84\xE5\xA4\xA9\xE6\xB0\x97\xE3\x81\xA7\xE3\x81\x99\xE3\x81\xAD",
     "", "ja"},
    {"korean",
     "\xEC\x98\xA4\xEB\x8A\x98 \xEB\x82\xA0\xEC\x94\xA8\xEA\xB0\x80 \xEC\xA0\x95\xEB\xA7\x90 "
     "\xEC\xA2"
     "\x8B\xEC\x95\x84\xEC\x9A\x94",
     "", "ko"},
    {"hebrew has its new code",
     "\xD7\x94\xD7\x99\xD7\x95\xD7\x9D \xD7\x9E\xD7\x96\xD7\x92 "
     "\xD7\x94\xD7\x90\xD7\x95\xD7\x95\xD7"
     "\x99\xD7\xA8 \xD7\x99\xD7\xA4\xD7\x94 \xD7\x9E\xD7\x90\xD7\x95\xD7\x93",
     "", "he"},
    {"indonesian has its new code, and is told from Malay with a platform's help",
     "Hari ini cuacanya sangat bagus dan semua orang pergi ke taman kota.", "in", "id"},
    {"setswana", "Bana ba sekolo ba ithuta go bala le go kwala Setswana ka tlhoafalo.", "", "tn"},
    {"only a link", "https://t.co/abcdefghijklmnopqrst", "", "und"},
    {"only mentions and hashtags", "@someone @another #TheGreatOutdoors", "", "und"},
    {"only emoji", "\xF0\x9F\x98\x82\xF0\x9F\x98\x82", "", "und"},
    {"empty", "", "", "und"},
    {"too short to say", "ok", "", "und"},
    {"hausa post", "Allah ya kara mana lafiya da zaman lafiya", "", "ha"},
    {"traditional chinese",
     "\xE9\x80\x99\xE5\x80\x8B\xE5\x95\x8F\xE9\xA1\x8C\xE5\xBE\x88\xE9\x9B\xA3\xE8\xAA\xAA", "",
     "zh-TW"},
    {"simplified chinese",
     "\xE8\xBF\x99\xE4\xB8\xAA\xE9\x97\xAE\xE9\xA2\x98\xE5\xBE\x88\xE9\x9A\xBE\xE8\xAF\xB4", "",
     "zh"},
    {"one letter", "x", "", "und"},
    {"letters without a language", "xq zzv kwjx", "", "und"},
    {"khmer is known by its script",
     "\xE1\x9E\x80\xE1\x9E\x98\xE1\x9F\x92\xE1\x9E\x96\xE1\x9E\xBB\xE1\x9E\x87\xE1\x9E\xB6", "",
     "km"},
    {"runes are a script that no language here has", "\xE1\x9A\xA0\xE1\x9A\xA2\xE1\x9A\xA6", "",
     "und"},
    {"a Latin name does not outweigh Japanese",
     "RT Twitter \xE4\xBB\x8A\xE6\x97\xA5\xE3\x81\xAF\xE8\x89\xAF\xE3\x81\x84\xE5\xA4\xA9\xE6\xB0\x97\xE3\x81\xA7\xE3\x81\x99",
     "", "ja"},
    {"a hint that fits settles a short text", "bom dia amigo", "pt", "pt"},
    {"a hint alone is nothing", "123 456", "pt", "und"},
    {"a wrong hint does not win over a long text",
     "The weather is lovely today and everybody went to the park.", "de", "en"},
    {"links and mentions do not count",
     "@the_and_you https://t.co/the-and-you Das ist ein ganz "
     "gew\xC3\xB6hnlicher deutscher Satz mit W\xC3\xB6rtern",
     "", "de"},
    {"entities", "This isn&#39;t what they said it would be &amp; you know that", "", "en"},
    {"invalid bytes are passed over",
     "The weather \xFF is lovely \xC3 today and everybody went to the park.", "", "en"},
};

TEST(Language, FindsAsStated) {
  const LanguageAnalyzer analyzer;
  LanguageAnalyzer::Scratch scratch;
  for (const Case& c : kCases) {
    EXPECT_EQ(analyzer.Detect(c.text, c.hint, scratch).code, c.code) << c.name;
  }
}

TEST(Language, ThreadsDoNotDisturbEachOther) {
  const LanguageAnalyzer analyzer;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      LanguageAnalyzer::Scratch scratch;
      for (int round = 0; round < 50; ++round) {
        for (const Case& c : kCases) {
          wrong[t] += analyzer.Detect(c.text, c.hint, scratch).code != c.code;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
}

TEST(Language, OldAndPlatformCodesAreNormalized) {
  struct {
    std::string_view from, to;
  } const cases[] = {{"en", "en"},
                     {"EN-us", "en"},
                     {"iw", "he"},
                     {"in", "id"},
                     {"pt_BR", "pt"},
                     {"zh-CN", "zh"},
                     {"zh-TW", "zh-TW"},
                     {"zh-Hant-HK", "zh-TW"},
                     {"qme", "und"},
                     {"zxx", "und"},
                     {"und", "und"},
                     {"", ""},
                     {"nb", "no"},
                     {"English", "en"},
                     {"Tagalog (Filipino)", "tl"},
                     {"LANGUAGE UNDEFINED", "und"}};
  for (const auto& c : cases) EXPECT_EQ(NormalizeLanguage(c.from), c.to) << c.from;
  EXPECT_EQ(ToXLanguage("he"), "iw");
  EXPECT_EQ(ToXLanguage("id"), "in");
  EXPECT_EQ(ToXLanguage("zh"), "zh-CN");
  EXPECT_EQ(ToXLanguage("pt"), "pt");
}

TEST(Language, BadInputGetsASoundAnswer) {
  const LanguageAnalyzer analyzer;
  LanguageAnalyzer::Scratch scratch;
  std::string emoji;
  while (emoji.size() < 1u << 20) emoji += "\xF0\x9F\x98\x82";
  EXPECT_EQ(analyzer.Detect(emoji, "", scratch).code, "und");
  EXPECT_EQ(analyzer.Detect(std::string(10'000, '\xFF'), "", scratch).code, "und");
  EXPECT_EQ(analyzer.Detect(std::string(10'000, '\0'), "", scratch).code, "und");
  EXPECT_EQ(analyzer.Detect(std::string(10'000, 'a'), "", scratch).probability >= 0, true);
  std::string word;
  for (int i = 0; word.size() < 10'000; ++i) word += "abcdefghij"[i * i % 10];
  const LanguageGuess guess = analyzer.Detect(word, "", scratch);
  EXPECT_EQ(NormalizeLanguage(guess.code), guess.code);
  // A text cut inside a letter.
  std::string cut(LanguageAnalyzer::kMaxBytes - 1, ' ');
  EXPECT_EQ(analyzer.Detect(cut + "\xD0\x96", "", scratch).code, "und");
}

TEST(Language, EmptyTextBetweenOthersLeavesNothingBehind) {
  const LanguageAnalyzer analyzer;
  LanguageAnalyzer::Scratch scratch;
  for (const Case& c : kCases) {
    analyzer.Detect(c.text, c.hint, scratch);
    EXPECT_EQ(analyzer.Detect("", "en", scratch).code, "und") << c.name;
    EXPECT_EQ(analyzer.Detect("", "en", scratch).probability, 0) << c.name;
  }
}

TEST(Language, ALongTextCostsNoMoreThanItsBeginning) {
  const LanguageAnalyzer analyzer;
  LanguageAnalyzer::Scratch scratch;
  std::string text;
  while (text.size() < 4u << 20) text += "\xD0\xBF\xD0\xBE\xD0\xB3\xD0\xBE\xD0\xB4\xD0\xB0 ";
  const LanguageGuess all = analyzer.Detect(text, "", scratch);
  const LanguageGuess first =
      analyzer.Detect(std::string_view(text).substr(0, LanguageAnalyzer::kMaxBytes), "", scratch);
  EXPECT_EQ(all.code, first.code);
  EXPECT_EQ(all.probability, first.probability);
}

}  // namespace
}  // namespace hb
