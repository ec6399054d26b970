// source/x/x_client.h - requests to the X API, and what their failures mean.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "env/env.h"
#include "net/http_stream.h"
#include "source/reconnect.h"
#include "wire/x_answers.h"

namespace hb {

struct XAccess {
  std::string base_url = "https://api.x.com";  ///< without a slash at its end
  std::string token;                           ///< of the app; never logged
};

/// The token of the settings, or else the environment's BEARER_TOKEN, or else that of a file `.env`
/// in the current folder. "" if there is none.
std::string FindXToken(const std::string& from_settings);

using XParams = std::vector<std::pair<std::string, std::string>>;

/// Which names a server asks fields by: X is renaming tweets to posts, one operation after the
/// other.
enum class XVocabulary : std::uint8_t { kTweet, kPost };
/// The parameters that ask for all that is read of a post.
XParams XPostFields(XVocabulary vocabulary);

/// What an exchange that is over means for the next one. `now`: to make a moment of the server a
/// wait. A problem in the body is left in `problem`.
Ending XEndingOf(const HttpStreamEnd& end, EventTime now, XAnswers& answers, XProblem& problem);
/// The same for an error message within a stream.
Ending XEndingOf(const XProblem& problem);

/// One-shot requests. https://docs.x.com/x-api/introduction
///
/// Threads  Get and Post: one. Interrupt: any, any time.
class XClient {
 public:
  XClient(XAccess access, Clock& clock) : access_(std::move(access)), clock_(clock) {}

  struct Answer {
    HttpStreamEnd http;
    bool good = false;  ///< 2xx, and the whole body is in http.body
    Ending ending;      ///< if not good: why, and how long to wait
    XProblem problem;   ///< if not good: what the body says
  };
  Answer Get(std::string_view path, const XParams& params = {});
  Answer Post(std::string_view path, const XParams& params, std::string body);
  /// See HttpStream::Interrupt.
  void Interrupt() noexcept { http_.Interrupt(); }

 private:
  Answer Perform(HttpStreamCall call);

  const XAccess access_;
  Clock& clock_;
  HttpStream http_;
  XAnswers answers_;
};

/// What a request that failed means to who asked. kExhausted: a rate limit. kInvalidArgument: it
/// can never succeed, or not before the month is over (a usage cap, which `ending` tells).
/// kCancelled: interrupted. kUnavailable: all else, which may pass.
Error XErrorOf(const XClient::Answer& answer);
/// The posts that the account has read this month, of how many: XAnswers::Usage reads the answer.
XClient::Answer GetUsage(XClient& client);
/// "https://api.x.com" and "/2/tweets" with its parameters.
std::string XUrl(const XAccess& access, std::string_view path, const XParams& params);
std::vector<std::string> XHeaders(const XAccess& access);
/// "2026-01-01T00:00:00Z", rounded down to the second.
std::string XTime(EventTime time);

}  // namespace hb
