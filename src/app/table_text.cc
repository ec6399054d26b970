#include "app/table_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace hb {

namespace {

/// `text` on one line of at most `width` code points.
std::string Fit(std::string_view text, std::size_t width) {
  if (CountCodePoints(text) <= width) return OneLine(text);
  if (width <= 3) return OneLine(CutCodePoints(text, width));
  return OneLine(CutCodePoints(text, width - 3)) + "...";
}

std::string Pad(const std::string& text, std::size_t width, bool right) {
  const std::size_t used = CountCodePoints(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    at += point.size;
    const bool control = point.code < 0x20 || (point.code >= 0x7F && point.code < 0xA0);
    AppendUtf8(control ? U' ' : point.code, out);
  }
  return out;
}

std::string TableText(const std::vector<std::string>& headings,
                      const std::vector<std::vector<std::string>>& rows,
                      const std::vector<bool>& right, std::size_t max_width) {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings) widths.push_back(CountCodePoints(heading));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], std::min(max_width, CountCodePoints(row[i])));
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
