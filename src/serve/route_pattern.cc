#include "serve/route_pattern.h"

#include <algorithm>

namespace hb {

namespace {

/// Takes the text up to the next '/', which is dropped.
std::string_view TakeSegment(std::string_view& path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return segment;
}

}  // namespace

std::optional<Captures> MatchPattern(std::string_view pattern, std::string_view path) {
  Captures captures;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = TakeSegment(pattern);
    if (wanted.empty() || wanted.front() != '{') {
      const bool was_last = path.find('/') == std::string_view::npos;
      if (TakeSegment(path) != wanted || (was_last != pattern.empty() && path.empty()))
        return std::nullopt;
      continue;
    }
    const std::string_view value = pattern.empty() ? path : TakeSegment(path);
    if (pattern.empty()) path = {};
    if (value.empty()) return std::nullopt;
    captures.emplace(wanted.substr(1, wanted.size() - 2), value);
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return captures;
}

}  // namespace hb
