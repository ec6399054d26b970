#include "wire/html_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "base/utf8.h"
#include "text/html_references.h"

namespace hb {

namespace {

constexpr std::size_t kMostLinks = 256;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
char Lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }
bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }

bool SameName(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return Lower(x) == y; });
}

/// Tags whose beginning and end begin a new line.
bool IsBlock(std::string_view name) {
  constexpr std::array<std::string_view, 14> kBlocks = {"p",          "div", "li", "ul",   "ol",
                                                        "blockquote", "pre", "h1", "h2",   "h3",
                                                        "h4",         "h5",  "h6", "table"};
  return std::any_of(kBlocks.begin(), kBlocks.end(),
                     [&](std::string_view block) { return SameName(name, block); });
}

struct Tag {
  std::string_view name;
  bool closes = false;  ///< </p>
  bool empty = false;   ///< <br/>
  std::string_view href, classes;
};

/// Reads the tag at `at` ("<"), and moves `at` behind it; nothing if it is none. A tag that the
/// text breaks off in reaches to its end.
std::optional<Tag> ReadTag(std::string_view html, std::size_t& at) {
  std::size_t i = at + 1;
  Tag tag;
  if (i < html.size() && html[i] == '/') {
    tag.closes = true;
    ++i;
  }
  if (i >= html.size()) return std::nullopt;
  if (html[i] == '!' || html[i] == '?') {
    const bool comment = html.substr(i).starts_with("!--");
    const std::size_t end = html.find(comment ? "-->" : ">", i + (comment ? 3 : 1));
    at = end == std::string_view::npos ? html.size() : end + (comment ? 3 : 1);
    return tag;
  }
  if (!IsLetter(html[i])) return std::nullopt;
  const std::size_t name = i;
  while (i < html.size() && !IsBlank(html[i]) && html[i] != '>' && html[i] != '/') ++i;
  tag.name = html.substr(name, i - name);
  while (i < html.size() && html[i] != '>') {
    if (IsBlank(html[i]) || html[i] == '/') {
      tag.empty = html[i] == '/';
      ++i;
      continue;
    }
    const std::size_t key = i;
    while (i < html.size() && !IsBlank(html[i]) && html[i] != '>' && html[i] != '/' &&
           html[i] != '=')
      ++i;
    if (i == key) ++i;  // "=" without a name before it
    const std::string_view attribute = html.substr(key, i - key);
    while (i < html.size() && IsBlank(html[i])) ++i;
    if (i >= html.size() || html[i] != '=') continue;
    ++i;
    while (i < html.size() && IsBlank(html[i])) ++i;
    std::string_view value;
    if (i < html.size() && (html[i] == '"' || html[i] == '\'')) {
      const std::size_t end = std::min(html.find(html[i], i + 1), html.size());
      value = html.substr(i + 1, end - i - 1);
      i = std::min(end + 1, html.size());
    } else {
      const std::size_t begin = i;
      while (i < html.size() && !IsBlank(html[i]) && html[i] != '>') ++i;
      value = html.substr(begin, i - begin);
    }
    tag.empty = false;
    if (SameName(attribute, "href")) tag.href = value;
    if (SameName(attribute, "class")) tag.classes = value;
  }
  at = std::min(i + 1, html.size());
  return tag;
}

bool HasClass(std::string_view classes, std::string_view wanted) {
  for (std::size_t i = 0; i < classes.size();) {
    while (i < classes.size() && IsBlank(classes[i])) ++i;
    const std::size_t begin = i;
    while (i < classes.size() && !IsBlank(classes[i])) ++i;
    if (classes.substr(begin, i - begin) == wanted) return true;
  }
  return false;
}

void AppendUnescaped(std::string_view text, std::string& out) {
  if (text.find('&') == std::string_view::npos) {
    out.append(text);
    return;
  }
  std::u32string codes, plain;
  codes.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    codes += point.code;
    i += point.size;
  }
  UnescapeHtml(codes, plain);
  for (const char32_t code : plain) AppendUtf8(code, out);
}

/// Writes text and breaks, so that neither ends nor doubles are left to trim.
class Writer {
 public:
  void Break() { break_ = true; }
  void Put(char c, bool keep_blanks) {
    if (keep_blanks && c == '\n') return Break();
    if (IsBlank(c) && !keep_blanks) {
      blank_ = true;
      return;
    }
    if (break_ && !out_.empty()) {
      out_ += '\n';
    } else if (blank_ && !out_.empty()) {
      out_ += ' ';
    }
    break_ = blank_ = false;
    out_ += c;
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  std::string out_;
  bool break_ = false, blank_ = false;
};

}  // namespace

void HtmlText::Read(std::string_view html) {
  text.clear();
  links.clear();
  Writer out;
  std::string_view hidden;      // name of the element whose content is left out
  std::size_t depth = 0;        // of elements of that name, within it
  std::size_t kept_blanks = 0;  // <pre> elements that are open
  for (std::size_t i = 0; i < html.size();) {
    std::optional<Tag> tag;
    if (html[i] == '<') tag = ReadTag(html, i);
    if (!tag) {
      if (hidden.empty()) out.Put(html[i], kept_blanks > 0);
      ++i;
      continue;
    }
    const bool pre = SameName(tag->name, "pre");
    if (pre && !tag->closes) ++kept_blanks;
    if (pre && tag->closes && kept_blanks > 0) --kept_blanks;
    if (!hidden.empty()) {
      if (tag->name == hidden && !tag->empty) depth = tag->closes ? depth - 1 : depth + 1;
      if (depth == 0) hidden = {};
      continue;
    }
    if (SameName(tag->name, "br") || IsBlock(tag->name)) out.Break();
    if (tag->closes || tag->empty) continue;
    if (HasClass(tag->classes, "quote-inline") || SameName(tag->name, "script") ||
        SameName(tag->name, "style")) {
      hidden = tag->name;
      depth = 1;
    }
    const bool address = tag->href.starts_with("http://") || tag->href.starts_with("https://");
    if (SameName(tag->name, "a") && address && links.size() < kMostLinks &&
        !HasClass(tag->classes, "mention") && !HasClass(tag->classes, "hashtag")) {
      AppendUnescaped(tag->href, links.emplace_back());
    }
  }
  AppendUnescaped(out.text(), text);
}

}  // namespace hb
