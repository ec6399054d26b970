#include "pipeline/tombstones.h"

#include <gtest/gtest.h>

#include "record/identity.h"

namespace hb {
namespace {

TEST(Tombstones, WithheldAndScrubbedPostsStay) {
  Tombstones tombstones;
  for (const RedactionKind kind : {RedactionKind::kWithheld, RedactionKind::kScrubGeo}) {
    tombstones.Add(Redaction{
        .time = FromMillis(5000), .kind = kind, .key = KeyOf("p1"), .id = "p1", .author = "a"});
  }
  EXPECT_TRUE(tombstones.empty());
}

TEST(Tombstones, NameWhatIsDeletedInBytesThatAreNoPost) {
  Tombstones tombstones;
  tombstones.Add(KeyOf("1346889436626259968"));
  tombstones.Add(KeyOf("at://did:plc:a/app.bsky.feed.post/x"));
  tombstones.Add(KeyOf("123"));
  EXPECT_TRUE(tombstones.Names(R"({"id":"1346889436626259968","text":"cut of)"));
  EXPECT_TRUE(tombstones.Names("7,https://x.example/status/1346889436626259968?s=20,never"));
  EXPECT_TRUE(tombstones.Names(R"({"uri":"at:\/\/did:plc:a\/app.bsky.feed.post\/x",)"));
  EXPECT_FALSE(tombstones.Names("1346889436626259969,123,at://did:plc:a/app.bsky.feed.post/y"));
  EXPECT_FALSE(tombstones.Names(""));
}

TEST(Tombstones, CountWhatTheyDidNotKnow) {
  Tombstones tombstones;
  const auto add = [&](RedactionKind kind, std::int64_t time) {
    tombstones.Add(
        Redaction{.time = FromMillis(time), .kind = kind, .key = KeyOf("1"), .author = "7"});
    return tombstones.additions();
  };
  EXPECT_EQ(add(RedactionKind::kDelete, 5000), 1u);
  EXPECT_EQ(add(RedactionKind::kDelete, 6000), 1u);
  EXPECT_EQ(add(RedactionKind::kEdit, 5000), 2u);
  EXPECT_EQ(add(RedactionKind::kAccountDelete, 5000), 3u);
  EXPECT_EQ(add(RedactionKind::kAccountDelete, 4000), 3u);
  EXPECT_EQ(add(RedactionKind::kAccountDelete, 6000), 4u);
  EXPECT_EQ(add(RedactionKind::kWithheld, 6000), 4u);
}

TEST(Tombstones, AnAccountIsOneOfItsNetworkAndOfReplays) {
  Tombstones tombstones;
  tombstones.Add(Redaction{.time = FromMillis(5000),
                           .kind = RedactionKind::kAccountDelete,
                           .author = "7",
                           .source = "x_stream"});
  const auto judge = [&](const char* source, std::int64_t time) {
    return tombstones.Judge(PostView{
        .time = FromMillis(time), .key = KeyOf("1"), .id = "1", .source = source, .author = "7"});
  };
  EXPECT_EQ(judge("x_search", 5000), Tombstones::Verdict::kGone);
  EXPECT_EQ(judge("replay", 5000), Tombstones::Verdict::kGone);
  EXPECT_EQ(judge("mastodon", 5000), Tombstones::Verdict::kStays);
  EXPECT_EQ(judge("x_stream", 5001), Tombstones::Verdict::kStays);
}

}  // namespace
}  // namespace hb
