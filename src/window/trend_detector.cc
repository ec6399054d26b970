#include "window/trend_detector.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "window/interner.h"

namespace hb {

namespace {

/// Posts of one key that are looked at one by one; beyond it only the counts go on.
constexpr std::size_t kMaxMentions = 512;
constexpr std::size_t kExamples = 5;
constexpr std::size_t kKeptIds = 1 << 16;
/// Before so many spans of history everything would seem to rise.
constexpr int kWarmUpSpans = 4;
/// Slots of a span's length in a week of 15-minute spans, yesterday included.
constexpr std::size_t kMaxSlots = 7 * 96 + 8;

/// One use of a key.
struct Mention {
  std::int64_t bucket;
  std::uint64_t author;
  std::uint64_t text;  ///< hash of the cleaned post: near-duplicates share it
  std::uint32_t language;
  std::uint32_t post;  ///< number of the post; its id is kept for the newest kKeptIds
};

/// What is known of one key in one scope.
struct KeyHistory {
  std::vector<std::pair<std::int64_t, std::uint32_t>> buckets;  ///< of the present span, by bucket number
  std::vector<std::pair<std::int64_t, std::uint32_t>> slots;  ///< past spans, by slot number
  std::deque<Mention> mentions;
  double decayed = 0;            ///< sum of past counts, halved every half_life
  std::int64_t decayed_at = 0;   ///< bucket to which `decayed` holds
  bool active = false;           ///< reported as a trend
  bool live = false;             ///< among the scope's live keys
};

struct Scope {
  std::string name;
  std::unordered_map<std::uint32_t, KeyHistory> keys;
  std::vector<std::uint32_t> live;  ///< keys with posts in the present span, or active
};

class Detector : public TrendDetector {
 public:
  explicit Detector(Options options)
      : options_(options), buckets_in_span_(options.span / options.bucket) {}

  void Add(const AnalysisBatch& batch) override {
    const PostBatch& posts = *batch.posts;
    for (std::size_t row = 0; row < batch.size(); ++row) {
      const auto tags = batch.hashtags[row];
      const std::int64_t bucket = BucketOf(posts.time[row]);
      if (first_bucket_ == kNone || bucket < first_bucket_) first_bucket_ = bucket;
      if (tags.empty()) continue;
      const std::string_view author =
          posts.author[row].empty() ? posts.handle[row] : posts.author[row];
      const Mention mention{bucket, Hash64(author), Hash64(batch.clean[row]),
                            strings_.Intern(batch.lang[row]), Remember(posts.id[row])};
      for (const std::string_view tag : tags) {
        const std::uint32_t key = strings_.Intern(tag);
        Count("all", key, mention);
        for (const std::string_view task : posts.tasks[row]) Count("task:", task, key, mention);
        if (batch.lang[row] != "und") Count("lang:", batch.lang[row], key, mention);
        if (!posts.country[row].empty()) Count("country:", posts.country[row], key, mention);
      }
    }
  }

  void Advance(EventTime watermark, std::vector<Trend>& out) override {
    const std::int64_t bucket = BucketOf(watermark);
    if (first_bucket_ == kNone || bucket <= evaluated_) return;
    evaluated_ = bucket;
    for (auto& [hash, scope] : scopes_) Evaluate(scope, bucket, out);
    DropScopes();
  }

 private:
  static constexpr std::int64_t kNone = INT64_MIN;

  [[nodiscard]] std::int64_t BucketOf(EventTime time) const {
    const std::int64_t ms = ToMillis(time), size = options_.bucket.count();
    return ms >= 0 ? ms / size : -((-ms + size - 1) / size);
  }

  void Count(std::string_view prefix, std::string_view name, std::uint32_t key,
             const Mention& mention) {
    scope_name_.assign(prefix).append(name);
    Count(scope_name_, key, mention);
  }

