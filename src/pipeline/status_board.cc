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
