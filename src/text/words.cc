#include "text/words.h"

#include <algorithm>

#include "base/hash.h"
#include "text/code_point.h"
#include "text/stopwords.h"
#include "text/utf8.h"

namespace hb {
namespace {

using text::CodePointClass;

constexpr std::size_t kMaxContraction =
    64;  // Bytes; longer joined words are looked at part by part.

std::uint32_t FirstClass(std::string_view word) { return CodePointClass(DecodeUtf8(word, 0).code); }

/// Appends what CleanWord keeps of a token. `blank`: one is due before the next character, unless
/// it is the first after `begin`.
void AppendClean(std::string_view word, std::size_t begin, bool blank, std::string& out) {
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint read = DecodeUtf8(word, at);
    const bool joiner = read.code == 0x200C || read.code == 0x200D;
    if (joiner || (CodePointClass(read.code) & text::kClean) != 0) {
      if (blank && out.size() > begin) out.push_back(' ');
      out.append(word, at, read.size);
      blank = false;
    } else {
      blank = true;
    }
    at += read.size;
  }
}

/// Chooses the words of one post.
class TopWordPicker {
 public:
  TopWordPicker(const TextWalk& walk, std::string_view lang, std::vector<TopWord>& out)
      : walk_(walk), tokens_(walk.tokens), stop_(StopWords::Of(lang)), out_(out) {}

  void Run() {
    for (std::size_t i = 0; i < tokens_.size() && out_.size() < kMaxTopWords;) {
      if (!tokens_[i].IsWord()) {
        ++i;
      } else if ((tokens_[i].flags & kTokenUnspaced) != 0) {
        i = Unspaced(i);
      } else {
        i = Joined(i);
      }
    }
  }

 private:
  bool Continues(std::size_t i, std::uint16_t flags) const {
    return i < tokens_.size() && tokens_[i].IsWord() && (tokens_[i].flags & flags) == flags;
  }

  std::size_t Unspaced(std::size_t i) {
    constexpr std::uint16_t kRun = kTokenUnspaced | kTokenAdjacent;
    const std::uint32_t bits = FirstClass(walk_.Folded(tokens_[i]));
    if ((bits & text::kKana) != 0) {
      std::size_t end = i + 1;
      while (Continues(end, kRun) && (FirstClass(walk_.Folded(tokens_[end])) & text::kKana) != 0)
        ++end;
      if (end - i >= kMinTopWordCodePoints) Span(i, end - 1);
      return end;
    }
    if ((bits & text::kHan) != 0 && Continues(i + 1, kRun) &&
        (FirstClass(walk_.Folded(tokens_[i + 1])) & text::kHan) != 0) {
      Span(i, i + 1);
    }
    return i + 1;
  }

  /// The words from `i` on that only apostrophes part.
  std::size_t Joined(std::size_t i) {
    std::size_t end = i + 1;
    while (Continues(end, kTokenApostrophe) && (tokens_[end].flags & kTokenUnspaced) == 0) ++end;
    if (end - i > 1 && IsStopWhole(i, end - 1)) return end;
    for (; i < end; ++i) {
      const Token& token = tokens_[i];
      const std::size_t length = (token.flags & kTokenNonAscii) != 0
                                     ? CountCodePoints(walk_.Folded(token))
                                     : token.folded_end - token.folded_begin;
      if (length >= kMinTopWordCodePoints && (token.flags & kTokenNumber) == 0) {
        Add({token.hash, token.folded_begin, token.folded_end});
      }
    }
    return end;
  }

  bool IsStopWhole(std::size_t first, std::size_t last) const {
    char whole[kMaxContraction];
    std::size_t size = 0;
    for (std::size_t i = first; i <= last; ++i) {
      const std::string_view part = walk_.Folded(tokens_[i]);
      if (size + part.size() + 1 > sizeof whole) return false;
      if (i > first) whole[size++] = '\'';
      size += part.copy(whole + size, part.size());
    }
    return stop_.Contains(Hash64({whole, size}));
  }

  void Span(std::size_t first, std::size_t last) {
    TopWord word{0, tokens_[first].folded_begin, tokens_[last].folded_end};
    word.hash = Hash64(word.In(walk_));
    Add(word);
  }

  void Add(const TopWord& word) {
    if (out_.size() >= kMaxTopWords || stop_.Contains(word.hash) || IsRemnant(word)) return;
    const bool seen = std::any_of(out_.begin(), out_.end(),
                                  [&word](const TopWord& old) { return old.hash == word.hash; });
    if (!seen) out_.push_back(word);
  }

  /// What is left of a link that was cut off ("https…"), and of HTML escapes.
  [[nodiscard]] bool IsRemnant(const TopWord& word) const {
    const std::string_view text = word.In(walk_);
    // By the first letter alone most words are told apart, without a call.
    if (text[0] != 'h' && text[0] != 'a' && text[0] != 'q') return false;
    return text == "http" || text == "https" || text == "amp" || text == "quot";
  }

  const TextWalk& walk_;
  const std::vector<Token>& tokens_;
  StopWords stop_;
  std::vector<TopWord>& out_;
};

}  // namespace

void CleanWord(const TextWalk& walk, std::string& out) {
  const std::size_t begin = out.size();
  std::size_t word_end = std::string_view::npos;  // Of the word before; npos after anything else.
  for (const Token& token : walk.tokens) {
    if ((token.flags & (kTokenMention | kTokenUrl | kTokenEmoji)) != 0) {
      word_end = std::string_view::npos;
      continue;
    }
    bool blank = token.begin != word_end;
    const std::string_view word = walk.Original(token);
    if ((token.flags & (kTokenNonAscii | kTokenEntity)) == 0) {
      if (blank && out.size() > begin) out.push_back(' ');
      out.append(word);
    } else {
      AppendClean(word, begin, blank, out);
    }
    word_end = token.IsWord() ? token.end : std::string_view::npos;
  }
}

std::string CleanWord(std::string_view text) {
  TextWalk walk;
  WalkText(text, walk);
  std::string out;
  CleanWord(walk, out);
  return out;
}

void TopWords(const TextWalk& walk, std::string_view lang, std::vector<TopWord>& out) {
  out.clear();
  TopWordPicker(walk, lang, out).Run();
}

}  // namespace hb
