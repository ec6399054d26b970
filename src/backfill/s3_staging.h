// backfill/s3_staging.h - a staging in a bucket of S3, or of a server that speaks its protocol.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backfill/staging.h"
#include "base/result.h"

namespace hb::backfill {

/// Where the bucket is, and who asks.
struct S3Access {
  std::string endpoint{};  ///< "https://host[:port]"; "": Amazon's of the region
  std::string region, bucket;
  std::string prefix{};  ///< of all names, "" or with '/' at its end
  std::string key, secret;
  std::string session_token{};      ///< of temporary keys; else ""
  std::function<bool()> stopped{};  ///< true: what failed is not tried again. Empty: never
};

/// Objects "PREFIX NAME" of the bucket, addressed by path
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/: PutObject, GetObject, ListObjectsV2), signed
/// by Signature Version 4. What may pass (no connection, 429, 5xx) is tried again for about ten
/// seconds; a try itself ends after 30. Opens no connection yet.
///
/// Durability  An object that was put is there: S3 is strongly consistent.
/// Errors      kInvalidArgument: the access is not whole. Of the calls: kUnavailable, and
///             kInvalidArgument for what the server refuses, such as a wrong key; kCorrupt: an
///             answer that is none of S3's.
Result<std::unique_ptr<Staging>> OpenS3Staging(S3Access access);

/// One page of an answer to ListObjectsV2.
struct S3Listing {
  std::vector<std::string> keys;
  std::string next_token;  ///< "" on the last page
};
/// kCorrupt: `body` is none.
Result<S3Listing> ParseS3Listing(std::string_view body);

}  // namespace hb::backfill
