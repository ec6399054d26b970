#include "pipeline/status_board.h"

#include <algorithm>
#include <utility>

namespace hb {

void StatusBoard::Raise(const std::string& key, Level level, std::string text, EventTime now) {
  const MutexLock lock(mutex_);
  const auto [at, fresh] = messages_.try_emplace(key, Message{level, text, now});
  if (!fresh) {
    at->second.level = level;
    at->second.text = std::move(text);
  }
}

void StatusBoard::Clear(const std::string& key) {
  const MutexLock lock(mutex_);
  messages_.erase(key);
}

std::vector<Message> StatusBoard::messages() const {
  const MutexLock lock(mutex_);
  std::vector<Message> all;
  for (const auto& [key, message] : messages_) all.push_back(message);
  return all;
}

namespace {
void MoveOn(std::atomic<std::int64_t>& newest, std::int64_t to) {
  if (to > newest) newest = to;
}
}  // namespace

void StatusBoard::NoteStored(const AnalysisBatch& posts) {
  for (const EventTime time : posts.posts->time) MoveOn(stages.stored_post_ms, ToMillis(time));
}

void StatusBoard::NoteStored(const std::vector<Aggregate>& windows) {
  // The finest size tells most: an hour ends far behind the post that began it.
  for (const Aggregate& window : windows) {
    const std::int64_t size = window.key.window_ms, finest = stages.finest_window_ms;
    if (finest != 0 && size > finest) continue;
    if (size < finest) stages.stored_window_ms = Stages::kNothingStored;
    stages.finest_window_ms = size;
    MoveOn(stages.stored_window_ms, ToMillis(window.key.window_start) + size - 1);
  }
}

std::optional<EventTime> StatusBoard::StoredUntil() const {
  const std::int64_t post = stages.stored_post_ms, window = stages.stored_window_ms;
  if (post == Stages::kNothingStored) return std::nullopt;
  // Posts are in the store before the windows that count them.
  return FromMillis(window == Stages::kNothingStored ? post : std::min(post, window));
}

void StatusBoard::Report(const SourceReport& report) {
  const MutexLock lock(mutex_);
  sources_[report.name] = report;
}

std::vector<SourceReport> StatusBoard::sources() const {
  const MutexLock lock(mutex_);
  std::vector<SourceReport> all;
  for (const auto& [name, report] : sources_) all.push_back(report);
  return all;
}

bool StatusBoard::AllSourcesEnded() const {
  const MutexLock lock(mutex_);
  return !sources_.empty() && std::all_of(sources_.begin(), sources_.end(), [](const auto& entry) {
    return entry.second.state == SourceState::kDone || entry.second.state == SourceState::kFailed;
  });
}

}  // namespace hb
