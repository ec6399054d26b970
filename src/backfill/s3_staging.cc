#include "backfill/s3_staging.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "net/http_client.h"

namespace hb::backfill {

namespace {

constexpr int kTries = 6;
constexpr std::chrono::milliseconds kFirstWait{300};
/// How long a call that got no answer goes on: tries that wait in vain for one are long.
constexpr std::chrono::seconds kPatience{10};
/// A page of a search has a few hundred posts.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kShownBytes = 300;

/// Percent-encoding of RFC 3986, as Signature Version 4 wants it; `also` stays as well.
std::string Encoded(std::string_view text, std::string_view also) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || also.find(c) != also.npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// SHA-256 in hex digits.
std::string DigestOf(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

bool MayPass(int status) { return status == 429 || status >= 500; }

/// What stands in the first element `name` from `at` on, as it is written; moves `at` behind it.
std::optional<std::string_view> ElementAt(std::string_view xml, std::string_view name,
                                          std::size_t& at) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  const std::size_t begin = xml.find(open, at);
  if (begin == xml.npos) return std::nullopt;
  const std::size_t from = begin + open.size(), to = xml.find(close, from);
  if (to == xml.npos) return std::nullopt;
  at = to + close.size();
  return xml.substr(from, to - from);
}

/// Without the entities that XML itself has. Our names hold none of them, tokens may.
std::string PlainText(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  while (!text.empty()) {
    const auto* const entity =
        std::find_if(std::begin(kEntities), std::end(kEntities),
                     [&](const auto& one) { return text.starts_with(one.first); });
    const bool found = entity != std::end(kEntities);
    out += found ? entity->second : text.front();
    text.remove_prefix(found ? entity->first.size() : 1);
  }
  return out;
}

/// "AccessDenied: Access Denied" of <Error><Code>AccessDenied</Code><Message>Access Denied...
std::string Described(const HttpAnswer& answer) {
  const auto part = [&](std::string_view name) {
    std::size_t at = 0;
    return ElementAt(answer.body, name, at).value_or("").substr(0, kShownBytes);
  };
  const std::string_view code = part("Code");
  if (code.empty()) return fmt::format("HTTP status {}", answer.status);
  return fmt::format("{}: {}", code, part("Message"));
}

class S3Staging final : public Staging {
 public:
  explicit S3Staging(S3Access access) : access_(std::move(access)) {
    if (access_.endpoint.empty()) {
      access_.endpoint = fmt::format("https://s3.{}.amazonaws.com", access_.region);
    }
    while (access_.endpoint.ends_with('/')) access_.endpoint.pop_back();
  }

  Status Put(std::string_view name, std::string_view bytes) override {
    HB_ASSIGN(const HttpAnswer answer, Call("PUT", PathOf(name), bytes));
    return answer.status < 300 ? Ok() : Status(Refused(name, answer));
  }

  Result<std::string> Get(std::string_view name) override {
    HB_ASSIGN(HttpAnswer answer, Call("GET", PathOf(name), {}));
    if (answer.status < 300) return std::move(answer.body);
    const Error error = Refused(name, answer);
    const bool missing =
        answer.status == 404 && answer.body.find("NoSuchBucket") == answer.body.npos;
    return missing ? Error{Code::kNotFound, error.message} : error;
  }

