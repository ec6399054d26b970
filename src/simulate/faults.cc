#include "simulate/faults.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/json.h"

namespace hb::simulate {

namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 12> kNames = {{
    {FaultKind::kRefuse, "refuse"},
    {FaultKind::kCut, "cut"},
    {FaultKind::kReset, "reset"},
    {FaultKind::kClose, "close"},
    {FaultKind::kStall, "stall"},
    {FaultKind::kSlow, "slow"},
    {FaultKind::kDouble, "double"},
    {FaultKind::kShuffle, "shuffle"},
    {FaultKind::kMalformed, "malformed"},
    {FaultKind::kUnknown, "unknown"},
    {FaultKind::kPartial, "partial"},
    {FaultKind::kDisconnect, "disconnect"},
}};

constexpr std::array<std::string_view, 7> kReasons = {
    "rate-limit",   "usage-capped", "too-many-connections", "unavailable", "internal",
    "unauthorized", "forbidden"};

constexpr std::int64_t kMostBytes = std::int64_t{1} << 40, kMostMs = 3'600'000;

Error Wrong(std::string what) { return {Code::kInvalidArgument, std::move(what)}; }

/// Reads a whole number of `object`; what is missing stays as it is.
template <typename Number>
Status ReadNumber(const rapidjson::Value& object, const char* name, std::int64_t most,
                  Number& out) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) return Ok();
  if (!found->value.IsInt64() || found->value.GetInt64() < 0 || found->value.GetInt64() > most) {
    return Wrong(fmt::format("'{}' is not a whole number from 0 to {}", name, most));
  }
  out = static_cast<Number>(found->value.GetInt64());
  return Ok();
}

Status ReadText(const rapidjson::Value& object, const char* name, std::string& out) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) return Ok();
  if (!found->value.IsString()) return Wrong(fmt::format("'{}' is not a text", name));
  out.assign(found->value.GetString(), found->value.GetStringLength());
  return Ok();
}

Result<FaultKind> ReadKind(const rapidjson::Value& value) {
  const auto kind = value.IsString() ? FaultKindOf(value.GetString()) : std::nullopt;
  if (kind) return *kind;
  std::string known;
  for (const auto& [each, name] : kNames) known += (known.empty() ? "" : ", ") + std::string(name);
  return Wrong("the kind of a fault is one of: " + known);
}

Status CheckReason(const std::string& reason) {
  if (std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end()) return Ok();
  return Wrong(
      fmt::format("'{}' is no reason to refuse: one of {}", reason, fmt::join(kReasons, ", ")));
}

