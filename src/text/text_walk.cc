#include "text/text_walk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

// The hash of every word is taken here: compiled in rather than called (text_walk_test compares it
// with Hash64).
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "text/code_point.h"
#include "text/emoji.h"
#include "text/url_match.h"
#include "text/utf8.h"

namespace hb {
namespace {

using text::CodePointClass;
using text::UrlMatch;

static_assert(std::endian::native == std::endian::little);  // SkipAlnum reads eight bytes at once.

constexpr std::size_t kMaxName = 20;  // Of a user.
constexpr std::size_t kMaxList = 25;
constexpr std::size_t kMaxSymbol = 6;
constexpr std::size_t kMaxSymbolSuffix = 2;

/// What the walk does at a byte.
enum Action : std::uint8_t { kSkip, kWord, kHash, kAt, kDollar, kDot, kStar, kWide };

enum LetterBit : std::uint8_t { kUpperBit = 1, kLowerBit = 2, kDigitBit = 4, kLetterBit = 8 };

struct ByteTables {
  std::array<std::uint8_t, 256> action{};
  std::array<std::uint8_t, 256> letter{};
};

constexpr ByteTables MakeByteTables() {
  ByteTables t;
  for (unsigned c = 0; c < 256; ++c) {
    if (c >= 0x80) t.action[c] = kWide;
    if (c >= '0' && c <= '9') t.letter[c] = kDigitBit;
    if (c >= 'a' && c <= 'z') t.letter[c] = kLowerBit | kLetterBit;
    if (c >= 'A' && c <= 'Z') t.letter[c] = kUpperBit | kLetterBit;
    if (t.letter[c] != 0) t.action[c] = kWord;
  }
  t.action['#'] = kHash;
  t.action['@'] = kAt;
  t.action['$'] = kDollar;
  t.action['.'] = kDot;
  t.action['*'] = kStar;
  return t;
}
constexpr ByteTables kBytes = MakeByteTables();

bool IsAlnum(unsigned char c) { return kBytes.letter[c] != 0; }
bool IsDigit(unsigned char c) { return kBytes.letter[c] == kDigitBit; }
bool IsLetter(unsigned char c) { return (kBytes.letter[c] & kLetterBit) != 0; }
bool IsAsciiPunct(unsigned char c) { return c > 0x20 && c < 0x7F && !IsAlnum(c); }

/// Copies `text` with its ASCII letters folded; true if all of it is ASCII.
bool FoldAsciiBytes(std::string_view text, char* out) {
  constexpr std::uint64_t kEach = 0x0101010101010101u;
  std::uint64_t high = 0;
  auto fold = [&high](std::uint64_t word) {
    // Eight bytes at once: the top bit of each tells whether it is 'A' .. 'Z'.
    high |= word;
    const std::uint64_t low = word & (0x7F * kEach);
    const std::uint64_t from_a = low + (0x80 - 'A') * kEach;
    const std::uint64_t past_z = low + (0x80 - 'Z' - 1) * kEach;
    return word | (((from_a ^ past_z) & ~word & (0x80 * kEach)) >> 2);
  };
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    word = fold(word);
    std::memcpy(out + i, &word, 8);
  }
  if (i < text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, text.size() - i);
    word = fold(word);
    std::memcpy(out + i, &word, text.size() - i);
  }
  return (high & (0x80 * kEach)) == 0;
}

/// Case-folds `walk.text` into `walk.folded`. Nearly always every byte keeps its place.
void Fold(TextWalk& walk) {
  const std::string_view text = walk.text;
  walk.shifts.clear();
  walk.folded.resize(text.size());
  walk.ascii = FoldAsciiBytes(text, walk.folded.data());
  walk.valid_utf8 = true;
  if (walk.ascii) return;
  bool in_place = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      if (!in_place) walk.folded.push_back(static_cast<char>(text::Fold(byte)));
      ++at;
      continue;
    }
    const CodePoint read = DecodeUtf8(text, at);
    walk.valid_utf8 &= read.valid;
    const char32_t folded = text::Fold(read.code);
    if (in_place && folded == read.code && read.valid) {
      at += read.size;
      continue;
    }
    // Two-byte letters are most of what changes.
    if (in_place && read.size == 2 && read.valid && folded >= 0x80 && folded < 0x800) {
      walk.folded[at] = static_cast<char>(0xC0 | (folded >> 6));
      walk.folded[at + 1] = static_cast<char>(0x80 | (folded & 0x3F));
      at += 2;
      continue;
    }
    if (in_place) {
      in_place = false;
      walk.folded.resize(at);
    }
    const std::size_t size = AppendUtf8(folded, walk.folded);
    at += read.size;
    if (size != read.size) {
      walk.shifts.push_back(
          {static_cast<std::uint32_t>(at),
           static_cast<std::int32_t>(walk.folded.size()) - static_cast<std::int32_t>(at)});
    }
  }
}

