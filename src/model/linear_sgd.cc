#include "model/linear_sgd.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>
#include <utility>

#include "base/split_mix.h"

namespace hb::model {
namespace {

void Shuffle(std::vector<std::uint32_t>& order, SplitMix64& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Next() % i]);
}

/// TrainWeights.
class Trainer {
 public:
  Trainer(const LinearOptions& options, const Rows& rows) : options_(options), rows_(rows) {}

  Weights Train(int held_out_fold, std::uint64_t seed) {
    const std::size_t k = rows_.classes;
    w_.sparse.assign(rows_.hashes.size() * k, 0);
    w_.dense.assign(rows_.dense * k, 0);
    w_.bias.assign(k, 0);
    squares_.assign(rows_.hashes.size(), 0);
    dense_squares_.assign(rows_.dense, 0);
    bias_square_ = 0;
    std::vector<std::uint32_t> order;
    std::vector<double> mass(k, 0);
    for (std::uint32_t e = 0; e < rows_.size(); ++e) {
      if (rows_.fold[e] == held_out_fold && held_out_fold >= 0) continue;
      order.push_back(e);
      mass[static_cast<std::size_t>(rows_.labels[e])] += rows_.weights[e];
    }
    class_weight_.assign(k, 1);
    const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
    for (std::size_t c = 0; c < k; ++c) {
      if (mass[c] > 0) {
        class_weight_[c] = static_cast<float>(
            std::pow(total / (static_cast<double>(k) * mass[c]), options_.balance));
      }
    }
    Weights mean{std::vector<float>(w_.sparse.size()), std::vector<float>(w_.dense.size()),
                 std::vector<float>(k)};
    SplitMix64 random(seed);
    const int first_kept = options_.epochs / 2;
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      Shuffle(order, random);
      const double rate = options_.learning_rate * (1.0 - 0.9 * epoch / options_.epochs);
      for (const std::uint32_t e : order) Step(e, static_cast<float>(rate));
      if (epoch >= first_kept) AddTo(mean);
    }
    const float share = 1.0f / static_cast<float>(options_.epochs - first_kept);
    for (auto* part : {&mean.sparse, &mean.dense, &mean.bias}) {
      for (float& value : *part) value *= share;
    }
    return mean;
  }

 private:
  void AddTo(Weights& mean) const {
    const auto add = [](const std::vector<float>& from, std::vector<float>& to) {
      for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
    };
    add(w_.sparse, mean.sparse);
    add(w_.dense, mean.dense);
    add(w_.bias, mean.bias);
  }

  void Pick(std::uint32_t e) {
    picked_.clear();
    for (std::size_t i = rows_.begins[e]; i < rows_.begins[e + 1]; ++i) {
      const std::uint32_t f = rows_.features[i];
      picked_.emplace_back(
          f, options_.gains[static_cast<std::size_t>(rows_.families[f])] * rows_.length[e]);
    }
  }

  void Step(std::uint32_t e, float rate) {
    const std::size_t k = rows_.classes;
    float z[kMaxClasses];
    for (std::size_t c = 0; c < k; ++c) z[c] = w_.bias[c];
    Pick(e);
    for (const auto& [f, value] : picked_) {
      const float* w = &w_.sparse[f * k];
      for (std::size_t c = 0; c < k; ++c) z[c] += value * w[c];
    }
    const float* dense = rows_.dense_values.data() + e * rows_.dense;
    for (std::size_t d = 0; d < rows_.dense; ++d) {
      for (std::size_t c = 0; c < k; ++c) z[c] += dense[d] * w_.dense[d * k + c];
    }
    const float norm = rows_.targets.empty() ? SoftmaxGradient(e, z) : LabelGradient(e, z);
    const auto decay = static_cast<float>(options_.l2);
    for (const auto& [f, value] : picked_) {
      squares_[f] += norm * value * value;
      const float step = rate / std::sqrt(squares_[f] + 1e-2f);
      float* w = &w_.sparse[f * k];
      for (std::size_t c = 0; c < k; ++c) w[c] -= step * (value * z[c] + decay * w[c]);
    }
    for (std::size_t d = 0; d < rows_.dense; ++d) {
      if (dense[d] == 0) continue;
      dense_squares_[d] += norm * dense[d] * dense[d];
      const float step = rate / std::sqrt(dense_squares_[d] + 1e-2f);
      for (std::size_t c = 0; c < k; ++c) w_.dense[d * k + c] -= step * dense[d] * z[c];
    }
    bias_square_ += norm;
    const float step = rate / std::sqrt(bias_square_ + 1e-2f);
    for (std::size_t c = 0; c < k; ++c) w_.bias[c] -= step * z[c];
  }

  /// Replaces logits by the gradient of the loss; returns its squared length.
  float SoftmaxGradient(std::uint32_t e, float* z) const {
    const std::size_t k = rows_.classes;
    const float top = *std::max_element(z, z + k);
    float sum = 0;
    for (std::size_t c = 0; c < k; ++c) sum += z[c] = std::exp(z[c] - top);
    const auto label = static_cast<std::size_t>(rows_.labels[e]);
    const float scale = rows_.weights[e] * class_weight_[label];
    const auto smoothing = static_cast<float>(options_.smoothing);
    float norm = 0;
    for (std::size_t c = 0; c < k; ++c) {
      const float target = (c == label ? 1 - smoothing : 0) + smoothing / static_cast<float>(k);
      z[c] = (z[c] / sum - target) * scale;
      norm += z[c] * z[c];
    }
    return norm;
  }
  float LabelGradient(std::uint32_t e, float* z) const {
    const float* target = rows_.targets.data() + e * rows_.classes;
    float norm = 0;
    for (std::size_t c = 0; c < rows_.classes; ++c) {
      z[c] = (1 / (1 + std::exp(-z[c])) - target[c]) * rows_.weights[e];
      norm += z[c] * z[c];
    }
    return norm;
  }

  const LinearOptions& options_;
  const Rows& rows_;
  Weights w_;
  std::vector<float> squares_;
  std::vector<float> dense_squares_;
  float bias_square_ = 0;
  std::vector<float> class_weight_;
  std::vector<std::pair<std::uint32_t, float>> picked_;  // Feature, value.
};

