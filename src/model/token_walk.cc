#include "model/token_walk.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "model/symbols.h"

namespace hb::model {
namespace {

// Marks of the word classes that matter to scoring; all lists are ours, of common function words.
enum WordClass : std::uint8_t { kPlain = 0, kNegation = 1, kTurn = 2 };

struct WordEntry {
  std::uint64_t hash;
  WordClass word_class;
};

// English first (the training texts are), then the commonest of a few other languages.
constexpr std::string_view kNegations[] = {
    "not",     "no",       "never",   "nor",    "neither", "none",     "nobody",  "nothing",
    "nowhere", "cannot",   "without", "hardly", "barely",  "scarcely", "dont",    "doesnt",
    "didnt",   "isnt",     "wasnt",   "arent",  "werent",  "cant",     "couldnt", "wont",
    "wouldnt", "shouldnt", "hasnt",   "havent", "hadnt",   "aint",     "mustnt",  "neednt",
    "jamais",  "nicht",    "kein",    "keine",  "nunca",   "nao",      "tampoco", "nie"};
constexpr std::string_view kTurns[] = {"but",     "however", "although", "though",  "while",
                                       "whereas", "except",  "despite",  "pero",    "aunque",
                                       "mais",    "mas",     "aber",     "obwohl",  "jedoch",
                                       "sondern", "ma",      "pourtant", "tuttavia"};

constexpr std::size_t kWordCount = std::size(kNegations) + std::size(kTurns);
constexpr std::size_t kWordSlots = 256;

constexpr std::array<WordEntry, kWordSlots> MakeWordTable() {
  std::array<WordEntry, kWordSlots> table{};
  const auto add = [&table](std::string_view word, WordClass word_class) {
    const std::uint64_t hash = HashWord(word);
    std::size_t slot = hash % kWordSlots;
    while (table[slot].hash != 0) slot = (slot + 1) % kWordSlots;
    table[slot] = {hash, word_class};
  };
  for (const std::string_view word : kNegations) add(word, kNegation);
  for (const std::string_view word : kTurns) add(word, kTurn);
  return table;
}
constexpr auto kWordTable = MakeWordTable();
static_assert(kWordCount < kWordSlots / 2);

WordClass ClassOf(std::uint64_t hash) {
  for (std::size_t slot = hash % kWordSlots; kWordTable[slot].hash != 0;
       slot = (slot + 1) % kWordSlots) {
    if (kWordTable[slot].hash == hash) return kWordTable[slot].word_class;
  }
  return kPlain;
}

/// Words after a negation that it is taken to reach.
constexpr int kNegationReach = 4;

constexpr std::uint64_t kUserHash = HashWord("@user");

class Walker {
 public:
  Walker(std::string_view text, Walk& out)
      : begin_(text.data()), end_(text.data() + text.size()), at_(begin_), out_(out) {
    out_.tokens.clear();
    out_.symbols.clear();
    out_.clauses = 0;
  }

  void Run() {
    while (at_ < end_ && out_.tokens.size() < kMaxTokens) {
      const auto byte = static_cast<unsigned char>(*at_);
      const CharClass char_class = byte < 0x80 ? kAsciiClass[byte] : CharClass::kOther;
      if (char_class == CharClass::kLetter || char_class == CharClass::kDigit) {
        if ((byte | 0x20) == 'h' || (byte | 0x20) == 'w') {
          if (SkipLink()) continue;
        }
        Word(at_, false);
      } else if (char_class == CharClass::kSpace) {
        if (byte == '\n') EndClause();
        previous_word_ = false;
        ++at_;
      } else {
        Special();
      }
    }
    out_.clauses = out_.tokens.empty() ? 0 : out_.tokens.back().clause + 1;
    out_.symbols.resize(symbols_);
  }

 private:
  std::size_t Left() const { return static_cast<std::size_t>(end_ - at_); }
  char Peek(std::size_t ahead) const { return ahead < Left() ? at_[ahead] : '\0'; }
  std::uint32_t OffsetOf(const char* p) const { return static_cast<std::uint32_t>(p - begin_); }

  void EndClause() {
    if (!out_.tokens.empty() && out_.tokens.back().clause == clause_) ++clause_;
    reach_ = 0;
  }

