#include "app/progress_line.h"

#include <fmt/format.h>

#include <cstdio>

namespace hb {

std::string WithSeparators(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string ProgressLine::Text(const SystemStatus& status) {
  std::uint64_t done = 0, total = 0;
  bool unknown = false, any = false;
  for (const SourceStatus& source : status.sources) {
    if (source.live) continue;
    any = true;
    done += source.bytes_done;
    total += source.bytes_total;
    unknown = unknown || source.bytes_total == 0;
  }
  if (!any) return "";
  std::string text = fmt::format("{} posts  {}/s", WithSeparators(status.posts_total),
                                 WithSeparators(static_cast<std::uint64_t>(status.rate)));
  if (unknown || done > total || done == 0) return text;
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const auto left = static_cast<std::uint64_t>(status.uptime_s * (1 - share) / share);
  return text + fmt::format("  {:.0f} %  {}:{:02} left", share * 100, left / 60, left % 60);
}

void ProgressLine::Show(const SystemStatus& status) {
  if (!terminal_) return;
  const std::string text = Text(status);
  if (text.empty()) return;
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::End() {
  if (shown_) std::fputc('\n', stderr);
  shown_ = false;
}

}  // namespace hb
