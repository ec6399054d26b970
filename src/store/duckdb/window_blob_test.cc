#include "store/duckdb/window_blob.h"

#include <gtest/gtest.h>

#include "store/store_conformance.h"

namespace hb::duck {
namespace {

std::string FromHex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size();) {
    if (hex[i] == ' ' || hex[i] == '|') {
      ++i;
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

/// What the key holds beside the partition is not in the blob.
Aggregate Bare(Aggregate aggregate) {
  aggregate.key = {
      .task = {}, .window_start = {}, .window_ms = 0, .partition = aggregate.key.partition};
  return aggregate;
}

TEST(WindowBlobTest, TheDocumentedExampleDecodes) {
  const std::string blob = FromHex(
      "00 01 01 1d | 02 | 80897a 80897a 80897a 00 00 00 | 01 00 01 | 01 00 01 00 | 02 00 00 00 | "
      "00 | 00 00 00 00");
  std::vector<PartView> parts;
  ASSERT_TRUE(SplitParts(blob, parts).ok());
  ASSERT_EQ(parts.size(), 1u);
  const Result<Aggregate> decoded = DecodePart(parts[0].bytes);
  ASSERT_TRUE(decoded.ok());
  Aggregate expected;
  expected.revision = 1;
  expected.is_final = true;
  expected.posts = 2;
  expected.neg = expected.neu = expected.pos = 1'000'000;
  expected.labels = {1, 0, 1};
  expected.labels4 = {1, 0, 1, 0};
  expected.kinds = {2, 0, 0, 0};
  EXPECT_EQ(decoded.value(), expected);
}

TEST(WindowBlobTest, PartsComeBackAsTheyWere) {
  Aggregate first = SampleAggregate("t", 3, 2, 7, 1000);
  first.is_final = first.frozen = true;
  first.countries.approximate = true;
  first.emotion_sums = {1, -2, INT64_MIN, 4};
  first.polarity = INT64_MIN;
  first.neg = INT64_MAX;
  Aggregate second = SampleAggregate("t", 3, 5, 1, 4);
  second.authors.exact.clear();
  second.authors.registers.assign(4096, 3);
  std::string blob;
  AppendPart(first, blob);
  AppendPart(second, blob);
  std::vector<PartView> parts;
  ASSERT_TRUE(SplitParts(blob, parts).ok());
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].partition, Partition{2});
  EXPECT_EQ(parts[0].revision, 7u);
  EXPECT_EQ(DecodePart(parts[0].bytes).value(), Bare(first));
  EXPECT_EQ(DecodePart(parts[1].bytes).value(), Bare(second));
}

TEST(WindowBlobTest, ACutBlobIsCorruptNotACrash) {
  std::string blob;
  AppendPart(SampleAggregate("t", 3, 2, 7, 100), blob);
  for (std::size_t size = 1; size < blob.size(); ++size) {
    std::vector<PartView> parts;
    const Status split = SplitParts(std::string_view(blob).substr(0, size), parts);
    ASSERT_FALSE(split.ok()) << size;
    EXPECT_EQ(split.error().code, Code::kCorrupt);
    EXPECT_FALSE(DecodePart(std::string_view(blob).substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace hb::duck