  void Count(std::string_view scope_name, std::uint32_t key, const Mention& mention) {
    Scope& scope = scopes_[Hash64(scope_name)];
    if (scope.name.empty()) scope.name = scope_name;
    KeyHistory& history = scope.keys[key];
    auto at = std::lower_bound(history.buckets.begin(), history.buckets.end(), std::pair(mention.bucket, 0u));
    if (at == history.buckets.end() || at->first != mention.bucket) {
      at = history.buckets.insert(at, {mention.bucket, 0});
    }
    ++at->second;
    if (!history.live) scope.live.push_back(key);
    history.live = true;
    history.mentions.push_back(mention);
    if (history.mentions.size() > kMaxMentions) history.mentions.pop_front();
  }

  /// Keeps the id of a post for examples, and gives the post's number.
  std::uint32_t Remember(std::string_view id) {
    if (ids_.size() < kKeptIds) ids_.emplace_back();
    ids_[posts_seen_ % kKeptIds] = id;
    return posts_seen_++;
  }

  /// Moves what has left the span into the key's past.
  void Age(KeyHistory& history, std::int64_t now) const {
    const double halves_per_bucket = static_cast<double>(options_.bucket.count()) /
                                     static_cast<double>(options_.half_life.count());
    const std::int64_t oldest = now - buckets_in_span_;
    auto past = history.buckets.begin();
    for (; past != history.buckets.end() && past->first < oldest; ++past) {
      const auto [bucket, count] = *past;
      if (bucket > history.decayed_at) {
        history.decayed *= std::exp2(-halves_per_bucket * static_cast<double>(bucket - history.decayed_at));
        history.decayed_at = bucket;
      }
      history.decayed += count;
      const std::int64_t slot = bucket / buckets_in_span_;
      if (!history.slots.empty() && history.slots.back().first == slot) {
        history.slots.back().second += count;
      } else {
        history.slots.emplace_back(slot, count);
        if (history.slots.size() > kMaxSlots) history.slots.erase(history.slots.begin());
      }
    }
    history.buckets.erase(history.buckets.begin(), past);
    std::erase_if(history.mentions, [&](const Mention& m) { return m.bucket < oldest; });
  }

  /// Posts that a span of this key usually has.
  [[nodiscard]] double Baseline(const KeyHistory& history, std::int64_t now) const {
    const double halves_per_bucket = static_cast<double>(options_.bucket.count()) /
                                     static_cast<double>(options_.half_life.count());
    const double since = static_cast<double>(now - buckets_in_span_ - first_bucket_);
    double mean = 0;
    if (since > 0) {
      const double decayed = history.decayed *
          std::exp2(-halves_per_bucket * std::max(0.0, static_cast<double>(now - history.decayed_at)));
      // The weights of an unending past sum to 1 / (1 - 2^-h); of a short one to less.
      const double weight = (1 - std::exp2(-halves_per_bucket * since)) / (1 - std::exp2(-halves_per_bucket));
      mean = decayed / weight * static_cast<double>(buckets_in_span_);
    }
    const std::int64_t day = std::chrono::milliseconds(std::chrono::hours(24)) / options_.span;
    const std::int64_t slot = now / buckets_in_span_;
    double same_slot = 0;
    for (const auto& [at, count] : history.slots) {
      if (at == slot - day || at == slot - 7 * day) same_slot = std::max<double>(same_slot, count);
    }
    return std::max({mean, same_slot, 1.0});
  }

  void Evaluate(Scope& scope, std::int64_t now, std::vector<Trend>& out) {
    const bool warm = now - first_bucket_ >= kWarmUpSpans * buckets_in_span_;
    std::vector<Trend> risen;
    std::size_t kept = 0;
    for (const std::uint32_t key : scope.live) {
      KeyHistory& history = scope.keys[key];
      Age(history, now);
      std::uint64_t count = 0;
      for (const auto& [bucket, n] : history.buckets) count += bucket < now ? n : 0;
      if (warm && (count >= options_.min_count || history.active)) {
        Trend trend = Describe(scope.name, key, history, count, now);
        const bool enough = trend.count >= options_.min_count && trend.authors >= options_.min_authors &&
                            trend.duplicate_share <= options_.max_duplicate_share;
        const bool in = enough && trend.score >= (history.active ? options_.score_out : options_.score_in);
        trend.active = in;
        if (in || history.active) risen.push_back(std::move(trend));
        history.active = in;
      }
      history.live = history.active || !history.buckets.empty();
      if (history.live) scope.live[kept++] = key;
    }
    scope.live.resize(kept);
    std::sort(risen.begin(), risen.end(), [](const Trend& a, const Trend& b) {
      return a.score != b.score ? a.score > b.score : a.key < b.key;
    });
    std::size_t shown = 0;
    for (Trend& trend : risen) {
      if (trend.active && ++shown > options_.top) continue;
      out.push_back(std::move(trend));
    }
    DropRareKeys(scope);
  }

