// Words of a sentence: segtok's web_tokenizer, word_tokenizer and split_contractions.
#include <algorithm>
#include <iterator>

#include "analysis/segtok.h"
#include "text/html_references.h"

namespace hb::segtok {
namespace {

using Text = std::u32string_view;

bool In(Text set, char32_t c) { return set.find(c) != Text::npos; }
bool Is(char32_t c, unsigned bits) { return (ClassOf(c) & bits) != 0; }
bool IsAt(Text t, std::size_t i, unsigned bits) { return i < t.size() && Is(t[i], bits); }
bool IsApostrophe(char32_t c) { return c == '\'' || Is(c, kPrime); }
bool IsNumber(char32_t c) { return Is(c, kAlnum) && !Is(c, kLu | kLt | kLl | kLm); }
bool IsLetter(char32_t c) { return Is(c, kLu | kLt | kLl | kLm); }
bool BoundaryAt(Text t, std::size_t i) {
  return IsAt(t, i, kWord) != (i > 0 && Is(t[i - 1], kWord));
}

// ---- links and addresses ------------------------------------------------------------------------

/// Where a run of characters of one kind ends; asking again inside a run already seen is free, so
/// that trying at every place of a text stays linear.
template <bool (*kBelongs)(char32_t)>
class RunEnd {
 public:
  std::size_t operator()(Text t, std::size_t at) {
    if (at >= begin_ && at <= end_ && begin_ != Text::npos) return end_;
    begin_ = end_ = at;
    while (end_ < t.size() && kBelongs(t[end_])) ++end_;
    return end_;
  }

 private:
  std::size_t begin_ = Text::npos, end_ = 0;
};

bool IsLeftBorder(char32_t c) { return Is(c, kSpace) || In(U"<\"'([{", c); }
bool IsRightBorder(char32_t c) { return Is(c, kSpace) || In(U">\"')]}", c); }
bool IsScheme(char32_t c) { return c >= 'A' && c <= 'z'; }
bool IsHost(char32_t c) { return c == '-' || c == '.' || Is(c, kWord); }
bool IsLocal(char32_t c) { return Is(c, kWord) || In(U".#$%&'*+/=!?^`{|}~-", c); }
bool IsNoAt(char32_t c) { return c != '@'; }
bool IsPath(char32_t c) { return c != '?' && c != '#' && !IsRightBorder(c); }
bool IsQuery(char32_t c) { return c != '#' && !IsRightBorder(c); }
bool IsFragment(char32_t c) { return !IsRightBorder(c); }
bool IsDigit(char32_t c) { return Is(c, kNd); }

/// Finds what follows an "@" or "://"; remembers the last answer, since many starts share it.
class HostMatcher {
 public:
  explicit HostMatcher(Text text) : t_(text) {}

  /// End of "(?:[\w-]+\.)+\w+" at `at`, npos if there is none. What may follow a host is no host
  /// character, so the host is the whole run.
  std::size_t Host(std::size_t at) {
    if (at == host_at_) return host_end_;
    host_at_ = at;
    host_end_ = Text::npos;
    const std::size_t end = host_run_(t_, at);
    // The run was looked through once by the finder; again for its labels, from each new start.
    std::size_t label = at, dots = 0;
    for (std::size_t i = at; i < end; ++i) {
      if (t_[i] != '.') continue;
      if (i == label) return Text::npos;
      label = i + 1;
      ++dots;
    }
    if (dots == 0 || label == end) return Text::npos;
    for (std::size_t i = label; i < end; ++i) {
      if (t_[i] == '-') return Text::npos;
    }
    return host_end_ = end;
  }

  /// End of a whole link whose host begins at `at`, or npos.
  std::size_t Link(std::size_t at) {
    if (at == link_at_) return link_end_;
    link_at_ = at;
    return link_end_ = FindLink(at);
  }

  bool Ends(std::size_t at) const { return at == t_.size() || IsRightBorder(t_[at]); }

