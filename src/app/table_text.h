// app/table_text.h - JSON answers of the API as aligned text.
#pragma once

#include <string>
#include <vector>

namespace hb {

/// Rows of cells under headings, in columns as wide as their widest cell (at most `max_width` code
/// points; longer cells end in "..."). Numbers, if `right[i]`, are aligned right.
std::string TableText(const std::vector<std::string>& headings,
                      const std::vector<std::vector<std::string>>& rows,
                      const std::vector<bool>& right, std::size_t max_width);

}  // namespace hb
