#include "analysis/polarity_tokens.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "analysis/pattern_lexicon.h"

namespace hb::polarity {
namespace {

using Byte = unsigned char;

// What the scanner does with a byte.
enum ByteClass : std::uint8_t { kPlain, kSpace, kQuote, kLead };

constexpr std::string_view kMarks = ",;:!?()[]{}`'\"@#$^&*+-|=~_";  // Cut off both ends of a piece.
constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxz|";  // With the original's stray "|".
constexpr std::string_view kParagraphEnd = "END-OF-SENTENCE";  // This word in a post vanishes too.

// Abbreviations that keep their full stop, besides those of the forms "x.", "x.y." and "Mr.".
constexpr std::string_view kAbbreviations[] = {"adj.", "adv.",  "al.",   "cf.",  "comp.", "conf.",
                                               "def.", "ed.",   "esp.",  "etc.", "ex.",   "fig.",
                                               "gen.", "id.",   "int.",  "Med.", "Mil.",  "orig.",
                                               "pl.",  "pred.", "pres.", "ref.", "vs."};

struct Tables {
  std::array<std::uint8_t, 256> byte_class{};
  std::array<bool, 256> is_mark{};
  // Bytes that may stand side by side in an emoticon when a blank was put between them: bit
  // `second[b]` of follow[a]. ends: the byte may be an emoticon's last one.
  std::array<std::uint64_t, 256> follow{};
  std::array<std::uint8_t, 256> second{};
  std::array<bool, 256> ends{};
  std::array<bool, 256> starts{};
};

constexpr void AddPair(Tables& tables, Byte first, Byte second, std::uint8_t& used) {
  if (tables.second[second] == 0) tables.second[second] = ++used;
  tables.follow[first] |= std::uint64_t{1} << tables.second[second];
}

constexpr Tables BuildTables() {
  Tables tables;
  for (const Byte c : {'\t', '\n', '\v', '\f', '\r', '\x1c', '\x1d', '\x1e', '\x1f', ' '}) {
    tables.byte_class[c] = kSpace;
  }
  tables.byte_class['\''] = tables.byte_class['"'] = kQuote;
  for (const unsigned c : {0xc2, 0xe1, 0xe2, 0xe3, 0xf0}) tables.byte_class[c] = kLead;
  for (const char c : kMarks) tables.is_mark[static_cast<Byte>(c)] = true;
  std::uint8_t used = 0;
  for (const std::string_view emoticon : pattern::kEmoticonSpellings) {
    tables.starts[static_cast<Byte>(emoticon.front())] = true;
    tables.ends[static_cast<Byte>(emoticon.back())] = true;
    for (std::size_t i = 0; i + 1 < emoticon.size(); ++i) {
      const auto next = static_cast<Byte>(emoticon[i + 1]);
      if (next < 0x80 || next >= 0xc0) AddPair(tables, static_cast<Byte>(emoticon[i]), next, used);
    }
  }
  AddPair(tables, '(', '!', used);  // The irony mark "( ! )".
  tables.ends['!'] = true;
  return tables;
}
constexpr Tables kTables = BuildTables();
// The longest token that can be the end of a split emoticon, which leaves at least one byte before
// it.
constexpr std::size_t kLongestEnd =
    std::ranges::max(pattern::kEmoticonSpellings, {}, [](std::string_view e) { return e.size(); })
        .size() -
    1;

constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLetter(char c) { return IsUpper(c) || (c >= 'a' && c <= 'z'); }

// Bytes of white space (as Python's str.isspace has it) that begin with the lead byte at `at`, or
// 0.
std::size_t SpaceBytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<Byte>(text[at + i]) : 0;
  };
  const unsigned one = byte(1), two = byte(2);
  switch (byte(0)) {
    case 0xc2: return one == 0x85 || one == 0xa0 ? 2 : 0;
    case 0xe1: return one == 0x9a && two == 0x80 ? 3 : 0;  // U+1680
    case 0xe3: return one == 0x80 && two == 0x80 ? 3 : 0;  // U+3000
    case 0xe2:
      if (one == 0x81) return two == 0x9f ? 3 : 0;  // U+205F
      if (one != 0x80) return 0;                    // U+2000..200A, 2028, 2029, 202F
      return (two >= 0x80 && two <= 0x8a) || two == 0xa8 || two == 0xa9 || two == 0xaf ? 3 : 0;
    default: return 0;
  }
}

// The straight form of the curly quote that begins at `at`, or 0.
char StraightQuote(std::string_view text, std::size_t at) {
  if (at + 3 > text.size() || text[at] != '\xe2' || text[at + 1] != '\x80') return 0;
  switch (static_cast<Byte>(text[at + 2])) {
    case 0x98:
    case 0x99: return '\'';
    case 0x9c:
    case 0x9d: return '"';
    default: return 0;
  }
}