class Walker {
 public:
  explicit Walker(TextWalk& walk) : walk_(walk), text_(walk.text), urls_(walk.text) {}

  void Run() {
    while (at_ < text_.size()) {
      switch (kBytes.action[Byte(at_)]) {
        case kSkip: ++at_; break;
        case kWord: AtWord(); break;
        case kHash:
          if (!AtHashtag(1) && !AtEmoji()) ++at_;
          break;
        case kAt:
          if (!AtMention(1)) ++at_;
          break;
        case kDollar:
          if (!AtCashtag()) ++at_;
          break;
        case kDot: AtDot(); break;
        case kStar:
          if (!AtEmoji()) ++at_;
          break;
        default: AtWide(); break;
      }
    }
  }

 private:
  unsigned char Byte(std::size_t at) const { return static_cast<unsigned char>(text_[at]); }
  bool Is(std::size_t at, char c) const { return at < text_.size() && text_[at] == c; }
  bool ProtocolAt(std::size_t at) const {
    return at + 2 < text_.size() && text_[at] == ':' && text_[at + 1] == '/' &&
           text_[at + 2] == '/';
  }
  char32_t CodeBefore(std::size_t at) const {
    return DecodeUtf8(text_, PreviousUtf8(text_, at)).code;
  }

  // --- Output ---

  std::uint32_t FoldedAt(std::size_t at) {
    if (walk_.shifts.empty()) return static_cast<std::uint32_t>(at);
    // Tokens come nearly in order; a link found late steps back a little.
    const auto& shifts = walk_.shifts;
    while (shift_ < shifts.size() && shifts[shift_].at <= at) ++shift_;
    while (shift_ > 0 && shifts[shift_ - 1].at > at) --shift_;
    const std::int64_t by = shift_ == 0 ? 0 : shifts[shift_ - 1].by;
    return static_cast<std::uint32_t>(static_cast<std::int64_t>(at) + by);
  }

  std::uint16_t Joint(std::size_t begin) const {
    if (walk_.tokens.empty()) return 0;
    const std::size_t end = walk_.tokens.back().end;
    if (end == begin) return kTokenAdjacent;
    if (begin - end == 1 && text_[end] == '\'') return kTokenApostrophe;
    if (begin - end == 3 && text_.substr(end, 3) == "\xE2\x80\x99") return kTokenApostrophe;
    return 0;
  }

  Token& AddToken(std::size_t begin, std::size_t end, unsigned flags) {
    Token& token = walk_.tokens.emplace_back();
    token.begin = static_cast<std::uint32_t>(begin);
    token.end = static_cast<std::uint32_t>(end);
    token.folded_begin = FoldedAt(begin);
    token.folded_end = FoldedAt(end);
    token.flags = static_cast<std::uint16_t>(flags);
    return token;
  }

  void Hash(Token& token) const {
    token.hash = XXH3_64bits(walk_.folded.data() + token.folded_begin,
                             token.folded_end - token.folded_begin);
  }

  void AddWord(std::size_t begin, std::size_t end, unsigned letters, unsigned flags) {
    flags |= Joint(begin);
    if ((letters & kDigitBit) != 0) {
      flags |= (letters & kLetterBit) == 0 ? kTokenHasDigit | kTokenNumber : kTokenHasDigit;
    }
    if ((letters & kUpperBit) != 0) flags |= CapsFlags(begin, end, letters);
    Hash(AddToken(begin, end, flags));
  }