  // "http://...", "https://...", "www....": dropped, because training texts lost theirs.
  bool SkipLink() {
    if (previous_word_) return false;
    const auto matches = [this](std::string_view head) {
      if (Left() < head.size()) return false;
      for (std::size_t i = 0; i < head.size(); ++i) {
        if ((at_[i] | 0x20) != head[i] && at_[i] != head[i]) return false;
      }
      return true;
    };
    if (!matches("http://") && !matches("https://") && !matches("www.")) return false;
    while (at_<end_&& static_cast<unsigned char>(*at_)> ' ') ++at_;
    previous_word_ = false;
    return true;
  }

  // A word, or a part of a hashtag, while it is read.
  struct Part {
    Token token;
    int letters = 0, capitals = 0, repeats = 0;
    std::uint32_t last = 0;
    bool last_lower = false;
  };

  // Makes room for the symbols of the part, too.
  Part Begin(const char* start, bool tag) {
    if (out_.symbols.size() < symbols_ + kMaxTokenSymbols)
      out_.symbols.resize(2 * symbols_ + 4 * kMaxTokenSymbols);
    Part part;
    part.token.hash = kHashSeed;
    part.token.symbol_begin = symbols_;
    part.token.source_begin = OffsetOf(start);
    part.token.flags = tag ? kHashtag : 0;
    return part;
  }

  // The ASCII letters at hand: most of most texts. A capital in a tag may begin a part, and is
  // left.
  void Letters(bool tag, Part& part, std::uint64_t& whole) {
    const char* at = at_;
    std::uint32_t* const symbols = out_.symbols.data();
    Part run = part;
    std::uint32_t count = symbols_;
    for (; at < end_; ++at) {
      const auto byte = static_cast<unsigned char>(*at);
      if (byte >= 0x80 || kAsciiClass[byte] != CharClass::kLetter) break;
      const bool capital = byte < 'a';
      if (tag && capital) break;
      const std::uint32_t symbol = byte | 0x20u;
      ++run.letters;
      run.capitals += capital;
      run.last_lower = !capital;
      if (symbol == run.last) {
        if (++run.repeats >= 2) {
          run.token.flags |= kElongated;
          continue;
        }
      } else {
        run.last = symbol;
        run.repeats = 0;
      }
      if (run.token.symbol_count < kMaxTokenSymbols) {
        symbols[count++] = symbol;
        ++run.token.symbol_count;
      }
      run.token.hash = HashStep(run.token.hash, symbol);
      if (tag) whole = HashStep(whole, symbol);
    }
    at_ = at;
    symbols_ = count;
    part = run;
  }

  // One word, or one hashtag when `tag`; `start` is where its source begins.
  void Word(const char* start, bool tag) {
    Part part = Begin(start, tag);
    std::uint64_t whole = kHashSeed;
    int parts = 0;
    while (true) {
      Letters(tag, part, whole);
      if (at_ == end_) break;
      std::uint32_t symbol = 0;
      std::size_t length = 1;
      const auto byte = static_cast<unsigned char>(*at_);
      const CharClass char_class = byte < 0x80 ? kAsciiClass[byte] : CharClass::kOther;
      bool capital = false;
      bool digit = false;
      if (char_class == CharClass::kLetter) {
        symbol = byte | 0x20u;
        capital = byte < 'a';
      } else if (char_class == CharClass::kDigit) {
        symbol = '0';
        digit = true;
      } else if (byte == '\'' || byte == '_') {
        if (byte == '\'' && !ApostropheJoins(1)) break;
        symbol = byte;
      } else if (byte >= 0x80 || byte == '\\' || byte == '&') {
        const Decoded decoded = DecodeSymbol(at_, end_);
        length = decoded.length;
        if (IsApostrophe(decoded.symbol)) {
          if (!ApostropheJoins(length)) break;
          symbol = '\'';
        } else {
          const Folded folded = FoldSymbol(decoded.symbol);
          if (folded.kind == SymbolKind::kIgnored) {
            at_ += length;
            continue;
          }
          if (folded.kind == SymbolKind::kIdeograph) break;
          if (folded.kind != SymbolKind::kLetter && folded.kind != SymbolKind::kDigit) break;
          symbol = folded.symbol;
          capital = folded.capital;
          digit = folded.kind == SymbolKind::kDigit;
        }
      } else {
        break;
      }
      if (tag && capital && part.last_lower && part.token.symbol_count > 0) {
        Finish(part);  // #GoodMorning: "good" ends where "M" begins.
        ++parts;
        part = Begin(at_, true);
      }
      at_ += length;
      const bool letter = !digit && symbol != '\'' && symbol != '_';
      part.letters += letter;
      part.capitals += capital;
      part.last_lower = letter && !capital;
      if (symbol == part.last) {
        ++part.repeats;
        if (digit) continue;
        if (part.repeats >= 2) {
          if (letter) part.token.flags |= kElongated;
          continue;
        }
      } else {
        part.last = symbol;
        part.repeats = 0;
      }
      if (part.token.symbol_count < kMaxTokenSymbols) {
        out_.symbols[symbols_++] = symbol;
        ++part.token.symbol_count;
      }
      part.token.hash = HashStep(part.token.hash, symbol);
      if (tag) whole = HashStep(whole, symbol);
    }
    if (part.token.symbol_count > 0) Finish(part);
    if (tag && parts > 0 && out_.tokens.size() < kMaxTokens) {
      Token all;
      all.hash = whole;
      all.symbol_begin = symbols_;
      all.source_begin = OffsetOf(start);
      all.source_end = OffsetOf(at_);
      all.flags = kHashtag | kWholeTag | kLoose;
      all.clause = clause_;
      out_.tokens.push_back(all);
    }
    previous_word_ = true;
  }

