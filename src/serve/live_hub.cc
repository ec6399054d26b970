#include <algorithm>
#include <iterator>
#include <utility>

#include "env/env.h"
#include "record/task.h"
#include "serve/json_writer.h"
#include "serve/live_events.h"
#include "serve/params.h"
#include "serve/post_json.h"

namespace hb {

std::unique_ptr<LiveHub> LiveHub::Create() {
  // Milliseconds: no program makes a thousand events a second.
  return std::make_unique<LiveEvents>(static_cast<std::uint64_t>(ToMillis(SystemClock().Now())));
}

std::string LiveEvent::Text(std::string_view task) const {
  std::string data;
  if (list_name.empty()) {
    data = parts.front().json;
  } else {
    const bool all = task.empty() || task == kAllTasks;
    for (const Part& part : parts) {
      if (!all && std::find(part.tasks.begin(), part.tasks.end(), task) == part.tasks.end())
        continue;
      data += (data.empty() ? "" : ",") + part.json;
    }
    if (data.empty()) return "";
    data = "{\"" + list_name + "\":[" + data + "]}";
  }
  return "id: " + std::to_string(id) + "\nevent: " + kind + "\ndata: " + data + "\n\n";
}

void LiveEvents::OnPosts(const std::shared_ptr<const AnalysisBatch>& batch) {
  const MutexLock lock(mutex_);
  const std::size_t rows = batch->size();
  for (std::size_t row = 0; row < rows; ++row) {
    const auto label = static_cast<std::size_t>(batch->label4[row]);
    Counts& all = counts_[std::string(kAllTasks)];
    ++all.posts;
    ++all.labels[label];
    for (const std::string_view task : batch->posts->tasks[row]) {
      auto at = counts_.find(task);
      if (at == counts_.end()) {
        at = counts_.emplace(std::string(task), Counts{}).first;
        AddTask(task);
      }
      ++at->second.posts;
      ++at->second.labels[label];
    }
  }
  // Only the newest are shown: the rest of a large batch need not be written at all.
  for (std::size_t row = rows > kPostsPerEvent ? rows - kPostsPerEvent : 0; row < rows; ++row) {
    JsonWriter json;
    WritePostJson(*batch, row, json);
    LiveEvent::Part part{json.Take(), {}};
    for (const std::string_view task : batch->posts->tasks[row]) part.tasks.emplace_back(task);
    posts_.push_back(std::move(part));
    if (posts_.size() > kPostsPerEvent) posts_.pop_front();
  }
}

void LiveEvents::OnWindows(const std::vector<Aggregate>& windows) {
  const MutexLock lock(mutex_);
  for (const Aggregate& window : windows) {
    fresh_windows_.insert({window.key.window_start, window.key.window_ms, window.key.task});
    if (fresh_windows_.size() > kMaxPending) fresh_windows_.erase(fresh_windows_.begin());
    AddTask(window.key.task);
  }
}

void LiveEvents::OnTrends(const std::vector<Trend>& trends) {
  const MutexLock lock(mutex_);
  for (const Trend& trend : trends) {
    if (fresh_trends_.size() < kMaxPending) fresh_trends_.push_back(trend);
  }
}

void LiveEvents::AddTask(std::string_view tag) {
  if (tasks_.size() < kMaxTasks && !tasks_.contains(tag)) tasks_.emplace(tag);
}

void LiveEvents::AddTasks(const std::vector<std::string>& tags) {
  const MutexLock lock(mutex_);
  for (const std::string& tag : tags) AddTask(tag);
}

bool LiveEvents::KnowsTask(std::string_view tag) const {
  const MutexLock lock(mutex_);
  return tag.empty() || tag == kAllTasks || tasks_.contains(tag);
}

LiveEvents::Settled LiveEvents::TakeSettled() {
  const MutexLock lock(mutex_);
  Settled settled;
  auto from = settled_windows_.begin();
  if (settled_windows_.size() > kWindowsPerEvent)
    std::advance(from, settled_windows_.size() - kWindowsPerEvent);
  settled.windows.assign(from, settled_windows_.end());
  settled.trends = std::move(settled_trends_);
  settled_windows_ = std::move(fresh_windows_);
  settled_trends_ = std::move(fresh_trends_);
  fresh_windows_.clear();
  fresh_trends_.clear();
  return settled;
}

LiveEvent LiveEvents::StatsEvent(const Beat& beat) {
  JsonWriter json;
  json.Open()
      .Member("now", IsoTime(beat.now))
      .Key("rate")
      .Number(beat.rate)
      .Key("posts_total")
      .Uint(beat.posts_total);
  json.Key("tasks").Open();
  for (const auto& [task, counts] : counts_) {
    json.Key(task).Open().Key("posts").Uint(counts.posts);
    json.Key("neg").Uint(counts.labels[0]).Key("neu").Uint(counts.labels[1]);
    json.Key("pos").Uint(counts.labels[2]).Key("mixed").Uint(counts.labels[3]).Close();
  }
  json.Close().Close();
  counts_.clear();
  LiveEvent event;
  event.kind = "stats";
  event.parts.push_back({json.Take(), {}});
  return event;
}

std::shared_ptr<const LiveEvent> LiveEvents::Keep(LiveEvent event) {
  event.id = next_id_++;
  kept_.push_back(std::make_shared<const LiveEvent>(std::move(event)));
  if (kept_.size() > kKept) kept_.pop_front();
  return kept_.back();
}

std::vector<std::shared_ptr<const LiveEvent>> LiveEvents::Tick(const Beat& beat) {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const LiveEvent>> events;
  if (beat.always || !counts_.empty()) events.push_back(Keep(StatsEvent(beat)));
  if (!posts_.empty()) {
    LiveEvent event{.id = 0, .kind = "post", .list_name = "posts", .parts = {}};
    // Newest first, as every list of posts.
    while (!posts_.empty()) {
      event.parts.push_back(std::move(posts_.back()));
      posts_.pop_back();
    }
    events.push_back(Keep(std::move(event)));
  }
  return events;
}

std::shared_ptr<const LiveEvent> LiveEvents::Publish(std::string kind, std::string json) {
  return Publish(std::move(kind), "", {{std::move(json), {}}});
}

std::shared_ptr<const LiveEvent> LiveEvents::Publish(std::string kind, std::string list_name,
                                                     std::vector<LiveEvent::Part> parts) {
  const MutexLock lock(mutex_);
  return Keep({.id = 0,
               .kind = std::move(kind),
               .list_name = std::move(list_name),
               .parts = std::move(parts)});
}

std::optional<std::vector<std::shared_ptr<const LiveEvent>>> LiveEvents::After(
    std::uint64_t id) const {
  const MutexLock lock(mutex_);
  if (id >= next_id_ || (kept_.empty() ? id + 1 != next_id_ : id + 1 < kept_.front()->id))
    return std::nullopt;
  std::vector<std::shared_ptr<const LiveEvent>> events;
  for (const auto& event : kept_) {
    if (event->id > id) events.push_back(event);
  }
  return events;
}

}  // namespace hb
