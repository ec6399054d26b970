#include "neural/clean_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/utf8.h"
#include "text/code_point.h"
#include "text/html_references.h"

namespace hb::neural {
namespace {

using Text = std::u32string_view;

// ---- classes: what Python's regular expressions mean by \s and \w -------------------------------

bool IsBlank(char32_t c) {
  if (c < 0x85) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}
bool IsLower(char32_t c) { return c - U'a' < 26; }
bool IsUpper(char32_t c) { return c - U'A' < 26; }
bool IsLetter(char32_t c) { return IsLower(c) || IsUpper(c); }
bool IsDigit(char32_t c) { return c - U'0' < 10; }
bool IsWord(char32_t c) {
  if (c < 0x80) return IsLetter(c) || IsDigit(c) || c == '_';
  return (text::CodePointClass(c) & text::kWordStart) != 0;
}
bool IsMark(char32_t c) { return c < 0x80 && Text(U"!?,*~=_-").find(c) != Text::npos; }
bool IsRegional(char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }
bool IsStyle(char32_t c) {
  return c == 0x200D || c == 0xFE0E || c == 0xFE0F || (c >= 0x1F3FB && c <= 0x1F3FF);
}
bool IsPicture(char32_t c) {
  if (c < 0x203C) return false;
  if (c < 0x1F000) {
    return c == 0x203C || c == 0x2049 || (c >= 0x2190 && c <= 0x21FF) ||
           (c >= 0x2300 && c <= 0x23FF) || (c >= 0x25A0 && c <= 0x27BF) ||
           (c >= 0x2B00 && c <= 0x2BFF);
  }
  return c <= 0x1FAFF && !IsRegional(c);
}

// ---- steps --------------------------------------------------------------------------------------

/// What the text holds that a step looks for, so that most steps are left out for most posts.
struct Seen {
  bool reference = false, quote = false, link = false, at = false;
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The number of a \u2019 at `at`, or -1.
std::int32_t EscapeAt(std::string_view text, std::size_t at) {
  if (text.size() - at < 6 || text[at] != '\\' || text[at + 1] != 'u') return -1;
  std::int32_t unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// Appends the code points of `text`. Two escapes that are surrogates make one; one alone is
/// dropped.
Seen Decode(std::string_view text, std::u32string& out) {
  Seen seen;
  char32_t high = 0;
  for (std::size_t at = 0; at < text.size();) {
    char32_t code = static_cast<unsigned char>(text[at]);
    const std::int32_t unit = code == '\\' ? EscapeAt(text, at) : -1;
    if (unit >= 0) {
      code = static_cast<char32_t>(unit);
      at += 6;
      if (code >= 0xD800 && code < 0xDC00) {
        high = code;
        continue;
      }
      if (code >= 0xDC00 && code < 0xE000) {
        if (high != 0) out.push_back(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00));
        high = 0;
        continue;
      }
    } else if (code < 0x80) {
      ++at;
    } else {
      const CodePoint point = DecodeUtf8(text, at);
      code = point.code;
      at += point.size;
    }
    high = 0;
    seen.reference |= code == '&';
    out.push_back(code);
  }
  return seen;
}

void Look(Text text, Seen& seen) {
  for (const char32_t c : text) {
    seen.quote |= c == '"';
    seen.at |= c == '@';
    // All links begin with one of these; nothing else folds to h, w or p.
    seen.link |= c == 'h' || c == 'w' || c == 'p' || c == 'H' || c == 'W' || c == 'P';
  }
}

/// Replaces `first` followed by a quote with the quote.
void JoinQuotes(Text in, char32_t first, std::u32string& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == first && i + 1 < in.size() && in[i + 1] == '"') ++i;
    out.push_back(in[i]);
  }
}

/// Whether `in` goes on at `at` with `word` (lower case), in any case; as in Python also with the
/// letters whose lower or upper case is an ASCII letter.
bool Follows(Text in, std::size_t at, std::string_view word) {
  if (in.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char32_t c = in[at + i], want = static_cast<unsigned char>(word[i]);
    if (c == want || (IsUpper(c) && c + 32 == want)) continue;
    if (want == 's' && c == 0x17F) continue;
    if (want == 'i' && (c == 0x130 || c == 0x131)) continue;
    return false;
  }
  return true;
}

/// Where the link at `at` ends; `at` if none begins there.
std::size_t LinkEnd(Text in, std::size_t at) {
  const char32_t c = in[at] | 0x20;
  std::size_t end = at;
  if (c == 'h') {
    if (!Follows(in, at, "http")) return at;
    end = at + (Follows(in, at, "https") ? 5 : 4);
    if (!Follows(in, end, "://")) {
      // What a cut-off link leaves: the bare word.
      const bool alone = (at == 0 || !IsWord(in[at - 1])) && (end == in.size() || IsBlank(in[end]));
      return alone ? end : at;
    }
  } else if (c == 'w') {
    if (!Follows(in, at, "www.")) return at;
  } else if (c != 'p' || !Follows(in, at, "pic.twitter.com/")) {
    return at;
  }
  end = std::max(end, at + 4);
  while (end < in.size() && !IsBlank(in[end])) ++end;
  return end;
}

void DropLinks(Text in, std::u32string& out) {
  for (std::size_t at = 0; at < in.size();) {
    const std::size_t end = LinkEnd(in, at);
    if (end > at) {
      out.push_back(' ');
      at = end;
    } else {
      out.push_back(in[at++]);
    }
  }
}

constexpr Text kUser = U"@user";

/// Names become @user, several in a row one.
void MaskNames(Text in, std::u32string& out) {
  std::size_t last_end = Text::npos;  // Of the last name, in `out`.
  for (std::size_t at = 0; at < in.size();) {
    std::size_t end = at + 1;
    if (in[at] == '@') {
      while (end < in.size() && IsWord(in[end])) ++end;
    }
    if (end == at + 1) {
      out.push_back(in[at++]);
      continue;
    }
    at = end;
    bool joined = last_end != Text::npos && out.size() > last_end;
    for (std::size_t i = last_end; joined && i < out.size(); ++i) joined = IsBlank(out[i]);
    if (joined) {
      out.resize(last_end);
    } else {
      out += kUser;
      last_end = out.size();
    }
  }
}

/// Code points of a leading "RT @user: ".
std::size_t RepostHead(Text in) {
  std::size_t at = 0;
  const auto blanks = [&] {
    const std::size_t begin = at;
    while (at < in.size() && IsBlank(in[at])) ++at;
    return at > begin;
  };
  blanks();
  if (in.substr(at, 2) != U"RT") return 0;
  at += 2;
  if (!blanks() || in.substr(at, kUser.size()) != kUser) return 0;
  at += kUser.size();
  blanks();
  if (at < in.size() && in[at] == ':') ++at;
  blanks();
  return at;
}

/// Takes what the steps before gave, one code point after the other, and does steps 4 to 6.
class Sink {
 public:
  explicit Sink(std::string& out) : out_(out) {}

