#include "analysis/yake.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"

namespace hb {
namespace {

using Text = std::u32string_view;
using segtok::ClassOf;

bool Is(char32_t c, unsigned bits) { return (ClassOf(c) & bits) != 0; }
bool IsPunctuation(char32_t c) {  // string.punctuation
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

std::string ToUtf8(Text text) {
  std::string out;
  for (const char32_t c : text) AppendUtf8(c, out);
  return out;
}
void AppendCodePoints(std::string_view text, std::u32string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    out.push_back(point.code);
    at += point.size;
  }
}

/// Sigma at the end of a word, as Python's lower() sees it.
bool IsFinalSigma(Text t, std::size_t at) {
  const auto cased = [](char32_t c) {
    return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED) != 0;
  };
  const auto ignored = [](char32_t c) {
    return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASE_IGNORABLE) != 0;
  };
  std::size_t i = at;
  while (i > 0 && ignored(t[i - 1])) --i;
  if (i == 0 || !cased(t[i - 1])) return false;
  i = at + 1;
  while (i < t.size() && ignored(t[i])) ++i;
  return i == t.size() || !cased(t[i]);
}

void AppendLower(Text t, std::u32string& out) {
  for (std::size_t i = 0; i < t.size(); ++i) {
    const char32_t c = t[i];
    if (c < 0x80) {
      out.push_back(c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else if (c == 0x130) {
      out += U"i\u0307";
    } else if (c == 0x3A3) {
      out.push_back(IsFinalSigma(t, i) ? 0x3C2 : 0x3C3);
    } else {
      out.push_back(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
    }
  }
}

/// Letters and digits joined by hyphens, such as COVID-19.
bool IsNamed(Text t) {
  bool hyphen = false;
  for (const char32_t c : t) {
    if (c == '-') {
      hyphen = true;
    } else if (!Is(c, segtok::kLetter | segtok::kPyDigit)) {
      return false;
    }
  }
  return hyphen && t.front() != '-' && t.back() != '-';
}

bool IsNumber(Text t) {
  std::size_t digits = 0, dots = 0;
  for (const char32_t c : t) {
    if (c == ',') continue;
    if (c == '.') {
      ++dots;
    } else if (Is(c, segtok::kPyDigit)) {
      ++digits;
    } else {
      return false;
    }
  }
  return digits > 0 && dots <= 1;
}

char TagOf(Text t, bool first, bool repaired) {
  if (IsNumber(t)) return 'd';
  std::size_t digits = 0, letters = 0, marks = 0, upper = 0, lower = 0;
  for (const char32_t c : t) {
    digits += Is(c, segtok::kPyDigit);
    letters += Is(c, segtok::kLetter);
    marks += IsPunctuation(c);
    upper += Is(c, segtok::kUpper);
    lower += c < 0x80 ? c >= 'a' && c <= 'z'
                      : u_isULowercase(static_cast<UChar32>(c)) || Is(c, segtok::kLt);
  }
  const bool mixed = digits > 0 && letters > 0;
  if ((mixed || digits + letters == 0 || marks > 1) && !(repaired && mixed && IsNamed(t)))
    return 'u';
  if (upper > 0 && lower == 0) return 'a';
  if (upper == 1 && t.size() > 1 && Is(t[0], segtok::kUpper) && !first) return 'n';
  return 'p';
}

std::uint64_t HashOf(Text t) {
  return Hash64({reinterpret_cast<const char*>(t.data()), t.size() * sizeof(char32_t)});
}

std::uint64_t Pair(std::uint32_t a, std::uint32_t b) { return (std::uint64_t{a} << 32) | b; }

/// The sum as numpy makes it, so that results agree to the last bit.
double PairwiseSum(const double* x, std::size_t n) {
  if (n < 8) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i];
    return sum;
  }
  if (n <= 128) {
    std::array<double, 8> r{};
    std::copy(x, x + 8, r.begin());
    std::size_t i = 8;
    for (; i < n - n % 8; i += 8) {
      for (std::size_t k = 0; k < 8; ++k) r[k] += x[i + k];
    }
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; ++i) sum += x[i];
    return sum;
  }
  std::size_t half = n / 2;
  half -= half % 8;
  return PairwiseSum(x, half) + PairwiseSum(x + half, n - half);
}

// ---- similar phrases ----------------------------------------------------------------------------

