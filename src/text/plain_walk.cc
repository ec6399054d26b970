#include "text/plain_walk.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "text/code_point.h"
#include "text/emoji.h"
#include "text/url_match.h"
#include "text/utf8.h"

namespace hb {
namespace {

#include "text/tld_table.inc"

using text::CodePointClass;

constexpr char32_t kBad = 0x110000;  // A part that is not UTF-8: of no class.

struct Range {
  EntityKind kind;
  std::size_t begin, end, value_begin, value_end;
};

bool In(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }
bool IsLetter(char32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char32_t c) { return IsLetter(c) || IsDigit(c); }
bool IsClass(char32_t c, std::uint32_t bits) { return (CodePointClass(c) & bits) != 0; }
bool IsHashtagChar(char32_t c) { return IsClass(c, text::kHashtagChar); }
/// Letters and digits of host names without protocol.
bool IsDomainChar(char32_t c) { return IsAlnum(c) || IsClass(c, text::kLatinAccent); }

class Plain {
 public:
  explicit Plain(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint read = DecodeUtf8(text, at);
      c_.push_back(read.valid ? read.code : kBad);
      at_.push_back(at);
      at += read.size;
    }
    at_.push_back(text.size());
  }

  std::vector<Range> Entities() {
    std::vector<Range> found;
    Urls(found);
    Hashtags(found);
    Mentions(found);
    Cashtags(found);
    std::stable_sort(found.begin(), found.end(),
                     [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::vector<Range> kept;
    for (const Range& range : found) {
      if (kept.empty() || kept.back().end <= range.begin) kept.push_back(range);
    }
    for (Range& range : kept) {
      range = {range.kind, at_[range.begin], at_[range.end], at_[range.value_begin],
               at_[range.value_end]};
    }
    return kept;
  }

 private:
  char32_t At(std::size_t i) const { return i < c_.size() ? c_[i] : 0; }
  bool Starts(std::size_t i, std::u32string_view lower) const {
    for (std::size_t k = 0; k < lower.size(); ++k) {
      if (i + k >= c_.size()) return false;
      const char32_t c = c_[i + k];
      if ((c < 0x80 ? FoldCodePoint(c) : c) != lower[k]) return false;
    }
    return true;
  }

  // --- Links: a translation of the patterns, piece by piece ---

  std::optional<std::size_t> Tld(std::size_t i) const {
    std::size_t best = 0;
    auto consider = [&](std::string_view tld) {
      std::u32string wide;
      for (std::size_t k = 0; k < tld.size();) {
        const CodePoint read = DecodeUtf8(tld, k);
        wide.push_back(read.code);
        k += read.size;
      }
      if (!Starts(i, wide)) return;
      const std::size_t end = i + wide.size();
      if (end < c_.size() && (IsAlnum(c_[end]) || In(c_[end], U"@+-"))) return;
      best = std::max(best, end);
    };
    for (const std::string_view tld : kAsciiTlds) consider(tld);
    for (const std::string_view tld : kOtherTlds) consider(tld);
    if (best != 0) return best;
    if (!Starts(i, U"xn--")) return std::nullopt;
    std::size_t end = i + 4;
    while (end < c_.size() && (IsAlnum(c_[end]) || c_[end] == '-')) ++end;
    return end > i + 4 ? std::optional(end) : std::nullopt;
  }

  /// (?:C[C_-]*)?C\. with C the letters of a host; the underscore only in sub-domains.
  std::optional<std::size_t> Label(std::size_t i, bool unicode, bool underscore) const {
    auto is_host = [&](char32_t c) {
      return c != kBad && (unicode ? IsClass(c, text::kUrlHost) : IsDomainChar(c));
    };
    std::size_t end = i;
    while (end < c_.size() &&
           (is_host(c_[end]) || c_[end] == '-' || (underscore && c_[end] == '_'))) {
      ++end;
    }
    if (end == i || !is_host(c_[i]) || !is_host(c_[end - 1]) || At(end) != '.') return std::nullopt;
    return end + 1;
  }

  std::optional<std::size_t> Domain(std::size_t i, bool unicode) const {
    if (const auto sub = Label(i, unicode, true)) {
      if (const auto end = Domain(*sub, unicode)) return end;
    }
    const auto name = Label(i, unicode, false);
    return name ? Tld(*name) : std::nullopt;
  }

  bool IsPathChar(char32_t c) const {
    return IsAlnum(c) || In(c, U"!*';:=+,.$/%#[]-_~|&@\u2013") ||
           IsClass(c, text::kLatinAccent | text::kCyrillic);
  }

  std::size_t PathChars(std::size_t i) const {
    while (i < c_.size() && IsPathChar(c_[i])) ++i;
    return i;
  }

  std::optional<std::size_t> Parens(std::size_t i) const {
    if (At(i) != '(') return std::nullopt;
    const std::size_t one = PathChars(i + 1);
    if (one > i + 1 && At(one) == ')') return one + 1;
    if (At(one) != '(') return std::nullopt;
    const std::size_t two = PathChars(one + 1);
    if (two == one + 1 || At(two) != ')') return std::nullopt;
    const std::size_t three = PathChars(two + 1);
    return At(three) == ')' ? std::optional(three + 1) : std::nullopt;
  }

  std::size_t Path(std::size_t i) const {
    std::size_t end = i;
    for (;;) {
      if (const auto parens = Parens(i)) {
        end = i = *parens;
      } else if (i < c_.size() && IsPathChar(c_[i])) {
        const bool ends = IsAlnum(c_[i]) || In(c_[i], U"=_#/+-") ||
                          IsClass(c_[i], text::kLatinAccent | text::kCyrillic);
        ++i;
        if (ends) end = i;
      } else {
        return end;
      }
    }
  }

  std::size_t Query(std::size_t i) const {
    if (At(i) != '?') return i;
    std::size_t end = i + 1;
    while (end < c_.size() && (IsAlnum(c_[end]) || In(c_[end], U"!?*'();:&=+$/%#[]-_.,~|@"))) ++end;
    while (end > i + 1 && !IsAlnum(c_[end - 1]) && !In(c_[end - 1], U"-_&=#/")) --end;
    return end > i + 1 ? end : i;
  }

  struct Url {
    std::size_t end, host, host_end;
    bool protocol;
  };
  std::optional<Url> MatchUrl(std::size_t i) const {
    Url url{};
    url.host = i;
    for (const std::u32string_view protocol : {U"http://", U"https://"}) {
      if (Starts(i, protocol)) url.host = i + protocol.size();
    }
    url.protocol = url.host > i;
    auto domain = Domain(url.host, false);
    const bool after_protocol =  // Also one that is not part of the link.
        (url.host >= 7 && Starts(url.host - 7, U"http://")) ||
        (url.host >= 8 && Starts(url.host - 8, U"https://"));
    if (!domain && after_protocol) domain = Domain(url.host, true);
    if (!domain) return std::nullopt;
    url.host_end = url.end = *domain;
    if (At(url.end) == ':' && IsDigit(At(url.end + 1))) {
      for (++url.end; IsDigit(At(url.end));) ++url.end;
    }
    if (At(url.end) == '/') url.end = Path(url.end + 1);
    url.end = Query(url.end);
    return url;
  }

  void Urls(std::vector<Range>& out) const {
    for (std::size_t from = 0; from < c_.size();) {
      const bool consumes =
          !IsAlnum(c_[from]) && !In(c_[from], U"@\uFF20$#\uFF03\uFFFE\uFEFF\uFFFF");
      std::size_t begin = from + 1;
      std::optional<Url> url = consumes ? MatchUrl(begin) : std::nullopt;
      if (!url && from == 0) url = MatchUrl(begin = 0);
      if (!url) {
        ++from;
        continue;
      }
      from = url->end;
      if (!url->protocol && begin > 0 && In(c_[begin - 1], U"-_./")) continue;
      std::size_t end = url->end;
      if (url->protocol && Starts(url->host, U"t.co/")) {
        std::size_t slug = url->host + 5;
        while (IsAlnum(At(slug))) ++slug;
        if (slug > url->host + 45) continue;
        if (slug > url->host + 5) end = Query(slug);
      }
      const std::string_view host =
          text_.substr(at_[url->host], at_[url->host_end] - at_[url->host]);
      std::size_t units = url->protocol ? 0 : 8;
      for (std::size_t i = begin; i < end; ++i) units += c_[i] >= 0x10000 ? 2 : 1;
      if (!text::IsValidHost(host) || units > 4096) continue;
      out.push_back({EntityKind::kUrl, begin, end, begin, end});
    }
  }

  // --- The others ---

  void Hashtags(std::vector<Range>& out) const {
    std::size_t from = 0;
    for (std::size_t i = 0; i < c_.size(); ++i) {
      if (c_[i] != '#' && c_[i] != 0xFF03) continue;
      if (i > 0) {
        if (i - 1 < from) continue;
        const char32_t before = c_[i - 1];
        if (before != 0xFE0E && before != 0xFE0F && (before == '&' || IsHashtagChar(before)))
          continue;
      }
      if (At(i + 1) == 0xFE0F || At(i + 1) == 0x20E3) continue;
      std::size_t end = i + 1;
      bool letter = false;
      for (; end < c_.size() && IsHashtagChar(c_[end]); ++end)
        letter |= IsClass(c_[end], text::kLetterMark);
      if (!letter) continue;
      from = end;
      if (In(At(end), U"#\uFF03") || Starts(end, U"://")) continue;
      out.push_back({EntityKind::kHashtag, i, end, i + 1, end});
    }
  }

  bool MentionMayFollow(std::size_t i, std::size_t from) const {
    if (i == 0) return true;
    if (i - 1 < from) return false;
    const char32_t before = c_[i - 1];
    if (!IsAlnum(before) && !In(before, U"_!#$%&*@\uFF20")) return true;
    if (i < from + 2 || !Starts(i - 2, U"rt")) return false;
    if (i == 2) return true;
    return i - 3 >= from && !IsAlnum(c_[i - 3]) && !In(c_[i - 3], U"_+~.-");
  }

  void Mentions(std::vector<Range>& out) const {
    std::size_t from = 0;
    for (std::size_t i = 0; i < c_.size(); ++i) {
      if ((c_[i] != '@' && c_[i] != 0xFF20) || !MentionMayFollow(i, from)) continue;
      std::size_t name = i + 1;
      while (name < c_.size() && name - i <= 20 && (IsAlnum(c_[name]) || c_[name] == '_')) ++name;
      if (name == i + 1) continue;
      std::size_t end = name;
      if (At(name) == '/' && IsLetter(At(name + 1))) {
        for (end = name + 2; end - name <= 25 && end < c_.size(); ++end) {
          if (!IsAlnum(c_[end]) && !In(c_[end], U"_-")) break;
        }
      }
      from = end;
      if (end < c_.size() && (In(c_[end], U"@\uFF20") || IsClass(c_[end], text::kLatinAccent)))
        continue;
      if (Starts(end, U"://")) continue;
      out.push_back({EntityKind::kMention, i, end, i + 1, name});
    }
  }

  void Cashtags(std::vector<Range>& out) const {
    auto letters = [this](std::size_t i) {
      while (IsLetter(At(i))) ++i;
      return i;
    };
    auto stops = [this](std::size_t i) {
      if (i >= c_.size() || IsClass(c_[i], text::kSpace)) return true;
      return c_[i] > 0x20 && c_[i] < 0x7F && !IsAlnum(c_[i]);
    };
    for (std::size_t i = 0; i < c_.size(); ++i) {
      if (c_[i] != '$' || (i > 0 && !IsClass(c_[i - 1], text::kSpace | text::kDirectional)))
        continue;
      std::size_t end = letters(i + 1);
      if (end == i + 1 || end > i + 7) continue;
      const std::size_t suffix = In(At(end), U"._") && end < c_.size() ? letters(end + 1) : end;
      if (suffix > end + 1 && suffix <= end + 3 && stops(suffix)) {
        end = suffix;
      } else if (!stops(end)) {
        continue;
      }
      out.push_back({EntityKind::kCashtag, i, end, i + 1, end});
    }
  }

  std::string_view text_;
  std::u32string c_;
  std::vector<std::size_t> at_;  ///< Byte offset of each code point, and the end.
};

/// Appends words and emoji of `text` between two entities, as ranges; a word has no kind.
struct Piece {
  std::size_t begin, end;
  bool emoji, unspaced;
};

bool IsReference(std::string_view text, std::size_t begin, std::size_t end) {
  if (end >= text.size() || text[end] != ';' || begin == 0) return false;
  if (!IsAscii(text.substr(begin, end - begin))) return false;
  if (text[begin - 1] == '#') return begin > 1 && text[begin - 2] == '&';
  const std::string_view name = text.substr(begin, end - begin);
  return text[begin - 1] == '&' && (name == "amp" || name == "lt" || name == "gt" ||
                                    name == "quot" || name == "nbsp" || name == "apos");
}

void PiecesBetween(std::string_view text, std::size_t begin, std::size_t end,
                   std::vector<Piece>& out) {
  const std::string_view gap = text.substr(0, end);
  auto bits_at = [gap](std::size_t at) {
    const CodePoint read = DecodeUtf8(gap, at);
    return read.valid ? CodePointClass(read.code) : 0;
  };
  while (begin < end) {
    std::size_t at = begin;
    if (const std::size_t size = MatchEmoji(gap, at); size != 0) {
      out.push_back({at, at + size, true, false});
      begin = at + size;
      continue;
    }
    const std::uint32_t first = bits_at(at);
    at += DecodeUtf8(gap, at).size;
    if ((first & text::kWordStart) == 0) {
      begin = at;
      continue;
    }
    const bool unspaced = (first & text::kUnspaced) != 0;
    while (at < end && (unspaced || MatchEmoji(gap, at) == 0)) {
      std::size_t next = at;
      const char32_t code = DecodeUtf8(gap, at).code;
      if (!unspaced && (code == 0x200C || code == 0x200D))
        next += 3;  // Only before a word's letter.
      if (next >= end) break;
      const std::uint32_t bits = bits_at(next);
      if (unspaced ? (bits & text::kWordStart) != 0 || (bits & text::kWordMore) == 0
                   : (bits & text::kUnspaced) != 0 || (bits & text::kWordMore) == 0) {
        break;
      }
      at = next > at ? next : at + DecodeUtf8(gap, at).size;
    }
    if (!IsReference(text, begin, at)) out.push_back({begin, at, false, unspaced});
    begin = at;
  }
}

std::uint16_t LetterFlags(std::string_view word) {
  unsigned flags = 0;
  int upper = 0;
  bool lower = false, digit = false, other = false;
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint read = DecodeUtf8(word, at);
    const std::uint32_t bits = CodePointClass(read.code);
    if ((bits & text::kUpper) != 0) {
      ++upper;
      if (at == 0) flags |= kTokenInitialCap;
    }
    lower |= (bits & text::kLower) != 0;
    digit |= (bits & text::kNumber) != 0;
    const bool joiner = read.code == 0x200C || read.code == 0x200D;
    other |= (bits & text::kNumber) == 0 && !joiner;
    if (read.code >= 0x80) flags |= kTokenNonAscii;
    at += read.size;
  }
  if (upper >= 2 && !lower) flags |= kTokenAllCaps;
  if (digit) flags |= kTokenHasDigit;
  if (digit && !other) flags |= kTokenNumber;
  return static_cast<std::uint16_t>(flags);
}

class Writer {
 public:
  explicit Writer(TextWalk& walk) : walk_(walk) {}

