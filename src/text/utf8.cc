#include "text/utf8.h"

#include "text/code_point.h"

namespace hb {

char32_t FoldCodePoint(char32_t code) noexcept { return text::Fold(code); }

void AppendFolded(std::string_view text, std::string& out) {
  out.reserve(out.size() + text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint read = DecodeUtf8(text, at);
    AppendUtf8(text::Fold(read.code), out);
    at += read.size;
  }
}

std::string Folded(std::string_view text) {
  std::string out;
  AppendFolded(text, out);
  return out;
}

}  // namespace hb
