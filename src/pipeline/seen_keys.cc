#include "pipeline/seen_keys.h"

#include "pipeline/codec.h"

namespace hb {

std::int64_t SeenKeys::BucketOf(EventTime time) const {
  return ToMillis(time) / (horizon_.count() / 2);
}

std::string SeenKeys::BucketName(std::int64_t bucket) { return "seen/" + std::to_string(bucket); }

Result<bool> SeenKeys::Contains(PostKey key, EventTime now) {
  if (recent_.contains(ToInt(key))) return true;
  const std::string bytes = KeyBytes(key);
  for (std::int64_t bucket = BucketOf(now); bucket > BucketOf(now) - 3; --bucket) {
    const Result<std::string> found = log_.GetState(BucketName(bucket), Partition{0}, bytes);
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
  transaction.PutState(BucketName(bucket), Partition{0}, KeyBytes(key), "1");
  return Ok();
}

void SeenKeys::Remember(PostKey key) {
  if (recent_.size() >= kMaxRecent) recent_.clear();
  recent_.insert(ToInt(key));
}

Status SeenKeys::DropOld(Transaction& transaction, std::int64_t bucket) {
  // A few buckets back is enough: each bucket change drops the one that has just passed the
  // horizon.
  for (std::int64_t old = bucket - 6; old <= bucket - 3; ++old) {
    const std::string name = BucketName(old);
    HB_TRY(log_.ScanState(name, Partition{0}, [&](std::string_view key, std::string_view) {
      transaction.PutState(name, Partition{0}, key, "");
      return true;
    }));
  }
  return Ok();
}

}  // namespace hb
