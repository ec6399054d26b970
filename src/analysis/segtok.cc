#include "analysis/segtok.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <memory>

namespace hb::segtok {
namespace {

using Text = std::u32string_view;

bool In(Text set, char32_t c) { return set.find(c) != Text::npos; }

std::uint16_t Classify(char32_t c) {
  const auto code = static_cast<UChar32>(c);
  unsigned bits = 0;
  const auto set = [&bits](bool holds, ClassBit bit) {
    if (holds) bits |= bit;
  };
  const int category = u_charType(code);
  const bool space = u_isUWhiteSpace(code);
  set(space, kSpace);
  set(space || (c >= 0x1C && c <= 0x1F), kPySpace);
  set(category == U_UPPERCASE_LETTER, kLu);
  set(category == U_TITLECASE_LETTER, kLt);
  set(category == U_LOWERCASE_LETTER, kLl);
  set(category == U_MODIFIER_LETTER, kLm);
  set(category == U_DECIMAL_DIGIT_NUMBER, kNd);
  set(u_isalpha(code), kLetter);
  set((bits & (kLu | kLt | kLl | kLm | kNd)) != 0 || category == U_LETTER_NUMBER, kAlnum);
  set(u_isUAlphabetic(code) ||
          (U_GET_GC_MASK(code) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) || c == 0x200C ||
          c == 0x200D,
      kWord);
  set(In(U".!?\u203C\u203D\u2047\u2048\u2049\u3002\uFE52\uFE57\uFF01\uFF0E\uFF1F\uFF61", c),
      kTerminal);
  set(In(U"-\u00AD\u058A\u05BE\u0F0C\u1400\u1806\u2010\u2011\u2012\u2e17\u30A0", c), kHyphen);
  set(In(U"\u00B4\u02B9\u02BC\u2019\u2032", c), kPrime);
  set(u_isUUppercase(code), kUpper);
  const int numeric = u_getIntPropertyValue(code, UCHAR_NUMERIC_TYPE);
  set(numeric == U_NT_DECIMAL || numeric == U_NT_DIGIT, kPyDigit);
  set(category == U_SPACE_SEPARATOR || c == '\t', kBlank);
  return static_cast<std::uint16_t>(bits);
}

struct Classes {
  std::uint16_t of[0x10000];
  Classes() {
    for (char32_t c = 0; c < 0x10000; ++c) of[c] = Classify(c);
  }
};

bool Is(char32_t c, unsigned bits) { return (ClassOf(c) & bits) != 0; }
bool IsCloser(char32_t c) { return c == ')' || c == ']'; }
bool IsAsciiDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool WordAt(Text t, std::size_t i) { return i < t.size() && Is(t[i], kWord); }
bool Boundary(Text t, std::size_t i) { return WordAt(t, i) != (i > 0 && WordAt(t, i - 1)); }

bool StartsWith(Text t, Text what) { return t.substr(0, what.size()) == what; }
bool EndsWith(Text t, Text what) {
  return t.size() >= what.size() && t.substr(t.size() - what.size()) == what;
}

// ---- abbreviations ------------------------------------------------------------------------------

// Those of segtok, with the capitalized ones beside lower-case ones.
constexpr Text kAbbreviations[] = {
    U"approx", U"Approx", U"Capt", U"cf",       U"Cf",  U"Col",  U"Dr",   U"fe",   U"f.e",
    U"Fe",     U"F.e",    U"fig",  U"figs",     U"Fig", U"Figs", U"Gen",  U"eg",   U"e.g",
    U"Eg",     U"E.g",    U"ie",   U"i.e",      U"Ie",  U"I.e",  U"iv",   U"i.v",  U"Iv",
    U"I.v",    U"Mag",    U"med",  U"Med",      U"Mr",  U"Mrs",  U"Mt",   U"nat",  U"Nat",
    U"No",     U"nr",     U"Nr",   U"p.e",      U"P.e", U"phil", U"Phil", U"prof", U"Prof",
    U"rer",    U"Rer",    U"sci",  U"Sci",      U"Sgt", U"Sr",   U"Sra",  U"Srta", U"St",
    U"univ",   U"Univ",   U"vol",  U"Vol",      U"vs",  U"Vs",   U"z.B",  U"Z.b",  U"J\u00E4n",
    U"Jan",    U"Ene",    U"Feb",  U"M\u00E4r", U"Mar", U"Apr",  U"Abr",  U"May",  U"Jun",
    U"Jul",    U"Aug",    U"Sep",  U"Sept",     U"Oct", U"Okt",  U"Nov",  U"Dic",  U"Dez",
    U"Dec",    U"E.U",    U"U.K",  U"U.S"};

constexpr Text kTitles[] = {
    U"By",           U"by",          U"Captain",      U"captain",      U"Commander",
    U"commander",    U"Doctor",      U"doctor",       U"Doktor",       U"doktor",
    U"General",      U"general",     U"Mister",       U"mister",       U"Mis",
    U"Magister",     U"magister",    U"Miss",         U"miss",         U"Magiss",
    U"magiss",       U"Professor",   U"professor",    U"Se\u00F1or",   U"se\u00F1or",
    U"Se\u00F1ora",  U"se\u00F1ora", U"Se\u00F1orit", U"se\u00F1orit", U"Se\u00F1orita",
    U"se\u00F1orita"};

/// Where an upper-case letter with an optional modifier letter begins that ends at `end`; npos.
std::size_t InitialBefore(Text t, std::size_t end) {
  if (end > 1 && Is(t[end - 1], kLm) && Is(t[end - 2], kLu | kLt)) return end - 2;
  if (end > 0 && Is(t[end - 1], kLu | kLt)) return end - 1;
  return Text::npos;
}

/// "(?<! \b\p{Lu}\p{Lm}? )" before `end`; `comma` allows a comma in the letter's place.
bool AfterLoneLetter(Text t, std::size_t end, bool comma) {
  const auto lone = [&](std::size_t at) {
    return (Is(t[at], kLu) || (comma && t[at] == ',')) && Boundary(t, at);
  };
  if (end > 0 && lone(end - 1)) return true;
  return end > 1 && Is(t[end - 1], kLm) && lone(end - 2);
}

bool NamePrefixEndsAt(Text t, std::size_t end) {
  if (end == 0) return false;
  if (t[end - 1] == '(' || t[end - 1] == '[') return true;
  if (!Is(t[end - 1], kSpace)) return false;
  const Text before = t.substr(0, end - 1);
  for (const Text title : kTitles) {
    if (EndsWith(before, title) && Boundary(t, before.size() - title.size())) return true;
  }
  const auto comma = [&](std::size_t at) {
    return at > 0 && t[at - 1] == ',' && !AfterLoneLetter(t, at - 1, false);
  };
  if (comma(before.size())) return true;
  if (!EndsWith(before, U"and") || before.size() < 4) return false;
  const std::size_t space = before.size() - 4;
  if (!Is(t[space], kSpace)) return false;
  return comma(space) || !AfterLoneLetter(t, space, true);
}

/// The segment before a dot is an abbreviation, so that the dot ends no sentence.
bool IsAbbreviation(Text t) {
  if (t.size() == 1 && !Is(t[0], kSpace)) return true;
  if (!t.empty() && Is(t.back(), kNd) &&
      std::all_of(t.begin(), t.end(), [](char32_t c) { return Is(c, kNd); })) {
    return true;
  }
  for (const Text word : kAbbreviations) {
    if (EndsWith(t, word) && Boundary(t, t.size() - word.size())) return true;
  }
  const std::size_t last = InitialBefore(t, t.size());
  if (last == Text::npos) return false;
  if (NamePrefixEndsAt(t, last)) return true;
  std::size_t dot = last;
  if (dot > 0 && Is(t[dot - 1], kHyphen)) --dot;
  if (dot == 0 || t[dot - 1] != '.') return false;
  const std::size_t first = InitialBefore(t, dot - 1);
  return first != Text::npos && NamePrefixEndsAt(t, first);
}

bool IsLoneWord(Text t) {
  if (t.empty() || !Is(t[0], kLl)) return false;
  for (std::size_t i = 1; i < t.size(); ++i) {
    if (Is(t[i], kLl | kNd | kHyphen)) continue;
    return t[i] == '\n' && i + 1 == t.size();
  }
  return true;
}

bool StartsWithMonth(Text t) {
  constexpr Text kMonths[] = {U"J\u00E4n", U"Jan", U"Ene", U"Feb", U"M\u00E4r", U"Mar", U"Apr",
                              U"Abr",      U"May", U"Jun", U"Jul", U"Aug",      U"Sep", U"Oct",
                              U"Okt",      U"Dec", U"Dez", U"Dic", U"Diz",      U"Nov"};
  for (const Text month : kMonths) {
    if (StartsWith(t, month)) return true;
  }
  if (t.empty()) return false;
  if (t[0] >= '1' && t[0] <= '9') return true;
  return t.size() > 1 && t[0] == '0' && t[1] >= '1' && t[1] <= '9';
}

bool EndsInDay(Text t) {
  if (t.empty() || !IsAsciiDigit(t.back())) return false;
  if (Boundary(t, t.size() - 1)) return true;
  return t.size() > 1 && t[t.size() - 2] >= '0' && t[t.size() - 2] <= '3' &&
         Boundary(t, t.size() - 2);
}

bool EndsInMiddleInitial(Text t) {
  std::size_t i = t.size();
  if (i == 0 || !Is(t[--i], kLu)) return false;
  const std::size_t gap = i;
  while (i > 0 && !Is(t[i - 1], kWord)) --i;
  const std::size_t lower = i;
  if (i == gap) return false;
  while (i > 0 && Is(t[i - 1], kLl)) --i;
  return i < lower && i > 0 && Is(t[i - 1], kLu) && Boundary(t, i - 1);
}

bool StartsWithUpperWord(Text t) {
  if (t.empty() || !Is(t[0], kLu)) return false;
  std::size_t i = 1;
  while (i < t.size() && Is(t[i], kLl)) ++i;
  return i > 1 && !WordAt(t, i);
}

// ---- joining sentences --------------------------------------------------------------------------

std::size_t WithoutSpaceAtEnd(Text t) {
  std::size_t end = t.size();
  while (end > 0 && Is(t[end - 1], kSpace)) --end;
  return end;
}

bool LowerMayFollow(Text last) {
  const std::size_t end = WithoutSpaceAtEnd(last);
  if (end == last.size() || end == 0) return false;
  std::size_t open = end;
  while (open > 0 && IsCloser(last[open - 1])) --open;
  if (open > 0 && open < end && Is(last[open - 1], kTerminal)) return true;
  if (open > 1 && last[open - 1] == '"' && Is(last[open - 2], kTerminal)) return true;
  if (last[end - 1] != '.') return false;
  const Text before = last.substr(0, end - 1);
  if (EndsWith(before, U"spp") && Boundary(last, before.size() - 3)) return true;
  const std::size_t size = before.size();
  if (size > 0 && Is(before[size - 1], kLetter) && Boundary(last, size - 1)) return true;
  return size > 1 && Is(before[size - 1], kLl) && Is(before[size - 2], kLetter) &&
         Boundary(last, size - 2);
}

bool StartsWithLowerWord(Text t) {
  std::size_t i = 0;
  while (i < t.size() && Is(t[i], kLl)) ++i;
  return i > 0 && !WordAt(t, i);
}

bool EndsInUpperCase(Text t) {
  const std::size_t end = WithoutSpaceAtEnd(t);
  if (end == t.size() || end < 2 || t[end - 1] != '.') return false;
  std::size_t i = end - 1;
  while (i > 0 && Is(t[i - 1], kLetter)) --i;
  return i < end - 1 && Is(t[i], kLu | kLt) && Boundary(t, i);
}

bool StartsWithUpperCase(Text t) {
  const auto mark = [&](std::size_t i) {
    return i + 1 < t.size() && (t[i] == '.' || t[i] == ',' || t[i] == ':') && Is(t[i + 1], kSpace);
  };
  std::size_t i = 0;
  while (i < t.size() && Is(t[i], kNd)) ++i;
  if (i > 0) return mark(i);
  if (t.size() > 7 && t[0] == '(' && t[5] == ')' && Is(t[6], kSpace) &&
      std::all_of(t.begin() + 1, t.begin() + 5, [](char32_t c) { return Is(c, kNd); })) {
    i = 7;
  }
  if (i >= t.size() || !Is(t[i], kLu | kLt)) return false;
  do ++i;
  while (i < t.size() && Is(t[i], kLetter));
  return mark(i);
}

bool StartsWithContinuation(Text t) {
  constexpr Text kWords[] = {U"and",     U"are", U"between", U"by",   U"from",    U"has",
                             U"into",    U"is",  U"of",      U"or",   U"than",    U"that",
                             U"through", U"via", U"was",     U"were", U"whether", U"with"};
  for (const Text word : kWords) {
    if (StartsWith(t, word) && !WordAt(t, word.size())) return true;
  }
  return false;
}

/// Whether a bracket stays open in a growing text.
struct Open {
  char32_t open, close;
  bool seen = false;
  std::int64_t depth = 0;
  void Add(Text t) {
    for (const char32_t c : t) {
      if (c == open) {
        seen = true;
        ++depth;
      } else if (c == close && seen) {
        --depth;
      }
    }
  }
};

bool ClosesMore(Text t, char32_t open, char32_t close) {
  std::int64_t depth = 0;
  bool seen = false;
  for (std::size_t i = t.size(); i-- > 0;) {
    if (t[i] == close) {
      seen = true;
      ++depth;
    } else if (t[i] == open && seen) {
      --depth;
    }
  }
  return depth > 0;
}

class Joiner {
 public:
  Joiner(Text text, std::vector<Range>& out) : text_(text), out_(out) {}