 private:
  std::size_t FindLink(std::size_t at) {
    std::size_t i = Host(at);
    if (i == Text::npos) return i;
    if (i < t_.size() && t_[i] == ':') {
      const std::size_t end = digits_(t_, i + 1);
      if (end == i + 1) return Text::npos;
      i = end;
    }
    if (i < t_.size() && t_[i] == '/') i = path_(t_, i + 1);
    if (i < t_.size() && t_[i] == '?') {
      const std::size_t end = query_(t_, i + 1);
      if (end == i + 1) return Text::npos;
      i = end;
    }
    if (i < t_.size() && t_[i] == '#') {
      const std::size_t end = fragment_(t_, i + 1);
      if (end == i + 1) return Text::npos;
      i = end;
    }
    return Ends(i) ? i : Text::npos;
  }

  Text t_;
  std::size_t host_at_ = Text::npos, host_end_ = 0, link_at_ = Text::npos, link_end_ = 0;
  RunEnd<IsHost> host_run_;
  RunEnd<IsDigit> digits_;
  RunEnd<IsPath> path_;
  RunEnd<IsQuery> query_;
  RunEnd<IsFragment> fragment_;
};

class LinkFinder {
 public:
  explicit LinkFinder(Text text) : t_(text), after_user_(text), plain_(text), mail_(text) {}

  /// The next link or address from `at` on; begin == end == size when there is none.
  Range Next(std::size_t at) {
    for (; at < t_.size(); ++at) {
      if (at > 0 && !IsLeftBorder(t_[at - 1])) continue;
      const std::size_t end = MatchAt(at);
      if (end != Text::npos)
        return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)};
    }
    const auto size = static_cast<std::uint32_t>(t_.size());
    return {size, size};
  }

 private:
  std::size_t MatchAt(std::size_t at) {
    const std::size_t scheme = scheme_(t_, at);
    if (scheme > at && t_.substr(scheme, 3) == U"://") {
      const std::size_t host = scheme + 3;
      const std::size_t user = no_at_(t_, host);
      if (user > host && user < t_.size()) {
        const std::size_t end = after_user_.Link(user + 1);
        if (end != Text::npos) return end;
      }
      const std::size_t end = plain_.Link(host);
      if (end != Text::npos) return end;
    }
    const std::size_t local = local_(t_, at);
    if (local == at || local >= t_.size() || t_[local] != '@') return Text::npos;
    const std::size_t end = mail_.Host(local + 1);
    return end != Text::npos && mail_.Ends(end) ? end : Text::npos;
  }

  Text t_;
  HostMatcher after_user_, plain_, mail_;
  RunEnd<IsScheme> scheme_;
  RunEnd<IsNoAt> no_at_;
  RunEnd<IsLocal> local_;
};

// ---- words --------------------------------------------------------------------------------------

/// Takes out a line break after a hyphen, with the blanks around it.
void JoinHyphenated(Text t, std::u32string& out) {
  std::size_t free_from = 0;  // A letter that ended one match begins no other.
  for (std::size_t i = 0; i < t.size();) {
    out.push_back(t[i]);
    const bool hyphen = Is(t[i], kHyphen) && i > free_from && Is(t[i - 1], kAlnum);
    ++i;
    if (!hyphen) continue;
    std::size_t at = i;
    while (IsAt(t, at, kBlank)) ++at;
    if (at >= t.size()) continue;
    if (t[at] == '\r') {
      at += at + 1 < t.size() && t[at + 1] == '\n' ? 2 : 1;
    } else if (t[at] == '\n' || t[at] == 0x2028) {
      ++at;
    } else {
      continue;
    }
    while (IsAt(t, at, kBlank)) ++at;
    if (!IsAt(t, at, kAlnum)) continue;
    out.push_back(t[at]);
    i = free_from = at + 1;
  }
}

/// The word pattern on one piece without blanks.
class PieceMatcher {
 public:
  explicit PieceMatcher(Text piece) : t_(piece) {}

