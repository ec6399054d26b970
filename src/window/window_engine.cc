#include "window/window_engine.h"

#include <algorithm>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "record/task.h"
#include "window/interner.h"
#include "window/window_state.h"

namespace hb {

namespace {

/// Beyond so many distinct strings the interner starts anew (with every window written out).
constexpr std::size_t kMaxStrings = 2'000'000;

/// A window of this engine: (task, start, size), with small numbers for task and size.
struct WindowId {
  std::int64_t start_ms = 0;
  std::uint32_t task = 0;
  std::uint32_t size = 0;
  bool operator==(const WindowId&) const = default;
};
struct WindowIdHash {
  std::size_t operator()(const WindowId& id) const {
    std::uint64_t x = static_cast<std::uint64_t>(id.start_ms) * 0x9E3779B97F4A7C15ull;
    x ^= (static_cast<std::uint64_t>(id.task) << 8 | id.size) * 0xC2B2AE3D27D4EB4Full;
    return x ^ x >> 29;
  }
};

class Engine : public WindowEngine {
 public:
  Engine(Options options, Load load) : options_(std::move(options)), load_(std::move(load)) {}

  void Restore(std::span<const AggregateKey> open) override {
    for (const AggregateKey& key : open) {
      const auto at = std::find(options_.sizes.begin(), options_.sizes.end(),
                                std::chrono::milliseconds(key.window_ms));
      if (at == options_.sizes.end()) continue;  // A size that is no longer configured.
      const auto size = static_cast<std::uint32_t>(at - options_.sizes.begin());
      Watch({ToMillis(key.window_start), TaskNumber(key.task), size});
    }
  }

  Status Add(const AnalysisBatch& batch, const std::vector<bool>& skip) override {
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (row < skip.size() && skip[row]) continue;
      HB_TRY(Count(batch, row, true));
    }
    return Ok();
  }

  Status Subtract(const AnalysisBatch& batch, std::size_t row) override {
    return Count(batch, row, false);
  }

  void AdvanceWatermark(EventTime watermark) override {
    watermark_ = std::max(watermark_, watermark);
  }
  [[nodiscard]] EventTime watermark() const override { return watermark_; }

  Status Flush(std::vector<Aggregate>& out) override {
    HB_TRY(CloseWindows());
    const std::size_t first = out.size();
    for (auto& [id, state] : windows_) {
      if (!state.dirty) continue;
      // Once final, always: after a restart the watermark begins anew.
      state.is_final = state.is_final || CloseTime(id) <= watermark_;
      ++state.revision;
      state.dirty = false;
      Aggregate aggregate;
      state.FillAggregate(strings_, aggregate);
      aggregate.key = KeyOf(id);
      aggregate.revision = state.revision;
      aggregate.is_final = state.is_final;
      out.push_back(std::move(aggregate));
    }
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
              [](const Aggregate& a, const Aggregate& b) { return a.key < b.key; });
    DropUnchanged();
    return Ok();
  }

 private:
  /// A window that the watermark will close.
  struct Closing {
    EventTime at;
    WindowId id;
    bool operator>(const Closing& other) const { return at > other.at; }
  };

  Status Count(const AnalysisBatch& batch, std::size_t row, bool add) {
    Prepare(batch, row);
    const auto tasks = batch.posts->tasks[row];
    for (std::uint32_t size = 0; size < options_.sizes.size(); ++size) {
      const std::int64_t start = ToMillis(WindowStart(batch.posts->time[row], options_.sizes[size]));
      HB_TRY(CountIn({start, TaskNumber(kAllTasks), size}, add));
      for (const std::string_view task : tasks) HB_TRY(CountIn({start, TaskNumber(task), size}, add));
    }
    return Ok();
  }

  void Prepare(const AnalysisBatch& batch, std::size_t row) {
    const PostBatch& posts = *batch.posts;
    row_.batch = &batch;
    row_.row = row;
    const std::string_view author = posts.author[row].empty() ? posts.handle[row] : posts.author[row];
    row_.author = author.empty() ? 0 : Hash64(author) | 1;  // 0 means unknown.
    row_.language = strings_.Intern(batch.lang[row]);
    row_.has_country = !posts.country[row].empty();
    if (row_.has_country) row_.country = strings_.Intern(posts.country[row]);
    row_.hashtags.clear();
    for (const std::string_view tag : batch.hashtags[row]) row_.hashtags.push_back(strings_.Intern(tag));
    row_.words.clear();
    for (const std::string_view word : batch.words[row]) row_.words.push_back(strings_.Intern(word));
  }