  void Add(std::size_t begin, std::size_t end, unsigned flags) {
    Token token{};
    token.begin = static_cast<std::uint32_t>(begin);
    token.end = static_cast<std::uint32_t>(end);
    token.folded_begin = static_cast<std::uint32_t>(Folded(walk_.text.substr(0, begin)).size());
    token.folded_end = static_cast<std::uint32_t>(Folded(walk_.text.substr(0, end)).size());
    token.hash = Hash64(Folded(walk_.text.substr(begin, end - begin)));
    if (!walk_.tokens.empty()) {
      const std::size_t last = walk_.tokens.back().end;
      const std::string_view between = walk_.text.substr(last, begin - last);
      if (between.empty()) flags |= kTokenAdjacent;
      if (between == "'" || between == "\u2019") flags |= kTokenApostrophe;
    }
    token.flags = static_cast<std::uint16_t>(flags);
    walk_.tokens.push_back(token);
  }

  void AddWord(const Piece& piece) {
    unsigned flags = LetterFlags(walk_.text.substr(piece.begin, piece.end - piece.begin));
    if (piece.unspaced) flags |= kTokenUnspaced;
    Add(piece.begin, piece.end, flags);
    ++walk_.counts.words;
  }

  void AddEntity(const Range& range) {
    Entity entity{range.kind,
                  static_cast<std::uint32_t>(range.begin),
                  static_cast<std::uint32_t>(range.end),
                  static_cast<std::uint32_t>(range.value_begin),
                  static_cast<std::uint32_t>(range.value_end),
                  static_cast<std::uint32_t>(walk_.tokens.size())};
    walk_.entities.push_back(entity);
    TextCounts& n = walk_.counts;
    unsigned flags = 0;
    switch (range.kind) {
      case EntityKind::kHashtag:
        flags = kTokenHashtag;
        ++n.hashtags;
        break;
      case EntityKind::kMention:
        flags = kTokenMention;
        ++n.mentions;
        break;
      case EntityKind::kCashtag:
        flags = kTokenCashtag;
        ++n.cashtags;
        break;
      case EntityKind::kUrl:
        flags = kTokenUrl;
        ++n.urls;
        break;
      case EntityKind::kEmoji:
        flags = kTokenEmoji | kTokenNonAscii;
        ++n.emoji;
        break;
    }
    Add(range.value_begin, range.value_end, flags);
    if (range.kind == EntityKind::kUrl) walk_.tokens.back().hash = 0;
    if (range.kind == EntityKind::kEmoji) {
      walk_.tokens.back().hash = EmojiHash(entity.Text(walk_.text));
    }
  }