// Bytes of the emoji of the lexicon that begins at `at`, or 0.
std::size_t EmojiBytes(std::string_view text, std::size_t at) {
  const std::size_t bytes = text[at] == '\xf0' ? 4 : 3;
  if (at + bytes > text.size()) return 0;
  const pattern::Entry* entry = pattern::Find(pattern::MakeKey(text.substr(at, bytes)));
  return entry != nullptr && (entry->flags & pattern::kRepairedOnly) != 0 ? bytes : 0;
}

// Bytes at `at` that only change how the emoji before them looks: U+FE0F and skin colours.
std::size_t EmojiModifierBytes(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("\xef\xb8\x8f")) return 3;
  const bool skin =
      rest.starts_with("\xf0\x9f\x8f") && rest.size() > 3 && rest[3] >= '\xbb' && rest[3] <= '\xbf';
  return skin ? 4 : 0;
}

bool IsOneOf(std::string_view token, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), token) != list.end();
}

// Answers "is this beginning of a piece an abbreviation?" for shorter and shorter beginnings, in
// time linear in the piece altogether: "a.a.a.(...)x!.!.!." must not cost its square.
class AbbreviationTest {
 public:
  explicit AbbreviationTest(std::string_view piece) : piece_(piece) {}

  // Requires: the first `bytes` bytes of the piece end in a full stop.
  bool operator()(std::size_t bytes) {
    if (!measured_) Measure();
    if (bytes % 2 == 0 && bytes <= dotted_) return true;
    if (bytes >= 3 && bytes - 2 <= consonants_) return true;
    const std::string_view form = piece_.substr(0, bytes);
    return bytes <= 5 && std::find(std::begin(kAbbreviations), std::end(kAbbreviations), form) !=
                             std::end(kAbbreviations);
  }

 private:
  void Measure() {
    while (dotted_ + 1 < piece_.size() && IsLetter(piece_[dotted_]) && piece_[dotted_ + 1] == '.')
      dotted_ += 2;
    if (IsUpper(piece_.front())) {
      while (consonants_ + 1 < piece_.size() &&
             kConsonants.find(piece_[consonants_ + 1]) != std::string_view::npos) {
        ++consonants_;
      }
    }
    measured_ = true;
  }

  std::string_view piece_;
  std::size_t dotted_ = 0;      // Bytes of letters each followed by a full stop.
  std::size_t consonants_ = 0;  // Consonants after a capital.
  bool measured_ = false;
};

// If an emoticon, whose characters may have one blank between them, starts at `at` and is followed
// by a blank or the end of its sentence, returns where it ends; else `at`.
std::size_t EmoticonEnd(std::string_view text, std::size_t at) {
  for (const std::string_view emoticon : pattern::kEmoticonSpellings) {
    if (emoticon.front() != text[at]) continue;
    std::size_t i = at + 1;
    std::size_t matched = 1;
    for (; matched < emoticon.size(); ++matched) {
      const char wanted = emoticon[matched];
      const bool continues = (static_cast<Byte>(wanted) & 0xc0) == 0x80;
      if (!continues && i < text.size() && text[i] == ' ') ++i;
      if (i >= text.size() || text[i] != wanted) break;
      ++i;
    }
    const bool whole =
        matched == emoticon.size() && (i == text.size() || text[i] == ' ' || text[i] == '\n');
    if (whole) return i;
  }
  return at;
}

#ifdef __SSE2__
// A superset of the bytes whose class is not kPlain: all control characters are in it.
std::uint64_t BytesToLookAtIn64(const char* bytes) {
  std::uint64_t mask = 0;
  for (int part = 0; part < 4; ++part) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * part));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(' ')), chunk);
    const __m128i quote = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\'')));
    const __m128i lead = _mm_cmpeq_epi8(_mm_max_epu8(chunk, _mm_set1_epi8('\xc2')), chunk);
    const int found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, quote), lead));
    mask |= static_cast<std::uint64_t>(static_cast<unsigned>(found)) << (16 * part);
  }
  return mask;
}
#endif

}  // namespace

// Walks a text once and appends its tokens.
class TokenBuffer::Splitter {
 public:
  Splitter(std::string_view text, Mode mode, TokenBuffer& out)
      : text_(text), mode_(mode), out_(out) {}

