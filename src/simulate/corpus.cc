#include "simulate/corpus.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/split_mix.h"
#include "simulate/made_up.h"

namespace hb::simulate {

namespace {

/// Milliseconds since 1970 at which X's Snowflake ids begin, and the bits below the time.
constexpr std::int64_t kSnowflakeEpochMs = 1'288'834'974'657;
constexpr int kSnowflakeBits = 22;
constexpr std::uint64_t kLowMask = (1u << kSnowflakeBits) - 1;

constexpr double kDefaultRate = 25;
constexpr std::uint64_t kReach = 64;  ///< how far back an edit, a delete or an answer goes

std::uint64_t SnowflakeOf(EventTime time, std::uint64_t low) {
  const std::int64_t ms = std::max<std::int64_t>(ToMillis(time) - kSnowflakeEpochMs, 1);
  return (static_cast<std::uint64_t>(ms) << kSnowflakeBits) | (low & kLowMask);
}

/// Post i is said i / rate seconds after the begin.
class Even {
 public:
  Even(EventTime begin, double rate) : begin_(begin), rate_(rate) {}
  [[nodiscard]] EventTime TimeOf(std::uint64_t index) const {
    return begin_ + std::chrono::milliseconds(
                        static_cast<std::int64_t>(static_cast<double>(index) * 1000.0 / rate_));
  }
  [[nodiscard]] std::uint64_t FirstAt(EventTime time) const {
    if (time <= begin_) return 0;
    const double ms = static_cast<double>((time - begin_).count());
    std::uint64_t index = static_cast<std::uint64_t>(ms * rate_ / 1000.0);
    // Rounding may be off by one either way.
    while (index > 0 && TimeOf(index - 1) >= time) --index;
    while (TimeOf(index) < time) ++index;
    return index;
  }

 private:
  EventTime begin_;
  double rate_;
};

class MadeUp : public Corpus {
 public:
  explicit MadeUp(const Options& options)
      : options_(options), pace_(options.begin, options.rate > 0 ? options.rate : kDefaultRate) {}

  [[nodiscard]] std::uint64_t size() const override { return Post::npos; }
  [[nodiscard]] EventTime TimeOf(std::uint64_t index) const override { return pace_.TimeOf(index); }
  [[nodiscard]] std::uint64_t FirstAt(EventTime time) const override { return pace_.FirstAt(time); }

  [[nodiscard]] Post Get(std::uint64_t index) const override {
    const Fate fate = FateOf(index);
    Post post = Plain(index);
    if (fate.what == What::kEdit) {
      post = Plain(fate.earlier);
      post.text += " (edited)";
      post.edits = fate.earlier;
      post.edited_id = IdOf(fate.earlier);
    } else if (fate.what == What::kRepost) {
      auto original = std::make_shared<Post>(Plain(fate.earlier));
      post.kind = PostKind::kRepost;
      post.text = original->text;
      post.lang = original->lang;
      post.hashtags = original->hashtags;
      post.urls = original->urls;
      post.original = std::move(original);
    } else if (fate.what != What::kPlain) {
      post.kind = fate.what == What::kReply ? PostKind::kReply : PostKind::kQuote;
      post.original = std::make_shared<Post>(Plain(fate.earlier));
    }
    post.index = index;
    post.time = TimeOf(index);
    post.id = IdOf(index);
    return post;
  }

  [[nodiscard]] std::optional<std::uint64_t> DeletedBy(std::uint64_t index) const override {
    SplitMix64 random = Random(index, 2);
    if (random.Unit() >= options_.deletes) return std::nullopt;
    return index + 1 + random.Next() % kReach;
  }
  [[nodiscard]] std::vector<std::uint64_t> Deletes(std::uint64_t index) const override {
    std::vector<std::uint64_t> gone;
    if (options_.deletes <= 0) return gone;
    for (std::uint64_t at = index - std::min(index, kReach); at < index; ++at) {
      if (DeletedBy(at) == index) gone.push_back(at);
    }
    return gone;
  }

 private:
  enum class What { kPlain, kRepost, kReply, kQuote, kEdit };
  struct Fate {
    What what = What::kPlain;
    std::uint64_t earlier = 0;
  };

