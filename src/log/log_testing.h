// log/log_testing.h - plain steps on a log that tests need again and again. Only for *_test.cc
// files.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"

namespace hb {

/// Plain steps that a test needs again and again.
namespace log_test {

/// Prints the message of a Result that is not ok.
template <typename T>
testing::AssertionResult IsOk(const Result<T>& result) {
  if (result.ok()) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << CodeName(result.error().code) << ": " << result.error().message;
}

inline std::shared_ptr<RecordBatch> MakeBatch(std::uint64_t first_key,
                                              const std::vector<std::string>& values) {
  auto batch = std::make_shared<RecordBatch>();
  for (const std::string& value : values) {
    batch->Append(first_key, FromMillis(static_cast<std::int64_t>(first_key * 10)), value);
    ++first_key;
  }
  return batch;
}

/// Text that does not pack well.
inline std::string Noise(std::size_t bytes, std::uint64_t seed = 1) {
  std::string out;
  while (out.size() < bytes) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    out.push_back(static_cast<char>(' ' + (seed >> 57) % 95));
  }
  return out;
}

inline std::uint64_t Append(Log& log, const std::string& topic, std::int32_t partition,
                            std::uint64_t first_key, const std::vector<std::string>& values) {
  auto transaction = log.Begin("test");
  EXPECT_TRUE(IsOk(transaction));
  EXPECT_TRUE(
      IsOk(transaction.value()->Append(topic, Partition{partition}, MakeBatch(first_key, values))));
  const Result<std::uint64_t> mark = transaction.value()->Commit();
  EXPECT_TRUE(IsOk(mark));
  return mark.ok() ? mark.value() : 0;
}

/// Values of fetched batches that had not been consumed, in order.
inline std::vector<std::string> Values(const std::vector<FetchedBatch>& batches) {
  std::vector<std::string> out;
  for (const FetchedBatch& batch : batches) {
    for (std::size_t row = batch.first_row; row < batch.records->size(); ++row) {
      out.emplace_back(batch.records->values[row]);
    }
  }
  return out;
}

/// All values of a partition from `offset` on.
inline std::vector<std::string> ReadAll(Log& log, const std::string& topic, std::int32_t partition,
                                        std::int64_t offset = 0) {
  std::vector<FetchedBatch> batches;
  while (true) {
    const std::size_t before = batches.size();
    EXPECT_TRUE(IsOk(log.Read(topic, Partition{partition}, Offset{offset}, 1 << 20, batches)));
    if (batches.size() == before) return Values(batches);
    offset = ToInt(batches.back().end());
  }
}

/// What is there for a consumer that needs at most `patience` to find it.
inline std::vector<std::string> PollAll(
    Consumer& consumer, std::size_t max_bytes = 1 << 20,
    std::chrono::milliseconds patience = std::chrono::milliseconds(0)) {
  std::vector<FetchedBatch> batches;
  while (true) {
    const std::size_t before = batches.size();
    EXPECT_TRUE(IsOk(consumer.Poll(patience, max_bytes, batches)));
    if (batches.size() == before) return Values(batches);
  }
}

inline PartitionInfo Info(Log& log, const std::string& topic, std::int32_t partition) {
  const Result<std::vector<TopicInfo>> topics = log.Topics();
  EXPECT_TRUE(IsOk(topics));
  for (const TopicInfo& info : topics.value()) {
    if (info.spec.name == topic) return info.partitions.at(static_cast<std::size_t>(partition));
  }
  ADD_FAILURE() << "no topic " << topic;
  return {};
}

template <typename T>
Code CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? Code::kInternal : result.error().code;
}

}  // namespace log_test

}  // namespace hb