  // Blocks of 64 bytes become masks of the bytes that need a look, so that the time goes with these
  // and not with the letters between them.
  void Run() {
    for (std::size_t block = 0; block < text_.size(); block += 64) {
      for (std::uint64_t mask = BytesToLookAt(block); mask != 0; mask &= mask - 1) {
        const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(mask));
        if (at >= next_) next_ = Look(at);
      }
    }
    Piece(start_, text_.size());
  }
  bool may_have_split_emoticons() const { return may_join_; }

 private:
  // Handles the byte at `at` and returns where to go on.
  std::size_t Look(std::size_t at) {
    switch (kTables.byte_class[static_cast<Byte>(text_[at])]) {
      case kSpace: return Space(at, 1);
      case kQuote: return Quote(at);
      case kLead: return Lead(at);
      default: return at + 1;
    }
  }

  std::uint64_t BytesToLookAt(std::size_t block) const {
    const char* bytes = text_.data() + block;
    const std::size_t count = std::min<std::size_t>(64, text_.size() - block);
#ifdef __SSE2__
    if (count == 64) return BytesToLookAtIn64(bytes);
    alignas(16) char padded[64] = {};
    std::memcpy(padded, bytes, count);
    return BytesToLookAtIn64(padded) & ((std::uint64_t{1} << count) - 1);
#else
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < count; ++i) {
      mask |= std::uint64_t{kTables.byte_class[static_cast<Byte>(bytes[i])] != kPlain} << i;
    }
    return mask;
#endif
  }

  std::size_t Space(std::size_t at, std::size_t bytes) {
    Piece(start_, at);
    if (text_[at] == '\n') {
      // Two line breaks end a paragraph; "\r\n" is one.
      const std::size_t before = at > 0 && text_[at - 1] == '\r' ? at - 1 : at;
      if (before > 0 && text_[before - 1] == '\n') out_.tokens_.push_back({});
    }
    return start_ = at + bytes;
  }

  std::size_t Quote(std::size_t at) {
    const bool repaired = mode_ == Mode::kRepaired;
    const auto is = [&](std::size_t i, char lower) {
      return text_[i] == lower || (repaired && text_[i] == lower - 'a' + 'A');
    };
    if (text_[at] == '\'' && at > start_ && at + 1 < text_.size() && is(at - 1, 'n') &&
        is(at + 1, 't')) {
      Piece(start_, at - 1);
      if (repaired) {
        Emit(at - 1, 3);
        return start_ = at + 2;
      }
      Emit(at - 1, 1);
    } else {
      Piece(start_, at);
    }
    Emit(at, 1);
    return start_ = at + 1;
  }

  std::size_t Lead(std::size_t at) {
    if (const std::size_t bytes = SpaceBytes(text_, at)) return Space(at, bytes);
    if (StraightQuote(text_, at) != 0) {
      Piece(start_, at);
      Emit(at, 3);
      return start_ = at + 3;
    }
    if (mode_ == Mode::kRepaired && (text_[at] == '\xe2' || text_[at] == '\xf0')) {
      if (const std::size_t bytes = EmojiBytes(text_, at)) {
        Piece(start_, at);
        Emit(at, bytes);
        at += bytes;
        while (const std::size_t more = EmojiModifierBytes(text_, at)) at += more;
        return start_ = at;
      }
    }
    return at + 1;
  }

  bool IsMark(std::size_t at) const { return kTables.is_mark[static_cast<Byte>(text_[at])]; }

  // Appends the tokens of a stretch without white space and quotes.
  void Piece(std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    while (begin < end && IsMark(begin)) Emit(begin++, 1);
    if (begin == end) return;
    if (!IsMark(end - 1) && text_[end - 1] != '.') {
      Emit(begin, end - begin);
      return;
    }
    CutTail(begin, end);
  }

  void CutTail(std::size_t begin, std::size_t end) {
    std::vector<Token>& tail = out_.tail_;
    const auto cut = [&](std::size_t bytes) {
      end -= bytes;
      tail.push_back({static_cast<std::uint32_t>(end), static_cast<std::uint32_t>(bytes)});
    };
    AbbreviationTest is_abbreviation(text_.substr(begin, end - begin));
    tail.clear();
    // One round is a mark, then "...", then a full stop, each if there; the order decides "?...".
    while (end > begin && (IsMark(end - 1) || text_[end - 1] == '.')) {
      if (IsMark(end - 1)) cut(1);
      if (text_.substr(begin, end - begin).ends_with("...")) {
        cut(3);
        while (end > begin && text_[end - 1] == '.') --end;  // "....." is "..." and nothing else.
      }
      if (end > begin && text_[end - 1] == '.') {
        if (is_abbreviation(end - begin)) break;
        cut(1);
      }
    }
    if (end > begin) Emit(begin, end - begin);
    while (!tail.empty()) {
      Emit(tail.back().begin, tail.back().bytes);
      tail.pop_back();
    }
  }

  void Emit(std::size_t begin, std::size_t bytes) {
    if (bytes == kParagraphEnd.size() && text_.substr(begin, bytes) == kParagraphEnd) {
      out_.tokens_.push_back({});
      return;
    }
    const auto first = static_cast<Byte>(text_[begin]);
    const auto last = static_cast<Byte>(text_[begin + bytes - 1]);
    if ((kTables.follow[last_] >> kTables.second[first] & 1) != 0 && bytes <= kLongestEnd &&
        kTables.ends[last]) {
      may_join_ = true;
    }
    last_ = last;
    out_.tokens_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(bytes)});
  }

  std::string_view text_;
  Mode mode_;
  TokenBuffer& out_;
  std::size_t start_ = 0;  // Of the present piece.
  std::size_t next_ = 0;   // The next byte to look at.
  Byte last_ = 0;          // Last byte of the last token.
  bool may_join_ = false;
};