template <typename T>
void SortUnique(std::vector<T>& v) {
  std::sort(v.begin(), v.end());
  v.erase(std::unique(v.begin(), v.end()), v.end());
}

/// A phrase in lower case with what comparing it needs.
class Phrase {
 public:
  explicit Phrase(Text original) {
    AppendLower(original, text_);
    blanks_ = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), U' '));
  }

  [[nodiscard]] Text text() const { return text_; }
  [[nodiscard]] std::size_t blanks() const { return blanks_; }

  struct Parts {
    std::vector<char32_t> letters;
    std::vector<std::uint64_t> words, trigrams;
  };
  /// Taken apart when they are first asked for: hardly a pair of phrases is alike enough for it.
  [[nodiscard]] const Parts& parts() const {
    if (!parts_) parts_ = TakeApart(text_);
    return *parts_;
  }

 private:
  static Parts TakeApart(Text text) {
    Parts parts;
    parts.letters.assign(text.begin(), text.end());
    SortUnique(parts.letters);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = at;
      while (at < text.size() && !Is(text[at], segtok::kPySpace)) ++at;
      if (at > begin) parts.words.push_back(HashOf(text.substr(begin, at - begin)));
      if (at < text.size()) ++at;
    }
    SortUnique(parts.words);
    for (std::size_t i = 0; i + 3 <= text.size(); ++i)
      parts.trigrams.push_back(HashOf(text.substr(i, 3)));
    SortUnique(parts.trigrams);
    return parts;
  }

  std::u32string text_;
  std::size_t blanks_ = 0;
  mutable std::optional<Parts> parts_;
};

template <typename T>
double Overlap(const std::vector<T>& a, const std::vector<T>& b) {
  std::size_t shared = 0;
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    if (a[i] == b[k]) {
      ++shared, ++i, ++k;
    } else if (a[i] < b[k]) {
      ++i;
    } else {
      ++k;
    }
  }
  const std::size_t all = a.size() + b.size() - shared;
  return all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
}

double Seqm(const Phrase& one, const Phrase& other) {
  const Text a = one.text(), b = other.text();
  if (a == b) return 1;
  const double shorter = static_cast<double>(std::min(a.size(), b.size()));
  const double longer = static_cast<double>(std::max(a.size(), b.size()));
  if (shorter == 0 || longer - shorter > longer * 0.6) return 0;
  if (longer > 3) {
    if (a.front() != b.front() || a.back() != b.back()) return 0;
    if (shorter >= 3 && a[1] != b[1]) return 0;
  }
  if (one.blanks() > other.blanks() + 1 || other.blanks() > one.blanks() + 1) return 0;
  const double ratio = shorter / longer;
  if (ratio < 0.3) return 0;
  const double overlap = Overlap(one.parts().letters, other.parts().letters);
  if (overlap < 0.2) return 0;
  if (longer <= 4) return overlap * ratio;
  if (one.blanks() > 0 || other.blanks() > 0) {
    const double words = Overlap(one.parts().words, other.parts().words);
    if (words > 0.4) return words;
  }
  const double trigrams = Overlap(one.parts().trigrams, other.parts().trigrams);
  return std::min(1.0, 0.3 * ratio + 0.2 * overlap + 0.5 * trigrams);
}

double Levenshtein(Text a, Text b) {
  if (a == b) return 1;
  if (a.size() < b.size()) std::swap(a, b);
  if (a.size() > KeywordExtractor::kLongestCompared) return 0;
  std::vector<std::uint32_t> row(b.size() + 1);
  for (std::size_t k = 0; k < row.size(); ++k) row[k] = static_cast<std::uint32_t>(k);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::uint32_t diagonal = row[0]++;
    for (std::size_t k = 0; k < b.size(); ++k) {
      const std::uint32_t changed = diagonal + (a[i] != b[k]);
      diagonal = row[k + 1];
      row[k + 1] = std::min({changed, diagonal + 1, row[k] + 1});
    }
  }
  return 1.0 - static_cast<double>(row.back()) / static_cast<double>(a.size());
}

}  // namespace

// ---- reading ------------------------------------------------------------------------------------

class KeywordBuilder {
 public:
  KeywordBuilder(const KeywordExtractor& extractor, KeywordDocument& document)
      : e_(extractor), options_(extractor.options_), d_(document) {}

