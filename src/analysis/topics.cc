#include "analysis/topics.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "base/utf8.h"
#include "model/linear_model.h"

namespace hb {
namespace {

using model::kUnit;
using model::LinearModel;
using model::WordVectors;

/// A probability in millionths whose log odds are `logit` (LinearModel's fractional bits), in
/// integers.
Micro Sigmoid(std::int64_t logit) {
  const std::array<std::int64_t, 2> logits{0, logit};
  std::array<Micro, 2> out{};
  model::SoftmaxMicro(logits, out);
  return out[1];
}

/// What is wrong with a topic, and where it stands.
Error Wrong(const Topic& topic, const std::string& what) {
  return {Code::kInvalidArgument,
          topic.place + (topic.place.empty() ? "" : ": ") + "topic '" +
              std::string(CutBytes(topic.name, TopicModel::kMostNameBytes)) + "' " + what};
}

class TrainedTopics final : public TopicModel {
 public:
  explicit TrainedTopics(const LinearModel& model)
      : TopicModel(model.labels(), std::string(model.name()) + "/" + std::string(model.version())),
        scorer_(model) {}

  [[nodiscard]] const std::vector<Topic>& descriptions() const override {
    static const std::vector<Topic> none;
    return none;
  }

 private:
  void ScoreEach(std::string_view, const model::Walk& walk, Scratch& scratch,
                 std::vector<TopicScore>& out) const override {
    out.clear();
    scorer_.Score(walk, scratch.linear);
    std::array<std::int64_t, model::kMaxClasses> logits{};
    scorer_.Logits(scratch.linear, logits.data());
    const bool known = !walk.tokens.empty();
    for (std::uint32_t topic = 0; topic < names().size(); ++topic)
      out.push_back({topic, known ? Sigmoid(logits[topic]) : 0});
  }

  model::LinearScorer scorer_;
};

// Fitted on posts labelled with topics (models/topics-general/README.md): how near a post must be,
// and the log odds of a cosine of 1 above that.
constexpr std::int32_t kNear = 33;  // hundredths
constexpr std::int64_t kSlope = 20;

constexpr std::int32_t Cosine(std::int32_t hundredths) {
  return static_cast<std::int32_t>(std::int64_t{kUnit} * kUnit * hundredths / 100);
}

class OwnTopics final : public TopicModel {
 public:
  OwnTopics(std::vector<std::string> names, std::vector<Topic> topics, MeaningEncoder encoder)
      : TopicModel(std::move(names), encoder.name()),
        topics_(std::move(topics)),
        encoder_(std::move(encoder)) {}

  [[nodiscard]] const std::vector<Topic>& descriptions() const override { return topics_; }

  Status AddAll() {
    MeaningEncoder::Scratch scratch;
    for (const Topic& topic : topics_) HB_TRY(Add(topic, scratch));
    return Ok();
  }

 private:
  void ScoreEach(std::string_view text, const model::Walk&, Scratch& scratch,
                 std::vector<TopicScore>& out) const override {
    out.clear();
    const auto vector = encoder_.Encode(text, scratch.meaning);
    const bool known = std::any_of(vector.begin(), vector.end(), [](auto x) { return x != 0; });
    for (std::uint32_t topic = 0; topic < ends_.size(); ++topic)
      out.push_back({topic, known ? Likelihood(Nearness(topic, vector)) : 0});
  }

  /// Adds the next topic.
  Status Add(const Topic& topic, MeaningEncoder::Scratch& scratch) {
    const std::size_t begin = vectors_;
    HB_TRY(AddText(topic, "sentence", topic.sentence, scratch));
    for (const std::string& example : topic.examples)
      HB_TRY(AddText(topic, "example", example, scratch));
    AddMiddle(begin);
    ends_.push_back(vectors_);
    return Ok();
  }

  Status AddText(const Topic& topic, std::string_view what, std::string_view text,
                 MeaningEncoder::Scratch& scratch) {
    const auto vector = encoder_.Encode(text, scratch);
    if (std::all_of(vector.begin(), vector.end(), [](auto x) { return x == 0; })) {
      return Wrong(topic, "has the " + std::string(what) + " '" + std::string(CutBytes(text, 60)) +
                              "', of which no word is known");
    }
    numbers_.insert(numbers_.end(), vector.begin(), vector.end());
    ++vectors_;
    return Ok();
  }

  /// Adds the direction in the middle of the texts from `begin` on.
  void AddMiddle(std::size_t begin) {
    std::vector<std::int32_t> sums(encoder_.vectors().dims());
    for (std::size_t i = begin * sums.size(); i < numbers_.size(); ++i)
      sums[i % sums.size()] += numbers_[i];
    numbers_.resize(numbers_.size() + sums.size());
    WordVectors::Normalize(sums, std::span(numbers_).last(sums.size()));
    ++vectors_;
  }

