#include "source/x/holes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr std::size_t kMaxCause = 24;

/// Letters, digits and underscores alone, so that it fits between colons and blanks.
std::string Packed(std::string_view cause) {
  std::string packed;
  for (const char c : cause.substr(0, kMaxCause)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    packed += plain ? c : '_';
  }
  return packed;
}

std::string Unpacked(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace

Gap Holes::GapOf(const Hole& hole) const {
  const std::int64_t length = std::max<std::int64_t>(1, (hole.to - hole.from).count());
  Gap gap{.from = hole.from, .to = hole.to, .cause = hole.cause};
  gap.refilled = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(hole.filled_ms * kMicro / length, 0, kMicro));
  gap.exact = gap.refilled == 0;  // search finds not quite what the stream would have given
  return gap;
}

Gap Holes::Add(EventTime from, EventTime to, std::string_view cause) {
  Hole hole{.from = from, .to = to, .next = from, .cause = std::string(cause)};
  const Gap gap = GapOf(hole);
  if (to <= from) return gap;
  const auto place =
      std::upper_bound(holes_.begin(), holes_.end(), from,
                       [](EventTime moment, const Hole& other) { return moment < other.from; });
  holes_.insert(place, std::move(hole));
  if (holes_.size() > kMaxHoles) holes_.erase(holes_.begin());
  return gap;
}

std::optional<Holes::Slice> Holes::Next(EventTime now) {
  const EventTime oldest = now - options_.reach;
  std::optional<Slice> slice;
  for (Hole& hole : holes_) {
    hole.next = std::min(std::max(hole.next, oldest), hole.to);
    if (hole.next >= hole.to) continue;
    if (!slice) {
      // The end of a long hole may still be out of search's reach.
      const EventTime end = std::min({hole.to, hole.next + options_.slice, now - options_.settle});
      const bool part = end - hole.next >= options_.slice;
      if (end < hole.to && !part) continue;
      slice = Slice{hole.next, end};
      continue;
    }
    const EventTime farthest = slice->from + options_.slice;
    if (hole.next > slice->to + options_.join || hole.to > farthest ||
        hole.to > now - options_.settle) {
      break;
    }
    slice->to = std::max(slice->to, hole.to);
  }
  std::erase_if(holes_, [](const Hole& hole) { return hole.next >= hole.to; });
  return slice;
}

std::vector<Gap> Holes::Finish(const Slice& slice, double share) {
  std::vector<Gap> gaps;
  for (Hole& hole : holes_) {
    const EventTime from = std::max(hole.next, slice.from);
    const EventTime to = std::min(hole.to, slice.to);
    if (from != hole.next || to <= from) continue;
    hole.next = to;
    const double filled = static_cast<double>((to - from).count()) * std::clamp(share, 0.0, 1.0);
    hole.filled_ms += static_cast<std::int64_t>(filled + 0.5);
    gaps.push_back(GapOf(hole));
  }
  std::erase_if(holes_, [](const Hole& hole) { return hole.next >= hole.to; });
  return gaps;
}

milliseconds Holes::Left() const {
  milliseconds left{0};
  for (const Hole& hole : holes_) left += hole.to - hole.next;
  return left;
}

std::string Holes::Encode() const {
  std::string text;
  for (const Hole& hole : holes_) {
    if (!text.empty()) text += ' ';
    fmt::format_to(std::back_inserter(text), "{}:{}:{}:{}:{}", ToMillis(hole.from),
                   ToMillis(hole.to), ToMillis(hole.next), hole.filled_ms, Packed(hole.cause));
  }
  return text;
}

bool Holes::Decode(std::string_view text) {
  std::vector<Hole> holes;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    std::array<std::int64_t, 4> numbers{};
    for (std::int64_t& number : numbers) {
      const auto [at, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      if (error != std::errc() || at == word.data() + word.size() || *at != ':') return false;
      word.remove_prefix(static_cast<std::size_t>(at - word.data()) + 1);
    }
    const auto [from, to, next, filled] = numbers;
    if (from < 0 || from > next || next > to || filled < 0 || filled > to - from) return false;
    if (holes.size() == kMaxHoles || word.size() > kMaxCause) return false;
    holes.push_back({.from = FromMillis(from),
                     .to = FromMillis(to),
                     .next = FromMillis(next),
                     .filled_ms = filled,
                     .cause = Unpacked(std::string(word))});
  }
  holes_ = std::move(holes);
  return true;
}

}  // namespace hb
