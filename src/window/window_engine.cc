#include "window/window_engine.h"

#include <algorithm>
#include <array>
#include <deque>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"
#include "record/task.h"
#include "window/interner.h"
#include "window/window_index.h"
#include "window/window_state.h"

namespace hb {

namespace {

/// Beyond so many distinct strings the interner starts anew (with every window written out).
constexpr std::size_t kMaxStrings = 2'000'000;

/// A length of windows, and the records that count in them.
struct Size {
  std::chrono::milliseconds length{};
  Offset from{}, to{};              ///< of the last span
  std::vector<SizeSpan> earlier{};  ///< nearly always none
  [[nodiscard]] bool Holds(Offset offset) const {
    return (offset >= from && offset < to) ||
           std::any_of(earlier.begin(), earlier.end(), [&](const SizeSpan& span) {
             return offset >= span.from && offset < span.to;
           });
  }
};

std::vector<Size> SizesOf(const WindowEngine::Options& options) {
  std::vector<SizeSpan> spans = options.spans;
  if (spans.empty()) {
    for (const auto length : options.sizes) spans.push_back({length});
  }
  std::vector<Size> sizes;
  for (const SizeSpan& span : spans) {
    const auto known = std::find_if(sizes.begin(), sizes.end(),
                                    [&](const Size& size) { return size.length == span.size; });
    if (known == sizes.end()) {
      sizes.push_back({span.size, span.from, span.to});
      continue;
    }
    known->earlier.push_back({span.size, known->from, known->to});
    known->from = span.from;
    known->to = span.to;
  }
  return sizes;
}

class Engine : public WindowEngine {
 public:
  Engine(Options options, Load load)
      : options_(std::move(options)), sizes_(SizesOf(options_)), load_(std::move(load)) {}

  void Restore(std::span<const AggregateKey> open) override {
    for (const AggregateKey& key : open) {
      const auto at = std::find_if(sizes_.begin(), sizes_.end(), [&](const Size& size) {
        return size.length.count() == key.window_ms;
      });
      if (at == sizes_.end()) continue;  // A size that nobody knows any more.
      const auto size = static_cast<std::uint32_t>(at - sizes_.begin());
      Watch({ToMillis(key.window_start), TaskNumber(key.task), size});
    }
  }

  Status Add(const AnalysisBatch& batch, const std::vector<bool>& skip,
             std::span<const Offset> offsets) override {
    for (std::size_t row = 0; row < offsets.size(); ++row) {
      if (row < skip.size() && skip[row]) continue;
      const std::int64_t offset = ToInt(offsets[row]);
      HB_TRY(ForEachWindow(batch, row, offsets[row], [&](WindowState& state) {
        if (offset < state.included) return false;
        state.Add(row_);
        state.missing = std::min(state.missing, offset);
        return true;
      }));
    }
    return Ok();
  }

  Status AddUnlogged(const AnalysisBatch& batch, std::size_t row, Offset offset) override {
    return ForEachWindow(batch, row, offset, [&](WindowState& state) {
      state.Add(row_);
      state.due = true;
      return true;
    });
  }

  Status Subtract(const AnalysisBatch& batch, std::size_t row, Offset offset) override {
    return ForEachWindow(batch, row, offset, [&](WindowState& state) {
      // What the last writing lacks is taken back by not being read again.
      state.due = state.due || ToInt(offset) < state.missing;
      state.Subtract(row_);
      return true;
    });
  }

  void AdvanceWatermark(EventTime watermark) override {
    watermark_ = std::max(watermark_, watermark);
  }
  [[nodiscard]] EventTime watermark() const override { return watermark_; }

