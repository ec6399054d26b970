#include "window/trend_detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "record/near_duplicates.h"
#include "window/trend_detector_impl.h"

namespace hb {
namespace trends {
namespace {

/// Posts of one key that are looked at one by one; beyond it only the counts go on.
constexpr std::size_t kMaxMentions = 512;
constexpr std::size_t kExamples = 5;
constexpr std::size_t kMaxSpareNodes = 64;
/// Before so many spans of history everything would seem to rise.
constexpr int kWarmUpSpans = 4;
/// Slots of a span's length in a week of 15-minute spans, yesterday included.
constexpr std::size_t kMaxSlots = 7 * 96 + 8;

}  // namespace

void Detector::Add(const AnalysisBatch& batch, const std::vector<bool>& skip) {
  const PostBatch& posts = *batch.posts;
  std::int64_t lowest = INT64_MAX;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    if (row < skip.size() && skip[row]) continue;
    lowest = std::min(lowest, BucketOf(posts.time[row]));
  }
  if (lowest != INT64_MAX) NoteFirst(lowest);
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const auto tags = batch.hashtags[row];
    if (tags.empty() || (row < skip.size() && skip[row])) continue;
    post_.bucket = BucketOf(posts.time[row]);
    post_.author = Hash64(posts.author[row].empty() ? posts.handle[row] : posts.author[row]);
    post_.text = row < batch.fingerprint.size() ? batch.fingerprint[row] : 0;
    // A record of an older version has none: the same texts are still the same. Such numbers are
    // about 32 bits from each other and from every fingerprint.
    if (post_.text == 0) post_.text = Hash64(batch.clean[row]);
    post_.id = posts.id[row];
    post_.language = batch.lang[row];
    post_.country = posts.country[row];
    post_.tasks.clear();
    for (const std::string_view task : posts.tasks[row]) post_.tasks.push_back(task);
    post_.tags.clear();
    for (const std::string_view tag : tags) post_.tags.push_back(tag);
    Count(post_);
  }
}

void Detector::Clear() {
  strings_.Clear();
  languages_.Clear();
  scope_names_.Clear();
  language_scopes_.clear();
  scopes_.clear();
  index_.Clear();
  histories_.clear();
  free_.clear();
  live_.clear();
  pending_.clear();
  lists_.Clear();
  first_bucket_ = evaluated_ = kNone;
  ids_.Clear();
  posts_seen_ = 0;
}

void Detector::Count(const TaggedPost& post) {
  if (options_.journaled) WritePost(post);
  const Mention mention{post.bucket, post.author, post.text, languages_.Intern(post.language),
                        Remember(post.id)};
  post_scopes_.assign(1, ScopeOf("all", ""));
  for (const std::string_view task : post.tasks) post_scopes_.push_back(ScopeOf("task:", task));
  if (post.language != "und") {
    // Nearly every post is of one of a few languages: their scopes are found by number.
    if (mention.language >= language_scopes_.size())
      language_scopes_.resize(mention.language + 1, kNoScope);
    std::uint32_t& scope = language_scopes_[mention.language];
    if (scope == kNoScope) scope = ScopeOf("lang:", post.language);
    post_scopes_.push_back(scope);
  }
  if (!post.country.empty()) post_scopes_.push_back(ScopeOf("country:", post.country));
  for (const std::string_view tag : post.tags) {
    const std::uint32_t key = strings_.Intern(tag);
    for (const std::uint32_t scope : post_scopes_) CountIn(scope, key, mention);
  }
}

std::uint32_t Detector::ScopeOf(std::string_view prefix, std::string_view name) {
  scope_name_.assign(prefix).append(name);
  const std::uint32_t scope = scope_names_.Intern(scope_name_);
  if (scope == scopes_.size()) scopes_.push_back({scope_name_, 0, options_.max_keys + 1});
  return scope;
}

