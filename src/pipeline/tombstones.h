// pipeline/tombstones.h - what was redacted: posts and accounts that must not be counted or come
// back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/units.h"
#include "log/log.h"
#include "record/post_batch.h"
#include "record/redaction.h"

namespace hb {

/// All redactions together, in memory beside their durable copy (states of the log), and what they
/// say about a post. That depends on the set of redactions only, not on their order:
///
/// - gone: itself, the first version of its chain, or the post that it reposts was deleted; it was
/// replaced
///   by an edit; or its account was deleted at or after the post's time.
/// - hidden: of its account's hide and show events the latest (by the event's time; of two at the
/// same
///   time, hide) is a hide, at or after the post's time.
///
/// Threads  Any.
/// Memory   About 40 bytes a redacted post, 150 an account.
class Tombstones {
 public:
  enum class Verdict : std::uint8_t { kStays, kGone, kHidden };

  static Result<std::unique_ptr<Tombstones>> Open(Log& log);
  /// Adds to memory; the caller has put it into a transaction with `Record`. Again changes nothing.
  void Add(const Redaction& redaction);
  /// Makes it durable with `transaction`. Cost: one or no state entry.
  static void Record(Transaction& transaction, const Redaction& redaction, EventTime now);

  [[nodiscard]] Verdict Judge(const PostView& post) const;
  /// For each row of `posts`; leaves `verdicts` empty if all stay.
  void Judge(const PostBatch& posts, std::vector<Verdict>& verdicts) const;

  /// True if `bytes`, which nobody could read as a post, hold the id of a deleted one: 8 digits or
  /// characters at least, because short ids would hit by chance. Cost: O(bytes).
  [[nodiscard]] bool Names(std::string_view bytes) const;

  /// The delete of one post, by its key.
  void Add(PostKey key);
  static void Record(Transaction& transaction, PostKey key, EventTime time);
  [[nodiscard]] bool Contains(PostKey key) const;
  [[nodiscard]] bool empty() const;
  /// How often something was added that was not known before, whoever told it. Never falls.
  [[nodiscard]] std::uint64_t additions() const;

 private:
  static constexpr std::int64_t kNever = INT64_MIN;
  /// Latest event of each kind, in milliseconds.
  struct Account {
    std::string network;
    std::int64_t deleted = kNever, hidden = kNever, shown = kNever;
  };
  [[nodiscard]] bool IsEmpty() const HB_REQUIRES(mutex_) {
    return keys_.empty() && edits_.empty() && accounts_.empty();
  }
  [[nodiscard]] Verdict JudgeLocked(const PostView& post) const HB_REQUIRES(mutex_);
  void AddAccount(std::string_view network, std::string_view author, RedactionKind kind,
                  std::int64_t time);

  mutable Mutex mutex_;
  std::uint64_t additions_ HB_GUARDED_BY(mutex_) = 0;
  std::unordered_set<std::uint64_t> keys_ HB_GUARDED_BY(mutex_);   ///< deleted
  std::unordered_set<std::uint64_t> edits_ HB_GUARDED_BY(mutex_);  ///< replaced by newer versions
  struct TextHash {  // looks up views without copying them
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  /// By author; one entry a network.
  std::unordered_map<std::string, std::vector<Account>, TextHash, std::equal_to<>> accounts_
      HB_GUARDED_BY(mutex_);
};

}  // namespace hb
