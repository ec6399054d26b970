#include "log/embedded/batch_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "base/hash.h"
#include "log/embedded/bytes.h"

namespace hb::embedded {
namespace {

std::string FromHex(std::string_view hex) {
  std::string out;
  std::string digits;
  for (const char c : hex) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits.push_back(c);
    if (digits.size() == 2) {
      out.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return out;
}

std::string ToHex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

/// The lines of hex digits of the n-th block ```hex of the format's page.
std::string ExampleOfThePage(int n) {
  std::ifstream in(HB_SOURCE_DIR "/docs/formats/embedded_log.md");
  std::string line, out;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      inside = line == "```hex" && n-- == 0;
      continue;
    }
    if (inside) out += line.substr(0, line.find('#'));
  }
  return FromHex(out);
}

std::shared_ptr<RecordBatch> Example() {
  auto batch = std::make_shared<RecordBatch>();
  batch->Append(0x1122334455667788, FromMillis(1'700'000'000'000), "hello");
  batch->Append(7, FromMillis(1'700'000'000'250), "");
  batch->Append(8, FromMillis(1'699'999'999'000), "wörld");
  return batch;
}

std::string Body(const EncodedBatch& encoded) { return encoded.body + std::string(encoded.values); }

TEST(BatchFormat, PageOfTheFormatShowsTheseBytes) {
  Result<EncodedBatch> encoded = EncodeBatch(Example(), Compression::kNone, 0);
  ASSERT_TRUE(encoded.ok());
  FinishHead(encoded.value().head, 42, FromMillis(1'700'000'001'000), 4096);
  ASSERT_FALSE(ExampleOfThePage(0).empty()) << "docs/formats/embedded_log.md has no example";
  EXPECT_EQ(ToHex(encoded.value().head), ToHex(ExampleOfThePage(0)));
  EXPECT_EQ(ToHex(Body(encoded.value())), ToHex(ExampleOfThePage(1)));
  EXPECT_EQ(ToHex(EntryKey(42, EntryKind::kBody)), ToHex(ExampleOfThePage(2)));
}

TEST(BatchFormat, ExampleOfThePageDecodes) {
  const std::string head_bytes = ExampleOfThePage(0), body_bytes = ExampleOfThePage(1);
  const Result<BatchHead> head = DecodeHead(head_bytes);
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head.value().base, 42);
  EXPECT_EQ(head.value().count, 3U);
  EXPECT_EQ(ToMillis(head.value().arrival), 1'700'000'001'000);
  EXPECT_EQ(head.value().stored_before, 4096U);
  EXPECT_EQ(head.value().stored_bytes, head_bytes.size() + body_bytes.size());
  RecordBatch out;
  ASSERT_TRUE(DecodeColumns(head_bytes, head.value(), out).ok());
  const Result<bool> blanked = DecodeBody(body_bytes, 3, {}, out.values);
  ASSERT_TRUE(blanked.ok());
  EXPECT_FALSE(blanked.value());
  EXPECT_EQ(out.keys, Example()->keys);
  EXPECT_EQ(out.timestamps, Example()->timestamps);
  for (std::size_t row = 0; row < 3; ++row) EXPECT_EQ(out.values[row], Example()->values[row]);
}

