// model/metrics.h - how good a classifier is, by the field's usual measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hb::model {

/// Counts of (true label, predicted label) and what follows from them.
///
/// Threads  One thread at a time.
class Metrics {
 public:
  /// Requires: labels.size() >= 1.
  explicit Metrics(std::vector<std::string> labels);

  /// Adds one answer; `confidence` (0..1) is the probability given to `predicted`.
  /// Requires: 0 <= truth, predicted < classes.
  void Add(int truth, int predicted, double confidence);

  std::size_t count() const { return count_; }
  const std::vector<std::string>& labels() const { return labels_; }
  std::size_t at(int truth, int predicted) const;
  /// Of the examples of that class, the share found; 0 if there are none. Likewise the others.
  double Recall(int label) const;
  double Precision(int label) const;
  double F1(int label) const;
  std::size_t Support(int label) const;
  double Accuracy() const;
  /// Means over the classes that have examples.
  double MacroRecall() const;
  double MacroF1() const;
  /// Expected calibration error over ten equal bins of confidence (Guo et al., ICML 2017).
  double CalibrationError() const;

  /// For people: the figures, then the confusion matrix (rows are the true labels).
  std::string Text() const;
  /// One JSON object with the same.
  std::string Json() const;

 private:
  static constexpr std::size_t kBins = 10;
  struct Bin {
    std::size_t count = 0;
    std::size_t right = 0;
    double confidence = 0;
  };
  std::vector<std::string> labels_;
  std::vector<std::size_t> counts_;
  std::size_t count_ = 0;
  Bin bins_[kBins];
};

}  // namespace hb::model
