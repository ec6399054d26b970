// log/names.h - which names topics and groups may have; the same rule for every log.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// Kafka's rule (org.apache.kafka.common.internals.Topic): 1 to 249 of [a-zA-Z0-9._-], not "." or
/// "..".
inline Status CheckLogName(std::string_view what, std::string_view name) {
  const bool dots = name == "." || name == "..";
  bool legal = !name.empty() && name.size() <= 249 && !dots;
  for (const char c : name) {
    legal = legal && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-');
  }
  if (legal) return Ok();
  return Error{Code::kInvalidArgument,
               std::string(what) + " name \"" + std::string(name.substr(0, 60)) +
                   "\" must be 1 to 249 letters, digits, dots, dashes or underscores"};
}

}  // namespace hb