  void Add(std::size_t begin, std::size_t end) {
    const Text current = text_.substr(begin, end - begin);
    if (has_ && !Joins(current)) Flush();
    if (!has_) {
      has_ = true;
      begin_ = begin;
      round_ = {U'(', U')'};
      square_ = {U'[', U']'};
    }
    end_ = end;
    round_.Add(current);
    square_.Add(current);
  }

  void Flush() {
    if (!has_) return;
    std::size_t begin = begin_, end = end_;
    while (begin < end && Is(text_[begin], kPySpace)) ++begin;
    while (end > begin && Is(text_[end - 1], kPySpace)) --end;
    out_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    has_ = false;
  }

 private:
  bool Joins(Text current) const {
    const Text last = text_.substr(begin_, end_ - begin_);
    if (LowerMayFollow(last) && StartsWithLowerWord(current)) return true;
    constexpr std::size_t kShort = 55;
    if (current.size() < kShort || last.size() < kShort) {
      for (const Open* bracket : {&round_, &square_}) {
        if (bracket->depth > 0 &&
            (ClosesMore(current, bracket->open, bracket->close) || EndsWith(last, U" et al. ") ||
             (EndsInUpperCase(last) && StartsWithUpperCase(current)))) {
          return true;
        }
      }
    }
    return StartsWithContinuation(current);
  }

