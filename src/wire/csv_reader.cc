#include "wire/csv_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace hb {

namespace {
constexpr std::size_t kBlock = 64;
}  // namespace

CsvReader::Masks CsvReader::Block(const char* at, std::size_t size) const {
  char padded[kBlock];
  if (size < kBlock) {
    std::memset(padded, 0, kBlock);
    std::memcpy(padded, at, size);
    at = padded;
  }
  Masks masks{0, 0, 0};
#if defined(__SSE2__)
  const __m128i delimiter = _mm_set1_epi8(options_.delimiter);
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i newline = _mm_set1_epi8('\n');
  const auto bits = [](__m128i bytes, __m128i wanted) {
    return static_cast<std::uint64_t>(
        static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted))));
  };
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
    masks.delimiter |= bits(bytes, delimiter) << (16 * i);
    masks.quote |= bits(bytes, quote) << (16 * i);
    masks.newline |= bits(bytes, newline) << (16 * i);
  }
#else
  for (unsigned i = 0; i < kBlock; ++i) {
    masks.delimiter |= static_cast<std::uint64_t>(at[i] == options_.delimiter) << i;
    masks.quote |= static_cast<std::uint64_t>(at[i] == '"') << i;
    masks.newline |= static_cast<std::uint64_t>(at[i] == '\n') << i;
  }
#endif
  if (!options_.quotes) masks.quote = 0;
  return masks;
}

void CsvReader::StartRow() {
  spans_.clear();
  scanned_ = field_begin_ = close_ = 0;
  breaks_ = first_break_ = field_breaks_ = 0;
  in_quotes_ = quoted_ = escaped_ = any_escaped_ = false;
}

CsvReader::Step CsvReader::Next(std::string_view rest, bool at_end) {
  consumed_ = lines_ = lines_before_ = blank_ = 0;
  if (skipping_) return SkipLine(rest, at_end);
  if (scanned_ == 0) {  // between rows
    StartRow();
    std::size_t blank = 0;
    while (blank < rest.size() && (rest[blank] == '\n' || rest[blank] == '\r')) {
      // "\r" only as part of "\r\n"
      if (rest[blank] == '\r') {
        if (blank + 1 >= rest.size() && !at_end) {
          consumed_ = blank;
          lines_ = lines_before_;
          return Step::kNeedMore;
        }
        if (blank + 1 >= rest.size() || rest[blank + 1] != '\n') break;
        ++blank;
      }
      ++blank;
      ++lines_before_;
    }
    consumed_ = blank_ = blank;
    lines_ = lines_before_;
    rest.remove_prefix(blank);
    if (rest.empty()) return at_end ? Step::kEnd : Step::kNeedMore;
  }
  return Scan(rest, at_end);
}

CsvReader::Step CsvReader::Scan(std::string_view rest, bool at_end) {
  row_ = rest.data();
  const std::size_t limit = std::min(rest.size(), options_.max_row_bytes);
  while (scanned_ < limit) {
    const std::size_t base = scanned_;
    const std::size_t size = std::min(kBlock, limit - base);
    const Masks masks = Block(rest.data() + base, size);
    std::uint64_t todo = ~std::uint64_t{0};
    if (size < kBlock) todo = (std::uint64_t{1} << size) - 1;
    for (;;) {
      const std::uint64_t structural =
          todo & (masks.quote | masks.newline | (in_quotes_ ? 0 : masks.delimiter));
      if (structural == 0) break;
      const unsigned bit = static_cast<unsigned>(std::countr_zero(structural));
      const std::size_t at = base + bit;
      todo &= bit == 63 ? 0 : ~std::uint64_t{0} << (bit + 1);
      const char c = rest[at];
      if (in_quotes_) {
        if (c == '\n') {
          if (breaks_++ == 0) first_break_ = at + 1;
          ++field_breaks_;
        } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
          escaped_ = true;
          if (bit == 63) {  // its second half begins the next block
            scanned_ = at + 2;
            todo = 0;
          } else {
            todo &= ~(std::uint64_t{2} << bit);
          }
        } else if (at + 1 >= rest.size() && !at_end) {
          scanned_ = at;  // whether the field ends here depends on the next byte
          return Step::kNeedMore;
        } else {
          in_quotes_ = false;
          close_ = at;
        }
      } else if (c == '"' && options_.quotes) {
        if (at == field_begin_) in_quotes_ = quoted_ = true;
      } else if (c == '\n') {
        const std::size_t end = at > 0 && rest[at - 1] == '\r' && at > field_begin_ ? at - 1 : at;
        if (!EndField(end)) return Bad("quoted field is not closed", at + 1);
        return EndRow(end, at + 1);
      } else if (!EndField(at)) {
        return Bad("quoted field is not closed", at + 1);
      }
    }
    if (scanned_ == base) scanned_ = base + size;
  }
  if (rest.size() >= options_.max_row_bytes) {
    return Bad(in_quotes_ ? "row is longer than allowed: a quoted field is not closed"
                          : "row is longer than allowed",
               limit);
  }
  if (!at_end) return Step::kNeedMore;
  if (in_quotes_ || !EndField(rest.size())) return Bad("quoted field is not closed", rest.size());
  return EndRow(rest.size(), rest.size());
}

