// source/x/compliance.h - asks X which posts are gone.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/x/x_client.h"
#include "wire/x_answers.h"

namespace hb {

/// Batch compliance: a job takes a list of ids and says which of their posts were deleted,
/// protected, suspended, and so on.
/// https://docs.x.com/x-api/compliance/batch-compliance/introduction
///
/// Threads  One.
/// Errors   kInvalidArgument: X refuses (token, permission, no such job). kUnavailable: the
/// network,
///          or an error of the server, also after some tries. kExhausted: a rate limit that lasts
///          longer than we wait. kCorrupt: an answer that is none.
class XCompliance {
 public:
  struct Options {
    XAccess access;
    std::chrono::milliseconds look_every{10'000};  ///< between two looks at a job
    int tries = 5;                                 ///< of a request that may pass
    /// Waits; false: enough waited.
    std::function<bool(std::chrono::milliseconds)> wait;
  };
  XCompliance(Options options, Clock& clock)
      : options_(std::move(options)), client_(options_.access, clock) {}

  /// Begins a job for posts, and gives it `ids`, one a line. Its id.
  Result<std::string> Begin(const std::string& ids);
  /// Waits for the job to end, and calls `each` for each post that is not what it was. How many
  /// lines of the results could not be read.
  Result<std::size_t> Finish(const std::string& job,
                             const std::function<void(const XComplianceResult&)>& each);

 private:
  /// A request that is repeated while it may pass.
  Result<std::string> Ask(const std::function<XClient::Answer()>& request);
  Result<XComplianceJob> Look(const std::string& job);
  /// `url` is one of X's own making: signed, and asked for without the token.
  Result<std::string> Transfer(const std::string& method, const std::string& url,
                               const std::string& body);

  const Options options_;
  XClient client_;
  XAnswers answers_;
};

}  // namespace hb