  void Add(std::string_view text) {
    std::u32string& t = d_.text_;
    t.assign(1, U' ');
    AppendCodePoints(text, t);
    std::size_t first = 1;
    while (first < t.size() && Is(t[first], segtok::kPySpace)) ++first;
    if (first < t.size() && t[first] >= 'A' && t[first] <= 'Z') t.replace(0, 1, U"\n\n");
    const std::size_t head = t[0] == '\n' ? 2 : 1;
    for (std::size_t i = head; i < t.size(); ++i) {
      if (t[i] == '\n' || t[i] == '\t') t[i] = ' ';
    }
    d_.ranges_.clear();
    segtok::SplitSentences(t, d_.ranges_);
    for (const segtok::Range range : d_.ranges_) {
      if (range.begin < range.end) Sentence(Text(t).substr(range.begin, range.end - range.begin));
    }
  }

  void Score();
  void Pick(std::vector<Keyword>& out) const;

 private:
  using Token = KeywordDocument::Token;
  using Term = KeywordDocument::Term;
  using Candidate = KeywordDocument::Candidate;

  void Sentence(Text sentence) {
    d_.words_found_.clear();
    d_.tokenizer_.Run(sentence, d_.arena_, d_.words_found_);
    block_ = d_.tokens_.size();
    std::size_t at = 0;
    bool mention = false;
    for (const segtok::Range range : d_.words_found_) {
      const Text word = Text(d_.arena_).substr(range.begin, range.end - range.begin);
      if (word.empty() || (word[0] == '\'' && word.size() > 1)) continue;
      const bool first = at++ == 0;
      const bool skip = options_.repaired && (mention || word.find(U"://") != Text::npos);
      mention = word.back() == '@';
      if (skip || std::all_of(word.begin(), word.end(), IsPunctuation)) {
        block_ = d_.tokens_.size();
        continue;
      }
      AddToken(range, word, first);
    }
    ++d_.sentences_;
  }

  void AddToken(segtok::Range range, Text text, bool first) {
    Token token;
    token.text = range;
    token.tag = TagOf(text, first, options_.repaired);
    d_.lower_.clear();
    AppendLower(text, d_.lower_);
    std::uint32_t& id = d_.words_[HashOf(d_.lower_)];
    if (id == 0) {
      d_.term_of_word_.push_back(FindTerm(d_.lower_));
      id = static_cast<std::uint32_t>(d_.term_of_word_.size());
    }
    token.word = id;
    token.term = d_.term_of_word_[token.word - 1];
    Term& term = d_.terms_[token.term];
    ++term.tf;
    term.tf_a += token.tag == 'a';
    term.tf_n += token.tag == 'n';
    if (term.last_sentence != d_.sentences_) {
      term.last_sentence = d_.sentences_;
      ++term.sentences;
      d_.occurrences_.emplace_back(token.term, d_.sentences_);
    }
    const std::size_t end = d_.tokens_.size(), held = end - block_;
    if (IsPlain(token)) {
      for (std::size_t i = end - std::min(options_.window, held); i < end; ++i) {
        if (IsPlain(d_.tokens_[i])) Link(d_.tokens_[i].term, token.term);
      }
    }
    d_.tokens_.push_back(token);
    AddCandidates(std::min(options_.ngram, held + 1));
  }

  static bool IsPlain(const Token& token) { return token.tag != 'u' && token.tag != 'd'; }

  std::uint32_t FindTerm(const std::u32string& lower) {
    const bool stop = e_.IsStopWord(lower);
    Text key = lower;
    if (key.size() > 3 && key.back() == 's') key.remove_suffix(1);
    std::uint32_t& id = d_.term_ids_[HashOf(key)];
    if (id == 0) {
      const auto marks = std::count_if(key.begin(), key.end(), IsPunctuation);
      Term& term = d_.terms_.emplace_back();
      term.stop = stop || e_.IsStopWord(key) || key.size() - static_cast<std::size_t>(marks) < 3;
      id = static_cast<std::uint32_t>(d_.terms_.size());
    }
    return id - 1;
  }

  void Link(std::uint32_t from, std::uint32_t to) {
    std::uint32_t& weight = d_.edges_[Pair(from, to)];
    if (weight++ == 0) {
      ++d_.terms_[from].out;
      ++d_.terms_[to].in;
    }
    ++d_.terms_[from].out_weight;
    ++d_.terms_[to].in_weight;
  }

