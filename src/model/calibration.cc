#include "model/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hb::model {

Metrics Measure(const HeldOut& held, const std::vector<std::string>& labels,
                const std::vector<double>& shift, double temperature) {
  Metrics metrics(labels);
  const std::size_t k = held.classes;
  for (std::size_t i = 0; i < held.labels.size(); ++i) {
    std::vector<double> z(k);
    for (std::size_t c = 0; c < k; ++c) z[c] = temperature * held.logits[i * k + c] + shift[c];
    const std::size_t best =
        static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
    double sum = 0;
    for (const double value : z) sum += std::exp(value - z[best]);
    metrics.Add(held.labels[i], static_cast<int>(best), 1 / sum);
  }
  return metrics;
}

double FitTemperature(const HeldOut& held, const std::vector<double>& shift, bool equal_classes) {
  const std::size_t k = held.classes;
  std::vector<double> weights(k, 1.0);
  if (equal_classes) {
    std::vector<double> counts(k, 0.0);
    for (const int label : held.labels) counts[static_cast<std::size_t>(label)] += 1;
    for (std::size_t c = 0; c < k; ++c) weights[c] = 1 / std::max(1.0, counts[c]);
  }
  double best = 1;
  double best_loss = INFINITY;
  for (double t = 0.3; t <= 6.0; t += 0.05) {
    double loss = 0;
    for (std::size_t i = 0; i < held.labels.size(); ++i) {
      double sum = 0;
      const double* z = &held.logits[i * k];
      const auto label = static_cast<std::size_t>(held.labels[i]);
      for (std::size_t c = 0; c < k; ++c) {
        sum += std::exp(t * (z[c] + shift[c] - z[label] - shift[label]));
      }
      loss += weights[label] * std::log(sum);
    }
    if (loss < best_loss) {
      best_loss = loss;
      best = t;
    }
  }
  return best;
}

double Value(const Metrics& metrics, Goal goal) {
  switch (goal) {
    case Goal::kMacroF1: return metrics.MacroF1();
    case Goal::kLastF1: return metrics.F1(static_cast<int>(metrics.labels().size()) - 1);
    case Goal::kMacroRecall: break;
  }
  return metrics.MacroRecall();
}

std::vector<double> FitPriors(const HeldOut& held, const std::vector<std::string>& labels,
                              Goal goal) {
  std::vector<double> shift(held.classes, 0);
  double best = Value(Measure(held, labels, shift, 1), goal);
  for (const double step : {0.2, 0.1, 0.05, 0.02}) {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t c = 1; c < held.classes; ++c) {
        for (const double delta : {step, -step}) {
          shift[c] += delta;
          const double value = Value(Measure(held, labels, shift, 1), goal);
          if (value > best + 1e-6) {
            best = value;
            moved = true;
          } else {
            shift[c] -= delta;
          }
        }
      }
    }
  }
  return shift;
}

double FitNone(const HeldOut& held, int none, std::vector<double> shift) {
  const auto at = static_cast<std::size_t>(none);
  double best = 0;
  double best_value = -1;
  for (double candidate = -4; candidate <= 4; candidate += 0.05) {
    shift[at] = candidate;
    std::array<double, 2> right{};
    std::array<double, 2> count{};
    for (std::size_t i = 0; i < held.labels.size(); ++i) {
      const double* z = &held.logits[i * held.classes];
      bool said = true;
      for (std::size_t c = 0; c < held.classes; ++c) {
        said = said && (c == at || z[at] + shift[at] > z[c] + shift[c]);
      }
      const bool is = held.labels[i] == none;
      count[is] += 1;
      right[is] += said == is;
    }
    const double value = right[0] / std::max(1.0, count[0]) + right[1] / std::max(1.0, count[1]);
    if (value > best_value) {
      best_value = value;
      best = candidate;
    }
  }
  return best;
}

}  // namespace hb::model
