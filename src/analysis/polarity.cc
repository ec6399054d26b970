#include "analysis/polarity.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/pattern_lexicon.h"

namespace hb {
namespace {

using pattern::Entry;

// Some letters beyond ASCII become ASCII in lower case; of all Unicode this is the only one that
// does so alone: U+212A, the Kelvin sign.
constexpr std::string_view kKelvin = "\xe2\x84\xaa";

const Entry* FindWithKelvin(std::string_view token) {
  if (token.find(kKelvin) == std::string_view::npos) return nullptr;
  std::array<char, pattern::kMaxFormBytes> lower;
  std::size_t size = 0;
  while (!token.empty()) {
    if (size == lower.size()) return nullptr;
    const bool kelvin = token.starts_with(kKelvin);
    lower[size++] = kelvin ? 'k' : token.front();
    token.remove_prefix(kelvin ? kKelvin.size() : 1);
  }
  return pattern::Find(pattern::MakeKey({lower.data(), size}));
}

// `readable`: bytes from the start of the token to the end of what it lies in.
const Entry* FindToken(std::string_view token, std::size_t readable) {
  if (token.size() == 1 && token.front() != '!') return nullptr;  // The one form of one byte.
  if (token.size() <= pattern::kMaxFormBytes) {
    const pattern::Key key = readable >= pattern::kMaxFormBytes ? pattern::MakeKeyPadded(token)
                                                                : pattern::MakeKey(token);
    const Entry* entry = pattern::Find(key);
    const bool ascii = ((key.head | key.middle | key.tail) & 0x8080808080808080u) == 0;
    if (entry != nullptr || ascii) return entry;
  }
  if (token.size() > pattern::kMaxFormBytes * kKelvin.size()) return nullptr;
  return FindWithKelvin(token);
}

// Adverbs whose own row in pattern's lexicon (values without a part of speech but the adverb's) is
// lost in the original: it writes the adjective's values over them, intensity 1 included.
const Entry& WithOwnIntensity(const Entry& entry) {
  struct Row {
    std::string_view form;
    double polarity, subjectivity, intensity;
  };
  static constexpr Row kRows[] = {{"definitely", 0, 1, 2},
                                  {"frustratingly", -0.2, 0.2, 1.2},
                                  {"really", 0, 1, 2},
                                  {"seriously", -0.1, 1, 2}};
  static const auto entries = [] {
    std::array<Entry, std::size(kRows)> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const Row& row = kRows[i];
      made[i] = *pattern::Find(pattern::MakeKey(row.form));
      made[i].polarity = row.polarity;
      made[i].subjectivity = row.subjectivity;
      made[i].intensity = row.intensity;
    }
    return made;
  }();
  for (const Entry& own : entries) {
    if (own.key == entry.key) return own;
  }
  return entry;
}

double Clamp(double value) { return std::max(-1.0, std::min(value, 1.0)); }

// Records nothing, for the stream.
struct NoTrace {
  void Begin(const Entry&) {}
  void AddBack(const Entry&) {}
  void AddFront(const Entry&) {}
  void End(double, double) {}
};

// Records the words of each judged stretch.
class Trace {
 public:
  explicit Trace(std::vector<PolarityAssessment>& out) : out_(out) {}
  void Begin(const Entry& entry) { words_.assign(1, &entry); }
  void AddBack(const Entry& entry) { words_.push_back(&entry); }
  void AddFront(const Entry& entry) { words_.insert(words_.begin(), &entry); }
  void End(double polarity, double subjectivity) {
    PolarityAssessment& assessment = out_.emplace_back();
    for (const Entry* word : words_) {
      if (!assessment.words.empty()) assessment.words.push_back(' ');
      assessment.words += word->Form();
    }
    assessment.polarity = polarity;
    assessment.subjectivity = subjectivity;
  }

 private:
  std::vector<PolarityAssessment>& out_;
  std::vector<const Entry*> words_;
};

// The walk over the tokens. Only the newest stretch can still change, so the others are summed as
// they end, in the order of the text: the original's order of additions.
template <typename TraceType>
class Walk {
 public:
  Walk(const polarity::TokenBuffer& buffer, polarity::Mode mode, const WordList* words,
       TraceType trace)
      : buffer_(buffer),
        repaired_(mode == polarity::Mode::kRepaired),
        words_(words),
        trace_(std::move(trace)) {}

  PolarityScore Run() {
    for (const polarity::Token token : buffer_.tokens()) {
      if (token.bytes == 0) continue;
      const std::string_view view = buffer_.View(token);
      const Entry* entry = FindToken(view, buffer_.BytesFrom(token));
      if (entry != nullptr && !repaired_ && (entry->flags & pattern::kRepairedOnly) != 0)
        entry = nullptr;
      constexpr std::uint32_t kAdverbs = pattern::kLy | pattern::kAdverb;
      if (repaired_ && entry != nullptr && (entry->flags & kAdverbs) == kAdverbs)
        entry = &WithOwnIntensity(*entry);
      if (words_ != nullptr) {
        if (const WordList::Word* own = words_->FindAnyCase(view, lower_)) entry = &own->pattern;
      }
      if (entry != nullptr && (entry->flags & pattern::kWord) != 0) {
        Known(*entry);
      } else if (entry != nullptr || modifier_ != nullptr || negation_ != nullptr) {
        Unknown(view, entry);
      }
    }
    EndStretch();
    if (stretches_ == 0) return {};
    const auto count = static_cast<double>(stretches_);
    return {polarity_sum_ / count, subjectivity_sum_ / count, positive_sum_ / count,
            negative_sum_ / count};
  }