  Status CountIn(const WindowId& id, bool add) {
    HB_ASSIGN(WindowState * state, Find(id));
    if (add) {
      state->Add(row_);
    } else {
      state->Subtract(row_);
    }
    state->dirty = true;
    state->touched = ++tick_;
    return Ok();
  }

  Result<WindowState*> Find(const WindowId& id) {
    const auto at = windows_.find(id);
    if (at != windows_.end()) return &at->second;
    if (MayBeStored(id)) {
      const Result<Aggregate> stored = load_(KeyOf(id));
      if (stored.ok()) {
        WindowState& state = windows_[id];
        state.LoadFrom(stored.value(), strings_);
        return &state;
      }
      if (stored.error().code != Code::kNotFound) return stored.error();
    }
    Watch(id);
    return &windows_[id];
  }

  /// False for a window that this engine has begun, or would begin: most are new, and asking for them
  /// costs more than counting.
  [[nodiscard]] bool MayBeStored(const WindowId& id) const {
    return !options_.fresh || id.start_ms <= newest_dropped_ms_;
  }

  void Watch(const WindowId& id) { closing_.push({CloseTime(id), id}); }

  [[nodiscard]] EventTime CloseTime(const WindowId& id) const {
    return FromMillis(id.start_ms) + options_.sizes[id.size] + options_.allowed_lateness;
  }

  /// Marks the windows that the watermark has passed as changed.
  Status CloseWindows() {
    while (!closing_.empty() && closing_.top().at <= watermark_) {
      const WindowId id = closing_.top().id;
      HB_ASSIGN(WindowState * state, Find(id));
      if (!state->is_final) state->dirty = true;
      closing_.pop();
    }
    return Ok();
  }

  void DropUnchanged() {
    if (strings_.size() > kMaxStrings) {
      for (const auto& [id, state] : windows_) NoteDropped(id);
      windows_.clear();
      strings_.Clear();
      return;
    }
    if (windows_.size() <= options_.max_loaded) return;
    std::vector<std::uint64_t> ticks;
    ticks.reserve(windows_.size());
    for (const auto& [id, state] : windows_) ticks.push_back(state.touched);
    const std::size_t kept = std::max<std::size_t>(1, options_.max_loaded / 2);
    const auto keep = static_cast<std::ptrdiff_t>(ticks.size() - kept);
    std::nth_element(ticks.begin(), ticks.begin() + keep, ticks.end());
    const std::uint64_t oldest = ticks[static_cast<std::size_t>(keep)];
    std::erase_if(windows_, [&](const auto& entry) {
      if (entry.second.touched >= oldest) return false;
      NoteDropped(entry.first);
      return true;
    });
  }

  void NoteDropped(const WindowId& id) { newest_dropped_ms_ = std::max(newest_dropped_ms_, id.start_ms); }

  std::uint32_t TaskNumber(std::string_view task) { return tasks_.Intern(task); }

  [[nodiscard]] AggregateKey KeyOf(const WindowId& id) const {
    return {std::string(tasks_[id.task]), FromMillis(id.start_ms), options_.sizes[id.size].count(),
            options_.partition};
  }

  const Options options_;
  const Load load_;
  EventTime watermark_ = EventTime::min();
  Interner strings_, tasks_;
  std::unordered_map<WindowId, WindowState, WindowIdHash> windows_;
  std::priority_queue<Closing, std::vector<Closing>, std::greater<>> closing_;
  CountedRow row_;  ///< reused
  std::int64_t newest_dropped_ms_ = INT64_MIN;
  std::uint64_t tick_ = 0;
};

}  // namespace

Result<std::unique_ptr<WindowEngine>> WindowEngine::Create(Options options, Load load) {
  if (options.sizes.empty()) return Error{Code::kInvalidArgument, "no window size is given"};
  for (const auto size : options.sizes) {
    if (size.count() <= 0) return Error{Code::kInvalidArgument, "a window size is not above 0"};
  }
  if (options.allowed_lateness.count() < 0) {
    return Error{Code::kInvalidArgument, "the allowed lateness is below 0"};
  }
  return std::unique_ptr<WindowEngine>(std::make_unique<Engine>(std::move(options), std::move(load)));
}

}  // namespace hb
