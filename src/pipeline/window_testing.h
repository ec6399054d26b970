// pipeline/window_testing.h - posts and a window stage stepped by hand. Only for *_test.cc files.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/codec.h"
#include "pipeline/faulty_log.h"
#include "pipeline/topics.h"
#include "pipeline/window_stage.h"
#include "record/identity.h"

namespace hb::window_test {

inline constexpr std::int64_t kMinute = 60'000;
inline constexpr std::int64_t kBegin = 1'600'000'000'000 / (64 * kMinute) * (64 * kMinute);

struct Post {
  std::int64_t minute = 0;
  std::string author = "a";
  std::vector<std::string> tags = {}, words = {"word"};
  std::uint64_t number = 0;  ///< its id; 0: the next
  std::string content = "";
  std::string source = "script";
};

inline std::shared_ptr<const AnalysisBatch> BatchOf(const std::vector<Post>& rows) {
  static std::uint64_t next_number = 1;
  auto posts = std::make_shared<PostBatch>();
  auto batch = std::make_shared<AnalysisBatch>();
  for (const Post& row : rows) {
    PostView view;
    const std::string id = std::to_string(row.number != 0 ? row.number : next_number++);
    view.key = KeyOf(id);
    view.id = id;
    view.source = row.source;
    view.time = FromMillis(kBegin + row.minute * kMinute);
    view.author = row.author;
    view.content = row.content;
    posts->Append(view);
    posts->tasks.EndRow();
    posts->rules_version.push_back(1);
    batch->neg.push_back(0);
    batch->neu.push_back(kMicro);
    batch->mixed.push_back(0);
    batch->label.push_back(Label::kNeutral);
    batch->label4.push_back(Label::kNeutral);
    batch->polarity.push_back(0);
    batch->subjectivity.push_back(0);
    batch->lang.Append("en");
    for (const std::string& tag : row.tags) batch->hashtags.Push(tag);
    batch->hashtags.EndRow();
    for (auto* list : {&batch->mentions, &batch->cashtags, &batch->links, &batch->emoji})
      list->EndRow();
    for (const std::string& word : row.words) batch->words.Push(word);
    batch->words.EndRow();
    batch->clean.Append(id);
  }
  batch->posts = std::move(posts);
  return batch;
}

/// A window stage without a thread, over a log in memory with two partitions of posts. A stage that
/// ends by an error is replaced by one that knows what the log holds and nothing else.
class SteppedStage {
 public:
  /// Of WindowStage, but that windows are found again after a crash only.
  explicit SteppedStage(WindowStage::Options options) : options_(std::move(options)) {
    for (const TopicSpec& spec : TopicSpecs(2, -1, -1))
      EXPECT_TRUE(memory_->EnsureTopic(spec).ok());
    Crash();
  }
  /// Another stage instead of this one, which leaves nothing behind but its commits.
  void Crash() {
    stage_.reset();
    tombstones_ = Tombstones::Open(log_).value();
    stage_ = std::make_unique<WindowStage>(options_, log_, *tombstones_, nullptr, clock_, board_);
    ASSERT_TRUE(stage_->Open().ok());
  }
  /// From the next Crash on.
  void SetOptions(WindowStage::Options options) { options_ = std::move(options); }

  /// Posts as ingest and analyze write them.
  void Give(const std::vector<Post>& posts, std::int32_t partition) {
    const auto batch = BatchOf(posts);
    const auto transaction = log_.Begin("analyze").value();
    const Partition to{partition};
    ASSERT_TRUE(transaction->Append(kIngestTopic, to, EncodePosts(batch->posts)).ok());
    ASSERT_TRUE(transaction->Append(kSentimentTopic, to, EncodeSentiments(*batch)).ok());
    ASSERT_TRUE(transaction->Append(kAnalysisTopic, to, EncodeAnalyses(batch)).ok());
    ASSERT_TRUE(transaction->Commit().ok());
  }
  /// A redaction as ingest writes it.
  void Redact(const Redaction& redaction) {
    const auto transaction = log_.Begin("ingest").value();
    Tombstones::Record(*transaction, redaction, clock_.Now());
    ASSERT_TRUE(
        transaction->Append(kRedactionsTopic, Partition{0}, EncodeRedactions({redaction})).ok());
    ASSERT_TRUE(transaction->Commit().ok());
    tombstones_->Add(redaction);
  }
  void Delete(std::uint64_t number) {
    const std::string id = std::to_string(number);
    Redact({.time = clock_.Now(), .key = KeyOf(id), .id = id, .source = "script"});
  }
  void Redact(RedactionKind kind, const std::string& author, EventTime time) {
    Redact({.time = time, .kind = kind, .author = author, .source = "script"});
  }