  Result<std::vector<std::string>> List(std::string_view prefix) override {
    std::vector<std::string> names;
    std::string token;
    do {
      // Sorted by name, as they are signed.
      std::string path = "?";
      if (!token.empty()) path += fmt::format("continuation-token={}&", Encoded(token, ""));
      path += fmt::format("list-type=2&max-keys=1000&prefix={}",
                          Encoded(access_.prefix + std::string(prefix), ""));
      HB_ASSIGN(const HttpAnswer answer, Call("GET", path, {}));
      if (answer.status >= 300) return Refused(prefix, answer);
      auto listing = ParseS3Listing(answer.body);
      if (!listing.ok()) return Error{listing.error().code, Place("") + listing.error().message};
      for (const std::string& key : listing.value().keys) {
        if (key.starts_with(access_.prefix)) names.push_back(key.substr(access_.prefix.size()));
      }
      token = std::move(listing.value().next_token);
    } while (!token.empty());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  [[nodiscard]] std::string PathOf(std::string_view name) const {
    return "/" + Encoded(access_.prefix + std::string(name), "/");
  }
  [[nodiscard]] std::string Place(std::string_view name) const {
    return fmt::format("s3://{}/{}{}: ", access_.bucket, access_.prefix, name);
  }
  [[nodiscard]] Error Refused(std::string_view name, const HttpAnswer& answer) const {
    return {MayPass(answer.status) ? Code::kUnavailable : Code::kInvalidArgument,
            Place(name) + Described(answer)};
  }

  /// `path` comes behind the bucket.
  Result<HttpAnswer> Call(const char* method, const std::string& path, std::string_view bytes) {
    HttpCall call;
    call.method = method;
    call.url = access_.endpoint + "/" + access_.bucket + path;
    call.max_body = kMostBytes;
    call.sign_as = fmt::format("aws:amz:{}:s3", access_.region);
    call.sign_with = access_.key + ":" + access_.secret;
    // S3 wants the digest in a header, which libcurl 7.88 does not add.
    call.headers = {"Content-Type: application/octet-stream",
                    "X-Amz-Content-Sha256: " + DigestOf(bytes)};
    if (!access_.session_token.empty()) {
      call.headers.push_back("X-Amz-Security-Token: " + access_.session_token);
    }
    call.body = bytes;
    std::unique_ptr<HttpConnection> connection = Borrow();
    auto answer = connection->Perform(call);
    std::chrono::milliseconds wait = kFirstWait;
    std::optional<std::chrono::steady_clock::time_point> until;
    for (int tries = 1; tries < kTries; ++tries, wait *= 2) {
      const bool passes =
          answer.ok() ? MayPass(answer.value().status) : answer.error().code == Code::kUnavailable;
      if (!passes || (access_.stopped && access_.stopped())) break;
      const auto next = std::chrono::steady_clock::now() + wait;
      if (!answer.ok() && !until) until = next - wait + kPatience;
      if (until) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*until - next);
        if (left.count() <= 0) break;
        call.timeout = std::min(call.timeout, left);
      }
      std::this_thread::sleep_for(wait);
      answer = connection->Perform(call);
    }
    GiveBack(std::move(connection));
    return answer;
  }

  std::unique_ptr<HttpConnection> Borrow() {
    const MutexLock lock(mutex_);
    if (idle_.empty()) return std::make_unique<HttpConnection>();
    std::unique_ptr<HttpConnection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void GiveBack(std::unique_ptr<HttpConnection> connection) {
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  S3Access access_;
  Mutex mutex_;
  std::vector<std::unique_ptr<HttpConnection>> idle_ HB_GUARDED_BY(mutex_);
};

}  // namespace

Result<S3Listing> ParseS3Listing(std::string_view body) {
  const Error wrong{Code::kCorrupt,
                    "no listing of a bucket: " + std::string(body.substr(0, kShownBytes))};
  if (body.find("<ListBucketResult") == body.npos ||
      body.find("</ListBucketResult>") == body.npos) {
    return wrong;
  }
  S3Listing listing;
  // Elements of these names stand nowhere else in the answer, and none holds another.
  for (std::size_t at = 0; auto key = ElementAt(body, "Key", at);) {
    listing.keys.push_back(PlainText(*key));
  }
  std::size_t at = 0;
  if (const auto more = ElementAt(body, "IsTruncated", at); !more || *more != "true") {
    return listing;
  }
  at = 0;
  const auto token = ElementAt(body, "NextContinuationToken", at);
  if (!token || token->empty()) return wrong;
  listing.next_token = PlainText(*token);
  return listing;
}

Result<std::unique_ptr<Staging>> OpenS3Staging(S3Access access) {
  const auto wrong = [](std::string what) {
    return Error{Code::kInvalidArgument, std::move(what)};
  };
  if (access.bucket.empty()) return wrong("S3 needs a bucket: set storage.bucket");
  if (access.bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") !=
      access.bucket.npos) {
    return wrong("storage.bucket '" + access.bucket + "' is no name of a bucket");
  }
  if (access.region.empty()) return wrong("S3 needs a region: set storage.region");
  if (access.key.empty() || access.secret.empty()) {
    return wrong("S3 needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
  }
  if (!access.endpoint.empty() && !access.endpoint.starts_with("http://") &&
      !access.endpoint.starts_with("https://")) {
    return wrong("storage.endpoint '" + access.endpoint +
                 "' is no address such as https://host:9000");
  }
  return std::unique_ptr<Staging>(std::make_unique<S3Staging>(std::move(access)));
}

}  // namespace hb::backfill
