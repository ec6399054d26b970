#include "simulate/x_compliance.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "simulate/x_json.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kJobs = "/2/compliance/jobs/";
constexpr std::string_view kFiles = "/compliance/";
constexpr std::uint64_t kPartitions = 4;
constexpr std::chrono::milliseconds kTick{5};
constexpr std::chrono::hours kUploadLife{1};
constexpr std::chrono::hours kDownloadLife{7 * 24};

XAnswer Refused(int status, std::string_view title, std::string_view detail) {
  return {status, XProblem(status, title, "invalid-request", detail)};
}

/// The number at the begin of `text`, which is cut off; 0 if there is none.
std::uint64_t TakeId(std::string_view& text) {
  std::uint64_t id = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return id;
}

}  // namespace

std::string XCompliance::Json(std::uint64_t id, const Job& job) {
  const std::string base = fmt::format("http://{}{}{}", job.host, kFiles, id);
  std::string name;
  if (!job.name.empty()) name = "\"name\":" + JsonQuote(job.name) + ",";
  return fmt::format(R"({{"id":"{}","type":"{}",{}"status":"{}","resumable":{},"created_at":"{}",)"
                     R"("upload_url":"{}/upload","upload_expires_at":"{}",)"
                     R"("download_url":"{}/download","download_expires_at":"{}"}})",
                     id, job.type, name, job.status, job.resumable, XTime(job.created), base,
                     XTime(job.created + kUploadLife), base, XTime(job.created + kDownloadLife));
}

XAnswer XCompliance::Create(const Request& request) {
  rapidjson::Document body;
  body.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  if (body.HasParseError() || !body.IsObject()) {
    return Refused(400, "Invalid Request", "The body is not a JSON object.");
  }
  Job job;
  const auto type = body.FindMember("type");
  if (type != body.MemberEnd() && type->value.IsString()) job.type = type->value.GetString();
  if (job.type != "tweets" && job.type != "users") {
    return Refused(400, "Invalid Request", "`type` is neither tweets nor users.");
  }
  const auto name = body.FindMember("name");
  if (name != body.MemberEnd() && name->value.IsString()) job.name = name->value.GetString();
  const auto resumable = body.FindMember("resumable");
  job.resumable = resumable != body.MemberEnd() && resumable->value.IsTrue();
  job.host = std::string(request.Header("host"));
  job.created = world_.clock.Now();
  const MutexLock lock(mutex_);
  for (const auto& [id, other] : jobs_) {
    // X runs one job of a type at a time.
    if (other.type == job.type && other.status == "in_progress") {
      return Refused(409, "Conflict", "A job of this type is in progress.");
    }
  }
  if (jobs_.size() == kMostJobs) jobs_.erase(jobs_.begin());
  const auto made = jobs_.emplace(++last_, std::move(job)).first;
  return {200, fmt::format(R"({{"data":{}}})", Json(made->first, made->second))};
}

XAnswer XCompliance::List(const Request& request) {
  const std::string* type = request.Param("type");
  if (type == nullptr || (*type != "tweets" && *type != "users")) {
    return Refused(400, "Invalid Request", "`type` is neither tweets nor users.");
  }
  const std::string* status = request.Param("status");
  std::string list;
  std::size_t count = 0;
  const MutexLock lock(mutex_);
  for (const auto& [id, job] : jobs_) {
    if (job.type != *type || (status != nullptr && job.status != *status)) continue;
    if (++count > 1) list += ',';
    list += Json(id, job);
  }
  if (count == 0) return {200, R"({"meta":{"result_count":0}})"};
  return {200, fmt::format(R"({{"data":[{}],"meta":{{"result_count":{}}}}})", list, count)};
}

XAnswer XCompliance::Get(const Request& request) {
  std::string_view rest = std::string_view(request.path).substr(kJobs.size());
  const std::uint64_t id = TakeId(rest);
  const MutexLock lock(mutex_);
  const auto job = jobs_.find(id);
  if (job == jobs_.end() || !rest.empty()) {
    return Refused(404, "Not Found Error", "There is no such job.");
  }
  std::string json = Json(id, job->second);
  if (job->second.status == "in_progress") job->second.status = "complete";
  return {200, fmt::format(R"({{"data":{}}})", json)};
}