TEST(BatchFormat, AnyBatchComesBackPackedOrNot) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    auto batch = std::make_shared<RecordBatch>();
    for (std::uint64_t rows = 1 + random() % 50; rows > 0; --rows) {
      const std::int64_t extreme[] = {std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max(), 0, -1};
      const auto time =
          random() % 5 == 0 ? extreme[random() % 4] : static_cast<std::int64_t>(random() >> 20);
      std::string value(random() % 3 == 0 ? 0 : random() % 400,
                        static_cast<char>('a' + random() % 3));
      if (!value.empty() && random() % 2 == 0) value[0] = static_cast<char>(random());
      batch->Append(random(), FromMillis(time), value);
    }
    const auto pack = round % 2 == 0 ? Compression::kNone : Compression::kZstd;
    Result<EncodedBatch> encoded = EncodeBatch(batch, pack, -3);
    ASSERT_TRUE(encoded.ok());
    FinishHead(encoded.value().head, round, FromMillis(round), 0);
    const Result<BatchHead> head = DecodeHead(encoded.value().head);
    ASSERT_TRUE(head.ok());
    RecordBatch out;
    ASSERT_TRUE(DecodeColumns(encoded.value().head, head.value(), out).ok());
    ASSERT_TRUE(DecodeBody(Body(encoded.value()), head.value().count, {}, out.values).ok());
    EXPECT_EQ(out.keys, batch->keys);
    EXPECT_EQ(out.timestamps, batch->timestamps);
    for (std::size_t row = 0; row < batch->size(); ++row)
      ASSERT_EQ(out.values[row], batch->values[row]);
    // Blanking some rows, before and after writing, gives the same.
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < batch->size(); ++row) {
      if (random() % 3 == 0) rows.push_back(row);
    }
    StringColumn read, rewritten;
    ASSERT_TRUE(DecodeBody(Body(encoded.value()), head.value().count, rows, read).ok());
    const Result<std::optional<std::string>> body = BlankBody(Body(encoded.value()), rows, -3);
    ASSERT_TRUE(body.ok());
    ASSERT_TRUE(body.value().has_value());
    const Result<bool> blanked = DecodeBody(*body.value(), head.value().count, {}, rewritten);
    ASSERT_TRUE(blanked.ok());
    EXPECT_TRUE(blanked.value());
    for (std::uint32_t row = 0; row < batch->size(); ++row) {
      ASSERT_EQ(read[row], rewritten[row]);
      ASSERT_EQ(read[row],
                std::ranges::binary_search(rows, row) ? std::string_view() : batch->values[row]);
    }
    EXPECT_FALSE(BlankBody(*body.value(), rows, -3).value().has_value())
        << "nothing is left to blank";
  }
}

TEST(BatchFormat, EveryFlippedBitIsNoticed) {
  Result<EncodedBatch> encoded = EncodeBatch(Example(), Compression::kNone, 0);
  FinishHead(encoded.value().head, 42, FromMillis(1), 0);
  for (std::size_t bit = 0; bit < encoded.value().head.size() * 8; ++bit) {
    std::string damaged = encoded.value().head;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const Result<BatchHead> head = DecodeHead(damaged);
    RecordBatch out;
    EXPECT_FALSE(head.ok() && DecodeColumns(damaged, head.value(), out).ok()) << bit;
  }
  const std::string body = Body(encoded.value());
  for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
    std::string damaged = body;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    StringColumn out;
    const Result<bool> decoded = DecodeBody(damaged, 3, {}, out);
    ASSERT_FALSE(decoded.ok()) << bit;
    EXPECT_EQ(decoded.error().code, Code::kCorrupt);
  }
  for (std::size_t size = 0; size < body.size(); ++size) {
    StringColumn out;
    EXPECT_FALSE(DecodeBody(body.substr(0, size), 3, {}, out).ok());
  }
}

TEST(BatchFormat, BatchesThatCannotBeStoredAreRefused) {
  const auto code = [](const std::shared_ptr<const RecordBatch>& batch) {
    const Result<EncodedBatch> encoded = EncodeBatch(batch, Compression::kNone, 0);
    return encoded.ok() ? Code::kInternal : encoded.error().code;
  };
  auto batch = std::make_shared<RecordBatch>();
  EXPECT_EQ(code(batch), Code::kInvalidArgument);
  batch->keys.push_back(1);
  EXPECT_EQ(code(batch), Code::kInvalidArgument);
}

TEST(BatchFormat, KeysSortAsOffsets) {
  std::string last;
  for (const std::int64_t base : {0L, 1L, 255L, 256L, 1L << 32, 1L << 62}) {
    for (const EntryKind kind : {EntryKind::kHead, EntryKind::kBody}) {
      const std::string key = EntryKey(base, kind);
      EXPECT_LT(last, key);
      ASSERT_TRUE(ParseEntryKey(key).has_value());
      EXPECT_EQ(ParseEntryKey(key)->base, base);
      EXPECT_EQ(ParseEntryKey(key)->kind, kind);
      last = key;
    }
  }
  EXPECT_FALSE(ParseEntryKey("short").has_value());
  EXPECT_FALSE(ParseEntryKey("12345678\x02").has_value());
}

}  // namespace
}  // namespace hb::embedded