bool CsvReader::EndQuotedField(std::size_t end) {
  Span span{static_cast<std::uint32_t>(field_begin_), static_cast<std::uint32_t>(end), false};
  if (close_ + 1 == end) {
    ++span.begin;
    --span.end;
    span.in_scratch = escaped_;
    any_escaped_ = any_escaped_ || escaped_;
  } else if (field_breaks_ > 0) {
    return false;
  }
  spans_.push_back(span);
  field_begin_ = end + 1;
  quoted_ = escaped_ = false;
  field_breaks_ = 0;
  return true;
}

CsvReader::Step CsvReader::EndRow(std::size_t end, std::size_t consumed) {
  raw_ = {row_, end};
  consumed_ += consumed;
  lines_ += breaks_ + (consumed > 0 && row_[consumed - 1] == '\n' ? 1 : 0);
  rescan_budget_ = std::min(kRescanBudget, rescan_budget_ + static_cast<std::int64_t>(consumed));
  scanned_ = 0;
  if (any_escaped_) Unquote();
  return Step::kRow;
}

void CsvReader::Unquote() {
  scratch_.clear();
  for (Span& span : spans_) {
    if (!span.in_scratch) continue;
    const std::size_t begin = scratch_.size();
    std::string_view text{row_ + span.begin, span.end - span.begin};
    while (!text.empty()) {
      const std::size_t quote = text.find('"');
      const std::size_t take = quote == std::string_view::npos ? text.size() : quote + 1;
      scratch_.append(text.substr(0, take));
      text.remove_prefix(std::min(text.size(), quote == std::string_view::npos ? take : take + 1));
    }
    span.begin = static_cast<std::uint32_t>(begin);
    span.end = static_cast<std::uint32_t>(scratch_.size());
  }
}

CsvReader::Step CsvReader::Bad(const char* reason, std::size_t scanned) {
  reason_ = reason;
  scanned_ = 0;
  const std::int64_t again =
      static_cast<std::int64_t>(scanned) - static_cast<std::int64_t>(first_break_);
  if (breaks_ > 0 && again <= rescan_budget_) {
    rescan_budget_ -= again;
    raw_ = {row_, first_break_ - 1};
    consumed_ += first_break_;
    ++lines_;
  } else {
    raw_ = {row_, scanned};
    consumed_ += scanned;
    lines_ += static_cast<std::size_t>(std::count(row_, row_ + scanned, '\n'));
    skipping_ = row_[scanned - 1] != '\n';
  }
  return Step::kBad;
}

void CsvReader::Reject() {
  const auto again =
      static_cast<std::int64_t>(raw_.size()) - static_cast<std::int64_t>(first_break_);
  if (breaks_ == 0 || again > rescan_budget_) return;
  rescan_budget_ -= again;
  raw_ = raw_.substr(0, first_break_ - 1);
  consumed_ = blank_ + first_break_;
  lines_ = lines_before_ + 1;
}

CsvReader::Step CsvReader::SkipLine(std::string_view rest, bool at_end) {
  const std::size_t newline = rest.find('\n');
  if (newline != std::string_view::npos) {
    skipping_ = false;
    consumed_ = newline + 1;
    lines_ = 1;
    StartRow();
    return Step::kNeedMore;  // call again with what is behind
  }
  consumed_ = rest.size();
  return at_end ? Step::kEnd : Step::kNeedMore;
}

}  // namespace hb