  unsigned CapsFlags(std::size_t begin, std::size_t end, unsigned letters) const {
    unsigned flags = 0;
    const CodePoint first = DecodeUtf8(text_, begin);
    if ((CodePointClass(first.code) & text::kUpper) != 0) flags |= kTokenInitialCap;
    if ((letters & kLowerBit) != 0) return flags;  // Most words with a capital end here.
    unsigned upper = 0;
    for (std::size_t at = begin; at < end && upper < 2;) {
      const CodePoint read = DecodeUtf8(text_, at);
      if ((CodePointClass(read.code) & text::kUpper) != 0) ++upper;
      at += read.size;
    }
    return upper >= 2 ? flags | kTokenAllCaps : flags;
  }

  Token& AddEntity(EntityKind kind, std::size_t begin, std::size_t end, std::size_t value_begin,
                   std::size_t value_end, unsigned flags) {
    Entity& entity = walk_.entities.emplace_back();
    entity = {kind,
              static_cast<std::uint32_t>(begin),
              static_cast<std::uint32_t>(end),
              static_cast<std::uint32_t>(value_begin),
              static_cast<std::uint32_t>(value_end),
              static_cast<std::uint32_t>(walk_.tokens.size())};
    Token& token = AddToken(value_begin, value_end, flags | Joint(value_begin));
    at_ = end;
    return token;
  }

  // --- Words ---

  /// End of the run of ASCII letters and digits at `at`; adds which kinds there are to `letters`.
  std::size_t SkipAlnum(std::size_t at, unsigned& letters) const {
    // Eight bytes at once: the ends of words cannot be predicted, so a loop over bytes would pay
    // for each word once more. The top bit of each byte tells what it is.
    constexpr std::uint64_t kEach = 0x0101010101010101u;
    constexpr std::uint64_t kTop = 0x80 * kEach;
    while (at + 8 <= text_.size()) {
      std::uint64_t word;
      std::memcpy(&word, text_.data() + at, 8);
      const std::uint64_t low = word & ~kTop;
      const std::uint64_t small = low | (0x20 * kEach);
      const std::uint64_t digit =
          ((low + (0x80 - '0') * kEach) ^ (low + (0x7F - '9') * kEach)) & kTop;
      const std::uint64_t alpha =
          ((small + (0x80 - 'a') * kEach) ^ (small + (0x7F - 'z') * kEach)) & kTop;
      const std::uint64_t other = (~(digit | alpha) | word) & kTop;
      const int size = other != 0 ? std::countr_zero(other) / 8 : 8;
      const std::uint64_t taken = size == 8 ? kTop : kTop & ((std::uint64_t{1} << (8 * size)) - 1);
      const std::uint64_t lower = word << 2;  // Bit 0x20 of each byte, seen at its top bit.
      letters |= ((alpha & ~lower & taken) != 0 ? kUpperBit | kLetterBit : 0) |
                 ((alpha & lower & taken) != 0 ? kLowerBit | kLetterBit : 0) |
                 ((digit & taken) != 0 ? kDigitBit : 0);
      at += static_cast<std::size_t>(size);
      if (size < 8) return at;
    }
    while (at < text_.size() && IsAlnum(Byte(at))) letters |= kBytes.letter[Byte(at++)];
    return at;
  }

  void AtWord() {
    const std::size_t begin = at_;
    unsigned letters = 0;
    const std::size_t end = SkipAlnum(begin, letters);
    if (end < text_.size() && Byte(end) >= 0x80) {
      SlowWord(begin);
      return;
    }
    at_ = end;
    if (Is(end, ';') && IsReference(begin, end)) return;
    if (ProtocolAt(end) && AtProtocol()) return;
    AddWord(begin, end, letters, 0);
  }

  /// Whether a character reference that networks leave in texts has its name here: &amp; &#39;
  bool IsReference(std::size_t begin, std::size_t end) const {
    if (begin == 0) return false;
    if (text_[begin - 1] == '#') return begin > 1 && text_[begin - 2] == '&';
    if (text_[begin - 1] != '&') return false;
    const std::string_view name = text_.substr(begin, end - begin);
    return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "nbsp" ||
           name == "apos";
  }