  void AddCandidates(std::size_t longest) {
    const auto last = static_cast<std::uint32_t>(d_.tokens_.size() - 1);
    std::uint32_t node = 0;
    bool plain = true;
    for (std::uint32_t count = 1; count <= longest; ++count) {
      const Token& token = d_.tokens_[last + 1 - count];
      std::uint32_t& next = d_.trie_[Pair(node, token.word)];
      if (next == 0) {
        Candidate& fresh = d_.candidates_.emplace_back();
        next = static_cast<std::uint32_t>(d_.candidates_.size());
        fresh.last = last;
        fresh.words = count;
      }
      node = next;
      plain = plain && IsPlain(token);
      Candidate& candidate = d_.candidates_[node - 1];
      ++candidate.tf;
      candidate.tags_ok |= plain;
    }
  }

  void ScoreTerms();
  double PhraseScore(const Candidate& candidate) const;
  const Term& TermAt(const Candidate& c, std::size_t i) const {
    return d_.terms_[d_.tokens_[c.last + 1 - c.words + i].term];
  }
  double Weight(const Candidate& c, std::size_t i) const {
    const std::size_t first = c.last + 1 - c.words;
    return d_.edges_.Get(Pair(d_.tokens_[first + i].term, d_.tokens_[first + i + 1].term));
  }

  const KeywordExtractor& e_;
  const KeywordExtractor::Options& options_;
  KeywordDocument& d_;
  std::size_t block_ = 0;
};

// ---- scoring ------------------------------------------------------------------------------------

void KeywordBuilder::ScoreTerms() {
  std::vector<double> tfs;
  double max_tf = 0;
  std::uint32_t next = 0;
  for (Term& term : d_.terms_) {
    max_tf = std::max<double>(max_tf, term.tf);
    if (!term.stop) tfs.push_back(term.tf);
    term.first_occurrence = next;
    next += term.sentences;
  }
  if (tfs.empty()) return;
  const auto count = static_cast<double>(tfs.size());
  const double mean = PairwiseSum(tfs.data(), tfs.size()) / count;
  for (double& tf : tfs) tf = (tf - mean) * (tf - mean);
  const double deviation = std::sqrt(PairwiseSum(tfs.data(), tfs.size()) / count);

  std::vector<std::uint32_t> places(d_.occurrences_.size()), filled(d_.terms_.size());
  for (const auto& [term, sentence] : d_.occurrences_) {
    places[d_.terms_[term].first_occurrence + filled[term]++] = sentence;
  }
  const auto share = [](std::uint32_t edges, std::uint64_t weight) {
    return weight == 0 ? 0.0 : static_cast<double>(edges) / static_cast<double>(weight);
  };
  for (Term& term : d_.terms_) {
    const double tf = term.tf;
    const std::uint32_t* at = places.data() + term.first_occurrence;
    const std::size_t n = term.sentences;
    const double median =
        n % 2 == 1 ? at[n / 2] : (static_cast<double>(at[n / 2 - 1]) + at[n / 2]) / 2;
    const double rel = (0.5 + share(term.in, term.in_weight) * (tf / max_tf)) +
                       (0.5 + share(term.out, term.out_weight) * (tf / max_tf));
    const double freq = tf / (mean + deviation);
    const double spread = static_cast<double>(n) / d_.sentences_;
    const double letter_case = std::max(term.tf_a, term.tf_n) / (1.0 + std::log(tf));
    const double pos = std::log(std::log(3.0 + median));
    term.h = (pos * rel) / (letter_case + (freq / rel) + (spread / rel));
  }
}

double KeywordBuilder::PhraseScore(const Candidate& c) const {
  double product = 1, sum = 0;
  for (std::size_t i = 0; i < c.words; ++i) {
    const Term& term = TermAt(c, i);
    if (!term.stop) {
      product *= term.h;
      sum += term.h;
      continue;
    }
    const double q =
        (Weight(c, i - 1) / TermAt(c, i - 1).tf) * (Weight(c, i) / TermAt(c, i + 1).tf);
    product *= 1 + (1 - q);
    sum -= 1 - q;
  }
  return product / ((sum + 1) * c.tf);
}

