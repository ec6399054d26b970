// serve/route_pattern.h - addresses with places for names: "/api/v1/tasks/{tag}".
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hb {

/// "tag" of "{tag}" -> what stands there.
using Captures = std::map<std::string, std::string, std::less<>>;

/// Captures if `path` fits, part by part between slashes. A capture that ends the pattern takes
/// what is left, slashes too, because ids of posts are addresses; none is empty.
std::optional<Captures> MatchPattern(std::string_view pattern, std::string_view path);

}  // namespace hb
