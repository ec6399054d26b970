#include "analysis/vader.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <span>

#include "base/utf8.h"

namespace hb {
namespace {

using vader::Entry;
using vader::Word;
using Token = VaderAnalyzer::Token;

constexpr double kBoost = 0.293, kCapitals = 0.733, kNegation = -0.74, kAlpha = 15;

// ---- text and tokens
// ------------------------------------------------------------------------------

// What Python's str.split takes for white space.
bool IsSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsPunctuation(char c) {  // string.punctuation
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

/// Writes the text as the rules read it: emoji as words, what is not UTF-8 as U+FFFD.
class Writer {
 public:
  Writer(std::string& out, bool repaired, const WordList* words)
      : out_(out), repaired_(repaired), words_(words) {
    out_.clear();
  }

  void Write(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint point = DecodeUtf8(text, at);
      Put(point.code, point.valid ? text.substr(at, point.size) : "\xef\xbf\xbd");
      at += point.size;
    }
  }

 private:
  void Put(char32_t code, std::string_view bytes) {
    if (repaired_ && code == 0xFE0F) return;
    if (repaired_ && code == 0x2019) return PutPlain('\'', "'");
    const std::string_view words = code < 0x80 ? std::string_view{} : vader::EmojiText(code);
    if (words.empty()) return PutPlain(code, bytes);
    if (!after_blank_) out_ += ' ';
    // An emoji of the user's is a word by itself.
    const bool users = words_ != nullptr && words_->Find(bytes) != nullptr;
    out_ += users ? bytes : words;
    if (users) out_ += ' ';
    after_blank_ = users;
    in_tag_ = false;
  }

  void PutPlain(char32_t code, std::string_view bytes) {
    if (repaired_) SplitTag(code);
    out_ += bytes;
    after_blank_ = code == ' ';
  }

  /// "#NotGood" becomes "#Not Good": an upper letter after a lower one begins a word.
  void SplitTag(char32_t code) {
    const bool upper = code >= 'A' && code <= 'Z', lower = code >= 'a' && code <= 'z';
    if (code == '#') {
      in_tag_ = true;
    } else if (IsSpace(code)) {
      in_tag_ = false;
    } else if (in_tag_ && upper && after_lower_) {
      out_ += ' ';
    }
    after_lower_ = lower;
  }

  std::string& out_;
  const bool repaired_;
  const WordList* const words_;
  bool after_blank_ = true, in_tag_ = false, after_lower_ = false;
};

/// Finds the tokens of a text of valid UTF-8 and what the lexicon says of each.
class Tokenizer {
 public:
  Tokenizer(std::string_view text, const WordList* words, VaderAnalyzer::Scratch& scratch)
      : text_(text), words_(words), scratch_(scratch) {}

  void Run() {
    scratch_.tokens.clear();
    std::size_t begin = 0, at = 0;
    while (at < text_.size()) {
      const CodePoint point = DecodeUtf8(text_, at);
      if (IsSpace(point.code)) {
        if (at > begin) Add(begin, at);
        begin = at + point.size;
      }
      at += point.size;
    }
    if (at > begin) Add(begin, at);
  }

 private:
  void Add(std::size_t begin, std::size_t end) {
    std::string_view token = text_.substr(begin, end - begin);
    std::string_view bare = token;
    while (!bare.empty() && IsPunctuation(bare.front())) bare.remove_prefix(1);
    while (!bare.empty() && IsPunctuation(bare.back())) bare.remove_suffix(1);
    // What is left of an emoticon is hardly a word.
    const bool word = bare.size() > 8 || CountCodePoints(bare) > 2;
    if (word && !IsUsers(token)) token = bare;
    Token& added = scratch_.tokens.emplace_back();
    added.begin = static_cast<std::uint32_t>(token.data() - text_.data());
    added.bytes = static_cast<std::uint32_t>(token.size());
    Describe(token, added);
  }