  [[nodiscard]] SplitMix64 Random(std::uint64_t index, std::uint64_t what) const {
    return SplitMix64(Mix64(options_.seed * 8 + what) ^ Mix64(index + 1));
  }
  [[nodiscard]] Fate FateOf(std::uint64_t index) const {
    SplitMix64 random = Random(index, 1);
    if (index == 0) return {};
    Fate fate;
    fate.earlier = index - 1 - random.Next() % std::min(index, kReach);
    double at = random.Unit();
    const auto among = [&](double share) {
      at -= share;
      return at < 0;
    };
    if (among(options_.edits)) {
      // Only what is no edit, repost or answer itself, and stays, is edited.
      const bool fit = FateOf(fate.earlier).what == What::kPlain && !DeletedBy(fate.earlier);
      fate.what = fit ? What::kEdit : What::kPlain;
    } else if (among(options_.reposts)) {
      fate.what = What::kRepost;
    } else if (among(options_.replies)) {
      fate.what = What::kReply;
    } else if (among(options_.quotes)) {
      fate.what = What::kQuote;
    }
    return fate;
  }
  /// What is said by itself.
  [[nodiscard]] Post Plain(std::uint64_t index) const {
    Post post;
    post.index = index;
    post.time = TimeOf(index);
    post.id = IdOf(index);
    MakeText(options_.seed, index, post);
    return post;
  }

  const Options options_;
  const Even pace_;
};

class Given : public Corpus {
 public:
  Given(const Options& options, PostBatch posts, const std::vector<Redaction>& redactions)
      : options_(options), posts_(std::move(posts)), pace_(options.begin, options.rate) {
    order_.resize(posts_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
      return posts_.time[a] < posts_.time[b];
    });
    const auto span = posts_.time[order_.back()] - posts_.time[order_.front()];
    // A second of silence before it begins again.
    period_ = span + std::chrono::milliseconds(1000);
    std::unordered_map<PostKey, std::uint64_t> places;
    for (std::size_t i = 0; i < order_.size(); ++i) places[posts_.key[order_[i]]] = i;
    for (const Redaction& redaction : redactions) {
      const auto found = places.find(redaction.key);
      if (redaction.kind != RedactionKind::kDelete || found == places.end()) continue;
      const auto at = std::partition_point(order_.begin(), order_.end(), [&](std::size_t row) {
        return posts_.time[row] < redaction.time;
      });
      const auto by = std::max<std::uint64_t>(static_cast<std::uint64_t>(at - order_.begin()),
                                              found->second + 1);
      if (by >= order_.size()) continue;
      deleted_by_[found->second] = by;
      deletes_[by].push_back(found->second);
    }
  }

  [[nodiscard]] std::uint64_t size() const override {
    return options_.loop ? Post::npos : order_.size();
  }
  [[nodiscard]] EventTime TimeOf(std::uint64_t index) const override {
    if (options_.rate > 0) return pace_.TimeOf(index);
    const std::uint64_t round = index / order_.size();
    return options_.begin + Played(round, posts_.time[order_[index % order_.size()]]);
  }
  [[nodiscard]] std::uint64_t FirstAt(EventTime time) const override {
    if (options_.rate > 0) return std::min(pace_.FirstAt(time), size());
    if (time <= options_.begin) return 0;
    const double whole = static_cast<double>(period_.count()) / options_.speed;
    std::uint64_t round =
        static_cast<std::uint64_t>(static_cast<double>((time - options_.begin).count()) / whole);
    if (round > 0) --round;  // rounding
    for (;; ++round) {
      const std::uint64_t first = round * order_.size();
      if (first >= size()) return size();
      if (TimeOf(first + order_.size() - 1) < time) continue;
      std::uint64_t low = first, high = first + order_.size() - 1;
      while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        TimeOf(middle) < time ? low = middle + 1 : high = middle;
      }
      return low;
    }
  }

