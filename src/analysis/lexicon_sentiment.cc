#include "analysis/lexicon_sentiment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "analysis/mixed.h"

namespace hb {
namespace {

/// From the floor that our own model has too (0) to both poles alike (kMicro).
Micro MixedOf(Micro neg, Micro pos) {
  const std::int64_t stronger = std::max(neg, pos), weaker = std::min(neg, pos);
  if (weaker * kMicro <= stronger * kMixedFloor) return 0;
  return static_cast<Micro>((weaker * kMicro / stronger - kMixedFloor) * kMicro /
                            (kMicro - kMixedFloor));
}

SentimentScore Make(double negative, double positive, Label label) {
  SentimentScore score;
  score.neg = std::clamp(ToMicro(negative), 0, kMicro);
  score.pos = std::clamp(ToMicro(positive), 0, kMicro - score.neg);
  score.neu = kMicro - score.neg - score.pos;
  score.mixed = MixedOf(score.neg, score.pos);
  score.label = score.label4 = label;
  if (score.mixed != 0 &&
      LargestOf(FourWay(score.neg, score.neu, score.pos, score.mixed)) == Label::kMixed) {
    score.label4 = Label::kMixed;
  }
  return score;
}

template <typename Analyzer>
class Lexicon : public SentimentModel {
 public:
  Lexicon(Analyzer analyzer, std::string name)
      : analyzer_(std::move(analyzer)), name_(std::move(name)) {}

  [[nodiscard]] std::unique_ptr<Scratch> MakeScratch() const override {
    return std::make_unique<Own>();
  }
  Status Judge(Scratch& scratch, std::span<SentimentQuestion> posts) const override {
    auto& own = static_cast<Own&>(scratch).scratch;
    for (SentimentQuestion& post : posts) {
      post.score = From(analyzer_.Score(post.text, own));
      post.answered = true;
    }
    return Ok();
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool answers_all() const override { return true; }

 private:
  struct Own : Scratch {
    typename Analyzer::Scratch scratch;
  };
  [[nodiscard]] SentimentScore From(const VaderScore& score) const { return FromVader(score); }
  [[nodiscard]] SentimentScore From(const PolarityScore& score) const {
    return FromPolarity(score, analyzer_.Label(score));
  }

  const Analyzer analyzer_;
  const std::string name_;
};

}  // namespace

SentimentScore FromVader(const VaderScore& score) {
  const std::string_view label = VaderLabel(score.compound);
  return Make(score.neg, score.pos,
              label == "negative"   ? Label::kNegative
              : label == "positive" ? Label::kPositive
                                    : Label::kNeutral);
}

SentimentScore FromPolarity(const PolarityScore& score, PolarityLabel label) {
  return Make(score.negative, score.positive,
              label == PolarityLabel::kNegative   ? Label::kNegative
              : label == PolarityLabel::kPositive ? Label::kPositive
                                                  : Label::kNeutral);
}

bool IsLexicon(std::string_view name) {
  return name == "vader" || name == "vader-repaired" || name == "textblob" ||
         name == "textblob-repaired";
}

std::shared_ptr<const SentimentModel> MakeLexiconSentiment(std::string_view name,
                                                           std::shared_ptr<const WordList> words) {
  const bool repaired = name.ends_with("-repaired");
  const bool vader = name.starts_with("vader");
  std::string full(name);
  full += vader ? "/3.3.2" : "/0.20.1";
  if (repaired) full += "+2";  // which faults are repaired
  if (words) full += "+words-" + words->digest();
  if (vader) {
    const auto mode = repaired ? VaderAnalyzer::Mode::kRepaired : VaderAnalyzer::Mode::kOriginal;
    return std::make_shared<Lexicon<VaderAnalyzer>>(VaderAnalyzer(mode, std::move(words)),
                                                    std::move(full));
  }
  const auto mode =
      repaired ? PolarityAnalyzer::Mode::kRepaired : PolarityAnalyzer::Mode::kTextBlob;
  return std::make_shared<Lexicon<PolarityAnalyzer>>(PolarityAnalyzer(mode, std::move(words)),
                                                     std::move(full));
}

}  // namespace hb
