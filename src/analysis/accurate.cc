#include "analysis/accurate.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace hb {

namespace {

using neural::Head;
using neural::Transformer;

constexpr std::array<std::string_view, 3> kSentiments = {"negative", "neutral", "positive"};
constexpr std::array<std::string_view, 3> kStances = {"favour", "none", "against"};
constexpr std::array<std::string_view, 3> kNumbered = {"LABEL_0", "LABEL_1", "LABEL_2"};

/// Millionths of probabilities that sum to one: rounded, what is left over to the largest.
void ToShares(std::span<const double> probabilities, std::span<Micro> out) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = ToMicro(std::clamp(probabilities[i], 0.0, 1.0));
  const Micro sum = std::accumulate(out.begin(), out.end(), Micro{0});
  *std::max_element(out.begin(), out.end()) += kMicro - sum;
}

/// Takes the opinions of a fast model into `probabilities`.
void Pool(std::span<const Micro> fast, double share, std::span<double> probabilities) {
  double sum = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    // A share of 0 millionths is not certainty.
    const double said = (static_cast<double>(fast[i]) + 0.5) / kMicro;
    probabilities[i] = std::pow(probabilities[i], 1 - share) * std::pow(said, share);
    sum += probabilities[i];
  }
  if (sum <= 0) return;
  for (double& probability : probabilities) probability /= sum;
}

}  // namespace

std::optional<AccurateModel::Labels> AccurateModel::Find(const Head* head,
                                                         std::span<const std::string_view> ours) {
  if (head == nullptr || head->kind != Head::Kind::kOne || head->labels.size() != ours.size())
    return std::nullopt;
  Labels labels{.head = head};
  for (std::size_t i = 0; i < ours.size(); ++i) {
    labels.place[i] = head->Find(ours[i]);
    if (labels.place[i] == head->labels.size()) return std::nullopt;
  }
  return labels;
}

Result<std::unique_ptr<AccurateModel>> AccurateModel::Load(const std::string& folder,
                                                           const Options& options) {
  std::unique_ptr<AccurateModel> model(new AccurateModel());
  HB_ASSIGN(model->transformer_, Transformer::Load(folder, {.concurrent = options.concurrent,
                                                            .meaning = options.topics,
                                                            .words = options.names}));
  const Transformer& read = *model->transformer_;
  const Head* sentiment = read.head("sentiment");
  if (sentiment == nullptr && read.heads().size() == 1) sentiment = &read.heads()[0];
  model->sentiment_ = Find(sentiment, kSentiments);
  if (!model->sentiment_) model->sentiment_ = Find(sentiment, kNumbered);
  if (!model->sentiment_) {
    return Error{Code::kInvalidArgument,
                 folder + ": config.json has no head with the labels negative, neutral, positive"};
  }
  std::array<std::string_view, kEmotions> emotions;
  for (std::size_t i = 0; i < kEmotions; ++i) emotions[i] = EmotionName(static_cast<Emotion>(i));
  model->emotion_ = Find(read.head("emotion"), emotions);
  const auto tone = [&](const std::string& name) {
    const std::string negated = "not " + name;
    return Find(read.head(name), std::array<std::string_view, 2>{negated, name});
  };
  model->irony_ = tone("irony");
  model->offensive_ = tone("offensive");
  model->hate_ = tone("hate");
  if (const Head* head = read.head("stance"); head != nullptr && head->targeted)
    model->stance_ = Find(head, kStances);
  if (const Head* head = read.head("topics"); head != nullptr && head->kind == Head::Kind::kMany)
    model->topics_ = head;
  if (read.tagger() != nullptr) {
    auto tags = TagEvidence::Of(*read.tagger());
    if (!tags.ok())
      return Error{Code::kInvalidArgument, folder + ": config.json: " + tags.error().message};
    model->tags_ = std::move(tags).value();
  }
  return model;
}