void KeywordBuilder::Score() {
  ScoreTerms();
  for (Candidate& c : d_.candidates_) {
    if (TermAt(c, 0).stop || TermAt(c, c.words - 1).stop || !c.tags_ok) {
      c.h = HUGE_VAL;
      continue;
    }
    c.h = PhraseScore(c);
    if (std::isnan(c.h)) c.h = HUGE_VAL;
  }
}

void KeywordBuilder::Pick(std::vector<Keyword>& out) const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < d_.candidates_.size(); ++i) {
    if (d_.candidates_[i].h != HUGE_VAL) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return d_.candidates_[a].h < d_.candidates_[b].h;
  });
  std::vector<Phrase> kept;
  std::u32string text;
  for (const std::uint32_t i : order) {
    if (out.size() >= options_.top) break;
    const Candidate& c = d_.candidates_[i];
    text.clear();
    for (std::uint32_t k = c.last + 1 - c.words; k <= c.last; ++k) {
      if (!text.empty()) text.push_back(U' ');
      const segtok::Range range = d_.tokens_[k].text;
      text.append(d_.arena_, range.begin, range.end - range.begin);
    }
    if (options_.dedup_limit < 1) {
      Phrase phrase(text);
      const bool similar = std::any_of(kept.begin(), kept.end(), [&](const Phrase& other) {
        const bool seqm = options_.dedup == KeywordExtractor::Similarity::kSeqm;
        return (seqm ? Seqm(phrase, other) : Levenshtein(phrase.text(), other.text())) >
               options_.dedup_limit;
      });
      if (similar) continue;
      kept.push_back(std::move(phrase));
    }
    out.push_back({ToUtf8(text), c.h, c.tf});
  }
}

std::uint32_t* KeywordDocument::Map::Find(std::uint64_t key) {
  const std::size_t mask = keys_.size() - 1;
  std::size_t at = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u) >> 20) & mask;
  while (values_[at] != 0 && keys_[at] != key) at = (at + 1) & mask;
  return keys_[at] = key, &values_[at];
}

void KeywordDocument::Map::Grow() {
  const std::vector<std::uint64_t> keys = std::move(keys_);
  const std::vector<std::uint32_t> values = std::move(values_);
  const std::size_t places = std::max<std::size_t>(256, 2 * keys.size());
  keys_.assign(places, 0);
  values_.assign(places, 0);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i] != 0) *Find(keys[i]) = values[i];
  }
}

void KeywordDocument::Map::Clear() {
  // After a long text, emptying all its places would be dear for each short one that follows.
  if (keys_.size() > 256 && used_ < keys_.size() / 16) {
    keys_.resize(keys_.size() / 2);
    values_.resize(keys_.size());
  }
  std::fill(values_.begin(), values_.end(), 0);
  used_ = 0;
}

void KeywordDocument::Clear() {
  bytes_ = 0;
  sentences_ = 0;
  arena_.clear();
  tokens_.clear();
  terms_.clear();
  occurrences_.clear();
  candidates_.clear();
  words_.Clear();
  term_ids_.Clear();
  term_of_word_.clear();
  edges_.Clear();
  trie_.Clear();
}

KeywordExtractor::KeywordExtractor(const Options& options,
                                   const std::vector<std::string>& stop_words)
    : options_(options), own_list_(true) {
  std::u32string code_points;
  for (const std::string& word : stop_words) {
    code_points.clear();
    AppendCodePoints(word, code_points);
    own_.insert(HashOf(code_points));
  }
}

bool KeywordExtractor::IsStopWord(Text lower) const {
  if (own_list_) return own_.count(HashOf(lower)) > 0;
  return stop_words_.Contains(Hash64(ToUtf8(lower)));
}

bool KeywordExtractor::Add(std::string_view text, KeywordDocument& document) const {
  if (text.size() > KeywordDocument::kMaxBytes - document.bytes_) return false;
  document.bytes_ += text.size();
  KeywordBuilder(*this, document).Add(text);
  return true;
}

void KeywordExtractor::Extract(KeywordDocument& document, std::vector<Keyword>& out) const {
  out.clear();
  KeywordBuilder builder(*this, document);
  builder.Score();
  builder.Pick(out);
}

void KeywordExtractor::Extract(std::string_view text, KeywordDocument& scratch,
                               std::vector<Keyword>& out) const {
  scratch.Clear();
  Add(text.substr(0, KeywordDocument::kMaxBytes), scratch);
  Extract(scratch, out);
}

}  // namespace hb
