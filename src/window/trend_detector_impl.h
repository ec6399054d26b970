// window/trend_detector_impl.h - what a trend detector holds; private to this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "window/count_table.h"
#include "window/interner.h"
#include "window/newest_ids.h"
#include "window/state_bytes.h"
#include "window/trend_detector.h"
#include "window/trend_history.h"

namespace hb::trends {

/// Tells the operations of a journal apart.
enum class Op : std::uint8_t { kFirst = 1, kPost = 2, kAdvance = 3, kReset = 4 };

/// A post with hashtags, from a batch or from a journal.
struct TaggedPost {
  std::int64_t bucket = 0;
  std::uint64_t author = 0, text = 0;
  std::string_view id, language, country;
  std::vector<std::string_view> tasks, tags;
};

struct Scope {
  std::string name;
  std::size_t keys = 0;
  std::size_t drop_at = 0;  ///< keys at which the rare ones are looked for
};

/// The one TrendDetector. trend_detector.cc counts and scores, trend_state.cc keeps and restores.
class Detector final : public TrendDetector {
 public:
  explicit Detector(Options options)
      : options_(options),
        buckets_in_span_(options.span / options.bucket),
        halves_per_bucket_(static_cast<double>(options.bucket.count()) /
                           static_cast<double>(options.half_life.count())) {}

  void Add(const AnalysisBatch& batch, const std::vector<bool>& skip) override;
  void Advance(EventTime watermark, std::vector<Trend>& out) override {
    AdvanceTo(BucketOf(watermark), &out);
  }

  [[nodiscard]] std::size_t live() const override { return live_.size(); }
  [[nodiscard]] EventTime evaluated() const override {
    return evaluated_ == kNone ? EventTime::min()
                               : FromMillis(evaluated_ * options_.bucket.count());
  }

  void Reset() override {
    if (options_.journaled) Write(Op::kReset);
    Clear();
  }

  void Save(std::string& out) const override;
  [[nodiscard]] std::string_view Journal() const override { return journal_; }
  void ClearJournal() override { journal_.clear(); }
  Status Load(std::string_view saved) override;
  Status Replay(std::string_view journal) override;

 private:
  static constexpr std::int64_t kNone = INT64_MIN;
  static constexpr std::uint32_t kNoScope = UINT32_MAX;
  using Pending = std::map<std::int64_t, std::vector<std::uint32_t>>;

  /// A trend that is in, or has just fallen out, before it is told.
  struct Risen {
    std::uint32_t scope;
    Trend trend;
  };

  [[nodiscard]] std::int64_t BucketOf(EventTime time) const {
    const std::int64_t ms = ToMillis(time), size = options_.bucket.count();
    return ms >= 0 ? ms / size : -((-ms + size - 1) / size);
  }

  void Clear();
  void NoteFirst(std::int64_t bucket) {
    if (first_bucket_ != kNone && bucket >= first_bucket_) return;
    first_bucket_ = bucket;
    if (options_.journaled) Write(Op::kFirst).Signed(bucket);
  }

  void Count(const TaggedPost& post);
  void ExpectIn(std::int64_t bucket, std::uint32_t history);
  void CountIn(std::uint32_t scope, std::uint32_t key, const Mention& mention);
  std::uint32_t ScopeOf(std::string_view prefix, std::string_view name);
  std::uint32_t HistoryOf(std::uint32_t scope, std::uint32_t key);

  /// Keeps the id of a post for examples, and gives the post's number.
  std::uint32_t Remember(std::string_view id) {
    ids_.Set(posts_seen_, id);
    return posts_seen_++;
  }

  void AdvanceTo(std::int64_t bucket, std::vector<Trend>* out);
  void Wake(std::int64_t now);
  void Age(KeyHistory& history, std::int64_t now);
  [[nodiscard]] double Baseline(const KeyHistory& history, std::int64_t now) const;
  void Evaluate(std::int64_t now);
  void Judge(KeyHistory& history, std::uint64_t count, std::int64_t now);
  Trend Describe(const KeyHistory& history, std::uint64_t count, double baseline,
                 std::int64_t now) const;
  void Report(std::vector<Trend>& out);

  void DropRareKeys(std::uint32_t scope);
  void RebuildIndex();
  [[nodiscard]] double Weight(const KeyHistory& history) const;
  [[nodiscard]] double Decay(std::int64_t from, std::int64_t to) const {
    return std::exp2(-halves_per_bucket_ *
                     static_cast<double>(std::max<std::int64_t>(0, to - from)));
  }

  StateWriter Write(Op op) {
    journal_.push_back(static_cast<char>(op));
    return StateWriter(journal_);
  }
  void WritePost(const TaggedPost& post);
  void SaveHistory(const KeyHistory& history, StateWriter& out) const;
  void LoadHistory(StateReader& in);
  void Restore(StateReader& in);

  const Options options_;
  const std::int64_t buckets_in_span_;
  const double halves_per_bucket_;
  Interner strings_, languages_, scope_names_;
  std::vector<Scope> scopes_;
  std::vector<std::uint32_t> language_scopes_;  ///< by number of the language
  CountTable<std::uint64_t> index_;             ///< scope and key to place in histories_, plus one
  std::vector<KeyHistory> histories_;
  std::vector<std::uint32_t> free_;  ///< places in histories_
  std::vector<std::uint32_t> live_;
  /// Buckets that were not evaluated yet, with the histories that have posts in them.
  Pending pending_;
  std::vector<Pending::node_type> spare_;  ///< their memory, to be used again
  MentionLists lists_;
  std::int64_t first_bucket_ = kNone;
  std::int64_t evaluated_ = kNone;
  double mean_weight_ = 0;  ///< what Baseline divides by, for the bucket being evaluated
  NewestIds ids_;
  std::uint32_t posts_seen_ = 0;  ///< wraps; differences stay right
  std::string journal_;
  // Reused.
  TaggedPost post_;
  std::string scope_name_;
  std::vector<std::uint32_t> post_scopes_;
  std::vector<Risen> risen_;
};

}  // namespace hb::trends
