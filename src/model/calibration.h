// model/calibration.h - class priors and temperature, fitted on held-out logits. Part of the
// trainer.
#pragma once

#include <string>
#include <vector>

#include "model/metrics.h"

namespace hb::model {

/// Logits of examples that the model that made them had not seen.
struct HeldOut {
  std::size_t classes = 0;
  std::vector<double> logits;
  std::vector<int> labels;
};

/// Metrics of softmax(temperature * logits + shift). Requires: one shift a class.
Metrics Measure(const HeldOut& held, const std::vector<std::string>& labels,
                const std::vector<double>& shift, double temperature);
/// Inverse temperature that minimises the loss on held-out logits with `shift` added (Guo et al.,
/// "On calibration of modern neural networks", ICML 2017).
/// Where `equal_classes`, each class counts the same however many examples it has: else a class
/// that most examples have would decide alone.
double FitTemperature(const HeldOut& held, const std::vector<double>& shift,
                      bool equal_classes = false);
/// What a task is judged by.
enum class Goal {
  kMacroRecall,
  kMacroF1,
  kLastF1,  ///< F1 of the last class.
};
double Value(const Metrics& metrics, Goal goal);
/// Class shifts that make `goal` on held-out logits largest, by coordinate search.
std::vector<double> FitPriors(const HeldOut& held, const std::vector<std::string>& labels,
                              Goal goal);
/// Shift of the class `none`, given the others': makes the mean of two shares largest, that of
/// none's texts of which it is said and that of the others' of which it is not.
double FitNone(const HeldOut& held, int none, std::vector<double> shift);

}  // namespace hb::model