  /// End of the word at `begin`, which must not pass `limit`.
  std::size_t WordEnd(std::size_t begin, std::size_t limit, unsigned& letters,
                      unsigned& flags) const {
    const std::string_view text = text_.substr(0, limit);
    std::size_t end = begin;
    while (end < limit) {
      const unsigned char byte = Byte(end);
      if (byte < 0x80) {
        if (!IsAlnum(byte)) break;
        if (IsDigit(byte) && end + 1 < limit && Byte(end + 1) >= 0x80 &&
            MatchEmoji(text, end) != 0) {
          break;  // A keycap.
        }
        letters |= kBytes.letter[byte];
        ++end;
        continue;
      }
      CodePoint read = DecodeUtf8(text, end);
      std::uint32_t bits = read.valid ? CodePointClass(read.code) : 0;
      if (read.code == 0x200C || read.code == 0x200D) {
        if (end + read.size >= limit) break;
        const CodePoint next = DecodeUtf8(text, end + read.size);
        bits = next.valid ? CodePointClass(next.code) : 0;
        if ((bits & text::kWordMore) == 0 || (bits & text::kUnspaced) != 0) break;
        flags |= kTokenNonAscii;
        end += read.size;
        continue;
      }
      if ((bits & text::kWordMore) == 0 || (bits & text::kUnspaced) != 0) break;
      if ((bits & text::kEmoji) != 0 && MatchEmoji(text, end) != 0) break;
      flags |= kTokenNonAscii;
      if ((bits & text::kUpper) != 0) letters |= kUpperBit;
      if ((bits & text::kLower) != 0) letters |= kLowerBit;
      if ((bits & text::kNumber) != 0) {
        letters |= kDigitBit;
      } else {
        letters |= kLetterBit;
      }
      end += read.size;
    }
    return end;
  }

  void SlowWord(std::size_t begin) {
    unsigned letters = 0;
    unsigned flags = 0;
    const std::size_t end = WordEnd(begin, text_.size(), letters, flags);
    if (end == begin) {  // A keycap.
      AtEmoji();
      return;
    }
    at_ = end;
    AddWord(begin, end, letters, flags);
    if (ProtocolAt(end)) AtProtocol();  // It may take back the word's end.
  }

  void Unspaced(std::size_t size) {
    const std::size_t begin = at_;
    at_ += size;
    while (at_ < text_.size() && Byte(at_) >= 0x80) {
      const CodePoint mark = DecodeUtf8(text_, at_);
      const std::uint32_t bits = mark.valid ? CodePointClass(mark.code) : 0;
      if ((bits & text::kWordMore) == 0 || (bits & text::kWordStart) != 0) break;
      at_ += mark.size;
    }
    AddWord(begin, at_, kLetterBit, kTokenUnspaced | kTokenNonAscii);
  }

  // --- Links ---

  /// at_ stands at "://".
  bool AtProtocol() {
    UrlMatch match;
    const std::size_t colon = at_;
    return urls_.AtColon(colon, match) && AddUrl(match);
  }

  void AtDot() {
    UrlMatch match;
    const std::size_t dot = at_;
    if (!urls_.AtDot(dot, match) || !AddUrl(match)) at_ = dot + 1;
  }

  bool AddUrl(const UrlMatch& match) {
    if (!match.accepted) return false;
    if (!walk_.entities.empty() && walk_.entities.back().end > match.begin) return false;
    DropWordsFrom(match.begin);
    Token& token =
        AddEntity(EntityKind::kUrl, match.begin, match.end, match.begin, match.end, kTokenUrl);
    token.hash = 0;
    // A hashtag that begins inside goes on to take characters after the link.
    const std::string_view link = text_.substr(match.begin, match.end - match.begin);
    std::size_t end;
    if (const std::size_t sign = link.rfind('#');
        sign != std::string_view::npos && HashtagEnd(match.begin + sign, 1, end)) {
      hashtag_resume_ = std::max(hashtag_resume_, end);
    }
    return true;
  }

  /// Words were added up to where a link turned out to have begun.
  void DropWordsFrom(std::size_t begin) {
    auto& tokens = walk_.tokens;
    while (!tokens.empty() && tokens.back().begin >= begin) tokens.pop_back();
    if (tokens.empty() || tokens.back().end <= begin) return;
    const std::size_t from = tokens.back().begin;
    if ((tokens.back().flags & kTokenUnspaced) != 0) {
      tokens.pop_back();
      AddWord(from, begin, kLetterBit, kTokenUnspaced | kTokenNonAscii);
      return;
    }
    tokens.pop_back();
    unsigned letters = 0;
    unsigned flags = 0;
    const std::size_t end = WordEnd(from, begin, letters, flags);
    AddWord(from, end, letters, flags);
  }