 private:
  TextWalk& walk_;
};

}  // namespace

void PlainWalk(std::string_view text, TextWalk& walk) {
  walk = TextWalk{};
  walk.text = text;
  walk.folded = Folded(text);
  walk.valid_utf8 = IsValidUtf8(text);
  walk.ascii = IsAscii(text);
  std::vector<Range> entities = Plain(text).Entities();
  entities.push_back({EntityKind::kUrl, text.size(), text.size(), text.size(), text.size()});
  Writer writer(walk);
  std::size_t from = 0;
  for (const Range& entity : entities) {
    std::vector<Piece> pieces;
    PiecesBetween(text, from, entity.begin, pieces);
    for (const Piece& piece : pieces) {
      if (piece.emoji) {
        writer.AddEntity({EntityKind::kEmoji, piece.begin, piece.end, piece.begin, piece.end});
      } else {
        writer.AddWord(piece);
      }
    }
    if (entity.begin < text.size()) writer.AddEntity(entity);
    from = entity.end;
  }
  if (walk.counts.mentions == 0 || walk.entities[0].kind != EntityKind::kMention) return;
  const std::string_view before = text.substr(0, walk.entities[0].begin);
  walk.repost_form = before == "RT" || before == "RT ";
  walk.reply_form = !ReplyName(text).empty();
}

}  // namespace hb