Result<Fault> ReadFault(const rapidjson::Value& value) {
  if (!value.IsObject() || !value.HasMember("kind"))
    return Wrong("a fault is an object with a 'kind'");
  Fault fault;
  HB_ASSIGN(fault.kind, ReadKind(value["kind"]));
  HB_TRY(ReadText(value, "path", fault.path));
  HB_TRY(ReadText(value, "reason", fault.reason));
  HB_TRY(ReadNumber(value, "after_bytes", kMostBytes, fault.after_bytes));
  HB_TRY(ReadNumber(value, "messages", 1'000, fault.messages));
  std::int64_t ms = fault.length.count();
  HB_TRY(ReadNumber(value, "length_ms", kMostMs, ms));
  fault.length = std::chrono::milliseconds(ms);
  if (fault.kind == FaultKind::kRefuse) {
    if (fault.reason.empty()) fault.reason = "unavailable";
    HB_TRY(CheckReason(fault.reason));
  }
  if (fault.kind == FaultKind::kDisconnect && fault.reason.empty())
    fault.reason = "UpstreamOperationalDisconnect";
  return fault;
}

Result<Faults::Random> ReadRandom(const rapidjson::Value& value) {
  if (!value.IsObject()) return Wrong("'random' is an object or null");
  Faults::Random random;
  HB_TRY(ReadNumber(value, "seed", INT64_MAX, random.seed));
  HB_TRY(ReadNumber(value, "mean_bytes", kMostBytes, random.mean_bytes));
  std::int64_t ms = random.longest.count();
  HB_TRY(ReadNumber(value, "longest_ms", kMostMs, ms));
  random.longest = std::chrono::milliseconds(ms);
  if (const auto kinds = value.FindMember("kinds"); kinds != value.MemberEnd()) {
    if (!kinds->value.IsArray()) return Wrong("'kinds' is a list");
    for (const auto& each : kinds->value.GetArray()) {
      HB_ASSIGN(const FaultKind kind, ReadKind(each));
      random.kinds.push_back(kind);
    }
  }
  if (const auto refusals = value.FindMember("refusals"); refusals != value.MemberEnd()) {
    if (!refusals->value.IsArray()) return Wrong("'refusals' is a list");
    for (const auto& each : refusals->value.GetArray()) {
      if (!each.IsString()) return Wrong("'refusals' is a list of texts");
      HB_TRY(CheckReason(each.GetString()));
      random.refusals.emplace_back(each.GetString());
    }
  }
  return random;
}

bool Fits(const Fault& fault, std::string_view path) {
  return fault.path.empty() || path.starts_with(fault.path);
}

}  // namespace

std::string_view FaultKindName(FaultKind kind) {
  for (const auto& [each, name] : kNames) {
    if (each == kind) return name;
  }
  return "";
}

std::optional<FaultKind> FaultKindOf(std::string_view name) {
  for (const auto& [each, known] : kNames) {
    if (known == name) return each;
  }
  return std::nullopt;
}

Status Faults::Add(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return Wrong("this is not a JSON object");
  for (const auto& member : document.GetObject()) {
    const std::string_view name = member.name.GetString();
    if (name != "faults" && name != "random" && name != "clear")
      return Wrong(fmt::format("'{}' is not one of faults, random, clear", name));
  }
  std::vector<Fault> added;
  if (const auto list = document.FindMember("faults"); list != document.MemberEnd()) {
    if (!list->value.IsArray()) return Wrong("'faults' is a list");
    for (const auto& each : list->value.GetArray()) {
      HB_ASSIGN(Fault fault, ReadFault(each));
      added.push_back(std::move(fault));
    }
  }
  const auto random = document.FindMember("random");
  std::optional<Random> drawn;
  if (random != document.MemberEnd() && !random->value.IsNull()) {
    HB_ASSIGN(drawn, ReadRandom(random->value));
  }
  const auto clear = document.FindMember("clear");
  if (clear != document.MemberEnd() && clear->value.IsTrue()) Clear();
  if (random != document.MemberEnd()) Set(std::move(drawn));
  for (Fault& fault : added) Add(std::move(fault));
  return Ok();
}

void Faults::Add(Fault fault) {
  const MutexLock lock(mutex_);
  if (queue_.size() < kMostQueued) queue_.push_back(std::move(fault));
}

void Faults::Set(std::optional<Random> random) {
  const MutexLock lock(mutex_);
  if (random) numbers_ = SplitMix64(random->seed);
  random_ = std::move(random);
}

void Faults::Clear() {
  const MutexLock lock(mutex_);
  queue_.clear();
  random_.reset();
}

std::optional<Fault> Faults::TakeQueued(std::string_view path, bool refusal) {
  const auto found = std::find_if(queue_.begin(), queue_.end(), [&](const Fault& fault) {
    return Fits(fault, path) && (fault.kind == FaultKind::kRefuse) == refusal;
  });
  if (found == queue_.end()) return std::nullopt;
  Fault fault = std::move(*found);
  queue_.erase(found);
  return fault;
}

std::optional<Fault> Faults::TakeRefusal(std::string_view path, bool stream) {
  const MutexLock lock(mutex_);
  if (auto queued = TakeQueued(path, true)) return queued;
  if (!random_ || !stream) return std::nullopt;
  const bool asked = std::find(random_->kinds.begin(), random_->kinds.end(), FaultKind::kRefuse) !=
                     random_->kinds.end();
  if (!asked || numbers_.Unit() >= 0.3) return std::nullopt;
  Fault fault;
  fault.kind = FaultKind::kRefuse;
  fault.reason = random_->refusals.empty()
                     ? "unavailable"
                     : random_->refusals[numbers_.Next() % random_->refusals.size()];
  return fault;
}

std::optional<Fault> Faults::Take(std::string_view path) {
  const MutexLock lock(mutex_);
  if (auto queued = TakeQueued(path, false)) return queued;
  if (!random_) return std::nullopt;
  std::vector<FaultKind> kinds;
  for (const auto& [kind, name] : kNames) {
    const bool asked =
        random_->kinds.empty() ||
        std::find(random_->kinds.begin(), random_->kinds.end(), kind) != random_->kinds.end();
    if (asked && kind != FaultKind::kRefuse) kinds.push_back(kind);
  }
  if (kinds.empty()) return std::nullopt;
  Fault fault;
  fault.kind = kinds[numbers_.Next() % kinds.size()];
  fault.after_bytes = static_cast<std::uint64_t>(-std::log(1 - numbers_.Unit()) *
                                                 static_cast<double>(random_->mean_bytes));
  fault.length = std::chrono::milliseconds(
      static_cast<std::int64_t>(numbers_.Unit() * static_cast<double>(random_->longest.count())));
  fault.messages = 2 + static_cast<std::uint32_t>(numbers_.Next() % 6);
  if (fault.kind == FaultKind::kDisconnect) fault.reason = "UpstreamOperationalDisconnect";
  return fault;
}

std::string Faults::Json() const {
  const MutexLock lock(mutex_);
  std::string out = R"({"faults":[)";
  for (const Fault& fault : queue_) {
    if (out.back() != '[') out += ',';
    fmt::format_to(std::back_inserter(out),
                   R"({{"kind":"{}","path":{},"after_bytes":{},"length_ms":{},"messages":{},)"
                   R"("reason":{}}})",
                   FaultKindName(fault.kind), JsonQuote(fault.path), fault.after_bytes,
                   fault.length.count(), fault.messages, JsonQuote(fault.reason));
  }
  return out + R"(],"random":)" + (random_ ? "true}" : "false}");
}

}  // namespace hb::simulate