  // --- Hashtags, mentions, cashtags, emoji ---

  /// Whether a hashtag begins with the sign at `at`; `end` is set past it.
  bool HashtagEnd(std::size_t at, std::size_t sign, std::size_t& end) const {
    if (at > 0) {
      if (at <= hashtag_resume_) return false;
      const char32_t before = CodeBefore(at);
      const bool style = before == 0xFE0E || before == 0xFE0F;
      if (!style && (before == '&' || (CodePointClass(before) & text::kHashtagChar) != 0))
        return false;
    }
    end = at + sign;
    bool letter = false;
    while (end < text_.size()) {
      const unsigned char byte = Byte(end);
      if (byte < 0x80) {
        if (!IsAlnum(byte) && byte != '_') break;
        letter |= IsLetter(byte);
        ++end;
        continue;
      }
      const CodePoint read = DecodeUtf8(text_, end);
      if (end == at + sign && (read.code == 0xFE0F || read.code == 0x20E3)) return false;
      const std::uint32_t bits = read.valid ? CodePointClass(read.code) : 0;
      if ((bits & text::kHashtagChar) == 0) break;
      letter |= (bits & text::kLetterMark) != 0;
      end += read.size;
    }
    return letter;
  }

  bool AtHashtag(std::size_t sign) {
    std::size_t end;
    if (!HashtagEnd(at_, sign, end)) return false;
    hashtag_resume_ = end;
    if (Is(end, '#') || text_.substr(end, 3) == "\xEF\xBC\x83" || ProtocolAt(end)) return false;
    Hash(AddEntity(EntityKind::kHashtag, at_, end, at_ + sign, end, kTokenHashtag));
    return true;
  }

  bool MentionMayFollow() const {
    if (at_ == 0) return true;
    if (at_ <= mention_resume_) return false;
    const unsigned char byte = Byte(at_ - 1);
    if (byte >= 0x80) return CodeBefore(at_) != 0xFF20;
    if (!IsAlnum(byte))
      return std::string_view("_!#$%&*@").find(text_[at_ - 1]) == std::string_view::npos;
    // "RT@name", the old way to repost.
    if (at_ < 2 || (byte | 0x20) != 't' || (Byte(at_ - 2) | 0x20) != 'r') return false;
    if (at_ == 2) return true;
    if (at_ - 2 <= mention_resume_) return false;
    const unsigned char before = Byte(at_ - 3);
    return !IsAlnum(before) &&
           std::string_view("_+~.-").find(text_[at_ - 3]) == std::string_view::npos;
  }

  bool AtMention(std::size_t sign) {
    const std::size_t name = at_ + sign;
    std::size_t end = name;
    while (end < text_.size() && end - name < kMaxName &&
           (IsAlnum(Byte(end)) || text_[end] == '_')) {
      ++end;
    }
    if (end == name || !MentionMayFollow()) return false;
    std::size_t list = end;
    if (Is(end, '/') && end + 1 < text_.size() && IsLetter(Byte(end + 1))) {
      for (list = end + 2; list < text_.size() && list - end <= kMaxList; ++list) {
        if (!IsAlnum(Byte(list)) && text_[list] != '_' && text_[list] != '-') break;
      }
    }
    mention_resume_ = list;
    if (ProtocolAt(list) || Is(list, '@')) return false;
    if (list < text_.size() && Byte(list) >= 0x80) {
      const char32_t after = DecodeUtf8(text_, list).code;
      if (after == 0xFF20 || (CodePointClass(after) & text::kLatinAccent) != 0) return false;
    }
    Hash(AddEntity(EntityKind::kMention, at_, list, name, end, kTokenMention));
    return true;
  }

  bool CashtagMayEnd(std::size_t at) const {
    if (at >= text_.size()) return true;
    const unsigned char byte = Byte(at);
    if (byte < 0x80) return IsAsciiPunct(byte) || byte == ' ' || (byte >= 0x09 && byte <= 0x0D);
    return (CodePointClass(DecodeUtf8(text_, at).code) & text::kSpace) != 0;
  }