  /// Length of what the first alternative that fits takes at `at`; 0 when none does.
  std::size_t Step(std::size_t at) {
    const char32_t c = t_[at];
    const bool alnum = Is(c, kAlnum);
    const char32_t next = at + 1 < t_.size() ? t_[at + 1] : 0;
    if (alnum && at + 1 < t_.size()) {
      if (next == '.' && t_.substr(at + 2, 2) != U"..") return 2;
      if (next == ',' && IsAt(t_, at + 2, kAlnum)) return 2;
      if (next == ':' && IsNumber(c) && at + 2 < t_.size() && IsNumber(t_[at + 2])) return 2;
      if (Is(next, kPrime) && IsAt(t_, at + 2, kHyphen) && IsAt(t_, at + 3, kAlnum)) return 3;
      if (Is(next, kHyphen) && IsAt(t_, at + 2, kAlnum)) return 2;
    }
    if (Is(c, kPrime) && !IsAt(t_, at + 1, kPrime)) return 1;
    if (next == '\'') {
      if (alnum && IsAt(t_, at + 2, kAlnum)) return 2;
      if (c == 's' && at + 2 == t_.size()) return 2;
    }
    if (BoundaryAt(t_, at)) {
      if (const std::size_t unit = Unit(at)) return unit;
      if (const std::size_t formula = Formula(at)) return formula;
    }
    return alnum ? 1 : 0;
  }

 private:
  /// A unit with its power, to the end of the piece.
  std::size_t Unit(std::size_t at) const {
    if (t_.size() - at > 6 || !In(U"\u00B9\u00B2\u00B3", t_.back())) return 0;
    std::size_t end = t_.size() - 1;
    if (end > at && t_[end - 1] == 0x207B) --end;
    const std::size_t letters = end - at;
    if (letters < 1 || letters > 4) return 0;
    for (std::size_t i = at; i < end; ++i) {
      if (!IsLetter(t_[i])) return 0;
    }
    if (letters == 4 && !In(U"yzafpn\u00B5mcdhkMGTPEZY", t_[at])) return 0;
    return t_.size() - at;
  }

  /// Chemical symbols and closing brackets, then digits below the line.
  std::size_t Formula(std::size_t at) {
    if (begin_ > at || at >= end_ || end_ == 0) {
      begin_ = end_ = at;
      while (end_ < t_.size()) {
        if (t_[end_] >= 'A' && t_[end_] <= 'Z') {
          ++end_;
          if (end_ < t_.size() && t_[end_] >= 'a' && t_[end_] <= 'z') ++end_;
        } else if (t_[end_] == ')' || t_[end_] == ']') {
          ++end_;
        } else {
          break;
        }
      }
    }
    const bool starts = (t_[at] >= 'A' && t_[at] <= 'Z') || t_[at] == ')' || t_[at] == ']';
    if (!starts || end_ == at) return 0;
    std::size_t i = end_;
    while (i < t_.size() && t_[i] >= 0x2080 && t_[i] <= 0x2089) ++i;
    if (i == end_) return 0;
    const auto ion = [&](std::size_t k) {
      return k < t_.size() && (t_[k] == 0x207A || t_[k] == 0x207B);
    };
    if (i < t_.size() && (t_[i] == 0xB2 || t_[i] == 0xB3) && ion(i + 1)) {
      i += 2;
    } else if (ion(i)) {
      ++i;
    }
    return i - at;
  }

  Text t_;
  std::size_t begin_ = 0, end_ = 0;
};

/// Place of the apostrophe of "ALNUM+(?:HYPHEN ALNUM+)*' (d|ll|m|re|s|t|ve)", or npos.
std::size_t ContractionAt(Text t) {
  constexpr Text kEnds[] = {U"d", U"ll", U"m", U"re", U"s", U"t", U"ve"};
  std::size_t mark = Text::npos;
  for (const Text end : kEnds) {
    if (t.size() < end.size() + 2 || t.substr(t.size() - end.size()) != end) continue;
    const std::size_t at = t.size() - end.size() - 1;
    if (IsApostrophe(t[at])) mark = at;
  }
  if (mark == Text::npos) return mark;
  bool letter = false;
  for (std::size_t i = 0; i < mark; ++i) {
    if (Is(t[i], kAlnum)) {
      letter = true;
    } else if (letter && Is(t[i], kHyphen)) {
      letter = false;
    } else {
      return Text::npos;
    }
  }
  return letter ? mark : Text::npos;
}