void LogitsOf(const LinearOptions& options, const Rows& rows, const Weights& w, std::size_t e,
              double* z) {
  const std::size_t k = rows.classes;
  for (std::size_t c = 0; c < k; ++c) z[c] = w.bias[c];
  for (std::size_t i = rows.begins[e]; i < rows.begins[e + 1]; ++i) {
    const std::uint32_t f = rows.features[i];
    const float value = options.gains[static_cast<std::size_t>(rows.families[f])] * rows.length[e];
    for (std::size_t c = 0; c < k; ++c) z[c] += value * w.sparse[f * k + c];
  }
  for (std::size_t d = 0; d < rows.dense; ++d) {
    for (std::size_t c = 0; c < k; ++c) {
      z[c] += rows.dense_values[e * rows.dense + d] * w.dense[d * k + c];
    }
  }
}

}  // namespace

Weights TrainWeights(const LinearOptions& options, const Rows& rows, int held_out_fold,
                     std::uint64_t seed) {
  return Trainer(options, rows).Train(held_out_fold, seed);
}

HeldOut RunFolds(const LinearOptions& options, const Rows& rows) {
  HeldOut out;
  out.classes = rows.classes;
  std::vector<std::size_t> place(rows.size(), SIZE_MAX);
  for (std::size_t e = 0; e < rows.size(); ++e) {
    if (rows.fold[e] == kNeverHeldOut) continue;
    place[e] = out.labels.size();
    out.labels.push_back(rows.labels[e]);
  }
  out.logits.resize(out.labels.size() * rows.classes);
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int fold = next++; fold < options.folds; fold = next++) {
      const Weights w =
          TrainWeights(options, rows, fold, options.seed + static_cast<std::uint64_t>(fold) + 1);
      for (std::size_t e = 0; e < rows.size(); ++e) {
        if (rows.fold[e] == fold) {
          LogitsOf(options, rows, w, e, &out.logits[place[e] * rows.classes]);
        }
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < std::min(options.threads, options.folds); ++t) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return out;
}

}  // namespace hb::model
