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

}  // namespace hb
