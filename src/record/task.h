// record/task.h - what a user asked to listen for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/units.h"

namespace hb {

/// One revision of a task. Keyed by (tag, revision) on the topic `tasks`, which is never trimmed.
struct Task {
  std::string tag{};           ///< 1 to 64 bytes; "*" is reserved for "all posts"
  std::string rule{};          ///< rule grammar of docs/rules.md
  std::uint32_t revision = 1;  ///< of this tag, counted from 1
  bool active = true;          ///< false: removed at `time`
  EventTime time{};            ///< arrival time of the change
};

/// The tag of the windows that count every post, whatever its tasks.
inline constexpr std::string_view kAllTasks = "*";

}  // namespace hb