  Trend Describe(const std::string& scope, std::uint32_t key, const KeyHistory& history,
                 std::uint64_t count, std::int64_t now) const {
    Trend trend;
    trend.time = FromMillis(now * options_.bucket.count());
    trend.scope = scope;
    trend.kind = "hashtag";
    trend.key = strings_[key];
    trend.count = count;
    trend.baseline = Baseline(history, now);
    trend.score = (static_cast<double>(count) - trend.baseline) / std::sqrt(trend.baseline + 1);
    std::unordered_set<std::uint64_t> authors, texts;
    std::map<std::uint32_t, std::size_t> languages;
    std::size_t looked_at = 0;
    for (const Mention& mention : history.mentions) {
      if (mention.bucket >= now) continue;  // Read already, but of a time not evaluated yet.
      ++looked_at;
      authors.insert(mention.author);
      texts.insert(mention.text);
      ++languages[mention.language];
    }
    trend.authors = authors.size();
    const auto seen = static_cast<double>(looked_at);
    if (seen > 0) trend.duplicate_share = 1 - static_cast<double>(texts.size()) / seen;
    std::vector<std::pair<std::size_t, std::uint32_t>> order;
    for (const auto& [language, n] : languages) order.emplace_back(n, language);
    std::sort(order.rbegin(), order.rend());
    for (const auto& [n, language] : order) {
      if (trend.languages.size() < kExamples) trend.languages.emplace_back(strings_[language]);
    }
    for (auto at = history.mentions.rbegin();
         at != history.mentions.rend() && trend.example_ids.size() < kExamples; ++at) {
      if (posts_seen_ - at->post <= kKeptIds) trend.example_ids.push_back(ids_[at->post % kKeptIds]);
    }
    return trend;
  }

  /// Keeps a scope within max_keys by forgetting those with the smallest past.
  void DropRareKeys(Scope& scope) const {
    if (scope.keys.size() <= options_.max_keys) return;
    std::vector<double> weights;
    for (const auto& [key, history] : scope.keys) weights.push_back(Weight(history));
    const auto cut = weights.begin() + static_cast<std::ptrdiff_t>(weights.size() - options_.max_keys / 2);
    std::nth_element(weights.begin(), cut, weights.end());
    const double least = *cut;
    std::erase_if(scope.keys, [&](const auto& entry) {
      return !entry.second.live && Weight(entry.second) < least;
    });
  }
  static double Weight(const KeyHistory& history) {
    double weight = history.decayed;
    for (const auto& [bucket, count] : history.buckets) weight += count;
    return weight;
  }

  void DropScopes() {
    std::erase_if(scopes_, [](const auto& entry) { return entry.second.keys.empty(); });
  }

  const Options options_;
  const std::int64_t buckets_in_span_;
  Interner strings_;
  std::unordered_map<std::uint64_t, Scope> scopes_;
  std::int64_t first_bucket_ = kNone;
  std::int64_t evaluated_ = kNone;
  std::string scope_name_;
  std::vector<std::string> ids_;  ///< a ring, by number of the post
  std::uint32_t posts_seen_ = 0;  ///< wraps; differences stay right
};

}  // namespace

std::unique_ptr<TrendDetector> TrendDetector::Create(Options options) {
  return std::make_unique<Detector>(options);
}

}  // namespace hb
