#include "source/x/compliance.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "net/http_client.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr std::string_view kPath = "/2/compliance/jobs";
constexpr milliseconds kFirstWait{1'000};
constexpr milliseconds kTransferTime = std::chrono::minutes(30);

}  // namespace

Result<std::string> XCompliance::Ask(const std::function<XClient::Answer()>& request) {
  milliseconds wait = kFirstWait;
  for (int attempt = 1;; ++attempt) {
    XClient::Answer answer = request();
    if (answer.good) return std::move(answer.http.body);
    const Error error = XErrorOf(answer);
    if (error.code == Code::kInvalidArgument || attempt >= options_.tries) return error;
    if (!options_.wait(std::max(wait, answer.ending.retry_after))) return error;
    wait *= 2;
  }
}

Result<std::string> XCompliance::Transfer(const std::string& method, const std::string& url,
                                          const std::string& body) {
  // The ids and what became of them are nobody else's business.
  const bool ours = url.starts_with(options_.access.base_url + "/");
  if (!ours && !url.starts_with("https://")) {
    return Error{Code::kCorrupt, "the address of the job's data is not https"};
  }
  HttpCall call;
  call.method = method;
  call.url = url;
  call.body = body;
  call.timeout = kTransferTime;
  if (!body.empty()) call.headers = {"Content-Type: text/plain"};
  milliseconds wait = kFirstWait;
  for (int attempt = 1;; ++attempt) {
    Result<HttpAnswer> answer = PerformHttp(call);
    if (answer.ok() && answer.value().status >= 200 && answer.value().status < 300) {
      return std::move(answer.value().body);
    }
    const bool passes = !answer.ok() || answer.value().status >= 500;
    const Error error =
        answer.ok()
            ? Error{passes ? Code::kUnavailable : Code::kInvalidArgument,
                    fmt::format("{} of the job's data: HTTP {}", method, answer.value().status)}
            : answer.error();
    if (!passes || attempt >= options_.tries || !options_.wait(wait)) return error;
    wait *= 2;
  }
}

Result<XComplianceJob> XCompliance::Look(const std::string& job) {
  HB_ASSIGN(const std::string body,
            Ask([&] { return client_.Get(fmt::format("{}/{}", kPath, job)); }));
  return answers_.ComplianceJob(body);
}

Result<std::string> XCompliance::Begin(const std::string& ids) {
  HB_ASSIGN(const std::string body, Ask([&] {
              return client_.Post(kPath, {}, R"({"type":"tweets","name":"heartbeat"})");
            }));
  HB_ASSIGN(const XComplianceJob job, answers_.ComplianceJob(body));
  HB_TRY(Transfer("PUT", job.upload_url, ids));
  return job.id;
}

Result<std::size_t> XCompliance::Finish(const std::string& job,
                                        const std::function<void(const XComplianceResult&)>& each) {
  XComplianceJob seen;
  for (;;) {
    HB_ASSIGN(seen, Look(job));
    if (seen.status == "complete") break;
    if (seen.status == "failed" || seen.status == "expired") {
      return Error{Code::kInvalidArgument, "the job " + job + " " + seen.status};
    }
    if (!options_.wait(options_.look_every)) {
      return Error{Code::kUnavailable, "the job " + job + " is still " + seen.status};
    }
  }
  HB_ASSIGN(const std::string results, Transfer("GET", seen.download_url, ""));
  std::size_t unread = 0;
  std::string_view rest = results;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \r") == std::string_view::npos) continue;
    const Result<XComplianceResult> result = answers_.ComplianceResult(line);
    if (result.ok()) {
      each(result.value());
    } else {
      ++unread;
    }
  }
  return unread;
}

}  // namespace hb