  void Describe(std::string_view token, Token& out) {
    std::string& lower = scratch_.lower;
    lower.clear();
    bool has_upper = false, has_lower = false;
    for (std::size_t at = 0; at < token.size();) {
      const char c = token[at];
      if (static_cast<unsigned char>(c) < 0x80) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        has_upper |= is_upper;
        has_lower |= c >= 'a' && c <= 'z';
        lower += is_upper ? static_cast<char>(c + 32) : c;
        ++at;
        continue;
      }
      const CodePoint point = DecodeUtf8(token, at);
      const auto code = static_cast<UChar32>(point.code);
      has_lower |= u_isULowercase(code) || u_istitle(code);
      has_upper |= u_isUUppercase(code);
      // The Kelvin sign alone becomes ASCII; the lexicon holds nothing else.
      if (point.code == 0x212A) {
        lower += 'k';
      } else {
        lower += token.substr(at, point.size);
      }
      at += point.size;
    }
    out.upper = has_upper && !has_lower;
    out.entry = vader::Find(lower);
    if (const WordList::Word* own = UsersWord(token)) out.entry = &own->vader;
    out.negates =
        (out.entry != nullptr && out.entry->negates) || lower.find("n't") != std::string::npos;
  }

  const WordList::Word* UsersWord(std::string_view token) const {
    return words_ == nullptr ? nullptr : words_->FindAnyCase(token, scratch_.users);
  }
  /// A word of the user's may begin or end with marks.
  bool IsUsers(std::string_view token) const { return UsersWord(token) != nullptr; }

  const std::string_view text_;
  const WordList* const words_;
  VaderAnalyzer::Scratch& scratch_;
};

// ---- rules
// ----------------------------------------------------------------------------------------

/// Phrases whose valence replaces that of the word of the lexicon in them.
std::optional<double> PhraseOfTwo(Word a, Word b) {
  if (a == Word::kThe && b == Word::kShit) return 3;
  if (a == Word::kThe && b == Word::kBomb) return 3;
  if (a == Word::kBad && b == Word::kAss) return 1.5;
  if (a == Word::kBus && b == Word::kStop) return 0;
  if (a == Word::kYeah && b == Word::kRight) return -2;
  if (a == Word::kBeating && b == Word::kHeart) return 3.5;
  return std::nullopt;
}
std::optional<double> PhraseOfThree(Word a, Word b, Word c) {
  if (a == Word::kKiss && b == Word::kOf && c == Word::kDeath) return -1.5;
  if (a == Word::kTo && b == Word::kDie && c == Word::kFor) return 3;
  return std::nullopt;
}
bool WeakensTogether(Word a, Word b) {
  return (a == Word::kJust && b == Word::kEnough) ||
         (b == Word::kOf && (a == Word::kKind || a == Word::kSort));
}

/// The tokens of one text, seen from any of them.
class Rules {
 public:
  Rules(std::span<const Token> tokens, std::string_view text, bool repaired)
      : tokens_(tokens), text_(text), repaired_(repaired) {
    std::size_t upper = 0;
    for (const Token& token : tokens_) upper += token.upper;
    shouts_ = upper > 0 && upper < tokens_.size();
  }

  double Valence(std::size_t i) const {
    const Entry* entry = tokens_[i].entry;
    if (entry == nullptr || entry->boost != 0 || !entry->scored) return 0;
    if (entry->word == Word::kKind && WordAt(i + 1) == Word::kOf) return 0;
    double valence = entry->valence;
    if (entry->word == Word::kNo && IsScored(i + 1)) valence = 0;
    if (FollowsNo(i)) valence = entry->valence * kNegation;
    if (tokens_[i].upper && shouts_) valence += valence > 0 ? kCapitals : -kCapitals;
    for (std::size_t before = 1; before <= 3 && before <= i; ++before) {
      if (IsScored(i - before)) continue;
      valence += Boost(tokens_[i - before], valence) * kFading[before - 1];
      valence = Negated(valence, i, before);
      if (before == 3 && !repaired_) valence = InPhrase(valence, i);
    }
    // The original looks for phrases only behind three words without a valence.
    if (repaired_) valence = InPhrase(valence, i);
    if (i > 0 && WordAt(i - 1) == Word::kLeast && !IsScored(i - 1)) {
      const Word earlier = i > 1 ? WordAt(i - 2) : Word::kNone;
      if (earlier != Word::kAt && earlier != Word::kVery) valence *= kNegation;
    }
    return valence;
  }

 private:
  static constexpr double kFading[] = {1, 0.95, 0.9};