  void Put(char32_t c) {
    if (IsStyle(c)) return;
    if (IsRegional(c)) {
      if (half_flag_ == 0) {
        half_flag_ = c;
        return;
      }
      Run(' ');
      Run(half_flag_);
      Run(c);
      Run(' ');
      half_flag_ = 0;
      return;
    }
    EndFlag();
    if (!IsPicture(c)) return Run(c);
    Run(' ');
    Run(c);
    Run(' ');
  }
  void End() {
    EndFlag();
    EndDots();
  }

 private:
  void EndFlag() {
    if (half_flag_ != 0) Run(half_flag_);
    half_flag_ = 0;
  }
  void EndDots() {
    if (last_ == '.') Write(count_ == 1 ? U'.' : U'\u2026');
  }
  void Run(char32_t c) {
    if (c == last_) {
      ++count_;
    } else {
      EndDots();
      last_ = c;
      count_ = 1;
    }
    if (c == '.' || (count_ > 2 && IsLetter(c)) || (count_ > 3 && IsMark(c))) return;
    Write(c);
  }
  void Write(char32_t c) {
    if (IsBlank(c)) {
      blank_ = true;
      return;
    }
    if (blank_ && !out_.empty()) out_.push_back(' ');
    blank_ = false;
    if (c < 0x80) {
      out_.push_back(static_cast<char>(c));
    } else {
      AppendUtf8(c, out_);
    }
  }

  std::string& out_;
  char32_t half_flag_ = 0;
  char32_t last_ = 0xFFFFFFFF;
  std::size_t count_ = 0;
  bool blank_ = false;
};

/// Puts a hashtag's name, [begin, end), with a blank where a new word seems to begin.
void PutTag(Text in, std::size_t begin, std::size_t end, Sink& sink) {
  for (std::size_t i = begin; i < end; ++i) {
    const char32_t c = in[i];
    if (c == '_') {
      sink.Put(' ');
      continue;
    }
    const char32_t before = i > begin ? in[i - 1] : 0;
    const bool parts = (IsUpper(c) && (IsLower(before) ||
                                       (IsUpper(before) && i + 1 < end && IsLower(in[i + 1])))) ||
                       (IsDigit(c) && IsLetter(before));
    if (parts) sink.Put(' ');
    sink.Put(c);
  }
}

}  // namespace

void TextCleaner::Clean(std::string_view text, std::string& out) {
  out.clear();
  text_.clear();
  const auto step = [this](auto&& work) {
    next_.clear();
    work();
    std::swap(text_, next_);
  };
  Seen seen = Decode(text, text_);
  if (seen.reference) step([this] { UnescapeHtml(text_, next_); });
  Look(text_, seen);
  if (seen.quote) {
    step([this] { JoinQuotes(text_, '\\', next_); });
    step([this] { JoinQuotes(text_, '"', next_); });
  }
  if (seen.link) step([this] { DropLinks(text_, next_); });
  if (seen.at) step([this] { MaskNames(text_, next_); });

  const Text in = text_;
  Sink sink(out);
  for (std::size_t at = seen.at ? RepostHead(in) : 0; at < in.size();) {
    const char32_t c = in[at++];
    sink.Put(c);
    if (c != '#' || at == in.size() || !IsWord(in[at])) continue;
    std::size_t end = at;
    while (end < in.size() && IsWord(in[end])) ++end;
    sink.Put(' ');
    PutTag(in, at, end, sink);
    at = end;
  }
  sink.End();
}

}  // namespace hb::neural