  Status Flush(const Due& due, std::vector<Aggregate>& out,
               std::pmr::memory_resource* memory) override {
    HB_TRY(CloseWindows());
    const bool anew = strings_.size() > kMaxStrings;
    const bool all = due.all || anew || dirty_.size() > options_.max_loaded / 2;
    const auto waiting = std::partition(dirty_.begin(), dirty_.end(), [&](std::uint32_t place) {
      return IsDue(places_[place], due) || all;
    });
    std::sort(dirty_.begin(), waiting, [this](std::uint32_t a, std::uint32_t b) {
      return IsBefore(places_[a].id, places_[b].id);
    });
    out.reserve(out.size() + static_cast<std::size_t>(waiting - dirty_.begin()));
    for (auto place = dirty_.begin(); place != waiting; ++place) {
      const WindowId& id = places_[*place].id;
      WindowState& state = places_[*place].state;
      // Once final, always: after a restart the watermark begins anew.
      state.is_final = state.is_final || CloseTime(id) <= watermark_;
      state.dirty = state.due = false;
      state.included = ToInt(due.next);
      state.missing = WindowState::kNothing;
      state.waits_since = due.now.count();
      Aggregate aggregate = state.ToAggregate(strings_, memory);
      aggregate.key = KeyOf(id);
      aggregate.revision = ++state.revision;
      aggregate.is_final = state.is_final;
      out.push_back(std::move(aggregate));
    }
    dirty_.erase(dirty_.begin(), waiting);
    DropUnchanged(anew);
    return Ok();
  }

  [[nodiscard]] Offset FirstMissing() const override {
    std::int64_t first = WindowState::kNothing;
    for (const std::uint32_t place : dirty_) first = std::min(first, places_[place].state.missing);
    return Offset{first};
  }

 private:
  /// A window that the watermark will close.
  struct Closing {
    EventTime at;
    WindowId id;
    bool operator>(const Closing& other) const { return at > other.at; }
  };

  /// A window that is held. Places stay where they are and are used again.
  struct Held {
    WindowId id;
    bool used = false;
    WindowState state;
  };

  /// Calls change(state) for each window that holds the row, of `offset`; it is row_ then. True: it
  /// was changed.
  template <typename Change>
  Status ForEachWindow(const AnalysisBatch& batch, std::size_t row, Offset offset, Change change) {
    Prepare(batch, row);
    for (std::uint32_t size = 0; size < sizes_.size(); ++size) {
      if (!sizes_[size].Holds(offset)) continue;
      const std::int64_t start = ToMillis(WindowStart(batch.posts->time[row], sizes_[size].length));
      for (const std::uint32_t task : row_tasks_) {
        HB_ASSIGN(const std::uint32_t place, Find({start, task, size}));
        if (!change(places_[place].state)) continue;
        MarkDirty(place);
        places_[place].state.touched = ++tick_;
      }
    }
    return Ok();
  }

  [[nodiscard]] bool IsDue(Held& held, const Due& due) const {
    WindowState& state = held.state;
    if (state.waits_since == WindowState::kNever) state.waits_since = due.now.count();
    const bool closes = !state.is_final && CloseTime(held.id) <= watermark_;
    if (state.due || closes || state.missing < ToInt(due.oldest)) return true;
    const auto longest = std::max(sizes_[held.id.size].length / 30, kShortestBound);
    const auto wait = static_cast<std::int64_t>(state.Weight()) * 1000 / options_.write_rate;
    return due.now.count() - state.waits_since >= std::min<std::int64_t>(wait, longest.count());
  }

  void Prepare(const AnalysisBatch& batch, std::size_t row) {
    const PostBatch& posts = *batch.posts;
    row_.sums = WindowSums::Of(batch, row);
    const std::string_view author =
        posts.author[row].empty() ? posts.handle[row] : posts.author[row];
    row_.author = author.empty() ? 0 : Hash64(author) | 1;  // 0 means unknown.
    sought_.clear();
    const auto seek = [this](KeyKind kind, std::string_view text) {
      sought_.emplace_back(kind, Interner::Seek(text));
      strings_.Expect(sought_.back().second);
    };
    seek(KeyKind::kLanguage, batch.lang[row]);
    if (!posts.country[row].empty()) seek(KeyKind::kCountry, posts.country[row]);
    for (const std::string_view tag : batch.hashtags[row]) seek(KeyKind::kHashtag, tag);
    for (const std::string_view word : batch.words[row]) seek(KeyKind::kWord, word);
    if (row < batch.names.size()) SeekEach(KeyKind::kName, batch.names[row], kMaxNames, seek);
    if (row < batch.topics.size()) SeekEach(KeyKind::kTopic, batch.topics[row], kMaxTopics, seek);
    row_.keys.clear();
    for (const auto& [kind, sought] : sought_) row_.keys.push_back(MapKey(kind, NumberOf(sought)));
    row_tasks_.assign(1, all_tasks_);
    for (const std::string_view task : posts.tasks[row]) row_tasks_.push_back(TaskNumber(task));
  }