 private:
  void Begin(const Entry& entry) {
    EndStretch();
    polarity_ = entry.polarity;
    subjectivity_ = entry.subjectivity;
    intensity_ = entry.intensity;
    negated_ = false;
    open_ = true;
    trace_.Begin(entry);
  }

  void EndStretch() {
    if (!open_) return;
    const double polarity = negated_ ? polarity_ * -0.5 : polarity_;
    polarity_sum_ += polarity;
    positive_sum_ += std::max(polarity, 0.0);
    negative_sum_ += std::max(-polarity, 0.0);
    subjectivity_sum_ += subjectivity_;
    ++stretches_;
    trace_.End(polarity, subjectivity_);
  }

  void Known(const Entry& entry) {
    if (modifier_ == nullptr) {
      Begin(entry);
    } else {  // A modifier was pending, so a stretch is open; this word takes it over.
      polarity_ = Clamp(entry.polarity * intensity_);
      subjectivity_ = Clamp(entry.subjectivity * intensity_);
      intensity_ = entry.intensity;
      trace_.AddBack(entry);
    }
    if (negation_ != nullptr) {
      intensity_ = 1.0 / intensity_;
      negated_ = true;
      trace_.AddFront(*negation_);
    }
    modifier_ = (entry.flags & pattern::kAdverb) != 0 ? &entry : nullptr;
    negation_ = (entry.flags & pattern::kNegation) != 0 ? &entry : nullptr;
  }

  // A token without a value of its own. Short ones do not come between a negation or a modifier and
  // its word: "not a good", "really is good".
  void Unknown(std::string_view view, const Entry* entry) {
    const std::uint32_t flags = entry != nullptr ? entry->flags : 0;
    if ((flags & pattern::kNegation) != 0) {
      negation_ = entry;
    } else if (negation_ != nullptr && polarity::LongerThan(view, 1)) {
      negation_ = nullptr;
    }
    if (negation_ != nullptr && modifier_ != nullptr && (modifier_->flags & pattern::kLy) != 0) {
      negated_ = true;  // "really not ..."
      trace_.AddBack(*negation_);
      negation_ = nullptr;
    } else if (modifier_ != nullptr && polarity::LongerThan(view, 2) &&
               !(repaired_ && (flags & pattern::kNegation) != 0)) {
      modifier_ = nullptr;  // To the original "very not happy" is another thing than "very no".
    }
    if ((flags & pattern::kExclamation) != 0 && open_) {
      polarity_ = Clamp(polarity_ * 1.25);
      trace_.AddBack(*entry);
    }
    if ((flags & (pattern::kIrony | pattern::kEmoticon)) != 0) {
      // An emoji is one character and yet a whole thought: nothing reaches across it.
      if ((flags & pattern::kRepairedOnly) != 0) modifier_ = negation_ = nullptr;
      Begin(*entry);
    }
  }

  const polarity::TokenBuffer& buffer_;
  bool repaired_;
  const WordList* words_;
  std::string lower_;
  TraceType trace_;
  // The present stretch.
  double polarity_ = 0, subjectivity_ = 0, intensity_ = 1;
  bool negated_ = false, open_ = false;
  const Entry* modifier_ = nullptr;
  const Entry* negation_ = nullptr;
  // Those before it.
  double polarity_sum_ = 0, subjectivity_sum_ = 0, positive_sum_ = 0, negative_sum_ = 0;
  std::size_t stretches_ = 0;
};

}  // namespace

std::string_view ToString(PolarityLabel label) {
  switch (label) {
    case PolarityLabel::kNegative: return "negative";
    case PolarityLabel::kPositive: return "positive";
    case PolarityLabel::kNeutral: break;
  }
  return "neutral";
}

PolarityScore PolarityAnalyzer::Score(std::string_view text, Scratch& scratch) const {
  scratch.Tokenize(text, mode_);
  return Walk<NoTrace>(scratch, mode_, words_.get(), NoTrace{}).Run();
}

PolarityScore PolarityAnalyzer::Explain(std::string_view text, Scratch& scratch,
                                        std::vector<PolarityAssessment>& assessments) const {
  assessments.clear();
  scratch.Tokenize(text, mode_);
  return Walk<Trace>(scratch, mode_, words_.get(), Trace(assessments)).Run();
}

PolarityLabel PolarityAnalyzer::Label(PolarityScore score) const {
  const double dead_band = mode_ == Mode::kRepaired ? 1e-9 : 0.0;
  if (score.polarity > dead_band) return PolarityLabel::kPositive;
  if (score.polarity < -dead_band) return PolarityLabel::kNegative;
  return PolarityLabel::kNeutral;
}

std::string_view PolarityAnalyzer::version() const {
  return mode_ == Mode::kRepaired ? "textblob-0.20.1+repaired-2" : "textblob-0.20.1";
}

void KeepHeaviest(std::size_t limit, std::vector<PolarityAssessment>& assessments) {
  std::stable_sort(assessments.begin(), assessments.end(), [](const auto& a, const auto& b) {
    const double left = std::abs(a.polarity), right = std::abs(b.polarity);
    return left != right ? left > right : a.subjectivity > b.subjectivity;
  });
  if (assessments.size() > limit) assessments.resize(limit);
}

}  // namespace hb
