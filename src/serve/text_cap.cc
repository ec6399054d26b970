#include "serve/text_cap.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <string_view>

namespace hb {

std::int64_t TextCap::Today() const {
  return std::chrono::floor<std::chrono::days>(clock_.Now()).time_since_epoch().count();
}

// A line of the day since 1970, and one of 16 hex digits for each text.
Status TextCap::Load() {
  if (loaded_) return Ok();
  day_ = Today();
  if (!path_.empty()) {
    const Result<std::string> text = ReadFile(path_);
    if (!text.ok() && text.error().code != Code::kNotFound) return text.error();
    if (text.ok()) {
      const char* at = text.value().data();
      const char* const end = at + text.value().size();
      std::int64_t day = 0;
      auto read = std::from_chars(at, end, day);
      while (read.ec == std::errc() && read.ptr != end && ++read.ptr != end && day == day_) {
        std::uint64_t hash = 0;
        read = std::from_chars(read.ptr, end, hash, 16);
        given_.insert(hash);
      }
      if (read.ec != std::errc()) {
        given_.clear();
        return Error{Code::kCorrupt, path_ + ": is not a day and hashes of texts"};
      }
    }
  }
  loaded_ = true;
  return Ok();
}

bool TextCap::Take(std::uint64_t text) {
  const MutexLock lock(mutex_);
  if (!Load().ok()) return false;
  if (const std::int64_t today = Today(); today != day_) {
    day_ = today;
    given_.clear();
    changed_ = true;
  }
  if (given_.contains(text)) return true;
  if (given_.size() >= most_) return false;
  given_.insert(text);
  changed_ = true;
  return true;
}

Status TextCap::Save() {
  const MutexLock lock(mutex_);
  HB_TRY(Load());
  if (!changed_ || path_.empty()) return Ok();
  std::string text = std::to_string(day_) + "\n";
  for (const std::uint64_t hash : given_) text += fmt::format("{:016x}\n", hash);
  HB_TRY(WriteFileAtomic(path_, text));
  changed_ = false;
  return Ok();
}

bool ExportGate::Allows(std::uint64_t post) {
  if (cap_ == nullptr || cap_->Take(post)) return true;
  ++left_out_;
  return false;
}

Status ExportGate::Finish(std::string& warning) {
  warning.clear();
  if (cap_ == nullptr) return Ok();
  HB_TRY(cap_->Save());
  if (left_out_ == 0) return Ok();
  warning = fmt::format(
      "299 heartbeat \"{} texts of X are left out: {} posts a day may be exported with their text "
      "(privacy.x_texts_a_day)\"",
      left_out_, cap_->most());
  return Ok();
}

}  // namespace hb