  /// A name may stand twice in a post, and counts once. One post counts for `most` at most.
  template <typename Seek>
  static void SeekEach(KeyKind kind, const ListColumn::List& keys, std::size_t most,
                       const Seek& seek) {
    for (std::size_t i = 0; i < std::min(keys.size(), most); ++i) {
      bool seen = false;
      for (std::size_t before = 0; before < i; ++before) seen = seen || keys[before] == keys[i];
      if (!seen) seek(kind, keys[i]);
    }
  }

  /// Number of a string, repaired where it is not UTF-8: an aggregate is written without another
  /// look.
  std::uint32_t NumberOf(const Interner::Sought& sought) {
    const std::size_t known = strings_.size();
    const std::uint32_t number = strings_.Intern(sought);
    if (number == known && !IsValidUtf8(sought.text)) {
      std::string repaired;
      AppendRepairedUtf8(sought.text, repaired);
      repaired_[number] = strings_.Intern(repaired);
    }
    if (repaired_.empty()) return number;
    const auto at = repaired_.find(number);
    return at == repaired_.end() ? number : at->second;
  }

  void MarkDirty(std::uint32_t place) {
    if (places_[place].state.dirty) return;
    places_[place].state.dirty = true;
    dirty_.push_back(place);
  }

  Result<std::uint32_t> Find(const WindowId& id) {
    // Posts come nearly in order: most are of the windows of the post before.
    std::uint32_t& recent = recent_[(id.task * kRecentSizes + id.size) % recent_.size()];
    if (recent < places_.size() && places_[recent].used && places_[recent].id == id) return recent;
    std::uint32_t place = index_.Find(id);
    if (place == WindowIndex::kNone) {
      HB_ASSIGN(place, Begin(id));
    }
    recent = place;
    return place;
  }

  /// Takes a window up that is not held: from what was committed, or new.
  Result<std::uint32_t> Begin(const WindowId& id) {
    StoredWindow stored;
    bool is_stored = false;
    if (MayBeStored(id)) {
      Result<StoredWindow> loaded = load_(KeyOf(id));
      if (!loaded.ok() && loaded.error().code != Code::kNotFound) return loaded.error();
      is_stored = loaded.ok();
      if (is_stored) stored = std::move(loaded).value();
    }
    std::uint32_t place = static_cast<std::uint32_t>(places_.size());
    if (free_.empty()) {
      places_.emplace_back();
    } else {
      place = free_.back();
      free_.pop_back();
    }
    places_[place].id = id;
    places_[place].used = true;
    index_.Insert(id, place);
    if (is_stored) {
      places_[place].state.LoadFrom(stored.aggregate, strings_);
      places_[place].state.included = ToInt(stored.included);
    } else {
      Watch(id);
    }
    return place;
  }

  /// False for a window that this engine has begun, or would begin: most are new, and asking for
  /// them costs more than counting.
  [[nodiscard]] bool MayBeStored(const WindowId& id) const {
    return !options_.fresh || id.start_ms <= newest_dropped_ms_;
  }

  void Watch(const WindowId& id) { closing_.push({CloseTime(id), id}); }

  [[nodiscard]] EventTime CloseTime(const WindowId& id) const {
    return FromMillis(id.start_ms) + sizes_[id.size].length + options_.allowed_lateness;
  }

  /// Marks the windows that the watermark has passed as changed.
  Status CloseWindows() {
    while (!closing_.empty() && closing_.top().at <= watermark_) {
      const WindowId id = closing_.top().id;
      HB_ASSIGN(const std::uint32_t place, Find(id));
      if (!places_[place].state.is_final) MarkDirty(place);
      closing_.pop();
    }
    return Ok();
  }

