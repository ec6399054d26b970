#include "text/url_match.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <vector>

#include "text/code_point.h"
#include "text/utf8.h"

namespace hb::text {
namespace {

#include "text/tld_table.inc"

constexpr std::size_t kMaxUrlLength = 4096;  // UTF-16 units, with a protocol.
constexpr std::size_t kMaxTcoSlug = 40;
constexpr std::size_t kMaxLabel = 63;

enum ByteBit : std::uint8_t {
  kAlnum = 1,
  kLabel = 2,
  kPath = 4,
  kPathEnd = 8,
  kQuery = 16,
  kQueryEnd = 32,
};

constexpr std::array<std::uint8_t, 256> MakeByteBits() {
  std::array<std::uint8_t, 256> bits{};
  auto add = [&bits](std::string_view chars, int bit) {
    for (const char c : chars)
      bits[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(bit);
  };
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  add(kLetters, kAlnum | kLabel | kPath | kPathEnd | kQuery | kQueryEnd);
  add("-_", kLabel);
  add("!*';:=+,.$/%#[]-_~|&@", kPath);
  add("=_#/-+", kPathEnd);
  add("!?*'();:&=+$/%#[]-_.,~|@", kQuery);
  add("-_&=#/", kQueryEnd);
  return bits;
}
constexpr std::array<std::uint8_t, 256> kByteBits = MakeByteBits();

unsigned char ByteAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}
bool Is(std::string_view text, std::size_t at, int bit) {
  return at < text.size() && (kByteBits[ByteAt(text, at)] & bit) != 0;
}
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool StartsWithFolded(std::string_view text, std::size_t at, std::string_view lower) {
  if (text.size() - at < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (Lower(text[at + i]) != lower[i]) return false;
  }
  return true;
}

// --- Top-level domains ---

constexpr std::size_t kTldSlots = 4096;
constexpr std::uint32_t TldHash(std::uint32_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * 16777619u;
}
constexpr std::uint32_t kTldSeed = 2166136261u;
constexpr std::size_t TldSlot(std::uint32_t hash) { return (hash ^ (hash >> 15)) % kTldSlots; }

constexpr std::array<std::uint16_t, kTldSlots> MakeTldSlots() {
  std::array<std::uint16_t, kTldSlots> slots{};  // Index + 1; 0 is free.
  for (std::size_t i = 0; i < std::size(kAsciiTlds); ++i) {
    std::uint32_t hash = kTldSeed;
    for (const char c : kAsciiTlds[i]) hash = TldHash(hash, c);
    std::size_t slot = TldSlot(hash);
    while (slots[slot] != 0) slot = (slot + 1) % kTldSlots;
    slots[slot] = static_cast<std::uint16_t>(i + 1);
  }
  return slots;
}
constexpr std::array<std::uint16_t, kTldSlots> kTldSlotOf = MakeTldSlots();

bool IsAsciiTld(std::string_view text, std::size_t at, std::size_t end, std::uint32_t hash) {
  for (std::size_t slot = TldSlot(hash); kTldSlotOf[slot] != 0; slot = (slot + 1) % kTldSlots) {
    const std::string_view tld = kAsciiTlds[kTldSlotOf[slot] - 1u];
    if (tld.size() == end - at && StartsWithFolded(text, at, tld)) return true;
  }
  return false;
}

/// What may not follow a top-level domain.
bool StopsTld(std::string_view text, std::size_t at) {
  return Is(text, at, kAlnum) ||
         (at < text.size() && (text[at] == '@' || text[at] == '+' || text[at] == '-'));
}

/// End of the top-level domain at `at`, 0 if there is none.
std::size_t TldEnd(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::uint32_t hash = kTldSeed;
  for (; end < text.size(); ++end) {
    const char c = Lower(text[end]);
    if (c < 'a' || c > 'z') break;
    hash = TldHash(hash, c);
  }
  if (end > at && !StopsTld(text, end) && IsAsciiTld(text, at, end, hash)) return end;
  if (end < text.size() && ByteAt(text, end) >= 0x80) {
    for (const std::string_view tld : kOtherTlds) {
      if (StartsWithFolded(text, at, tld) && !StopsTld(text, at + tld.size())) {
        return at + tld.size();
      }
    }
  }
  if (StartsWithFolded(text, at, "xn--")) {
    end = at + 4;
    while (Is(text, end, kAlnum) || (end < text.size() && text[end] == '-')) ++end;
    if (end > at + 4) return end;
  }
  return 0;
}

// --- Host names ---

/// One label and whether it may stand in a host.
struct Label {
  std::size_t end;
  bool valid;       ///< Begins and ends with a letter or digit, and a dot follows.
  bool underscore;  ///< Then it cannot stand right before the top-level domain.
};

/// `unicode`: the wider alphabet of links with protocol.
Label ReadLabel(std::string_view text, std::size_t at, bool unicode) {
  Label label{at, false, false};
  bool first = true;
  bool ends_well = false;
  while (label.end < text.size()) {
    const unsigned char byte = ByteAt(text, label.end);
    std::size_t size = 1;
    bool inner = byte == '-' || byte == '_';
    if (byte >= 0x80) {
      const CodePoint read = DecodeUtf8(text, label.end);
      const std::uint32_t bits = CodePointClass(read.code);
      if (!read.valid || (bits & (unicode ? kUrlHost : kLatinAccent)) == 0) break;
      size = read.size;
    } else if (!inner && (kByteBits[byte] & kAlnum) == 0 &&
               !(unicode && (CodePointClass(byte) & kUrlHost) != 0)) {
      break;
    }
    if (first && inner) return label;
    if (byte == '_') label.underscore = true;
    first = false;
    ends_well = !inner;
    label.end += size;
  }
  label.valid = ends_well && label.end < text.size() && text[label.end] == '.';
  return label;
}

/// The domains that begin with the label before `dot`.
struct Chain {
  std::size_t longest = 0;   ///< End of the longest with more labels before the top-level domain.
  std::size_t single = 0;    ///< End of the one with no other label.
  std::size_t last_dot = 0;  ///< Last dot that was looked at.
};

Chain ReadChain(std::string_view text, std::size_t dot, bool unicode) {
  Chain chain;
  chain.single = TldEnd(text, dot + 1);
  chain.last_dot = dot;
  for (;;) {
    const Label label = ReadLabel(text, chain.last_dot + 1, unicode);
    if (!label.valid) return chain;
    chain.last_dot = label.end;
    if (!label.underscore) {
      if (const std::size_t end = TldEnd(text, label.end + 1); end != 0) chain.longest = end;
    }
  }
}

/// Length of `label` in Punycode, or more than kMaxLabel. RFC 3492 section 6.3, counting only.
std::size_t PunycodeLength(const std::vector<char32_t>& label) {
  constexpr std::uint32_t kBase = 36, kTMin = 1, kTMax = 26, kSkew = 38, kDamp = 700;
  std::uint32_t n = 128, delta = 0, bias = 72;
  auto basic = static_cast<std::uint32_t>(
      std::count_if(label.begin(), label.end(), [](char32_t c) { return c < 0x80; }));
  std::uint32_t handled = basic;
  std::size_t length = basic + (basic > 0 ? 1 : 0);
  while (handled < label.size()) {
    char32_t next = 0x110000;
    for (const char32_t c : label) {
      if (c >= n) next = std::min(next, c);
    }
    delta += (static_cast<std::uint32_t>(next) - n) * (handled + 1);
    n = static_cast<std::uint32_t>(next);
    for (const char32_t c : label) {
      if (c < n) ++delta;
      if (c != n) continue;
      std::uint32_t q = delta;
      for (std::uint32_t k = kBase;; k += kBase) {
        const std::uint32_t t = k <= bias ? kTMin : std::min(k - bias, kTMax);
        ++length;
        if (q < t) break;
        q = (q - t) / (kBase - t);
      }
      delta = handled == basic ? delta / kDamp : delta / 2;
      delta += delta / (handled + 1);
      std::uint32_t k = 0;
      for (; delta > ((kBase - kTMin) * kTMax) / 2; k += kBase) delta /= kBase - kTMin;
      bias = k + (kBase - kTMin + 1) * delta / (delta + kSkew);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return length + 4;  // "xn--"
}

bool IsValidHostLabel(std::string_view label) {
  if (label.empty() || IsAscii(label)) return !label.empty() && label.size() <= kMaxLabel;
  // Each code point takes at least one digit, so a longer label need not be encoded.
  if (label.size() > kMaxLabel * 4 || StartsWithFolded(label, 0, "xn--")) return false;
  std::vector<char32_t> codes;
  for (std::size_t at = 0; at < label.size();) {
    const CodePoint read = DecodeUtf8(label, at);
    codes.push_back(read.code);
    at += read.size;
  }
  return PunycodeLength(codes) <= kMaxLabel;
}

// --- Paths and queries ---

/// Bytes of the path character at `at`, 0 if it is none; sets `ends` if a path may end with it.
std::size_t PathChar(std::string_view text, std::size_t at, bool& ends) {
  if (at >= text.size()) return 0;
  const unsigned char byte = ByteAt(text, at);
  if (byte < 0x80) {
    ends = (kByteBits[byte] & kPathEnd) != 0;
    return (kByteBits[byte] & kPath) != 0 ? 1 : 0;
  }
  const CodePoint read = DecodeUtf8(text, at);
  ends = read.valid && (CodePointClass(read.code) & (kLatinAccent | kCyrillic)) != 0;
  return ends || read.code == 0x2013 ? read.size : 0;
}

std::size_t SkipPathChars(std::string_view text, std::size_t at) {
  bool ends = false;
  for (std::size_t size = PathChar(text, at, ends); size != 0; size = PathChar(text, at, ends)) {
    at += size;
  }
  return at;
}

/// End of a balanced pair of parentheses at `at`, with at most one pair inside; `at` if none.
std::size_t SkipParens(std::string_view text, std::size_t at) {
  auto is = [text](std::size_t i, char c) { return i < text.size() && text[i] == c; };
  if (!is(at, '(')) return at;
  std::size_t end = SkipPathChars(text, at + 1);
  if (is(end, ')')) return end > at + 1 ? end + 1 : at;
  if (!is(end, '(')) return at;
  const std::size_t inner = end + 1;
  end = SkipPathChars(text, inner);
  if (end == inner || !is(end, ')')) return at;
  end = SkipPathChars(text, end + 1);
  return is(end, ')') ? end + 1 : at;
}

std::size_t PathEnd(std::string_view text, std::size_t at) {
  while (Is(text, at, kAlnum)) ++at;  // All there is to it in short links.
  std::size_t end = at;               // After the last character that a path may end with.
  for (;;) {
    bool ends = false;
    if (const std::size_t size = PathChar(text, at, ends); size != 0) {
      at += size;
      if (ends) end = at;
    } else if (const std::size_t after = SkipParens(text, at); after != at) {
      end = at = after;
    } else {
      return end;
    }
  }
}

std::size_t QueryEnd(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '?') return at;
  std::size_t end = at;
  for (std::size_t i = at + 1; Is(text, i, kQuery); ++i) {
    if (Is(text, i, kQueryEnd)) end = i + 1;
  }
  return end;
}

std::size_t Utf16Length(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint read = DecodeUtf8(text, at);
    units += read.code >= 0x10000 ? 2 : 1;
    at += read.size;
  }
  return units;
}

}  // namespace

bool IsValidHost(std::string_view host) {
  for (;;) {
    const std::size_t dot = host.find('.');
    if (!IsValidHostLabel(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

/// Whether a link may begin at `begin`, by the character before it.
bool UrlFinder::MayFollow(std::size_t begin) const {
  if (begin == 0) return true;
  if (begin <= resume_) return false;  // That character belongs to the link before.
  const unsigned char before = ByteAt(text_, begin - 1);
  if (before < 0x80) {
    return (kByteBits[before] & kAlnum) == 0 && before != '@' && before != '$' && before != '#';
  }
  const char32_t code = DecodeUtf8(text_, PreviousUtf8(text_, begin)).code;
  return code != 0xFF20 && code != 0xFF03 && code != 0xFFFE && code != 0xFEFF && code != 0xFFFF;
}

/// End of the host that begins at `begin`, after "://"; 0 if there is none.
std::size_t UrlFinder::HostEnd(std::size_t begin) const {
  for (const bool unicode : {false, true}) {
    const Label label = ReadLabel(text_, begin, unicode);
    if (!label.valid) continue;
    const Chain chain = ReadChain(text_, label.end, unicode);
    if (chain.longest != 0) return chain.longest;
    if (chain.single != 0 && !label.underscore) return chain.single;
  }
  return 0;
}

bool UrlFinder::Finish(std::size_t begin, std::size_t host, std::size_t host_end, UrlMatch& match) {
  std::size_t end = host_end;
  if (end + 1 < text_.size() && text_[end] == ':' && text_[end + 1] >= '0' &&
      text_[end + 1] <= '9') {
    for (++end; end < text_.size() && text_[end] >= '0' && text_[end] <= '9';) ++end;
  }
  if (end < text_.size() && text_[end] == '/') end = PathEnd(text_, end + 1);
  end = QueryEnd(text_, end);
  match = {begin, end, end, true};
  resume_ = end;
  const bool protocol = host != begin;
  if (!protocol && begin > 0) {
    const char before = text_[begin - 1];
    match.accepted = before != '-' && before != '_' && before != '.' && before != '/';
  }
  if (protocol && StartsWithFolded(text_, host, "t.co/")) {
    std::size_t slug = host + 5;
    while (Is(text_, slug, kAlnum)) ++slug;
    if (slug - host - 5 > kMaxTcoSlug) match.accepted = false;
    if (slug > host + 5) match.end = QueryEnd(text_, slug);
  }
  if (match.accepted) {
    match.accepted =
        IsValidHost(text_.substr(host, host_end - host)) &&
        (match.end - begin <= kMaxUrlLength / 4 ||
         Utf16Length(text_.substr(begin, match.end - begin)) + (protocol ? 0 : 8) <= kMaxUrlLength);
  }
  return true;
}

bool UrlFinder::AtColon(std::size_t colon, UrlMatch& match) {
  if (!StartsWithFolded(text_, colon, "://")) return false;
  std::size_t begin = colon;
  if (begin >= 5 && StartsWithFolded(text_, begin - 5, "https")) {
    begin -= 5;
  } else if (begin >= 4 && StartsWithFolded(text_, begin - 4, "http")) {
    begin -= 4;
  } else {
    return false;
  }
  if (begin < resume_ || !MayFollow(begin)) {
    // The host may still match as a link without protocol; one after "/" is refused, but taken.
    const std::size_t host_end = colon + 3 > resume_ ? HostEnd(colon + 3) : 0;
    return host_end != 0 && Finish(colon + 3, colon + 3, host_end, match);
  }
  // Most links of X are these, and nothing else of the grammar can match them.
  if (StartsWithFolded(text_, colon + 3, "t.co/"))
    return Finish(begin, colon + 3, colon + 7, match);
  const std::size_t host_end = HostEnd(colon + 3);
  return host_end != 0 && Finish(begin, colon + 3, host_end, match);
}

bool UrlFinder::AtDot(std::size_t dot, UrlMatch& match) {
  if (dot < resume_ || dot == 0 || dot + 1 >= text_.size()) return false;
  // Nearly all dots end a sentence: look at the neighbours first.
  const unsigned char before = ByteAt(text_, dot - 1);
  const unsigned char after = ByteAt(text_, dot + 1);
  if ((before < 0x80 && (kByteBits[before] & kAlnum) == 0) ||
      (after < 0x80 && (kByteBits[after] & kAlnum) == 0)) {
    return false;
  }
  Chain chain;
  if (dot < no_domain_until_) {
    chain.single = TldEnd(text_, dot + 1);
  } else {
    chain = ReadChain(text_, dot, false);
    if (chain.longest == 0) no_domain_until_ = chain.last_dot + 1;
  }
  if (chain.longest == 0 && chain.single == 0) return false;
  // Back to the beginning of the label, then the leftmost place where a link may begin.
  std::size_t begin = dot;
  while (begin > resume_) {
    const unsigned char byte = ByteAt(text_, begin - 1);
    if (byte < 0x80) {
      if ((kByteBits[byte] & kLabel) == 0) break;
      --begin;
    } else {
      const std::size_t previous = PreviousUtf8(text_, begin);
      if ((CodePointClass(DecodeUtf8(text_, previous).code) & kLatinAccent) == 0) break;
      begin = previous;
    }
  }
  if (before == '-' || before == '_') return false;
  const std::size_t underscore = text_.substr(begin, dot - begin).rfind('_');
  if (chain.longest == 0 && underscore != std::string_view::npos) begin += underscore + 1;
  if (begin == 0 && ByteAt(text_, 0) >= 0x80) {
    // At the beginning of a text the patterns take an accented letter for the character before.
    const std::size_t next = DecodeUtf8(text_, 0).size;
    if (next < dot && ReadLabel(text_, next, false).valid) begin = next;
  }
  while (begin < dot) {
    const bool starts = text_[begin] != '-' && text_[begin] != '_';
    if (starts && MayFollow(begin)) {
      return ReadLabel(text_, begin, false).valid &&
             Finish(begin, begin, chain.longest != 0 ? chain.longest : chain.single, match);
    }
    begin += DecodeUtf8(text_, begin).size;
  }
  return false;
}

}  // namespace hb::text