bool HasTerminal(Text t) {
  return std::any_of(t.begin(), t.end(), [](char32_t c) { return Is(c, kTerminal); });
}

}  // namespace

void Tokenizer::Piece(Text piece) {
  PieceMatcher matcher(piece);
  std::size_t begin = 0;
  for (std::size_t at = 0; at < piece.size();) {
    std::size_t end = at;
    while (end < piece.size()) {
      const std::size_t step = matcher.Step(end);
      if (step == 0) break;
      end += step;
    }
    if (end == at) {
      ++at;
      continue;
    }
    if (at > begin) words_.push_back(piece.substr(begin, at - begin));
    words_.push_back(piece.substr(at, end - at));
    at = begin = end;
  }
  if (begin < piece.size()) words_.push_back(piece.substr(begin));
}

void Tokenizer::Words(Text span) {
  unescaped_.clear();
  UnescapeHtml(span, unescaped_);
  joined_.clear();
  JoinHyphenated(unescaped_, joined_);
  words_.clear();
  const Text text = joined_;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && !Is(text[at], kSpace)) ++at;
    if (at > begin) Piece(text.substr(begin, at - begin));
    if (at < text.size()) ++at;
  }
  // The mark that ends a sentence leaves the last word that may have it.
  for (std::size_t back = 1; back <= 3 && back <= words_.size(); ++back) {
    const std::size_t at = words_.size() - back;
    const Text word = words_[at];
    if (!(Is(word[0], kAlnum) && !Is(word[0], kPrime)) && !HasTerminal(word)) continue;
    const auto cut = [&](std::size_t size) {
      words_[at] = word.substr(0, size);
      words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(at) + 1, word.substr(size));
    };
    if (word.size() > 1 && word != U"...") {
      if (Is(word.back(), kTerminal)) {
        cut(word.size() - 1);
      } else if (Is(word[0], kTerminal)) {
        cut(1);
      }
    }
    break;
  }
  for (const Text word : words_) {
    std::size_t size = word.size();
    while (size > 1 && In(U",;:", word[size - 1])) --size;
    AddContracted(word.substr(0, size));
    for (std::size_t i = size; i < word.size(); ++i) Add(word.substr(i, 1));
  }
}

void Tokenizer::AddContracted(Text token) {
  if (ContractionAt(token) == Text::npos) return Add(token);
  // Letters that look like apostrophes each give one more beginning of the word, as in segtok.
  std::size_t rest = 0, cuts = 0;
  for (std::size_t at = token.size(); at-- > 0 && cuts < kMaxApostrophes;) {
    if (!IsApostrophe(token[at])) continue;
    rest = at;
    if (token.size() > 2 && at + 2 == token.size() && token.back() == 't' && token[at - 1] == 'n')
      --rest;
    Add(token.substr(0, rest));
    ++cuts;
  }
  Add(token.substr(rest));
}

void Tokenizer::Add(Text token) {
  const auto begin = static_cast<std::uint32_t>(arena_->size());
  arena_->append(token);
  tokens_->push_back({begin, static_cast<std::uint32_t>(arena_->size())});
}

void Tokenizer::Run(Text sentence, std::u32string& arena, std::vector<Range>& tokens) {
  arena_ = &arena;
  tokens_ = &tokens;
  LinkFinder links(sentence);
  for (std::size_t at = 0;;) {
    const Range link = links.Next(at);
    Words(sentence.substr(at, link.begin - at));
    if (link.begin >= sentence.size()) break;
    AddContracted(sentence.substr(link.begin, link.end - link.begin));
    at = link.end;
  }
}

}  // namespace hb::segtok