void TokenBuffer::Split(std::string_view text, Mode mode, bool& may_have_split_emoticons) {
  text = text.substr(0, 0xffffffffu);
  if (mode == Mode::kRepaired && text.find("\xe2\x80") != std::string_view::npos) {
    straightened_.clear();
    for (std::size_t i = 0; i < text.size();) {
      const char quote = StraightQuote(text, i);
      straightened_.push_back(quote != 0 ? quote : text[i]);
      i += quote != 0 ? 3 : 1;
    }
    text = straightened_;
  }
  tokens_.clear();
  base_ = text.data();
  bytes_ = text.size();
  Splitter splitter(text, mode, *this);
  splitter.Run();
  may_have_split_emoticons = splitter.may_have_split_emoticons();
}

void TokenBuffer::Tokenize(std::string_view text, Mode mode) {
  bool may_have_split_emoticons = false;
  Split(text, mode, may_have_split_emoticons);
  if (may_have_split_emoticons) Rejoin();
}

void TokenBuffer::TokenizePlain(std::string_view text, Mode mode) {
  bool ignored = false;
  Split(text, mode, ignored);
  Rejoin();
}

// Writes the sentences out, one a line with blanks between tokens, joins "( ! )" and emoticons in
// them and splits them again. An emoticon may begin inside a token ("relax D" becomes "relaxD") but
// not cross the end of a sentence, so sentences are found as the original finds them.
void TokenBuffer::Rejoin() {
  std::string& out = rejoined_;
  out.clear();
  std::size_t sentence = 0;  // Where the present sentence starts in `out`.
  const auto write = [&](std::string_view token) {
    if (out.size() > sentence) out.push_back(' ');
    out.append(token);
    if (token == ")" && std::string_view(out).substr(sentence).ends_with("( ! )")) {
      out.resize(out.size() - 5);
      out.append("(!)");
    }
  };
  for (std::size_t i = 0; i < tokens_.size();) {
    const std::string_view token = View(tokens_[i]);
    if (!token.empty() && !IsOneOf(token, {"...", ".", "!", "?"})) {
      write(token);
      ++i;
      continue;
    }
    // What closes a sentence takes the closing marks after it along.
    for (; i < tokens_.size(); ++i) {
      const std::string_view closing = View(tokens_[i]);
      if (closing.empty()) continue;
      if (!IsOneOf(closing, {"\xe2\x80\x9d", "\xe2\x80\x99", "...", ".", "!", "?", ")"})) break;
      write(closing);
    }
    out.push_back('\n');
    sentence = out.size();
  }

  tokens_.clear();
  std::size_t to = 0, start = 0;
  const auto end_token = [&] {
    if (to > start)
      tokens_.push_back(
          {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(to - start)});
    start = to;
  };
  for (std::size_t from = 0; from < out.size();) {
    if (out[from] == ' ' || out[from] == '\n') {
      end_token();
      ++from;
      continue;
    }
    std::size_t end = from;
    if (kTables.starts[static_cast<Byte>(out[from])]) end = EmoticonEnd(out, from);
    if (end == from) {
      out[to++] = out[from++];
      continue;
    }
    for (; from < end; ++from) {
      if (out[from] != ' ') out[to++] = out[from];
    }
  }
  end_token();
  base_ = out.data();
  bytes_ = out.size();
}

bool LongerThan(std::string_view token, std::size_t limit) {
  if (token.size() <= limit / 2) return false;
  if (token.size() > 4 * limit) return true;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < token.size();) {
    const auto lead = static_cast<Byte>(token[i]);
    // Range of the second byte and count of the bytes after it (Unicode 15, table 3-7).
    std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
    Byte low = 0x80, high = 0xbf;
    if (lead < 0xc2 || lead > 0xf4) more = 0;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    const bool dotted_i = token.substr(i).starts_with("\xc4\xb0");  // U+0130 becomes "i" and a dot.
    ++i;
    for (; more > 0 && i < token.size(); --more, ++i) {
      const auto next = static_cast<Byte>(token[i]);
      if (next < low || next > high) break;
      low = 0x80;
      high = 0xbf;
    }
    characters += dotted_i ? 2 : 1;
    if (characters > limit) return true;
  }
  return false;
}

}  // namespace hb::polarity