bool AccurateModel::Reads(std::string_view lang) const {
  const std::vector<std::string>& known = transformer_->languages();
  // A text too short to be sure of is read as well: its words may be known.
  return known.empty() || lang == "und" ||
         std::find(known.begin(), known.end(), lang) != known.end();
}

Result<std::unique_ptr<AccurateModel::Scratch>> AccurateModel::MakeScratch() const {
  auto scratch = std::make_unique<Scratch>();
  HB_ASSIGN(scratch->own_, transformer_->MakeScratch());
  return scratch;
}

Status AccurateModel::Score(std::span<const std::string_view> texts,
                            std::span<const std::vector<std::string_view>> words,
                            Scratch& scratch) const {
  return transformer_->Score(texts, {.words = words}, *scratch.own_, scratch.scores_);
}

Status AccurateModel::ScoreToward(std::span<const std::string_view> texts, std::string_view target,
                                  Scratch& scratch) const {
  if (!stance_) {
    return Error{Code::kInvalidArgument,
                 name() + " cannot say how a text stands to a target: it has no head 'stance'"};
  }
  if (target.empty()) return Error{Code::kInvalidArgument, "the target is empty"};
  return transformer_->Score(texts, {.target = target}, *scratch.own_, scratch.stances_);
}

void AccurateModel::Evidence(const Scratch& scratch, std::size_t text, model::EntityView view,
                             std::vector<model::StateScores>& out) const {
  const auto& begins = scratch.scores_.word_begins;
  out.resize(begins[text + 1] - begins[text]);
  for (std::size_t word = 0; word < out.size(); ++word)
    tags_->Scores(scratch.scores_.Word(text, word), view, out[word]);
}

StanceScore AccurateModel::Stance(const Scratch& scratch, std::size_t text) const {
  const auto said = scratch.stances_.Probabilities(text, *stance_->head);
  std::array<double, 3> probabilities{};
  for (std::size_t i = 0; i < 3; ++i)
    probabilities[i] = static_cast<double>(said[stance_->place[i]]);
  std::array<Micro, 3> shares{};
  ToShares(probabilities, shares);
  return {shares[0], shares[1], shares[2]};
}

std::string_view StanceScore::Label() const {
  if (favour > std::max(none, against)) return "favour";
  return against > std::max(none, favour) ? "against" : "none";
}

SentimentShares AccurateModel::Sentiment(const Scratch& scratch, std::size_t text) const {
  const auto said = scratch.scores_.Probabilities(text, *sentiment_->head);
  std::array<double, 3> probabilities{};
  for (std::size_t i = 0; i < 3; ++i)
    probabilities[i] = static_cast<double>(said[sentiment_->place[i]]);
  std::array<Micro, 3> shares{};
  ToShares(probabilities, shares);
  return {shares[0], shares[1], shares[2]};
}

EmotionScore AccurateModel::EmotionOf(const Scratch& scratch, std::size_t text,
                                      EmotionScore fast) const {
  if (emotion_) {
    const auto said = scratch.scores_.Probabilities(text, *emotion_->head);
    std::array<double, kEmotions> probabilities{};
    for (std::size_t i = 0; i < kEmotions; ++i)
      probabilities[i] = static_cast<double>(said[emotion_->place[i]]);
    if (asks_fast_emotion()) Pool(fast.emotions, emotion_->head->fast_share, probabilities);
    ToShares(probabilities, fast.emotions);
    fast.label = static_cast<Emotion>(std::max_element(fast.emotions.begin(), fast.emotions.end()) -
                                      fast.emotions.begin());
  }
  const auto second = [&](const std::optional<Labels>& labels, Micro& out) {
    if (!labels) return;
    out = ToMicro(
        static_cast<double>(scratch.scores_.Probabilities(text, *labels->head)[labels->place[1]]));
  };
  second(irony_, fast.irony);
  second(offensive_, fast.offensive);
  second(hate_, fast.hate);
  return fast;
}

}  // namespace hb
