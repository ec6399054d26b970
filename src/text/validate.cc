// Whether a whole text is one entity; the second half of entities.h.
#include <algorithm>

#include "text/code_point.h"
#include "text/entities.h"
#include "text/utf8.h"

namespace hb {
namespace {

using text::CodePointClass;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }
bool IsWide(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool Has(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

bool IsOne(std::string_view text, EntityKind kind) {
  const std::vector<Entity> found = ExtractEntities(text);
  return found.size() == 1 && found[0].kind == kind && found[0].begin == 0 &&
         found[0].end == text.size();
}

/// Percent escapes, unreserved and sub-delimiter characters of RFC 3986, Cyrillic, and `more`.
bool IsUrlText(std::string_view text, std::string_view more) {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (IsWide(c)) {
      const CodePoint read = DecodeUtf8(text, at);
      if (!read.valid || (CodePointClass(read.code) & text::kCyrillic) == 0) return false;
      at += read.size;
      continue;
    }
    if (c == '%') {
      if (at + 2 >= text.size() || !IsHex(text[at + 1]) || !IsHex(text[at + 2])) return false;
      at += 3;
      continue;
    }
    if (!IsAlnum(c) && !Has("-._~!$&'()*+,;=", c) && !Has(more, c)) return false;
    ++at;
  }
  return true;
}

bool IsOctet(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return false;
  if (!std::all_of(text.begin(), text.end(), IsDigit)) return false;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= 255;
}

/// A label of a host; `inner` are the signs it may hold between its ends.
bool IsLabel(std::string_view label, std::string_view inner) {
  auto edge = [](char c) { return IsAlnum(c) || IsWide(c); };
  return !label.empty() && edge(label.front()) && edge(label.back()) &&
         std::all_of(label.begin(), label.end(), [&](char c) { return edge(c) || Has(inner, c); });
}

bool IsIp(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return IsHex(c) || c == ':' || c == '.'; });
  }
  for (int octet = 0; octet < 4; ++octet) {
    const std::size_t dot = octet < 3 ? host.find('.') : host.size();
    if (dot == std::string_view::npos || !IsOctet(host.substr(0, dot))) return false;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return true;
}

/// sub-domains . domain . top-level domain
bool IsDomain(std::string_view host) {
  const std::size_t last = host.rfind('.');
  if (last == std::string_view::npos || last == 0) return false;
  const std::string_view tld = host.substr(last + 1);
  if (!IsLabel(tld, "-") || IsDigit(tld.front())) return false;
  const std::size_t before = host.rfind('.', last - 1);
  const std::size_t domain = before == std::string_view::npos ? 0 : before + 1;
  if (!IsLabel(host.substr(domain, last - domain), "-")) return false;
  for (std::size_t begin = 0; begin < domain;) {
    const std::size_t dot = host.find('.', begin);
    if (!IsLabel(host.substr(begin, dot - begin), "_-")) return false;
    begin = dot + 1;
  }
  return true;
}

bool IsAuthority(std::string_view authority) {
  if (const std::size_t at = authority.find('@'); at != std::string_view::npos) {
    if (!IsUrlText(authority.substr(0, at), ":")) return false;
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), IsDigit))
      return false;
    authority = authority.substr(0, colon);
  }
  return IsIp(authority) || IsDomain(authority);
}

}  // namespace

bool IsValidHashtag(std::string_view text) { return IsOne(text, EntityKind::kHashtag); }

bool IsValidUsername(std::string_view text) {
  return IsOne(text, EntityKind::kMention) && !Has(text, '/');
}

bool IsValidList(std::string_view text) {
  return IsOne(text, EntityKind::kMention) && Has(text, '/');
}

bool IsValidUrl(std::string_view text, bool require_protocol) {
  if (!IsValidUtf8(text)) return false;
  const std::size_t scheme = text.find("://");
  if (scheme != std::string_view::npos && text.find_first_of(":/?#") == scheme) {
    std::string lower;
    AppendFolded(text.substr(0, scheme), lower);
    if (lower != "http" && lower != "https") return false;
    text.remove_prefix(scheme + 3);
  } else if (require_protocol) {
    return false;
  }
  std::string_view fragment, query;
  if (const std::size_t at = text.find('#'); at != std::string_view::npos) {
    fragment = text.substr(at + 1);
    text = text.substr(0, at);
  }
  if (const std::size_t at = text.find('?'); at != std::string_view::npos) {
    query = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  return IsAuthority(text.substr(0, slash)) && IsUrlText(text.substr(slash), "/:|@") &&
         IsUrlText(query, "/?:|@") && IsUrlText(fragment, "/?:|@");
}

std::string_view ReplyName(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint read = DecodeUtf8(text, at);
    if ((CodePointClass(read.code) & (text::kSpace | text::kDirectional)) == 0) break;
    at += read.size;
  }
  if (at == text.size()) return {};
  const CodePoint sign = DecodeUtf8(text, at);
  if (sign.code != '@' && sign.code != 0xFF20) return {};
  const std::size_t name = at + sign.size;
  std::size_t end = name;
  while (end < text.size() && end - name < 20 && (IsAlnum(text[end]) || text[end] == '_')) ++end;
  if (end < text.size()) {
    const char32_t after = DecodeUtf8(text, end).code;
    if (after == '@' || after == 0xFF20 || text.substr(end, 3) == "://" ||
        (CodePointClass(after) & text::kLatinAccent) != 0) {
      return {};
    }
  }
  return text.substr(name, end - name);
}

}  // namespace hb
