#include <algorithm>
#include <utility>

#include "record/task.h"
#include "serve/json_writer.h"
#include "serve/live_events.h"
#include "serve/params.h"
#include "serve/post_json.h"

namespace hb {

namespace {

double Average(std::int64_t sum, std::uint64_t posts) {
  return posts == 0 ? 0 : static_cast<double>(sum) / kMicro / static_cast<double>(posts);
}

/// The partial of one partition: a page adds those of a window up, or asks the store.
LiveEvent::Part WindowPart(const Aggregate& window) {
  JsonWriter json;
  json.Open().Member("task", window.key.task).Member("start", IsoTime(window.key.window_start));
  json.Key("size_ms").Int(window.key.window_ms).Key("partition").Int(ToInt(window.key.partition));
  json.Key("posts").Uint(window.posts).Key("authors").Uint(window.authors.Count());
  json.Key("authors_approximate").Bool(window.authors.approximate());
  json.Key("neg").Number(Average(window.neg, window.posts)).Key("neu").Number(Average(window.neu, window.posts));
  json.Key("pos").Number(Average(window.pos, window.posts)).Key("mixed").Number(Average(window.mixed, window.posts));
  json.Key("polarity").Number(Average(window.polarity, window.posts));
  json.Key("subjectivity").Number(Average(window.subjectivity, window.posts));
  json.Key("labels").Open();
  json.Key("negative").Uint(window.labels4[0]).Key("neutral").Uint(window.labels4[1]);
  json.Key("positive").Uint(window.labels4[2]).Key("mixed").Uint(window.labels4[3]).Close();
  json.Key("completeness").Number(1).Key("final").Bool(window.is_final).Key("revision").Uint(window.revision);
  json.Close();
  return {json.Take(), {window.key.task}};
}

LiveEvent::Part TrendPart(const Trend& trend) {
  JsonWriter json;
  json.Open().Member("key", trend.key).Member("kind", trend.kind).Member("scope", trend.scope);
  json.Key("count").Uint(trend.count).Key("baseline").Number(trend.baseline).Key("score").Number(trend.score);
  json.Key("authors").Uint(trend.authors).Key("duplicate_share").Number(trend.duplicate_share);
  json.Key("active").Bool(trend.active).Member("time", IsoTime(trend.time)).Close();
  std::vector<std::string> tasks;
  if (trend.scope.rfind("task:", 0) == 0) tasks.push_back(trend.scope.substr(5));
  return {json.Take(), std::move(tasks)};
}

}  // namespace

std::unique_ptr<LiveHub> LiveHub::Create() { return std::make_unique<LiveEvents>(); }

std::string LiveEvent::Text(std::string_view task) const {
  std::string data;
  if (list_name.empty()) {
    data = parts.front().json;
  } else {
    const bool all = task.empty() || task == kAllTasks;
    for (const Part& part : parts) {
      if (!all && std::find(part.tasks.begin(), part.tasks.end(), task) == part.tasks.end()) continue;
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
  posts_total_ += rows;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto label = static_cast<std::size_t>(batch->label4[row]);
    Counts& all = counts_[std::string(kAllTasks)];
    ++all.posts;
    ++all.labels[label];
    for (const std::string_view task : batch->posts->tasks[row]) {
      auto at = counts_.find(task);
      if (at == counts_.end()) at = counts_.emplace(std::string(task), Counts{}).first;
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
  // A replay at full speed changes thousands: the page asks for those, and is told of the newest.
  const std::size_t first = windows.size() > kMaxPending ? windows.size() - kMaxPending : 0;
  for (std::size_t i = first; i < windows.size(); ++i) {
    if (windows_.size() >= kMaxPending) windows_.erase(windows_.begin());
    windows_[windows[i].key] = WindowPart(windows[i]);
  }
}

void LiveEvents::OnTrends(const std::vector<Trend>& trends) {
  const MutexLock lock(mutex_);
  for (const Trend& trend : trends) {
    if (trends_.size() < kMaxPending) trends_.push_back(TrendPart(trend));
  }
}

LiveEvent LiveEvents::StatsEvent(EventTime now, double rate) {
  JsonWriter json;
  json.Open().Member("now", IsoTime(now)).Key("rate").Number(rate).Key("posts_total").Uint(posts_total_);
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

std::vector<std::shared_ptr<const LiveEvent>> LiveEvents::Tick(EventTime now, double rate) {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const LiveEvent>> events;
  if (!counts_.empty()) events.push_back(Keep(StatsEvent(now, rate)));
  if (!posts_.empty()) {
    LiveEvent event{.id = 0, .kind = "post", .list_name = "posts", .parts = {}};
    // Newest first, as every list of posts.
    while (!posts_.empty()) {
      event.parts.push_back(std::move(posts_.back()));
      posts_.pop_back();
    }
    events.push_back(Keep(std::move(event)));
  }
  if (!windows_.empty()) {
    LiveEvent event{.id = 0, .kind = "window", .list_name = "windows", .parts = {}};
    // A client shows the present: of very many changes it is given the latest windows.
    constexpr std::size_t kWindowsPerEvent = 200;
    auto at = windows_.begin();
    if (windows_.size() > kWindowsPerEvent) std::advance(at, windows_.size() - kWindowsPerEvent);
    for (; at != windows_.end(); ++at) event.parts.push_back(std::move(at->second));
    windows_.clear();
    events.push_back(Keep(std::move(event)));
  }
  if (!trends_.empty()) {
    LiveEvent event{.id = 0, .kind = "trend", .list_name = "trends", .parts = std::move(trends_)};
    trends_.clear();
    events.push_back(Keep(std::move(event)));
  }
  return events;
}

std::shared_ptr<const LiveEvent> LiveEvents::Publish(std::string kind, std::string json) {
  const MutexLock lock(mutex_);
  LiveEvent event;
  event.kind = std::move(kind);
  event.parts.push_back({std::move(json), {}});
  return Keep(std::move(event));
}

std::optional<std::vector<std::shared_ptr<const LiveEvent>>> LiveEvents::After(std::uint64_t id) const {
  const MutexLock lock(mutex_);
  if (id >= next_id_ || (kept_.empty() ? id + 1 != next_id_ : id + 1 < kept_.front()->id)) return std::nullopt;
  std::vector<std::shared_ptr<const LiveEvent>> events;
  for (const auto& event : kept_) {
    if (event->id > id) events.push_back(event);
  }
  return events;
}

std::uint64_t LiveEvents::last_id() const {
  const MutexLock lock(mutex_);
  return next_id_ - 1;
}

}  // namespace hb
