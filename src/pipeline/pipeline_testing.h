// pipeline/pipeline_testing.h - scripts that a whole pipeline plays. Only for *_test.cc files.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/faulty_log.h"
#include "pipeline/pipeline.h"
#include "record/identity.h"

namespace hb::pipeline_test {

/// A post or a delete of a script.
struct Line {
  std::string id = "";
  std::int64_t time_ms = 0;
  std::string text = "";
  bool is_delete = false;
  std::string author = "";                 ///< "" is the id
  std::optional<RedactionKind> account{};  ///< an event of `author`
  std::string repost_of = "", chain = "";
  bool is_dead = false;     ///< `text` is what nobody can read
  std::int64_t gap_ms = 0;  ///< not 0: nobody listened for so long before `time_ms`
};

/// Gives a script line by line; its position is the number of lines given.
class ScriptSource : public Source {
 public:
  ScriptSource(std::vector<Line> script, bool exact, std::size_t batch = 100,
               std::string name = "script")
      : script_(std::move(script)), exact_(exact), batch_(batch), name_(std::move(name)) {}
  [[nodiscard]] std::string Identity() const override { return name_; }
  [[nodiscard]] bool ExactPositions() const override { return exact_; }
  Status Resume(const Position& position) override {
    at_ = std::stoul(position);
    // A source without exact positions gives some of it again.
    if (!exact_) at_ -= std::min<std::size_t>(at_, 7);
    return Ok();
  }
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds, Intake& out) override {
    for (std::size_t n = 0; n < std::min(limit, batch_) && at_ < script_.size(); ++n, ++at_) {
      const Line& line = script_[at_];
      if (line.is_delete) {
        out.redactions.push_back({.time = FromMillis(line.time_ms),
                                  .key = KeyOf(line.id),
                                  .id = line.id,
                                  .source = "script"});
        continue;
      }
      if (line.is_dead) {
        out.dead.push_back(
            {.source = "script", .location = line.id, .reason = "broken", .raw = line.text});
        continue;
      }
      if (line.gap_ms != 0) {
        out.gaps.push_back({.from = FromMillis(line.time_ms - line.gap_ms),
                            .to = FromMillis(line.time_ms),
                            .cause = "script"});
        continue;
      }
      if (line.account) {
        out.redactions.push_back({.time = FromMillis(line.time_ms),
                                  .kind = *line.account,
                                  .author = line.author,
                                  .source = "script"});
        continue;
      }
      PostView post;
      post.id = line.id;
      post.key = KeyOf(line.id);
      post.time = FromMillis(line.time_ms);
      post.source = "script";
      post.content = line.text;
      post.author = line.author.empty() ? line.id : line.author;
      post.chain = line.chain;
      post.repost_of = line.repost_of;
      if (!line.repost_of.empty()) post.kind = PostKind::kRepost;
      out.posts.Append(post);
    }
    out.end = std::to_string(at_);
    return at_ == script_.size() ? PollState::kDone : PollState::kMore;
  }
  Status Acknowledge(const Position&) override { return Ok(); }
  void Stop() noexcept override {}
  [[nodiscard]] std::optional<EventTime> Watermark() const override { return std::nullopt; }

 private:
  const std::vector<Line> script_;
  const bool exact_;
  const std::size_t batch_;
  const std::string name_;
  std::size_t at_ = 0;
};

