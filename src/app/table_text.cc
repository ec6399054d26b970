#include "app/table_text.h"

#include <algorithm>

namespace hb {

namespace {

std::size_t CodePoints(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// One line of at most `width` code points: control characters become blanks.
std::string Fit(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t points = 0;
  const bool cut = CodePoints(text) > width;
  const std::size_t keep = cut && width > 3 ? width - 3 : width;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80 && ++points > keep) break;
    out.push_back(static_cast<unsigned char>(text[i]) < 0x20 ? ' ' : text[i]);
  }
  return cut ? out + "..." : out;
}

std::string Pad(const std::string& text, std::size_t width, bool right) {
  const std::size_t used = CodePoints(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

std::string TableText(const std::vector<std::string>& headings,
                      const std::vector<std::vector<std::string>>& rows,
                      const std::vector<bool>& right, std::size_t max_width) {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings) widths.push_back(CodePoints(heading));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], std::min(max_width, CodePoints(row[i])));
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out += (i > 0 ? "  " : "") +
             Pad(Fit(cells[i], std::max(max_width, widths[i])), widths[i], right[i]);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  line(headings);
  std::vector<std::string> rules;
  for (const std::size_t width : widths) rules.emplace_back(width, '-');
  line(rules);
  for (const auto& row : rows) line(row);
  return out;
}

}  // namespace hb