  [[nodiscard]] Post Get(std::uint64_t index) const override {
    const PostView row = posts_.Row(order_[index % order_.size()]);
    Post post;
    post.index = index;
    post.time = TimeOf(index);
    post.id = IdOf(index);
    post.text = row.content;
    post.lang = row.lang;
    post.author = AuthorNamed(row.handle.empty() ? row.author : row.handle);
    post.author.country = row.country;
    post.author.followers = std::max<std::int64_t>(row.followers, 0);
    post.author.verified = (row.flags & kFlagVerified) != 0;
    post.flags = row.flags;
    post.kind = row.kind;
    const std::size_t at = order_[index % order_.size()];
    for (const std::string_view tag : posts_.hashtags[at]) post.hashtags.emplace_back(tag);
    for (const std::string_view url : posts_.urls[at]) post.urls.emplace_back(url);
    if (row.kind != PostKind::kPost) post.original = Outside(row, post);
    return post;
  }

  [[nodiscard]] std::optional<std::uint64_t> DeletedBy(std::uint64_t index) const override {
    const auto found = deleted_by_.find(index % order_.size());
    if (found == deleted_by_.end()) return std::nullopt;
    return index - index % order_.size() + found->second;
  }
  [[nodiscard]] std::vector<std::uint64_t> Deletes(std::uint64_t index) const override {
    const auto found = deletes_.find(index % order_.size());
    if (found == deletes_.end()) return {};
    std::vector<std::uint64_t> gone = found->second;
    for (std::uint64_t& at : gone) at += index - index % order_.size();
    return gone;
  }

 private:
  [[nodiscard]] std::chrono::milliseconds Played(std::uint64_t round, EventTime time) const {
    const double ms = static_cast<double>((time - posts_.time[order_.front()]).count()) +
                      static_cast<double>(round) * static_cast<double>(period_.count());
    return std::chrono::milliseconds(static_cast<std::int64_t>(ms / options_.speed));
  }
  /// The post that `row` repeats, quotes or answers: a file says whose it was, not what else.
  static std::shared_ptr<const Post> Outside(const PostView& row, const Post& post) {
    auto original = std::make_shared<Post>();
    const std::string_view whose = row.kind == PostKind::kReply ? row.reply_to : row.repost_of;
    original->author = AuthorNamed(whose.empty() ? "somebody" : whose);
    original->index = Post::npos;
    original->time = post.time - std::chrono::hours(1);
    original->id = SnowflakeOf(original->time, Hash64(post.text));
    original->lang = post.lang;
    original->text = "...";
    if (row.kind == PostKind::kRepost) {
      original->text = post.text;
      original->hashtags = post.hashtags;
      original->urls = post.urls;
    }
    return original;
  }

  const Options options_;
  const PostBatch posts_;
  const Even pace_;
  std::vector<std::size_t> order_;  ///< rows by time
  std::chrono::milliseconds period_{};
  std::unordered_map<std::uint64_t, std::uint64_t> deleted_by_;
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> deletes_;
};

Status Check(const Corpus::Options& options) {
  if (!(options.rate >= 0) || !(options.rate <= 1e6)) {
    return Error{Code::kInvalidArgument, "the rate is not between 0 and 1,000,000 posts a second"};
  }
  if (!(options.speed > 0) || !(options.speed <= 1e6)) {
    return Error{Code::kInvalidArgument, "the speed is not above 0 and at most 1,000,000"};
  }
  return Ok();
}

}  // namespace

std::uint64_t Corpus::IdOf(std::uint64_t index) const { return SnowflakeOf(TimeOf(index), index); }

std::optional<std::uint64_t> Corpus::IndexOf(std::uint64_t id) const {
  const EventTime time =
      FromMillis(static_cast<std::int64_t>(id >> kSnowflakeBits) + kSnowflakeEpochMs);
  for (std::uint64_t index = FirstAt(time); index < size() && TimeOf(index) == time; ++index) {
    if (IdOf(index) == id) return index;
  }
  return std::nullopt;
}

Result<std::shared_ptr<const Corpus>> Corpus::MakeUp(const Options& options) {
  HB_TRY(Check(options));
  return std::shared_ptr<const Corpus>(std::make_shared<MadeUp>(options));
}

Result<std::shared_ptr<const Corpus>> Corpus::Play(const Options& options, PostBatch posts,
                                                   const std::vector<Redaction>& redactions) {
  HB_TRY(Check(options));
  if (posts.empty()) return Error{Code::kInvalidArgument, "there are no posts to play"};
  return std::shared_ptr<const Corpus>(
      std::make_shared<Given>(options, std::move(posts), redactions));
}

}  // namespace hb::simulate
