// app/table_text.h - JSON answers of the API as aligned text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hb {

/// `text` as one line that no terminal takes for commands: control characters (C0, DEL and C1)
/// become blanks.
std::string OneLine(std::string_view text);

/// Rows of cells under headings, in columns as wide as their widest cell (at most `max_width` code
/// points; longer cells end in "..."). Numbers, if `right[i]`, are aligned right.
std::string TableText(const std::vector<std::string>& headings,
                      const std::vector<std::vector<std::string>>& rows,
                      const std::vector<bool>& right, std::size_t max_width);

}  // namespace hb
