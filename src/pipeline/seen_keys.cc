#include "pipeline/seen_keys.h"

#include "pipeline/codec.h"
#include "pipeline/topics.h"

namespace hb {

std::int64_t SeenKeys::BucketOf(EventTime time) const {
  return ToMillis(time) / (horizon_.count() / 2);
}

std::string SeenKeys::StoreOf(std::int64_t bucket) const {
  return shared_ ? kSeenState : "seen/" + std::to_string(bucket);
}

std::string SeenKeys::NameOf(std::int64_t bucket, PostKey key) const {
  const std::string of_key = KeyBytes(key);
  return shared_ ? KeyBytes(PostKey{static_cast<std::uint64_t>(bucket)}) + of_key : of_key;
}

Result<bool> SeenKeys::Contains(PostKey key, EventTime now) {
  if (recent_.contains(ToInt(key))) return true;
  for (std::int64_t bucket = BucketOf(now); bucket > BucketOf(now) - 3; --bucket) {
    const Result<std::string> found =
        log_.GetState(StoreOf(bucket), partition_, NameOf(bucket, key));
    if (found.ok()) return true;
    if (found.error().code != Code::kNotFound) return found.error();
  }
  return false;
}

Status SeenKeys::Record(Transaction& transaction, PostKey key, EventTime now) {
  const std::int64_t bucket = BucketOf(now);
  if (bucket != newest_bucket_) {
    HB_TRY(DropOld(transaction, bucket));
    newest_bucket_ = bucket;
  }
  transaction.PutState(StoreOf(bucket), partition_, NameOf(bucket, key), "1");
  return Ok();
}

void SeenKeys::Remember(PostKey key) {
  if (recent_.size() >= kMaxRecent) recent_.clear();
  recent_.insert(ToInt(key));
}

Status SeenKeys::DropOld(Transaction& transaction, std::int64_t bucket) {
  const std::int64_t kept = bucket - 2;
  if (shared_) {
    return log_.ScanState(kSeenState, partition_, [&](std::string_view name, std::string_view) {
      if (static_cast<std::int64_t>(ToInt(KeyFromBytes(name))) >= kept) return false;
      transaction.PutState(kSeenState, partition_, name, "");
      return true;
    });
  }
  // A few buckets back is enough: each bucket change drops the one that has just passed the
  // horizon.
  for (std::int64_t old = bucket - 6; old < kept; ++old) {
    const std::string name = StoreOf(old);
    HB_TRY(log_.ScanState(name, partition_, [&](std::string_view key, std::string_view) {
      transaction.PutState(name, partition_, key, "");
      return true;
    }));
  }
  return Ok();
}

}  // namespace hb
