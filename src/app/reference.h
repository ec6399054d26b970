// app/reference.h - docs/reference/, made from what the program knows about itself.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// "settings", "sources", "logs", "stores": the files of docs/reference/ that are not written by
/// hand.
std::span<const std::string_view> ReferencePages();
/// One of them as Markdown. kInvalidArgument names those there are.
Result<std::string> ReferencePage(std::string_view page);

}  // namespace hb