std::string XCompliance::LineOf(std::string_view id, EventTime now) const {
  std::uint64_t number = 0;
  const auto [at, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || at != id.data() + id.size()) return {};
  const Corpus& corpus = *world_.corpus;
  const auto index = corpus.IndexOf(number);
  if (!index) return {};
  const auto by = corpus.DeletedBy(*index);
  if (!by || *by >= corpus.size() || corpus.TimeOf(*by) > now) return {};
  return fmt::format(
      R"({{"id":"{}","action":"delete","created_at":"{}","redacted_at":"{}","reason":"deleted"}})"
      "\n",
      id, XTime(corpus.TimeOf(*index)), XTime(corpus.TimeOf(*by)));
}

void XCompliance::Stream(Exchange& exchange, bool posts, std::chrono::milliseconds keep_alive,
                         const Headers& headers) {
  const Request& request = exchange.request();
  const auto number = [&](const char* name, std::uint64_t& into) {
    const std::string* text = request.Param(name);
    std::string_view rest = text == nullptr ? std::string_view() : *text;
    into = TakeId(rest);
    return text != nullptr && rest.empty();
  };
  std::uint64_t partition = 0, minutes = 0;
  if (!number("partition", partition) || partition < 1 || partition > kPartitions) {
    const XAnswer refused = Refused(400, "Invalid Request", "`partition` is not from 1 to 4.");
    exchange.Answer(refused.status, "application/json", refused.body, headers);
    return;
  }
  number("backfill_minutes", minutes);
  if (!exchange.Begin(200, "application/json", headers)) return;
  const Corpus& corpus = *world_.corpus;
  std::uint64_t next = corpus.FirstAt(world_.clock.Now() -
                                      std::chrono::minutes(std::min<std::uint64_t>(minutes, 5)));
  auto touched = world_.clock.Steady();
  do {
    const std::uint64_t due = corpus.FirstAt(world_.clock.Now() + std::chrono::milliseconds(1));
    for (; next < due; ++next) {
      if (!posts) continue;
      for (const std::uint64_t gone : corpus.Deletes(next)) {
        if (gone % kPartitions + 1 != partition) continue;
        const std::string line = fmt::format(
            R"({{"data":{{"delete":{{"tweet":{{"id":"{}","author_id":"{}"}},"event_at":"{}"}}}}}})"
            "\r\n",
            corpus.IdOf(gone), corpus.Get(gone).author.id, XTime(corpus.TimeOf(next)));
        if (!exchange.Send(line)) return;
        touched = world_.clock.Steady();
      }
    }
    if (world_.clock.Steady() - touched >= keep_alive) {
      if (!exchange.Send("\r\n")) return;
      touched = world_.clock.Steady();
    }
  } while (exchange.Wait(kTick));
}

void XCompliance::Handle(Exchange& exchange) {
  const Request& request = exchange.request();
  std::string_view rest = std::string_view(request.path).substr(kFiles.size());
  const std::uint64_t id = TakeId(rest);
  const auto answer = [&](int status, std::string_view body) {
    exchange.Answer(status, "text/plain", body);
  };
  if (request.method == "PUT" && rest == "/upload") {
    const EventTime now = world_.clock.Now();
    std::string results;
    std::string_view lines = request.body;
    while (!lines.empty()) {
      std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(lines.size(), line.size() + 1));
      if (line.ends_with('\r')) line.remove_suffix(1);
      results += LineOf(line, now);
    }
    const MutexLock lock(mutex_);
    const auto job = jobs_.find(id);
    if (job == jobs_.end() || job->second.status != "created") return answer(403, "expired");
    if (job->second.type == "tweets") job->second.results = std::move(results);
    job->second.status = "in_progress";
    return answer(200, "");
  }
  if (request.method == "GET" && rest == "/download") {
    std::string results;
    {
      const MutexLock lock(mutex_);
      const auto job = jobs_.find(id);
      if (job == jobs_.end() || job->second.status != "complete") return answer(404, "not yet");
      results = job->second.results;
    }
    return answer(200, results);
  }
  answer(404, "there is nothing here");
}

}  // namespace hb::simulate
