#include "analysis/yake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

namespace hb {
namespace {

// Only words that the texts below hold; the whole list is compared in tests/parity/keywords.py.
const std::vector<std::string> kStop = {
    "us",   "that", "is",    "a",   "and", "about", "the",  "but",  "given", "its",  "in",
    "this", "as",   "could", "for", "to",  "up",    "tell", "come", "of",    "next", "somewhat"};

std::vector<Keyword> Find(std::string_view text, bool repaired = false) {
  KeywordExtractor::Options options;
  options.repaired = repaired;
  KeywordDocument document;
  std::vector<Keyword> out;
  KeywordExtractor(options, kStop).Extract(text, document, out);
  return out;
}

std::vector<std::string> Texts(const std::vector<Keyword>& keywords) {
  std::vector<std::string> texts;
  for (const Keyword& keyword : keywords) texts.push_back(keyword.text);
  return texts;
}

struct Expected {
  const char* text;
  double score;
};
void ExpectEqual(const std::vector<Keyword>& found, const std::vector<Expected>& expected) {
  ASSERT_EQ(found.size(), expected.size()) << testing::PrintToString(Texts(found));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].text, expected[i].text);
    EXPECT_NEAR(found[i].score, expected[i].score, 1e-9) << expected[i].text;
  }
}

TEST(Segtok, ClassesOfAsciiAreThoseOfUnicode) {
  for (char32_t c = 0; c < segtok::kAsciiClasses.size(); ++c)
    EXPECT_EQ(segtok::ClassOf(c), segtok::ClassByUnicode(c)) << "code point " << std::uint32_t{c};
}

TEST(Yake, FindsThePhrasesOfAPost) {
  ExpectEqual(
      Find("Big win for #climate policy today! Climate policy matters to COVID-19 survivors "
           "@bob https://t.co/x"),
      {{"climate policy today", 0.013010371593},
       {"climate policy", 0.038098250004},
       {"Big win", 0.041312468207},
       {"Climate policy matters", 0.054379163450},
       {"policy today", 0.064905600030},
       {"climate", 0.091953814578},
       {"Big", 0.158316928780},
       {"today", 0.158316928780},
       {"policy", 0.192492453},
       {"survivors", 0.225011401965},
       {"bob", 0.225011401965},
       {"win", 0.250595182535},
       {"policy matters", 0.260817529595},
       {"matters", 0.537329688369}});
}

TEST(Yake, FindsThePhrasesOfADocument) {
  std::vector<Keyword> found = Find(
      "Sources tell us that Google is acquiring Kaggle, a platform that hosts data science and "
      "machine learning competitions. Details about the transaction remain somewhat vague, but given "
      "that Google is hosting its Cloud Next conference in San Francisco this week, the official "
      "announcement could come as early as tomorrow.");
  found.resize(5);
  ExpectEqual(found, {{"machine learning competitions", 0.003331329850},
                      {"hosts data science", 0.004971289797},
                      {"acquiring Kaggle", 0.009998956468},
                      {"learning competitions", 0.019203116091},
                      {"Google is acquiring", 0.020384466432}});
}

TEST(Yake, CountsRepeatedWords) {
  ExpectEqual(Find("Apple Apple apple iPhone iphone sales up 5%"),
              {{"Apple Apple apple", 0.002028271405},
               {"Apple apple iPhone", 0.003838958623},
               {"iPhone iphone sales", 0.009647225316},
               {"Apple", 0.041583485532},
               {"iPhone iphone", 0.056073259545},
               {"sales", 0.161631364945}});
}

TEST(Yake, FindsNothingInStopWords) {
  EXPECT_TRUE(Find("the the of").empty());
  EXPECT_TRUE(Find("").empty());
  EXPECT_TRUE(Find(" \n\t ... !!!").empty());
}

TEST(Yake, TheRepairedModeKeepsNamesWithDigitsAndLeavesOutMentionsAndLinks) {
  const std::string text =
      "COVID-19 numbers fall, says @healthdesk https://example.org/covid today";
  EXPECT_THAT(Texts(Find(text)), testing::Not(testing::Contains("COVID-19")));
  EXPECT_THAT(Texts(Find(text)), testing::Contains("healthdesk"));
  EXPECT_THAT(Texts(Find(text, true)), testing::Contains("COVID-19"));
  EXPECT_THAT(Texts(Find(text, true)),
              testing::Not(testing::Contains(testing::HasSubstr("health"))));
  EXPECT_THAT(Texts(Find(text, true)), testing::Not(testing::Contains(testing::HasSubstr("http"))));
}

TEST(Yake, ManyPostsAreOneDocument) {
  const KeywordExtractor extractor({}, StopWords::Of("en"));
  KeywordDocument document;
  std::vector<Keyword> out;
  for (const char* post : {"The climate strike is growing", "A climate strike in every city",
                           "Nobody ignores the climate strike"}) {
    ASSERT_TRUE(extractor.Add(post, document));
  }
  extractor.Extract(document, out);
  ASSERT_THAT(Texts(out), testing::Contains("climate strike"));
  for (const Keyword& keyword : out) {
    if (keyword.text == "climate strike") {
      EXPECT_EQ(keyword.count, 3U);
    }
    EXPECT_THAT(keyword.text, testing::Not(testing::HasSubstr("growing A")));
  }
}

TEST(Yake, ADocumentIsBounded) {
  const KeywordExtractor extractor({}, StopWords::Of("en"));
  KeywordDocument document;
  const std::string post(KeywordDocument::kMaxBytes / 2 + 1, '.');
  EXPECT_TRUE(extractor.Add(post, document));
  EXPECT_FALSE(extractor.Add(post, document));
  document.Clear();
  EXPECT_TRUE(extractor.Add(post, document));
}

TEST(Yake, HostileTextsTakeLinearTime) {
  const auto repeat = [](std::string_view part) {
    std::string text;
    while (text.size() < (std::size_t{1} << 20)) text += part;
    return text;
  };
  for (const char* part :
       {"a", "[", "(http://", "(http://a.b/", "A)", "x.y@", "\xca\xbc", "\xf0\x9f\x98\x80", "\xff",
        "&amp", ". and (", "a-\n", "New York. ", "abcdefghij ", "A. ", "http://a@", "'"}) {
    for (const std::string& text :
         {repeat(part), repeat(part) + "'s?", "http://" + repeat(part) + "?"}) {
      const std::clock_t before = std::clock();
      Find(text);
      EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 10) << part;
    }
  }
}

}  // namespace
}  // namespace hb