  std::size_t SkipLetters(std::size_t at) const {
    while (at < text_.size() && IsLetter(Byte(at))) ++at;
    return at;
  }

  bool AtCashtag() {
    if (at_ > 0) {
      const std::uint32_t bits = CodePointClass(CodeBefore(at_));
      if ((bits & (text::kSpace | text::kDirectional)) == 0) return false;
    }
    const std::size_t symbol = at_ + 1;
    std::size_t end = SkipLetters(symbol);
    if (end == symbol || end - symbol > kMaxSymbol || !CashtagMayEnd(end)) return false;
    if (Is(end, '.') || Is(end, '_')) {
      const std::size_t suffix = SkipLetters(end + 1);
      const std::size_t letters = suffix - end - 1;
      if (letters > 0 && letters <= kMaxSymbolSuffix && CashtagMayEnd(suffix)) end = suffix;
    }
    Hash(AddEntity(EntityKind::kCashtag, at_, end, symbol, end, kTokenCashtag));
    if (ProtocolAt(end)) AtProtocol();  // $http is a symbol, yet its "://" takes the host after it.
    return true;
  }

  bool AtEmoji() {
    if (at_ + 1 >= text_.size() || (Byte(at_) < 0x80 && Byte(at_ + 1) < 0x80)) return false;
    const std::size_t size = MatchEmoji(text_, at_);
    if (size == 0) return false;
    const std::size_t begin = at_;
    Token& token = AddEntity(EntityKind::kEmoji, begin, begin + size, begin, begin + size,
                             kTokenEmoji | kTokenNonAscii);
    token.hash = EmojiHash(text_.substr(begin, size));
    return true;
  }

  void AtWide() {
    const CodePoint read = DecodeUtf8(text_, at_);
    const std::uint32_t bits = read.valid ? CodePointClass(read.code) : 0;
    if ((bits & (text::kEmoji | text::kRegional)) != 0 && AtEmoji()) return;
    if ((bits & text::kUnspaced) != 0) {
      Unspaced(read.size);
    } else if ((bits & text::kWordStart) != 0) {
      SlowWord(at_);
    } else if (!(read.code == 0xFF03 && AtHashtag(read.size)) &&
               !(read.code == 0xFF20 && AtMention(read.size))) {
      at_ += read.size;
    }
  }

  TextWalk& walk_;
  const std::string_view text_;
  text::UrlFinder urls_;
  std::size_t at_ = 0;
  std::size_t shift_ = 0;
  // The patterns look for one match after the other: what one took is not looked at again, even
  // when the match was then refused.
  std::size_t hashtag_resume_ = 0;
  std::size_t mention_resume_ = 0;
};

void Count(TextWalk& walk) {
  TextCounts& counts = walk.counts;
  counts = {};
  for (const Entity& entity : walk.entities) {
    switch (entity.kind) {
      case EntityKind::kHashtag: ++counts.hashtags; break;
      case EntityKind::kMention: ++counts.mentions; break;
      case EntityKind::kCashtag: ++counts.cashtags; break;
      case EntityKind::kUrl: ++counts.urls; break;
      case EntityKind::kEmoji: ++counts.emoji; break;
    }
  }
  counts.words = static_cast<std::uint32_t>(walk.tokens.size() - walk.entities.size());
  walk.reply_form = false;
  walk.repost_form = false;
  if (counts.mentions == 0 || walk.entities.front().kind != EntityKind::kMention) return;
  const std::string_view before = walk.text.substr(0, walk.entities.front().begin);
  walk.repost_form = before == "RT " || before == "RT";
  walk.reply_form = true;
  for (std::size_t at = 0; at < before.size();) {
    const CodePoint read = DecodeUtf8(before, at);
    if ((CodePointClass(read.code) & (text::kSpace | text::kDirectional)) == 0)
      walk.reply_form = false;
    at += read.size;
  }
}

}  // namespace

void WalkText(std::string_view text, TextWalk& walk) {
  walk.text = text;
  walk.tokens.clear();
  walk.entities.clear();
  Fold(walk);
  Walker(walk).Run();
  Count(walk);
}

}  // namespace hb