  Word WordAt(std::size_t i) const {
    if (i >= tokens_.size() || tokens_[i].entry == nullptr) return Word::kNone;
    return tokens_[i].entry->word;
  }
  bool IsScored(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].entry != nullptr && tokens_[i].entry->scored;
  }

  bool FollowsNo(std::size_t i) const {
    if (i > 0 && WordAt(i - 1) == Word::kNo) return true;
    if (i > 1 && WordAt(i - 2) == Word::kNo) return true;
    return i > 2 && WordAt(i - 3) == Word::kNo &&
           (WordAt(i - 1) == Word::kOr || WordAt(i - 1) == Word::kNor);
  }

  double Boost(const Token& token, double valence) const {
    if (token.entry == nullptr || token.entry->boost == 0) return 0;
    double boost = token.entry->boost * kBoost;
    if (valence < 0) boost = -boost;
    if (token.upper && shouts_) boost += valence > 0 ? kCapitals : -kCapitals;
    return boost;
  }

  double Negated(double valence, std::size_t i, std::size_t before) const {
    const Word first = WordAt(i - before);
    if (before == 2) {
      const Word next = WordAt(i - 1);
      if (first == Word::kNever && IsSoOrThis(next)) return valence * 1.25;
      if (first == Word::kWithout && next == Word::kDoubt) return valence;
    } else if (before == 3) {
      const Word second = WordAt(i - 2), third = WordAt(i - 1);
      // The original's precedence of "and" over "or": so and this beside the word strengthen it
      // without any "never".
      const bool never = first == Word::kNever;
      if ((never && IsSoOrThis(second)) || ((never || !repaired_) && IsSoOrThis(third)))
        return valence * 1.25;
      if (first == Word::kWithout && (second == Word::kDoubt || third == Word::kDoubt)) {
        return valence;
      }
    }
    if (repaired_ && IsEmoticon(i)) return valence;
    return tokens_[i - before].negates ? valence * kNegation : valence;
  }
  /// Marks alone: "nothing for us :(" is no good news.
  bool IsEmoticon(std::size_t i) const {
    const std::string_view token = text_.substr(tokens_[i].begin, tokens_[i].bytes);
    return std::all_of(token.begin(), token.end(), IsPunctuation);
  }
  static bool IsSoOrThis(Word word) { return word == Word::kSo || word == Word::kThis; }

  double InPhrase(double valence, std::size_t i) const {
    const auto back = [&](std::size_t n) { return n <= i ? WordAt(i - n) : Word::kNone; };
    const Word three = back(3), two = back(2), one = back(1), zero = WordAt(i);
    const std::optional<double> before[] = {PhraseOfTwo(one, zero), PhraseOfThree(two, one, zero),
                                            PhraseOfTwo(two, one), PhraseOfThree(three, two, one),
                                            PhraseOfTwo(three, two)};
    for (const std::optional<double>& phrase : before) {
      if (!phrase) continue;
      valence = *phrase;
      break;
    }
    valence = PhraseOfTwo(zero, WordAt(i + 1)).value_or(valence);
    valence = PhraseOfThree(zero, WordAt(i + 1), WordAt(i + 2)).value_or(valence);
    if (WeakensTogether(three, two)) valence -= kBoost;
    if (WeakensTogether(two, one)) valence -= kBoost;
    return valence;
  }

  const std::span<const Token> tokens_;
  const std::string_view text_;
  const bool repaired_;
  bool shouts_ = false;  ///< some tokens, not all, are in upper case
};

// ---- "but"
// ----------------------------------------------------------------------------------------

// What follows a "but" counts more, what precedes it less. The original walks over the values and
// changes, for each, the first one that is equal to it; equal values therefore hit the wrong place.
// Only the values that are not 0 can change.

double Shifted(double value, std::size_t at, std::size_t but) {
  return at < but ? value * 0.5 : at > but ? value * 1.5 : value;
}

void ShiftFew(std::size_t but, std::span<double> values) {
  for (const double& value : values) {
    if (value == 0) continue;
    const auto first =
        static_cast<std::size_t>(std::find(values.begin(), values.end(), value) - values.begin());
    values[first] = Shifted(values[first], first, but);
  }
}

