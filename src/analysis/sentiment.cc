#include "analysis/sentiment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "model/embedded.h"
#include "model/model_file.h"

namespace hb {
namespace {

std::string NameOf(const model::LinearModel& model) {
  return std::string(model.name()) + "/" + std::string(model.version());
}

}  // namespace

void SentimentColumns::Clear() {
  neg.clear();
  neu.clear();
  mixed.clear();
  label.clear();
  label4.clear();
}

SentimentAnalyzer::SentimentAnalyzer() : SentimentAnalyzer(model::EmbeddedSentiment()) {}

SentimentAnalyzer SentimentAnalyzer::Multilingual() {
  return SentimentAnalyzer(model::EmbeddedSentimentMulti());
}

SentimentAnalyzer::SentimentAnalyzer(const model::LinearModel& embedded)
    : scorer_(embedded), name_(NameOf(embedded)) {}

SentimentAnalyzer::SentimentAnalyzer(std::shared_ptr<const model::LinearModel> owned)
    : owned_(std::move(owned)), scorer_(*owned_), name_(NameOf(*owned_)) {}

Result<SentimentAnalyzer> SentimentAnalyzer::FromFile(const std::string& path) {
  HB_ASSIGN(model::LinearModel loaded, model::LoadLinearModel(path));
  if (loaded.labels() != std::vector<std::string>{"negative", "neutral", "positive"}) {
    return Error{Code::kInvalidArgument, path + ": labels are not negative, neutral, positive"};
  }
  return SentimentAnalyzer(std::make_shared<const model::LinearModel>(std::move(loaded)));
}

SentimentScore SentimentAnalyzer::Score(std::string_view text, Scratch& scratch,
                                        std::size_t language) const {
  scorer_.Score(text, scratch, language);
  std::array<std::int64_t, 3> logits{};
  std::array<Micro, 3> scores{};
  scorer_.Logits(scratch, logits.data());
  model::SoftmaxMicro(logits, scores);
  SentimentScore out{.neg = scores[0], .neu = scores[1], .pos = scores[2]};
  out.mixed = MixedDegree(scorer_, scratch);
  out.label = LargestOf(out.neg, out.neu, out.pos);
  out.label4 =
      out.mixed == 0 ? out.label : LargestOf(FourWay(out.neg, out.neu, out.pos, out.mixed));
  return out;
}

void SentimentAnalyzer::ScoreBatch(std::span<const std::string_view> texts, Scratch& scratch,
                                   SentimentColumns& out) const {
  for (const std::string_view text : texts) {
    const SentimentScore score = Score(text, scratch);
    out.neg.push_back(score.neg);
    out.neu.push_back(score.neu);
    out.mixed.push_back(score.mixed);
    out.label.push_back(score.label);
    out.label4.push_back(score.label4);
  }
}

std::vector<SentimentAnalyzer::WordWeight> SentimentAnalyzer::Explain(std::string_view text,
                                                                      Scratch& scratch,
                                                                      std::size_t limit) const {
  std::vector<model::LinearScorer::Contribution> words;
  scorer_.Explain(text, scratch, words);
  const auto real = [](std::int64_t logit) {
    return std::ldexp(static_cast<double>(logit), -model::kLogitBits);
  };
  std::vector<WordWeight> out;
  out.reserve(words.size());
  for (const auto& word : words) {
    out.push_back(
        {.text = std::string(text.substr(word.source_begin, word.source_end - word.source_begin)),
         .begin = word.source_begin,
         .end = word.source_end,
         .negative = real(word.logits[0]),
         .neutral = real(word.logits[1]),
         .positive = real(word.logits[2])});
  }
  const auto size = [](const WordWeight& w) {
    return std::max({std::abs(w.negative), std::abs(w.neutral), std::abs(w.positive)});
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const WordWeight& a, const WordWeight& b) { return size(a) > size(b); });
  if (out.size() > limit) out.resize(limit);
  return out;
}

}  // namespace hb
