#include "backfill/staged_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <thread>
#include <utility>

#include "backfill/scrub.h"

namespace hb::backfill {

namespace {

/// Windows that may be left out before later ones wait: a position names each hole, and is small.
constexpr std::size_t kMostHoles = 150;

/// Reads a number off the front of `text`.
bool TakeNumber(std::string_view& text, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool TakeChar(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string GapSource(std::string_view kind, std::string_view tag) {
  return fmt::format("{}:backfill:{}", kind, tag);
}

StagedSource::StagedSource(Options options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      given_(parts_.ledger.size(), false),
      watermark_ms_(ToMillis(parts_.ledger.plan().start)) {}

// "0-11,13-13;14.2.40": windows 0 to 11 and 13 were given, and of 14 two pages and 40 rows.
Position StagedSource::Encode() const {
  std::string text;
  for (std::size_t i = 0; i < given_.size(); ++i) {
    if (!given_[i]) continue;
    const std::size_t from = i;
    while (i + 1 < given_.size() && given_[i + 1]) ++i;
    text += fmt::format("{}{}-{}", text.empty() ? "" : ",", from, i);
  }
  text += ";";
  if (window_) text += fmt::format("{}.{}.{}", *window_, page_, row_);
  return text;
}

Status StagedSource::Resume(const Position& position) {
  const Error wrong{Code::kInvalidArgument, "'" + position + "' is no position of this backfill"};
  std::string_view rest = position;
  std::vector<bool> given(given_.size(), false);
  while (!rest.empty() && rest.front() != ';') {
    std::size_t from = 0, to = 0;
    if (!TakeNumber(rest, from) || !TakeChar(rest, '-') || !TakeNumber(rest, to) || from > to ||
        to >= given.size()) {
      return wrong;
    }
    std::fill(given.begin() + static_cast<std::ptrdiff_t>(from),
              given.begin() + static_cast<std::ptrdiff_t>(to) + 1, true);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  if (!TakeChar(rest, ';')) return wrong;
  std::optional<std::size_t> window;
  std::size_t page = 0, row = 0;
  if (!rest.empty()) {
    std::size_t index = 0;
    if (!TakeNumber(rest, index) || !TakeChar(rest, '.') || !TakeNumber(rest, page) ||
        !TakeChar(rest, '.') || !TakeNumber(rest, row) || !rest.empty() || index >= given.size()) {
      return wrong;
    }
    window = index;
  }
  given_ = std::move(given);
  window_ = window;
  page_ = static_cast<std::uint32_t>(page);
  row_ = row;
  windows_given_ = static_cast<std::uint64_t>(std::count(given_.begin(), given_.end(), true));
  return Ok();
}

std::optional<std::size_t> StagedSource::NextWindow() {
  std::size_t passed = 0;
  for (std::size_t i = first_open_; i < given_.size(); ++i) {
    if (given_[i]) {
      first_open_ += i == first_open_ ? 1 : 0;
      continue;
    }
    if (parts_.ledger.Get(i).state == WindowState::kDone) return i;
    if (++passed == kMostHoles) break;
  }
  return std::nullopt;
}

void StagedSource::MarkGiven(std::size_t window) {
  given_[window] = true;
  ++windows_given_;
  while (first_open_ < given_.size() && given_[first_open_]) ++first_open_;
  watermark_ms_ = first_open_ < given_.size() ? ToMillis(parts_.ledger.Get(first_open_).start)
                                              : ToMillis(parts_.ledger.plan().end);
}

Status StagedSource::LoadPage() {
  batch_.Clear();
  const std::string name = parts_.ledger.PageName(*window_, page_);
  HB_ASSIGN(std::string text, parts_.staging.Get(name));
  const std::string_view body = std::string_view(text).substr(0, text.find('\n'));
  std::vector<WireFault> faults;
  WireSink sink{.posts = batch_.posts, .redactions = batch_.redactions, .faults = faults};
  const WireRow row{.source = options_.kind, .row_id = {}, .arrival = parts_.clock.Now()};
  const Status parsed = parser_.Parse(body, text.size() - body.size(), row, sink);
  if (!parsed.ok()) faults.push_back({"", parsed.error().message, {}});
  for (WireFault& fault : faults) {
    const std::string& raw = fault.part.empty() ? text : fault.raw;
    batch_.dead.push_back(MakeDeadLetter(row.arrival, options_.kind,
                                         fault.part.empty() ? name : name + " " + fault.part,
                                         std::move(fault.reason), raw));
  }
  loaded_ = true;
  return Ok();
}

std::optional<Gap> StagedSource::MissingOf(const Window& window) const {
  Gap gap{.source = GapSource(options_.kind, parts_.ledger.plan().rules[window.rule].tag),
          .from = window.start,
          .to = window.end,
          .cause = {}};
  if (window.state == WindowState::kFailed) {
    gap.cause = "not fetched: " + window.error;
    return gap;
  }
  const std::uint64_t limit = parts_.ledger.plan().limit;
  // A token that is left says that there is more; a count, how much.
  if (window.token.empty() || window.fetched < limit) return std::nullopt;
  if (!window.expected) {
    gap.cause = fmt::format("more than the limit of {} posts", limit);
    gap.exact = false;
    return gap;
  }
  if (*window.expected <= window.fetched) return std::nullopt;
  gap.cause = fmt::format("{} of {} posts fetched, by the limit of {}", window.fetched,
                          *window.expected, limit);
  gap.refilled = static_cast<std::uint32_t>(window.fetched * kMicro / *window.expected);
  return gap;
}

void StagedSource::TellGaps(const Window& window, Intake& out) {
  if (auto missing = MissingOf(window)) {
    out.gaps.push_back(*std::move(missing));
    return;
  }
  const std::string source = GapSource(options_.kind, parts_.ledger.plan().rules[window.rule].tag);
  for (const Gap& gap : options_.open_gaps) {
    if (gap.source != source || gap.from < window.start || gap.to > window.end) continue;
    out.gaps.push_back(gap);
    out.gaps.back().refilled = kMicro;
  }
}

void StagedSource::TellFailed(Intake& out) {
  if (told_failed_) return;
  told_failed_ = true;
  for (std::size_t i = 0; i < given_.size(); ++i) {
    if (given_[i]) continue;
    const Window window = parts_.ledger.Get(i);
    if (window.state != WindowState::kFailed) continue;
    const std::string source =
        GapSource(options_.kind, parts_.ledger.plan().rules[window.rule].tag);
    const bool told =
        std::any_of(options_.open_gaps.begin(), options_.open_gaps.end(), [&](const Gap& gap) {
          return gap.source == source && gap.from == window.start && gap.to == window.end;
        });
    if (!told) TellGaps(window, out);
  }
}

Result<bool> StagedSource::Advance(std::size_t limit, Intake& out) {
  if (!window_) {
    window_ = NextWindow();
    if (!window_) return false;
    page_ = 0;
    row_ = 0;
    loaded_ = false;
  }
  if (const Window window = parts_.ledger.Get(*window_); page_ >= window.pages) {
    TellGaps(window, out);
    MarkGiven(*window_);
    window_.reset();
    return true;
  }
  if (!loaded_) HB_TRY(LoadPage());
  for (; row_ < batch_.posts.size(); ++row_) {
    if (out.posts.size() >= limit) return true;
    if (IsPlaceholder(batch_.posts, row_)) continue;
    out.posts.AppendRow(batch_.posts, row_);
    ++posts_;
  }
  // What is no post of the page goes with its last row.
  dead_ += batch_.dead.size();
  std::move(batch_.redactions.begin(), batch_.redactions.end(), std::back_inserter(out.redactions));
  std::move(batch_.dead.begin(), batch_.dead.end(), std::back_inserter(out.dead));
  ++page_;
  row_ = 0;
  loaded_ = false;
  return true;
}

Result<PollState> StagedSource::Poll(std::size_t limit, std::chrono::milliseconds wait,
                                     Intake& out) {
  constexpr std::chrono::milliseconds kLook{5};
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    if (stopping_) return Error{Code::kCancelled, "stopping"};
    // Asked before looking: what is done after it is not missed.
    const bool fetched = parts_.fetched();
    bool more = true;
    while (more && out.posts.size() < limit) {
      const Result<bool> advanced = Advance(limit, out);
      if (!advanced.ok()) {
        out.end = Encode();  // What was given before counts.
        return advanced.error();
      }
      more = advanced.value();
    }
    if (!more && fetched) TellFailed(out);
    out.end = Encode();
    if (more) return PollState::kMore;
    if (fetched) {
      if (first_open_ == given_.size()) watermark_ms_ = ToMillis(EventTime::max());
      return PollState::kDone;
    }
    if (!out.posts.empty() || std::chrono::steady_clock::now() >= until) return PollState::kIdle;
    std::this_thread::sleep_for(kLook);
  }
}

std::optional<EventTime> StagedSource::Watermark() const { return FromMillis(watermark_ms_); }

Progress StagedSource::GetProgress() const {
  // Of windows: how large they are is not known before.
  return {.rows = posts_,
          .bytes_done = windows_given_,
          .bytes_total = given_.size(),
          .posts = posts_,
          .dead_letters = dead_};
}

}  // namespace hb::backfill