  /// The order of AggregateKey.
  [[nodiscard]] bool IsBefore(const WindowId& a, const WindowId& b) const {
    if (a.task != b.task) return tasks_[a.task] < tasks_[b.task];
    if (a.start_ms != b.start_ms) return a.start_ms < b.start_ms;
    return sizes_[a.size].length < sizes_[b.size].length;
  }

  /// `all`: as many as there are, and the strings with them. Requires: then none is changed.
  void DropUnchanged(bool all) {
    if (!all && index_.size() <= options_.max_loaded) return;
    std::vector<std::uint64_t> ticks;
    ticks.reserve(index_.size());
    for (const Held& held : places_) {
      if (held.used) ticks.push_back(held.state.touched);
    }
    const std::size_t kept = std::max<std::size_t>(1, options_.max_loaded / 2);
    std::uint64_t oldest = UINT64_MAX;
    if (!all && kept < ticks.size()) {
      const auto keep = static_cast<std::ptrdiff_t>(ticks.size() - kept);
      std::nth_element(ticks.begin(), ticks.begin() + keep, ticks.end());
      oldest = ticks[static_cast<std::size_t>(keep)];
    }
    index_.Clear();
    for (std::uint32_t place = 0; place < places_.size(); ++place) {
      Held& held = places_[place];
      if (!held.used) continue;
      if (held.state.touched >= oldest || held.state.dirty) {
        index_.Insert(held.id, place);
        continue;
      }
      NoteDropped(held.id);
      held.used = false;
      held.state.Clear();
      free_.push_back(place);
    }
    if (all) {
      strings_.Clear();
      repaired_.clear();
    }
  }

  void NoteDropped(const WindowId& id) {
    newest_dropped_ms_ = std::max(newest_dropped_ms_, id.start_ms);
  }

  std::uint32_t TaskNumber(std::string_view task) { return tasks_.Intern(task); }

  [[nodiscard]] AggregateKey KeyOf(const WindowId& id) const {
    return {std::string(tasks_[id.task]), FromMillis(id.start_ms), sizes_[id.size].length.count(),
            options_.partition};
  }

  static constexpr std::size_t kMaxNames = 64;
  static constexpr std::uint32_t kRecentSizes = 4;  ///< of recent_, a task

  const Options options_;
  const std::vector<Size> sizes_;
  const Load load_;
  EventTime watermark_ = EventTime::min();
  Interner strings_, tasks_;
  std::unordered_map<std::uint32_t, std::uint32_t>
      repaired_;  ///< numbers of strings that are not UTF-8
  const std::uint32_t all_tasks_ = TaskNumber(kAllTasks);
  WindowIndex index_;
  std::deque<Held> places_;
  std::vector<std::uint32_t> free_, dirty_;  ///< places
  std::array<std::uint32_t, 64> recent_{};   ///< places that were found last, by task and size
  std::priority_queue<Closing, std::vector<Closing>, std::greater<>> closing_;
  std::int64_t newest_dropped_ms_ = INT64_MIN;
  std::uint64_t tick_ = 0;
  // Reused.
  CountedRow row_;
  std::vector<std::uint32_t> row_tasks_;
  std::vector<std::pair<KeyKind, Interner::Sought>> sought_;
};

}  // namespace

Result<std::unique_ptr<WindowEngine>> WindowEngine::Create(Options options, Load load) {
  if (options.sizes.empty() && options.spans.empty())
    return Error{Code::kInvalidArgument, "no window size is given"};
  for (const Size& size : SizesOf(options)) {
    if (size.length.count() <= 0)
      return Error{Code::kInvalidArgument, "a window size is not above 0"};
  }
  if (options.write_rate <= 0) return Error{Code::kInvalidArgument, "a rate is not above 0"};
  if (options.allowed_lateness.count() < 0) {
    return Error{Code::kInvalidArgument, "the allowed lateness is below 0"};
  }
  return std::unique_ptr<WindowEngine>(
      std::make_unique<Engine>(std::move(options), std::move(load)));
}

}  // namespace hb