  // True if the character after an apostrophe of `length` bytes goes on with the word.
  bool ApostropheJoins(std::size_t length) const {
    if (Left() <= length) return false;
    const auto next = static_cast<unsigned char>(at_[length]);
    return next >= 0x80 || kAsciiClass[next] == CharClass::kLetter;
  }

  void Finish(Part& part) {
    if (out_.tokens.size() >= kMaxTokens) return;
    Token& token = part.token;
    token.source_end = OffsetOf(at_);
    if (part.letters >= 2 && part.capitals == part.letters) token.flags |= kCaps;
    const WordClass word_class = ClassOf(token.hash);
    const std::uint32_t* symbols = out_.symbols.data() + token.symbol_begin;
    const std::uint16_t n = token.symbol_count;
    const bool contracted =
        n >= 4 && symbols[n - 1] == 't' && symbols[n - 2] == '\'' && symbols[n - 3] == 'n';
    if (word_class == kTurn) {
      EndClause();
      token.flags |= kContrast;
    } else if (word_class == kNegation || contracted) {
      token.flags |= kNegator;
    }
    if (reach_ > 0 && (token.flags & kNegator) == 0) {
      token.flags |= kNegated;
      --reach_;
    }
    if ((token.flags & kNegator) != 0) reach_ = kNegationReach;
    token.clause = clause_;
    out_.tokens.push_back(token);
  }

  // A token of a single symbol, or of an ASCII spelling such as ":)" or "!!".
  void Mark(const char* start, const char* stop, std::string_view spelling, std::uint16_t flags) {
    Token token;
    token.hash = kHashSeed;
    token.symbol_begin = symbols_;
    for (const char c : spelling) {
      token.hash = HashStep(token.hash, static_cast<unsigned char>(c));
    }
    Push(token, start, stop, flags);
  }

  void Push(Token& token, const char* start, const char* stop, std::uint16_t flags) {
    token.source_begin = OffsetOf(start);
    token.source_end = OffsetOf(stop);
    token.flags = flags;
    token.clause = clause_;
    out_.tokens.push_back(token);
    at_ = stop;
    previous_word_ = false;
  }

  void Special() {
    const char* start = at_;
    const Decoded decoded = DecodeSymbol(at_, end_);
    const std::uint32_t symbol = decoded.symbol;
    if (symbol < 0x80 || IsApostrophe(symbol)) {
      AsciiMark(start, decoded);
      return;
    }
    const Folded folded = FoldSymbol(symbol);
    switch (folded.kind) {
      case SymbolKind::kLetter:
      case SymbolKind::kDigit: Word(start, false); return;
      case SymbolKind::kIdeograph: Ideograph(start, decoded.length, folded.symbol); return;
      case SymbolKind::kSign: Sign(start, decoded.length, folded.symbol); return;
      case SymbolKind::kAscii: {
        AsciiMark(start, {folded.symbol, decoded.length});
        return;
      }
      case SymbolKind::kEllipsis:
        Mark(start, start + decoded.length, "...", kPunctuation);
        EndClause();
        return;
      case SymbolKind::kStop:
        Mark(start, start + decoded.length, ".", kPunctuation);
        EndClause();
        return;
      case SymbolKind::kSpace:
      case SymbolKind::kIgnored:
      case SymbolKind::kPunctuation:
        at_ += decoded.length;
        if (folded.kind != SymbolKind::kIgnored) previous_word_ = false;
        return;
    }
  }

  // Writing without blanks: each ideograph is a word, and pairs of them make the longer ones.
  void Ideograph(const char* start, std::size_t length, std::uint32_t symbol) {
    Token token;
    token.hash = HashStep(kHashSeed, symbol);
    token.symbol_begin = symbols_;
    Push(token, start, start + length, 0);
  }

