// base/logging.h - what the program says to the person who runs it.
#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

namespace hb {

/// Lines for a terminal, or one JSON object a line for machines. Call once, before any thread
/// starts.
enum class LogStyle { kText, kJson };
void InitLogging(LogStyle style, std::string_view level);

// Thin names over spdlog, so that a file needs no other header. Format strings are checked at
// compile time.
template <typename... Args>
void LogInfo(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::info(format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogWarning(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::warn(format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogError(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::error(format, std::forward<Args>(args)...);
}

}  // namespace hb