  /// The mean of the cosines with the topic's middle and with the nearest of its texts: one example
  /// alone does not make a topic, and a middle of many is near to nothing.
  [[nodiscard]] std::int32_t Nearness(std::size_t topic,
                                      std::span<const std::int16_t> vector) const {
    const auto product = [&](std::size_t i) {
      const auto own = std::span(numbers_).subspan(i * vector.size(), vector.size());
      return WordVectors::Product(vector, own);
    };
    std::int32_t best = -kUnit * kUnit;
    const std::size_t middle = ends_[topic] - 1;
    for (std::size_t i = topic == 0 ? 0 : ends_[topic - 1]; i < middle; ++i)
      best = std::max(best, product(i));
    return (best + product(middle)) / 2;
  }

  [[nodiscard]] static Micro Likelihood(std::int32_t nearness) {
    const std::int64_t above = std::int64_t{nearness} - Cosine(kNear);
    constexpr int kCosineBits = 28;  // of kUnit * kUnit
    return Sigmoid(above * kSlope >> (kCosineBits - model::kLogitBits));
  }

  std::vector<Topic> topics_;
  MeaningEncoder encoder_;
  std::vector<std::int16_t> numbers_;  // of each topic its sentence, its examples, their middle
  std::size_t vectors_ = 0;
  std::vector<std::size_t> ends_;  // of each topic's vectors
};

Status Check(const std::vector<Topic>& topics) {
  using Model = TopicModel;
  if (topics.empty()) return Error{Code::kInvalidArgument, "there is no topic"};
  if (topics.size() > Model::kMostTopics) {
    return Wrong(topics[Model::kMostTopics], "is one of " + std::to_string(topics.size()) +
                                                 "; at most " + std::to_string(Model::kMostTopics) +
                                                 " are possible");
  }
  std::unordered_set<std::string_view> seen;
  for (const Topic& topic : topics) {
    if (topic.name.empty()) return Wrong(topic, "has no name");
    if (topic.name.size() > Model::kMostNameBytes) {
      return Wrong(topic, "has a name of " + std::to_string(topic.name.size()) +
                              " bytes; at most " + std::to_string(Model::kMostNameBytes) +
                              " are possible");
    }
    const bool odd = std::any_of(topic.name.begin(), topic.name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (odd || !IsValidUtf8(topic.name)) return Wrong(topic, "has a name that is not plain text");
    if (!seen.insert(topic.name).second) return Wrong(topic, "stands there twice");
    if (topic.sentence.empty()) return Wrong(topic, "has no sentence");
    if (topic.examples.size() > Model::kMostExamples) {
      return Wrong(topic, "has " + std::to_string(topic.examples.size()) + " examples; at most " +
                              std::to_string(Model::kMostExamples) + " are possible");
    }
  }
  return Ok();
}

}  // namespace

Result<std::shared_ptr<const TopicModel>> TopicModel::OwnWords(std::vector<Topic> topics) {
  return OwnWords(std::move(topics), MeaningEncoder());
}

Result<std::shared_ptr<const TopicModel>> TopicModel::OwnWords(std::vector<Topic> topics,
                                                               MeaningEncoder encoder) {
  HB_TRY(Check(topics));
  std::vector<std::string> names;
  for (const Topic& topic : topics) names.push_back(topic.name);
  auto made = std::make_shared<OwnTopics>(std::move(names), std::move(topics), std::move(encoder));
  HB_TRY(made->AddAll());
  return std::shared_ptr<const TopicModel>(std::move(made));
}

std::shared_ptr<const TopicModel> TopicModel::Trained(const LinearModel& model) {
  return std::make_shared<const TrainedTopics>(model);
}

void TopicModel::Score(std::string_view text, Scratch& scratch,
                       std::vector<TopicScore>& out) const {
  ScoreAll(text, scratch, out);
  Keep(out);
}

void TopicModel::Score(std::string_view text, const model::Walk& walk, Scratch& scratch,
                       std::vector<TopicScore>& out) const {
  ScoreEach(text, walk, scratch, out);
  Keep(out);
}

void TopicModel::ScoreAll(std::string_view text, Scratch& scratch,
                          std::vector<TopicScore>& out) const {
  model::WalkText(text, scratch.walk);
  ScoreEach(text, scratch.walk, scratch, out);
}

void TopicModel::Keep(std::vector<TopicScore>& scores) {
  std::erase_if(scores, [](const TopicScore& score) { return score.score < kMicro / 2; });
  const auto likelier = [](const TopicScore& a, const TopicScore& b) {
    return a.score != b.score ? a.score > b.score : a.topic < b.topic;
  };
  const std::size_t kept = std::min(scores.size(), kMost);
  std::partial_sort(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(kept),
                    scores.end(), likelier);
  scores.resize(kept);
}

}  // namespace hb