  // A run of the same emoji is one token; the second in a row only marks it as emphasised.
  void Sign(const char* start, std::size_t length, std::uint32_t symbol) {
    const std::uint64_t hash = HashStep(kHashSeed, symbol);
    if (!out_.tokens.empty()) {
      Token& before = out_.tokens.back();
      if (before.hash == hash && (before.flags & kSymbol) != 0) {
        before.flags |= kElongated;
        at_ = start + length;
        before.source_end = OffsetOf(at_);
        return;
      }
    }
    Token token;
    token.hash = hash;
    token.symbol_begin = symbols_;
    Push(token, start, start + length, kSymbol);
  }

  void AsciiMark(const char* start, Decoded decoded) {
    const auto c = static_cast<char>(decoded.symbol < 0x80 ? decoded.symbol : '\'');
    const char* next = start + decoded.length;
    if (IsAsciiAlnum(c)) {  // A letter written as an escape.
      Word(start, false);
      return;
    }
    switch (c) {
      case '@':
        if (!previous_word_ && Mention(start, next)) return;
        break;
      case '#':
        if (!previous_word_ && Tag(start, next)) return;
        break;
      case ':':
      case ';':
      case '=':
      case '<':
      case '(':
      case ')':
      case '^':
      case '-':
      case '>':
        if (Emoticon(start, c, next)) return;
        break;
      case '!':
      case '?': Shout(start, c, next); return;
      case '.': Dots(start, next); return;
      default: break;
    }
    if (c == '\n') {
      EndClause();
      at_ = next;
      previous_word_ = false;
      return;
    }
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      at_ = next;
      previous_word_ = false;
      return;
    }
    const char spelling[1] = {c};
    Mark(start, next, {spelling, 1}, kPunctuation | kLoose);
    if (c == ',' || c == ';' || (c == '-' && (next >= end_ || *next == ' '))) {
      EndClause();
    } else if (c == '*' || c == '"' || c == '|') {
      reach_ = 0;
    }
  }

  bool Mention(const char* start, const char* next) {
    const char* p = next;
    const auto name = [this](const char* q) {
      while (q < end_ && (IsAsciiAlnum(*q) || *q == '_')) ++q;
      return q;
    };
    p = name(p);
    if (p == next) return false;
    if (p < end_ && *p == '@') {  // Mastodon: @name@host.tld
      const char* host = p + 1;
      while (host < end_ && (IsAsciiAlnum(*host) || *host == '-' ||
                             (*host == '.' && host + 1 < end_ && IsAsciiAlnum(host[1])))) {
        ++host;
      }
      if (host > p + 1) p = host;
    }
    if (!out_.tokens.empty() && out_.tokens.back().hash == kUserHash) {
      at_ = p;
      out_.tokens.back().source_end = OffsetOf(p);
      return true;
    }
    Mark(start, p, "@user", kLoose);
    return true;
  }

  bool Tag(const char* start, const char* next) {
    if (next >= end_) return false;
    const auto byte = static_cast<unsigned char>(*next);
    if (byte < 0x80) {
      if (!IsAsciiAlnum(*next) && byte != '_') return false;
    } else {
      const Folded folded = FoldSymbol(DecodeSymbol(next, end_).symbol);
      if (folded.kind != SymbolKind::kLetter) return false;
    }
    at_ = next;
    Word(start, true);
    return true;
  }