  Text text_;
  std::vector<Range>& out_;
  bool has_ = false;
  std::size_t begin_ = 0, end_ = 0;
  Open round_{U'(', U')'}, square_{U'[', U']'};
};

/// End of the sentence mark that begins at `at`, or `at`.
std::size_t MarkEnd(Text t, std::size_t at) {
  std::size_t i = at;
  if (Is(t[at], kTerminal)) {
    ++i;
    if (i < t.size() && In(U"'\u2019\"\u201D", t[i])) ++i;
    while (i < t.size() && IsCloser(t[i])) ++i;
    const std::size_t space = i;
    while (i < t.size() && Is(t[i], kSpace)) ++i;
    return i > space ? i : at;
  }
  while (i < t.size() && t[i] == '\n') ++i;
  return i > at + 1 ? i : at;
}

bool MarkIsInside(Text before, char32_t mark, Text after) {
  if (!before.empty() && Is(before.back(), kPySpace)) return true;
  if (mark != '.') return false;
  if (IsAbbreviation(before)) return true;
  return IsLoneWord(after) || (EndsInDay(before) && StartsWithMonth(after)) ||
         (EndsInMiddleInitial(before) && StartsWithUpperWord(after));
}

}  // namespace

std::uint16_t ClassByUnicode(char32_t code) noexcept {
  static const std::unique_ptr<const Classes> classes = std::make_unique<const Classes>();
  return code < 0x10000 ? classes->of[code] : Classify(code);
}

void SplitSentences(Text text, std::vector<Range>& out) {
  // Segments and the marks between them; what follows a mark decides too, so one segment is kept.
  struct Mark {
    std::size_t begin, end;
  };
  Joiner joiner(text, out);
  const auto next_mark = [&text](std::size_t at) -> Mark {
    for (; at < text.size(); ++at) {
      if (!Is(text[at], kTerminal) && text[at] != '\n') continue;
      const std::size_t end = MarkEnd(text, at);
      if (end > at) return {at, end};
    }
    return {text.size(), text.size()};
  };
  std::size_t sentence = 0, segment = 0;
  bool open = true;
  Mark mark = next_mark(0);
  while (mark.begin < text.size()) {
    const Mark following = next_mark(mark.end);
    if (!open) {
      sentence = segment;
      open = true;
    }
    const Text before = text.substr(segment, mark.begin - segment);
    const Text after = text.substr(mark.end, following.begin - mark.end);
    if (!MarkIsInside(before, text[mark.begin], after)) {
      joiner.Add(sentence, mark.end);
      open = false;
    }
    segment = mark.end;
    mark = following;
  }
  joiner.Add(open ? sentence : segment, text.size());
  joiner.Flush();
}

}  // namespace hb::segtok
