#include "analysis/accurate_topics.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

namespace hb {

namespace {

// As in topics.cc, for the transformer's vectors (models/topics-general/README.md).
constexpr double kNear = 0.27, kSlope = 20;

double Product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

std::vector<float> Middle(std::span<const std::vector<float>> vectors) {
  std::vector<float> sum(vectors[0].size());
  for (const auto& vector : vectors) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += vector[i];
  }
  const double length = std::sqrt(Product(sum, sum));
  for (float& x : sum) x = length > 0 ? static_cast<float>(x / length) : 0.0F;
  return sum;
}

}  // namespace

Result<std::unique_ptr<AccurateTopics>> AccurateTopics::Make(const AccurateModel& model,
                                                             const TopicModel& topics) {
  std::unique_ptr<AccurateTopics> made(new AccurateTopics(model, topics.names().size()));
  if (topics.descriptions().empty()) {
    const neural::Head* head = model.topics();
    if (head == nullptr || head->labels != topics.names()) return std::unique_ptr<AccurateTopics>();
    return made;
  }
  if (!model.has_meaning()) return std::unique_ptr<AccurateTopics>();
  HB_TRY(made->Read(topics));
  return made;
}

Status AccurateTopics::Read(const TopicModel& topics) {
  HB_ASSIGN(const auto scratch, model_->MakeScratch());
  for (const Topic& topic : topics.descriptions()) {
    std::vector<std::string_view> texts = {topic.sentence};
    texts.insert(texts.end(), topic.examples.begin(), topic.examples.end());
    HB_TRY(model_->Score(texts, *scratch));
    const std::size_t begin = vectors_.size();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto vector = model_->Meaning(*scratch, i);
      vectors_.emplace_back(vector.begin(), vector.end());
    }
    vectors_.push_back(Middle(std::span(vectors_).subspan(begin)));
    ends_.push_back(vectors_.size());
  }
  return Ok();
}

void AccurateTopics::Score(const AccurateModel::Scratch& scratch, std::size_t text,
                           std::vector<TopicScore>& out) const {
  out.clear();
  for (std::size_t topic = 0; topic < topics_; ++topic) {
    double share = 0;
    if (ends_.empty()) {
      share = double{model_->TopicShares(scratch, text)[topic]};
    } else {
      const auto vector = model_->Meaning(scratch, text);
      const std::size_t middle = ends_[topic] - 1;
      double best = -1;
      for (std::size_t i = topic == 0 ? 0 : ends_[topic - 1]; i < middle; ++i)
        best = std::max(best, Product(vector, vectors_[i]));
      const double nearness = (best + Product(vector, vectors_[middle])) / 2;
      share = 1 / (1 + std::exp(-kSlope * (nearness - kNear)));
    }
    out.push_back({static_cast<std::uint32_t>(topic), ToMicro(std::clamp(share, 0.0, 1.0))});
  }
  TopicModel::Keep(out);
}

}  // namespace hb