  void Step() {
    const auto stepped = stage_->StepOnce();
    if (stepped.ok()) return;
    ASSERT_EQ(stepped.error().code, Code::kCancelled) << stepped.error().message;
    Crash();
  }
  /// Steps, each `pause` after the one before, until everything that was given is worked in and
  /// written; false if that takes more than `steps`.
  [[nodiscard]] bool Settle(std::chrono::milliseconds pause, int steps) {
    for (; steps > 0; --steps) {
      if (IsSettled()) return true;
      clock_.Advance(pause);
      Step();
    }
    return false;
  }
  [[nodiscard]] bool IsSettled() {
    const std::int64_t redactions = End(kRedactionsTopic, 0);
    return Committed(kAnalysisTopic, 0) == End(kAnalysisTopic, 0) &&
           Committed(kAnalysisTopic, 1) == End(kAnalysisTopic, 1) &&
           Committed(kRedactionsTopic, 0) == redactions && Swept() == redactions;
  }

  /// Redactions before this are covered by a whole pass over the log.
  std::int64_t Swept() {
    const auto done = log_.GetState(kSweepState, Partition{0}, "done");
    return done.ok() ? std::stoll(done.value()) : 0;
  }
  std::int64_t Committed(const std::string& topic, std::int32_t partition) {
    for (const GroupOffset& offset : log_.GroupOffsets().value()) {
      if (offset.group == kWindowGroup && offset.topic == topic &&
          ToInt(offset.partition) == partition)
        return ToInt(offset.committed);
    }
    return 0;
  }
  std::int64_t End(const std::string& topic, std::int32_t partition) {
    for (const TopicInfo& info : log_.Topics().value()) {
      if (info.spec.name == topic)
        return ToInt(info.partitions.at(static_cast<std::size_t>(partition)).end);
    }
    return 0;
  }
  std::vector<FetchedBatch> Batches(const std::string& topic, std::int32_t partition) {
    std::vector<FetchedBatch> batches;
    // Not through log_: looking takes no time.
    EXPECT_TRUE(
        memory_->Read(topic, Partition{partition}, Offset{0}, std::size_t{1} << 40, batches).ok());
    return batches;
  }
  /// Newest aggregate of each window that holds a post, its revision left out.
  std::map<AggregateKey, Aggregate> Windows() {
    std::map<AggregateKey, Aggregate> newest;
    for (std::int32_t p = 0; p < 2; ++p) {
      for (const FetchedBatch& batch : Batches(kWindowsTopic, p)) {
        for (const Aggregate& aggregate : *DecodeAggregates(batch).value()) {
          EXPECT_GT(aggregate.revision, newest[aggregate.key].revision);
          newest[aggregate.key] = aggregate;
        }
      }
    }
    std::erase_if(newest, [](const auto& window) { return window.second.posts == 0; });
    for (auto& [key, aggregate] : newest) aggregate.revision = 0;
    return newest;
  }
  /// Keys of the records with a value in the topics of posts, by topic.
  std::map<std::string, std::map<std::uint64_t, int>> KeysLeft() {
    std::map<std::string, std::map<std::uint64_t, int>> keys;
    for (const char* topic : {kIngestTopic, kAnalysisTopic, kSentimentTopic}) {
      for (std::int32_t p = 0; p < 2; ++p) {
        for (const FetchedBatch& batch : Batches(topic, p)) {
          for (std::size_t row = 0; row < batch.records->size(); ++row)
            if (!batch.records->values[row].empty()) ++keys[topic][batch.records->keys[row]];
        }
      }
    }
    return keys;
  }

  ManualClock& clock() { return clock_; }
  FaultyLog& log() { return log_; }

 private:
  WindowStage::Options options_;
  ManualClock clock_{FromMillis(kBegin)};
  StatusBoard board_;
  const std::unique_ptr<Log> memory_ = MakeMemoryLog(clock_);
  FaultyLog log_{*memory_, 0};
  std::unique_ptr<Tombstones> tombstones_;
  std::unique_ptr<WindowStage> stage_;
};

}  // namespace hb::window_test
