// The conformance suite of twitter-text, as far as it says what is an entity. The files are not
// part of this repository: the test looks for them beside it and says what it left out.
// entities_test.cc holds cases of our own for the same rules, which always run.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text/entities.h"
#include "text/tweet_length.h"
#include "text/utf8.h"

#ifdef HB_HAVE_YAML
#include <yaml-cpp/yaml.h>

namespace hb {
namespace {

YAML::Node Load(const char* name) {
  const std::filesystem::path path =
      std::filesystem::path(HB_SOURCE_DIR) / "../shared/data/twitter_text" / name;
  if (!std::filesystem::exists(path)) return YAML::Node();
  return YAML::LoadFile(path.string())["tests"];
}

#define LOAD_OR_SKIP(tests, name)           \
  const YAML::Node tests = Load(name);      \
  if (!tests.IsDefined() || tests.IsNull()) \
  GTEST_SKIP() << "left out: " << name << " of twitter-text"

std::string TextOf(const YAML::Node& test) { return test["text"].as<std::string>(); }

std::vector<Entity> Find(const std::string& text, EntityKind kind) {
  std::vector<Entity> found;
  for (const Entity& entity : ExtractEntities(text)) {
    if (entity.kind == kind) found.push_back(entity);
  }
  return found;
}

/// Checks a group whose `expected` is a list of values; returns how many cases it had.
int CheckValues(const YAML::Node& group, EntityKind kind) {
  int cases = 0;
  for (const auto& test : group) {
    const std::string text = TextOf(test);
    std::vector<std::string> found;
    for (const Entity& entity : Find(text, kind)) found.emplace_back(entity.Value(text));
    EXPECT_EQ(found, test["expected"].as<std::vector<std::string>>()) << test["description"] << "\n"
                                                                      << text;
    ++cases;
  }
  return cases;
}

/// Checks a group whose `expected` holds indices in code points, and the value under `key`.
int CheckIndices(const YAML::Node& group, EntityKind kind, const char* key) {
  int cases = 0;
  for (const auto& test : group) {
    const std::string text = TextOf(test);
    const std::vector<Entity> found = Find(text, kind);
    EXPECT_EQ(found.size(), test["expected"].size()) << test["description"];
    if (found.size() != test["expected"].size()) continue;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const YAML::Node expected = test["expected"][i];
      const std::string_view all = text;
      EXPECT_EQ(CountCodePoints(all.substr(0, found[i].begin)),
                expected["indices"][0].as<std::size_t>());
      EXPECT_EQ(CountCodePoints(all.substr(0, found[i].end)),
                expected["indices"][1].as<std::size_t>());
      EXPECT_EQ(found[i].Value(text), expected[key].as<std::string>()) << test["description"];
      if (expected["list_slug"]) {
        EXPECT_EQ(found[i].List(text), expected["list_slug"].as<std::string>());
      }
    }
    ++cases;
  }
  return cases;
}

TEST(TwitterText, Extract) {
  LOAD_OR_SKIP(tests, "extract.yml");
  int cases = 0;
  cases += CheckValues(tests["mentions"], EntityKind::kMention);
  cases += CheckIndices(tests["mentions_with_indices"], EntityKind::kMention, "screen_name");
  cases +=
      CheckIndices(tests["mentions_or_lists_with_indices"], EntityKind::kMention, "screen_name");
  cases += CheckValues(tests["urls"], EntityKind::kUrl);
  cases += CheckIndices(tests["urls_with_indices"], EntityKind::kUrl, "url");
  cases += CheckIndices(tests["urls_with_directional_markers"], EntityKind::kUrl, "url");
  cases += CheckValues(tests["tco_urls_with_params"], EntityKind::kUrl);
  cases += CheckValues(tests["hashtags"], EntityKind::kHashtag);
  cases += CheckValues(tests["hashtags_from_astral"], EntityKind::kHashtag);
  cases += CheckIndices(tests["hashtags_with_indices"], EntityKind::kHashtag, "hashtag");
  cases += CheckValues(tests["cashtags"], EntityKind::kCashtag);
  cases += CheckIndices(tests["cashtags_with_indices"], EntityKind::kCashtag, "cashtag");
  for (const auto& test : tests["replies"]) {
    const YAML::Node expected = test["expected"];
    EXPECT_EQ(ReplyName(TextOf(test)), expected.IsNull() ? "" : expected.as<std::string>())
        << test["description"];
    ++cases;
  }
  EXPECT_EQ(cases, 238);
}

TEST(TwitterText, TopLevelDomains) {
  LOAD_OR_SKIP(tests, "tlds.yml");
  int cases = CheckValues(tests["country"], EntityKind::kUrl);
  cases += CheckValues(tests["generic"], EntityKind::kUrl);
  EXPECT_GT(cases, 1400);
}

TEST(TwitterText, Validate) {
  LOAD_OR_SKIP(tests, "validate.yml");
  int cases = 0;
  auto check = [&](const char* group, auto valid) {
    for (const auto& test : tests[group]) {
      EXPECT_EQ(valid(TextOf(test)), test["expected"].as<bool>())
          << group << ": " << test["description"];
      ++cases;
    }
  };
  check("tweets", [](const std::string& t) { return MeasureTweet(t, kTweetRules2010).valid; });
  check("usernames", IsValidUsername);
  check("lists", IsValidList);
  check("hashtags", IsValidHashtag);
  check("urls", [](const std::string& t) { return IsValidUrl(t); });
  check("urls_without_protocol", [](const std::string& t) { return IsValidUrl(t, false); });
  auto measure = [&](const char* group, const TweetRules& rules) {
    for (const auto& test : tests[group]) {
      const TweetLength length = MeasureTweet(TextOf(test), rules);
      const YAML::Node expected = test["expected"];
      EXPECT_EQ(length.weighted, expected["weightedLength"].as<int>()) << test["description"];
      EXPECT_EQ(length.valid, expected["valid"].as<bool>()) << test["description"];
      EXPECT_EQ(length.permillage, expected["permillage"].as<int>()) << test["description"];
      EXPECT_EQ(length.display_end, expected["displayRangeEnd"].as<int>()) << test["description"];
      EXPECT_EQ(length.valid_end, expected["validRangeEnd"].as<int>()) << test["description"];
      ++cases;
    }
  };
  measure("WeightedTweetsCounterTest", kTweetRules2017);
  measure("WeightedTweetsWithDiscountedEmojiCounterTest", kTweetRules2018);
  measure("UnicodeDirectionalMarkerCounterTest", kTweetRules2018);
  EXPECT_EQ(cases, 97);
}

/// The texts between <a ...> and </a>, and the mention's sign, in order.
std::vector<std::string> Links(const std::string& html) {
  std::vector<std::string> links;
  for (std::size_t at = html.find("<a "); at != std::string::npos; at = html.find("<a ", at)) {
    const std::size_t open = html.find('>', at) + 1;
    const std::size_t close = html.find("</a>", open);
    links.push_back(html.substr(open, close - open));
    at = close;
  }
  return links;
}

std::string Unescape(std::string text) {
  for (std::size_t at = text.find("&amp;"); at != std::string::npos;
       at = text.find("&amp;", at + 1)) {
    text.erase(at + 1, 4);
  }
  return text;
}

bool Shows(const Entity& entity, const std::string& text, std::string_view group) {
  switch (entity.kind) {
    case EntityKind::kUrl:  // Auto-links are made of links with protocol only.
      return (group == "urls" || group == "all") && Folded(entity.Text(text)).starts_with("http");
    case EntityKind::kHashtag: return group == "hashtags" || group == "all";
    case EntityKind::kCashtag: return group == "cashtags" || group == "all";
    case EntityKind::kMention: return group == "usernames" || group == "lists" || group == "all";
    case EntityKind::kEmoji: break;
  }
  return false;
}

TEST(TwitterText, AutolinkMarksTheSameEntities) {
  LOAD_OR_SKIP(tests, "autolink.yml");
  int cases = 0;
  for (const std::string group : {"usernames", "lists", "hashtags", "urls", "cashtags", "all"}) {
    for (const auto& test : tests[group]) {
      const std::string text = TextOf(test);
      std::vector<std::string> found;
      for (const Entity& entity : ExtractEntities(text)) {
        if (!Shows(entity, text, group)) continue;
        // A mention's link text has no sign.
        found.emplace_back(entity.kind == EntityKind::kMention
                               ? text.substr(entity.value_begin, entity.end - entity.value_begin)
                               : std::string(entity.Text(text)));
      }
      std::vector<std::string> expected = Links(test["expected"].as<std::string>());
      for (std::string& link : expected) link = Unescape(link);
      EXPECT_EQ(found, expected) << group << ": " << test["description"];
      ++cases;
    }
  }
  EXPECT_EQ(cases, 191);  // The five cases of group `json` are about entities made elsewhere.
}

}  // namespace
}  // namespace hb

#else

TEST(TwitterText, Extract) { GTEST_SKIP() << "left out: no YAML parser (libyaml-cpp-dev)"; }

#endif
