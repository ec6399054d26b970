#include "analysis/named_entities.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/allocations.h"
#include "base/utf8.h"

namespace hb {
namespace {

std::vector<NamedEntity> Names(std::string_view text) {
  static const NamedEntityTagger tagger;
  NamedEntityTagger::Scratch scratch;
  std::vector<NamedEntity> out;
  tagger.Tag(text, scratch, out);
  return out;
}

std::vector<std::string> Texts(std::string_view text) {
  std::vector<std::string> out;
  for (const NamedEntity& name : Names(text)) {
    out.push_back(std::string(name.TypeName()) + " " + std::string(name.Text(text)));
  }
  return out;
}

TEST(NamedEntities, FindsPersonsAndPlaces) {
  EXPECT_EQ(Texts("Justin Bieber is in London today"),
            (std::vector<std::string>{"person Justin Bieber", "place London"}));
  EXPECT_TRUE(Texts("i am so tired of this").empty());
}

TEST(NamedEntities, OffsetsHoldBehindEmojiJoinersAndHan) {
  const std::string family =
      "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7";
  for (const std::string& before :
       {std::string(), family + " ", std::string("\xE6\x9D\xB1\xE4\xBA\xAC "),
        family + "\xE2\x9D\xA4\xEF\xB8\x8F "}) {
    const std::string text = before + "Justin Bieber is in London today";
    const auto names = Names(text);
    ASSERT_FALSE(names.empty()) << text;
    for (const NamedEntity& name : names) {
      EXPECT_EQ(name.begin_point, CountCodePoints(text.substr(0, name.begin)));
      EXPECT_EQ(name.end_point, CountCodePoints(text.substr(0, name.end)));
    }
    EXPECT_EQ(names.back().Text(text), "London") << text;
  }
}

TEST(NamedEntities, LeavesMentionsAndLinksOut) {
  for (const NamedEntity& name : Names("@justinbieber is in London http://london.com/")) {
    EXPECT_EQ(name.begin, 20u);
    EXPECT_EQ(name.end, 26u);
  }
}

TEST(NamedEntities, AnyBytesHaveAnAnswer) {
  EXPECT_TRUE(Names("").empty());
  EXPECT_TRUE(Names("\xFF\xFE\x80").empty());
  std::string emoji;
  for (int i = 0; i < 250'000; ++i) emoji += "\xF0\x9F\x98\x80";
  EXPECT_TRUE(Names(emoji).empty());
  Names(std::string(10'000, 'x'));
}

TEST(NamedEntities, AllocatesNothingOnceWarm) {
  const NamedEntityTagger tagger;
  NamedEntityTagger::Scratch scratch;
  std::vector<NamedEntity> out;
  const std::string text = "Justin Bieber met Barack Obama in New York, then flew to London #Paris";
  tagger.Tag(text, scratch, out);
  const auto before = ThreadAllocations();
  for (int i = 0; i < 100; ++i) tagger.Tag(text, scratch, out);
  EXPECT_EQ(ThreadAllocations(), before);
  EXPECT_FALSE(out.empty());
}

TEST(NamedEntities, RefusesABrokenModelFile) {
  EXPECT_FALSE(NamedEntityTagger::FromFile("/nowhere/model.bin").ok());
}

}  // namespace
}  // namespace hb
