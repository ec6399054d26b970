#include "model/word_vectors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/hash.h"
#include "model/embedded.h"
#include "model/model_file.h"

namespace hb::model {
namespace {

WordVectorParts Small() {
  WordVectorParts parts{.name = "tiny",
                        .version = "7",
                        .words = {"[PAD]", "one", "two"},
                        .dims = 16,
                        .scales = {1, 10, kMaxRowScale},
                        .rows = std::vector<std::int8_t>(48)};
  parts.rows[16] = 3;
  parts.rows[17] = -4;
  parts.rows[32] = -128;
  return parts;
}

/// With the checksum of what it holds now.
std::string Sealed(std::string bytes) {
  const std::uint64_t sum = Hash64(std::string_view(bytes).substr(24));
  std::memcpy(bytes.data() + 16, &sum, sizeof sum);
  return bytes;
}

TEST(WordVectors, ReadsWhatWasWritten) {
  const auto read = WordVectors::FromBytes(EncodeWordVectors(Small()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().name(), "tiny");
  EXPECT_EQ(read.value().version(), "7");
  EXPECT_EQ(read.value().vocabulary(), "[PAD]\none\ntwo\n");
  EXPECT_EQ(read.value().words(), 3u);
  std::vector<std::int32_t> sums(16);
  read.value().Add(std::vector<std::int32_t>{1, 1, 2, 0}, sums);
  EXPECT_EQ(sums[0], 2 * 10 * 3 - 128 * kMaxRowScale);
  EXPECT_EQ(sums[1], -2 * 10 * 4);
}

TEST(WordVectors, VectorsHaveTheUnitLengthWhateverTheirSums) {
  std::vector<std::int16_t> unit(16);
  for (const std::int32_t size : {1, 100, 1 << 24, (1 << 30) - 1}) {
    std::vector<std::int32_t> sums(16, -size);
    WordVectors::Normalize(sums, unit);
    EXPECT_NEAR(unit[5], -kUnit / 4, 1) << size;
    EXPECT_NEAR(WordVectors::Product(unit, unit) / double{kUnit * kUnit}, 1.0, 1e-3) << size;
    EXPECT_LE(WordVectors::Product(unit, unit), kUnit * kUnit) << size;
  }
  WordVectors::Normalize(std::vector<std::int32_t>(16), unit);
  EXPECT_EQ(unit, std::vector<std::int16_t>(16));
}

TEST(WordVectors, TheMostRowsStayInRange) {
  auto parts = Small();
  for (std::size_t i = 32; i < 48; ++i) parts.rows[i] = -128;
  const auto read = WordVectors::FromBytes(EncodeWordVectors(parts));
  ASSERT_TRUE(read.ok());
  std::vector<std::int32_t> sums(16);
  read.value().Add(std::vector<std::int32_t>(WordVectors::kMostRows, 2), sums);
  EXPECT_EQ(std::int64_t{sums[7]}, std::int64_t{-128} * kMaxRowScale * 2048);
}

TEST(WordVectors, RefusesWhatIsBroken) {
  const std::string good = EncodeWordVectors(Small());
  const auto refused = [](const std::string& bytes) {
    const auto read = WordVectors::FromBytes(bytes);
    return !read.ok() && read.error().code == Code::kCorrupt;
  };
  EXPECT_TRUE(refused(""));
  for (std::size_t size = 0; size < good.size(); size += 7)
    EXPECT_TRUE(refused(Sealed(good.substr(0, std::max<std::size_t>(size, 24))))) << size;
  EXPECT_TRUE(refused(Sealed(good + "x")));
  const auto with = [&](std::size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return Sealed(bytes);
  };
  EXPECT_TRUE(refused(with(0, 'X')));
  EXPECT_TRUE(refused(with(8, 9))) << "format";
  EXPECT_TRUE(refused(with(12, 9))) << "text version";
  EXPECT_TRUE(refused(with(24, 4))) << "words";
  EXPECT_TRUE(refused(with(28, 17))) << "width";
  EXPECT_TRUE(refused(with(176, '\n'))) << "lines";
  std::string changed = good;
  changed.back() = 1;
  EXPECT_TRUE(refused(changed)) << "checksum";
}

TEST(WordVectors, TheEmbeddedFileIsTheOneOnDisk) {
  const auto read = LoadWordVectors(std::string(HB_SOURCE_DIR) + "/models/meaning-fast");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().words(), EmbeddedMeaning().words());
  EXPECT_EQ(read.value().vocabulary(), EmbeddedMeaning().vocabulary());
  EXPECT_EQ(EmbeddedMeaning().name(), "meaning-fast");
  EXPECT_FALSE(LoadWordVectors("/nowhere").ok());
}

}  // namespace
}  // namespace hb::model