/// Keeps what it is given, and fails now and then, by turns before and after it was kept. The same
/// offsets again are a repeat, as for every store.
class MapStore : public Store {
 public:
  explicit MapStore(unsigned fail_one_in = 0) : fail_one_in_(fail_one_in) {}
  Status Open() override { return Ok(); }
  Result<std::vector<StoreOffset>> Offsets() override { return offsets_; }
  Status Write(const StoreWrite& write) override {
    if (IsRepeat(write.offsets)) return Ok();
    const bool fails = fail_one_in_ > 0 && dice_() % fail_one_in_ == 0;
    const Error away{Code::kUnavailable, "the store is away"};
    if (fails && failed_++ % 2 == 0) return away;
    for (const auto& batch : write.analyses) {
      for (std::size_t row = 0; row < batch->size(); ++row) {
        const std::string id(batch->posts->id[row]);
        authors_[id] = {std::string(batch->posts->author[row]),
                        std::string(batch->posts->source[row])};
        if (!IsRedacted(id)) ++posts_[id];
      }
    }
    const auto keep = [&](const Aggregate& aggregate) {
      Aggregate& kept = windows_[aggregate.key];
      if (aggregate.revision >= kept.revision) kept = aggregate;
    };
    for (const Aggregate& aggregate : write.aggregates) keep(aggregate);
    for (const auto& batch : write.aggregate_batches)
      std::for_each(batch->begin(), batch->end(), keep);
    // A delete may come before its post, which lies in another topic: it is remembered.
    redactions_.insert(redactions_.end(), write.redactions.begin(), write.redactions.end());
    if (!write.redactions.empty()) {
      std::erase_if(posts_, [&](const auto& post) { return IsRedacted(post.first); });
    }
    for (const Gap& gap : write.gaps)
      gaps_[gap.source + " " + std::to_string(ToMillis(gap.from))] = gap;
    for (const StoreOffset& offset : write.offsets) {
      std::erase_if(offsets_, [&](const StoreOffset& o) {
        return o.topic == offset.topic && o.partition == offset.partition;
      });
      offsets_.push_back(offset);
    }
    return fails ? Status(away) : Ok();
  }
  Status Prune(EventTime) override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return 0; }

  /// Windows with their partitions merged, without what may differ between runs.
  [[nodiscard]] std::map<AggregateKey, Aggregate> Merged() const {
    std::map<AggregateKey, Aggregate> merged;
    for (const auto& [key, aggregate] : windows_) {
      if (aggregate.posts == 0) continue;
      AggregateKey whole = key;
      whole.partition = Partition{0};
      const auto [at, fresh] = merged.try_emplace(whole, aggregate);
      if (!fresh) at->second.Merge(aggregate);
      at->second.key = whole;
    }
    for (auto& [key, aggregate] : merged) aggregate.revision = 0;
    return merged;
  }
  std::map<std::string, int> posts_;
  std::map<std::string, std::pair<std::string, std::string>>
      authors_;  ///< of every post that ever came, with its source
  std::map<std::string, Gap> gaps_;
  std::map<AggregateKey, Aggregate> windows_;
  std::vector<StoreOffset> offsets_;

 private:
  [[nodiscard]] bool IsRedacted(const std::string& id) const {
    const auto& [author, source] = authors_.at(id);
    return std::any_of(redactions_.begin(), redactions_.end(), [&](const Redaction& redaction) {
      if (redaction.kind != RedactionKind::kAccountDelete) return redaction.id == id;
      return author == redaction.author && IsSameNetwork(NetworkOf(redaction.source), source);
    });
  }

  [[nodiscard]] bool IsRepeat(std::span<const StoreOffset> offsets) const {
    return !offsets.empty() &&
           std::all_of(offsets.begin(), offsets.end(), [&](const StoreOffset& offset) {
             return std::any_of(offsets_.begin(), offsets_.end(), [&](const StoreOffset& known) {
               return known.topic == offset.topic && known.partition == offset.partition &&
                      known.next >= offset.next;
             });
           });
  }

  const unsigned fail_one_in_;
  int failed_ = 0;
  std::mt19937 dice_{5};
  std::vector<Redaction> redactions_;
};

struct RunSetup {
  std::int32_t partitions = 2;
  std::size_t batch = 100;
  bool exact = true;
  unsigned store_fails_one_in = 0, log_fails_one_in = 0, answers_lost_one_in = 0;
  int stops = 0;  ///< how often everything is stopped and begun anew on the same log and store
};

/// Runs a script to its end and gives the store.
inline std::unique_ptr<MapStore> RunScript(const std::vector<Line>& script, const RunSetup& setup,
                                           std::unique_ptr<Log>* keep = nullptr) {
  SystemClock clock;
  const auto chain = AnalysisChain::Create().value();
  auto log = MakeMemoryLog(clock);
  FaultyLog faulty(*log, setup.log_fails_one_in);
  auto store = std::make_unique<MapStore>(setup.store_fails_one_in);
  for (int round = 0; round <= setup.stops; ++round) {
    Pipeline::Options options;
    options.partitions = setup.partitions;
    options.window.redact_every = std::chrono::milliseconds(1);
    options.ingest.max_lag_records = 500;
    auto pipeline = Pipeline::Create(options, {faulty, *store, *chain, clock}).value();
    if (round == 0) {
      EXPECT_TRUE(pipeline->tasks().Put("cats", "cat").ok());
    }
    faulty.LoseAnswers(setup.answers_lost_one_in);
    EXPECT_TRUE(pipeline
                    ->AddSource("script", false,
                                std::make_unique<ScriptSource>(script, setup.exact, setup.batch))
                    .ok());
    EXPECT_TRUE(pipeline->Start().ok());
    if (round < setup.stops) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + 10 * round));
    } else {
      for (int wait = 0; wait < 3000; ++wait) {
        const auto drained = pipeline->Drained();
        EXPECT_TRUE(drained.ok());
        if (drained.value()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      EXPECT_TRUE(pipeline->Drained().value()) << "the script was not done in time";
    }
    EXPECT_EQ(pipeline->Failure(), "");
    pipeline->Stop();
  }
  EXPECT_EQ(faulty.failed() > 0, setup.log_fails_one_in > 0);
  EXPECT_EQ(faulty.lost() > 1, setup.answers_lost_one_in > 0);
  if (keep != nullptr) *keep = std::move(log);
  return store;
}

inline std::vector<Line> Script(int posts) {
  std::mt19937 random(3);
  std::vector<Line> script;
  for (int i = 0; i < posts; ++i) {
    const bool cat = random() % 3 == 0;
    script.push_back({.id = "p" + std::to_string(i),
                      .time_ms = 1'600'000'000'000 + i * 700 - static_cast<int>(random() % 90'000),
                      .text = std::string(cat ? "a lovely cat" : "an awful day") + " #tag" +
                              std::to_string(random() % 5)});
  }
  return script;
}

}  // namespace hb::pipeline_test