  // ":)" with its noses and doubled mouths, "<3", "^^", "-_-". Spelled in one way for the model.
  bool Emoticon(const char* start, char c, const char* next) {
    const auto left = static_cast<std::size_t>(end_ - next);
    // at(0) is `c`, which may have been an entity ("&lt;3"); the rest are plain bytes.
    const auto at = [&](std::size_t i) { return i == 0 ? c : i <= left ? next[i - 1] : '\0'; };
    if (c == '<' && at(1) == '3') {
      std::size_t n = 2;
      while (at(n) == '3') ++n;
      if (IsAsciiAlnum(at(n))) return false;
      Mark(start, next + n - 1, "<3", kSymbol);
      return true;
    }
    if (c == '<' && at(1) == '/' && at(2) == '3') {
      Mark(start, next + 2, "</3", kSymbol);
      return true;
    }
    if ((c == '^' && at(1) == '^') || (c == '^' && at(1) == '_' && at(2) == '^')) {
      Mark(start, next + (at(1) == '^' ? 1 : 2), "^^", kSymbol);
      return true;
    }
    if (c == '-' && at(1) == '_' && (at(2) == '-' || (at(2) == '_' && at(3) == '-'))) {
      Mark(start, next + (at(2) == '-' ? 2 : 3), "-_-", kSymbol);
      return true;
    }
    if (c == '>') {  // ">:(" is read as ":(" with the brow left out.
      if (at(1) != ':' && at(1) != ';') return false;
      return Emoticon(start, at(1), next + 1);
    }
    if (c == '(' || c == ')') return Reversed(start, c, next);
    if (c != ':' && c != ';' && c != '=') return false;
    std::size_t n = 1;
    const bool tear = at(n) == '\'';
    if (tear) ++n;
    if (at(n) == '-' || at(n) == 'o' || at(n) == '^') {
      if (!IsAsciiAlnum(at(n + 1)) || at(n + 1) == 'D' || at(n + 1) == 'P' || at(n + 1) == 'p') ++n;
    }
    char mouth = at(n);
    switch (mouth) {
      case ']':
      case '}':
      case ')': mouth = ')'; break;
      case '[':
      case '{':
      case '(': mouth = '('; break;
      case 'P':
      case 'p': mouth = 'p'; break;
      case 'D': break;
      case 'O':
      case 'o': mouth = 'o'; break;
      case '/':
      case '\\': mouth = '/'; break;
      case '|':
      case '*':
      case '3':
      case 's':
      case 'S': break;
      default: return false;
    }
    const bool sure = mouth == ')' || mouth == '(';
    if (!sure && (previous_word_ || IsAsciiAlnum(at(n + 1)) || at(n + 1) == '/')) return false;
    if (c == '=' && !sure && mouth != 'D' && mouth != 'p') return false;
    const char first = at(n);
    ++n;
    bool doubled = false;
    while (at(n) == first) {
      doubled = true;
      ++n;
    }
    char spelling[3] = {c == ';' ? ';' : ':', mouth, '\0'};
    if (tear && mouth == '(') spelling[0] = '\'';
    Mark(start, next + n - 1, {spelling, 2},
         static_cast<std::uint16_t>(kSymbol | (doubled ? kElongated : 0)));
    return true;
  }

  // "(:" and "):" and their doubles.
  bool Reversed(const char* start, char c, const char* next) {
    const auto left = static_cast<std::size_t>(end_ - next);
    const auto at = [&](std::size_t i) { return i == 0 ? c : i <= left ? next[i - 1] : '\0'; };
    std::size_t n = 1;
    if (at(n) == '-') ++n;
    if (at(n) != ':' && at(n) != ';') return false;
    const char after = at(n + 1);
    if (previous_word_ || IsAsciiAlnum(after) || after == '/' || after == ')' || after == '(') {
      return false;
    }
    const char spelling[2] = {':', at(0) == '(' ? ')' : '('};
    Mark(start, next + n, {spelling, 2}, kSymbol);
    return true;
  }

  void Shout(const char* start, char c, const char* next) {
    const char* p = next;
    int calls = c == '!';
    int questions = c == '?';
    while (p < end_ && (*p == '!' || *p == '?')) {
      (*p == '!' ? calls : questions) += 1;
      ++p;
    }
    std::string_view spelling = "?!";
    if (questions == 0) spelling = calls > 2 ? "!!!" : calls == 2 ? "!!" : "!";
    if (calls == 0) spelling = questions > 1 ? "??" : "?";
    Mark(start, p, spelling, kPunctuation);
    EndClause();
  }

  void Dots(const char* start, const char* next) {
    const char* p = next;
    while (p < end_ && *p == '.') ++p;
    if (p - next >= 1) {
      Mark(start, p, "...", kPunctuation);
      EndClause();
      return;
    }
    // "3.5", "U.S.", "example.com": no end of a clause.
    if (p < end_ && IsAsciiAlnum(*p)) {
      at_ = p;
      previous_word_ = false;
      return;
    }
    Mark(start, p, ".", kPunctuation);
    EndClause();
  }

  const char* const begin_;
  const char* const end_;
  const char* at_;
  Walk& out_;
  std::uint32_t symbols_ = 0;  ///< of out_.symbols that are used
  std::uint32_t clause_ = 0;
  int reach_ = 0;               ///< Words that the last negation still reaches.
  bool previous_word_ = false;  ///< The character before `at_` belonged to a word.
};

}  // namespace

void WalkText(std::string_view text, Walk& out) { Walker(text, out).Run(); }

}  // namespace hb::model