/// The same in O(n log n), for texts that are made to take long.
void ShiftMany(std::size_t but, std::span<double> values) {
  using Places = std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>>;
  std::map<double, Places> places;  // of what was walked over: the first equal one is among them
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    if (value == 0) continue;
    Places& equal = places[value];
    equal.push(i);
    const std::size_t first = equal.top();
    values[first] = Shifted(value, first, but);
    if (values[first] == value) continue;
    equal.pop();
    places[values[first]].push(first);
  }
}

void Shift(std::span<const Token> tokens, bool repaired, std::span<double> values) {
  const auto found = std::find_if(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.entry != nullptr && token.entry->word == Word::kBut;
  });
  if (found == tokens.end()) return;
  const auto but = static_cast<std::size_t>(found - tokens.begin());
  if (repaired) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = Shifted(values[i], i, but);
    return;
  }
  const auto scored =
      values.size() - static_cast<std::size_t>(std::count(values.begin(), values.end(), 0.0));
  if (scored <= VaderAnalyzer::kFewScored) {
    ShiftFew(but, values);
  } else {
    ShiftMany(but, values);
  }
}

// ---- sums
// -----------------------------------------------------------------------------------------

/// To `digits` decimals, as Python rounds: exactly, and half to even. Requires: |x| <= 1.
double Round(double x, int digits) {
  const double scale = digits == 3 ? 1e3 : 1e4;
  const double scaled = x * scale, nearest = std::nearbyint(scaled);
  if (std::abs(std::abs(scaled - nearest) - 0.5) > 1e-9) return nearest / scale;
  char text[32];  // Too close to the middle for the product to tell.
  const auto end = std::to_chars(text, text + sizeof text, x, std::chars_format::fixed, digits).ptr;
  double rounded = 0;
  std::from_chars(text, end, rounded);
  return rounded;
}

double Emphasis(std::string_view text) {
  const auto exclamations = std::count(text.begin(), text.end(), '!');
  const auto questions = std::count(text.begin(), text.end(), '?');
  const double more = questions < 2    ? 0
                      : questions <= 3 ? static_cast<double>(questions) * 0.18
                                       : 0.96;
  return static_cast<double>(std::min<std::ptrdiff_t>(exclamations, 4)) * 0.292 + more;
}

VaderScore Sum(std::span<const double> values, double emphasis) {
  double sum = 0, positive = 0, negative = 0, neutral = 0;
  for (const double value : values) {
    sum += value;
    if (value > 0) positive += value + 1;
    if (value < 0) negative += value - 1;
    if (value == 0) neutral += 1;
  }
  if (sum > 0) {
    sum += emphasis;
  } else if (sum < 0) {
    sum -= emphasis;
  }
  if (positive > -negative) {
    positive += emphasis;
  } else if (positive < -negative) {
    negative -= emphasis;
  }
  const double total = positive - negative + neutral;
  VaderScore score;
  score.compound = Round(std::clamp(sum / std::sqrt(sum * sum + kAlpha), -1.0, 1.0), 4);
  score.neg = Round(std::abs(negative / total), 3);
  score.neu = Round(neutral / total, 3);
  score.pos = Round(positive / total, 3);
  return score;
}

}  // namespace

VaderScore VaderAnalyzer::Score(std::string_view text, Scratch& scratch) const {
  const bool repaired = mode_ == Mode::kRepaired;
  if (text.size() > UINT32_MAX) text = text.substr(0, UINT32_MAX);
  if (repaired || !IsAscii(text)) {
    Writer(scratch.text, repaired, words_.get()).Write(text);
    text = scratch.text;
  }
  Tokenizer(text, words_.get(), scratch).Run();
  const std::span<const Token> tokens = scratch.tokens;
  if (tokens.empty()) return {};
  const Rules rules(tokens, text, repaired);
  scratch.valences.clear();
  for (std::size_t i = 0; i < tokens.size(); ++i) scratch.valences.push_back(rules.Valence(i));
  Shift(tokens, repaired, scratch.valences);
  return Sum(scratch.valences, Emphasis(text));
}

std::string_view VaderAnalyzer::version() const {
  return mode_ == Mode::kRepaired ? "vader-3.3.2+repaired-2" : "vader-3.3.2";
}

std::string_view VaderLabel(double compound) {
  return compound >= 0.05 ? "positive" : compound <= -0.05 ? "negative" : "neutral";
}

}  // namespace hb
