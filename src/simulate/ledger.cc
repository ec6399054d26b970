#include "simulate/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json.h"

namespace hb::simulate {

std::uint64_t Ledger::Open(std::string_view kind, std::string_view path, EventTime now) {
  const MutexLock lock(mutex_);
  streams_.push_back({.kind = std::string(kind),
                      .path = std::string(path),
                      .how = {},
                      .opened = now,
                      .closed = {},
                      .posts = {}});
  return streams_.size();
}

void Ledger::Sent(std::uint64_t stream, std::uint64_t post) {
  const MutexLock lock(mutex_);
  truncated_ = truncated_ || kept_ >= kMostPosts;
  if (truncated_) return;
  streams_[stream - 1].posts.push_back(post);
  ++kept_;
}

void Ledger::Close(std::uint64_t stream, std::string_view how, EventTime now) {
  const MutexLock lock(mutex_);
  streams_[stream - 1].how = how;
  streams_[stream - 1].closed = now;
}

std::vector<Ledger::Span> Ledger::Silent(std::string_view kind, EventTime now) const {
  const MutexLock lock(mutex_);
  std::vector<Span> spans;
  bool any = false;
  EventTime heard{};  // until here somebody listened; streams are in the order of their begins
  for (const Stream& stream : streams_) {
    if (stream.kind != kind) continue;
    if (any && stream.opened > heard) spans.push_back({heard, stream.opened});
    any = true;
    heard = std::max(heard, stream.how.empty() ? now : stream.closed);
  }
  if (any && now > heard) spans.push_back({heard, now});
  return spans;
}

std::unordered_map<std::uint64_t, std::uint32_t> Ledger::Counts(std::string_view kind) const {
  const MutexLock lock(mutex_);
  std::unordered_map<std::uint64_t, std::uint32_t> counts;
  for (const Stream& stream : streams_) {
    if (stream.kind != kind) continue;
    for (const std::uint64_t post : stream.posts) ++counts[post];
  }
  return counts;
}

std::uint64_t Ledger::open(std::string_view kind) const {
  const MutexLock lock(mutex_);
  return static_cast<std::uint64_t>(std::count_if(
      streams_.begin(), streams_.end(),
      [&](const Stream& stream) { return stream.kind == kind && stream.how.empty(); }));
}

std::uint64_t Ledger::opened(std::string_view kind) const {
  const MutexLock lock(mutex_);
  return static_cast<std::uint64_t>(std::count_if(
      streams_.begin(), streams_.end(), [&](const Stream& stream) { return stream.kind == kind; }));
}

std::string Ledger::Json(EventTime now) const {
  std::vector<std::string> kinds;
  std::string out = R"({"streams":[)";
  {
    const MutexLock lock(mutex_);
    for (const Stream& stream : streams_) {
      if (out.back() != '[') out += ',';
      fmt::format_to(
          std::back_inserter(out),
          R"({{"kind":"{}","path":{},"opened_ms":{},"closed_ms":{},"end":{},"sent":{}}})",
          stream.kind, JsonQuote(stream.path), ToMillis(stream.opened),
          stream.how.empty() ? "null" : std::to_string(ToMillis(stream.closed)),
          JsonQuote(stream.how), stream.posts.size());
      if (std::find(kinds.begin(), kinds.end(), stream.kind) == kinds.end())
        kinds.push_back(stream.kind);
    }
    fmt::format_to(std::back_inserter(out), R"(],"truncated":{},"silent":{{)", truncated_);
  }
  for (const std::string& kind : kinds) {
    if (out.back() != '{') out += ',';
    fmt::format_to(std::back_inserter(out), R"("{}":[)", kind);
    for (const Span& span : Silent(kind, now)) {
      if (out.back() != '[') out += ',';
      fmt::format_to(std::back_inserter(out), R"({{"from_ms":{},"to_ms":{}}})", ToMillis(span.from),
                     ToMillis(span.to));
    }
    out += ']';
  }
  return out + "}}";
}

}  // namespace hb::simulate