std::uint32_t Detector::HistoryOf(std::uint32_t scope, std::uint32_t key) {
  const std::uint64_t id = std::uint64_t{scope} << 32 | key;
  if (const auto* known = index_.Find(id)) return known->count - 1;
  std::uint32_t at = static_cast<std::uint32_t>(histories_.size());
  if (free_.empty()) {
    histories_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  histories_[at].scope = scope;
  histories_[at].key = key;
  index_.Add(id, at + 1, SIZE_MAX);
  ++scopes_[scope].keys;
  return at;
}

void Detector::ExpectIn(std::int64_t bucket, std::uint32_t history) {
  auto at = pending_.lower_bound(bucket);
  if (at == pending_.end() || at->first != bucket) {
    if (spare_.empty()) {
      at = pending_.emplace_hint(at, bucket, std::vector<std::uint32_t>());
    } else {
      Pending::node_type node = std::move(spare_.back());
      spare_.pop_back();
      node.key() = bucket;
      node.mapped().clear();
      at = pending_.insert(at, std::move(node));
    }
  }
  at->second.push_back(history);
}

void Detector::CountIn(std::uint32_t scope, std::uint32_t key, const Mention& mention) {
  const std::uint32_t at = HistoryOf(scope, key);
  KeyHistory& history = histories_[at];
  if (history.Count(mention.bucket)) ExpectIn(mention.bucket, at);
  lists_.Append(history.mentions, mention);
  if (history.mentions.size > kMaxMentions) lists_.DropOldest(history.mentions);
}

void Detector::AdvanceTo(std::int64_t bucket, std::vector<Trend>* out) {
  if (first_bucket_ == kNone || bucket <= evaluated_) return;
  if (options_.journaled) Write(Op::kAdvance).Signed(bucket);
  evaluated_ = bucket;
  Wake(bucket);
  Evaluate(bucket);
  if (out != nullptr) Report(*out);
  for (std::uint32_t scope = 0; scope < scopes_.size(); ++scope) {
    if (scopes_[scope].keys >= scopes_[scope].drop_at) DropRareKeys(scope);
  }
}

/// Makes the histories live that have posts before `now`. The rest is left for later, so that a
/// replay, which is read far ahead of its watermark, costs no more than a live stream.
void Detector::Wake(std::int64_t now) {
  const auto later = pending_.lower_bound(now);
  for (auto due = pending_.begin(); due != later; ++due) {
    for (const std::uint32_t at : due->second) {
      KeyHistory& history = histories_[at];
      if (!history.live) live_.push_back(at);
      history.live = true;
    }
  }
  while (pending_.begin() != later) {
    auto node = pending_.extract(pending_.begin());
    if (spare_.size() < kMaxSpareNodes) spare_.push_back(std::move(node));
  }
}

/// Moves what has left the span into the key's past.
void Detector::Age(KeyHistory& history, std::int64_t now) {
  const std::int64_t oldest = now - buckets_in_span_;
  for (; history.first < history.buckets.size(); ++history.first) {
    const auto [bucket, count] = history.buckets[history.first];
    if (bucket >= oldest) break;
    if (bucket > history.decayed_at) {
      history.decayed *= Decay(history.decayed_at, bucket);
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
  history.Trim();
  // A mention that came out of order may stay behind a newer one; Describe passes over it.
  while (history.mentions.size > 0 && lists_.Oldest(history.mentions).bucket < oldest) {
    lists_.DropOldest(history.mentions);
  }
}

/// Posts that a span of this key usually has.
double Detector::Baseline(const KeyHistory& history, std::int64_t now) const {
  double mean = 0;
  if (mean_weight_ > 0) {
    mean = history.decayed * Decay(history.decayed_at, now) / mean_weight_ *
           static_cast<double>(buckets_in_span_);
  }
  const std::int64_t day = std::chrono::milliseconds(std::chrono::hours(24)) / options_.span;
  const std::int64_t slot = now / buckets_in_span_;
  double same_slot = 0;
  for (const auto& [at, count] : history.slots) {
    if (at == slot - day || at == slot - 7 * day) same_slot = std::max<double>(same_slot, count);
  }
  return std::max({mean, same_slot, 1.0});
}

void Detector::Evaluate(std::int64_t now) {
  const bool warm = now - first_bucket_ >= kWarmUpSpans * buckets_in_span_;
  const auto since = static_cast<double>(now - buckets_in_span_ - first_bucket_);
  // The weights of an unending past sum to 1 / (1 - 2^-h); of a short one to less.
  mean_weight_ = since > 0 ? (1 - std::exp2(-halves_per_bucket_ * since)) /
                                 (1 - std::exp2(-halves_per_bucket_))
                           : 0;
  risen_.clear();
  std::size_t kept = 0;
  for (const std::uint32_t at : live_) {
    KeyHistory& history = histories_[at];
    Age(history, now);
    std::uint64_t count = 0;
    for (std::size_t i = history.first; i < history.buckets.size(); ++i) {
      if (history.buckets[i].first >= now) break;  // Read already, but of a time not evaluated yet.
      count += history.buckets[i].second;
    }
    if (warm && (count >= options_.min_count || history.active)) Judge(history, count, now);
    history.live = history.active || count > 0;
    if (history.live) live_[kept++] = at;
  }
  live_.resize(kept);
}

void Detector::Judge(KeyHistory& history, std::uint64_t count, std::int64_t now) {
  const double baseline = Baseline(history, now);
  const double score = (static_cast<double>(count) - baseline) / std::sqrt(baseline + 1);
  const bool high = score >= (history.active ? options_.score_out : options_.score_in);
  if (!high && !history.active) return;
  Trend trend = Describe(history, count, baseline, now);
  trend.score = score;
  trend.active = high && count >= options_.min_count && trend.authors >= options_.min_authors &&
                 trend.duplicate_share <= options_.max_duplicate_share;
  const bool told = trend.active || history.active;
  history.active = trend.active;
  if (told) risen_.push_back({history.scope, std::move(trend)});
}

Trend Detector::Describe(const KeyHistory& history, std::uint64_t count, double baseline,
                         std::int64_t now) const {
  Trend trend;
  trend.time = FromMillis(now * options_.bucket.count());
  trend.scope = scopes_[history.scope].name;
  trend.kind = "hashtag";
  trend.key = strings_[history.key];
  trend.count = count;
  trend.baseline = baseline;
  std::vector<std::uint64_t> authors, texts;
  std::vector<std::uint32_t> posts;
  std::vector<std::pair<std::int64_t, std::string_view>> languages;  // by how often, negative
  lists_.ForEach(history.mentions, [&](const Mention& mention) {
    if (mention.bucket >= now || mention.bucket < now - buckets_in_span_) return;
    authors.push_back(mention.author);
    texts.push_back(mention.text);
    posts.push_back(mention.post);
    const std::string_view name = languages_[mention.language];
    auto at = std::find_if(languages.begin(), languages.end(),
                           [&](const auto& language) { return language.second == name; });
    if (at == languages.end()) at = languages.insert(at, {0, name});
    --at->first;
  });
  std::sort(authors.begin(), authors.end());
  trend.authors =
      static_cast<std::size_t>(std::unique(authors.begin(), authors.end()) - authors.begin());
  const auto seen = static_cast<double>(posts.size());
  if (seen > 0) trend.duplicate_share = 1 - static_cast<double>(CountDistinctTexts(texts)) / seen;
  std::sort(languages.begin(), languages.end());
  for (std::size_t i = 0; i < std::min(kExamples, languages.size()); ++i) {
    trend.languages.emplace_back(languages[i].second);
  }
  for (auto at = posts.rbegin(); at != posts.rend() && trend.example_ids.size() < kExamples; ++at) {
    if (posts_seen_ - *at <= NewestIds::kKept) trend.example_ids.emplace_back(ids_[*at]);
  }
  return trend;
}

/// Tells of each scope's highest, and of all that fell out.
void Detector::Report(std::vector<Trend>& out) {
  std::sort(risen_.begin(), risen_.end(), [](const Risen& a, const Risen& b) {
    if (a.scope != b.scope) return a.scope < b.scope;
    return a.trend.score != b.trend.score ? a.trend.score > b.trend.score
                                          : a.trend.key < b.trend.key;
  });
  std::size_t shown = 0;
  for (std::size_t i = 0; i < risen_.size(); ++i) {
    if (i > 0 && risen_[i].scope != risen_[i - 1].scope) shown = 0;
    if (risen_[i].trend.active && ++shown > options_.top) continue;
    out.push_back(std::move(risen_[i].trend));
  }
}

double Detector::Weight(const KeyHistory& history) const {
  return history.decayed * Decay(history.decayed_at, evaluated_);
}

/// Keeps a scope within max_keys by forgetting those with the smallest past.
void Detector::DropRareKeys(std::uint32_t scope) {
  std::vector<std::pair<double, std::uint32_t>> quiet;
  for (std::uint32_t at = 0; at < histories_.size(); ++at) {
    const KeyHistory& history = histories_[at];
    if (history.scope != scope || !history.quiet() || history.live) continue;
    quiet.emplace_back(Weight(history), at);
  }
  std::size_t& keys = scopes_[scope].keys;
  const std::size_t goal = options_.max_keys / 2;
  const std::size_t drop = std::min(quiet.size(), keys > goal ? keys - goal : 0);
  const auto end = quiet.begin() + static_cast<std::ptrdiff_t>(drop);
  // Equal ones by their keys, so that a detector that was saved and loaded drops the same.
  std::nth_element(quiet.begin(), end, quiet.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return strings_[histories_[a.second].key] < strings_[histories_[b.second].key];
  });
  for (auto at = quiet.begin(); at != end; ++at) {
    lists_.Drop(histories_[at->second].mentions);
    histories_[at->second] = {};
    histories_[at->second].scope = UINT32_MAX;
    free_.push_back(at->second);
  }
  keys -= drop;
  scopes_[scope].drop_at = std::max(options_.max_keys, keys + keys / 4) + 1;
  if (drop > 0) RebuildIndex();
}

/// After histories have gone: they leave the index, and their strings the memory.
void Detector::RebuildIndex() {
  Interner kept;
  index_.Clear();
  for (std::uint32_t at = 0; at < histories_.size(); ++at) {
    KeyHistory& history = histories_[at];
    if (history.scope == UINT32_MAX) continue;
    history.key = kept.Intern(strings_[history.key]);
    index_.Add(std::uint64_t{history.scope} << 32 | history.key, at + 1, SIZE_MAX);
  }
  strings_ = std::move(kept);
}

}  // namespace trends

std::unique_ptr<TrendDetector> TrendDetector::Create(Options options) {
  return std::make_unique<trends::Detector>(options);
}

}  // namespace hb
