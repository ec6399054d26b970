#include "model/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json.h"

namespace hb::model {
namespace {

double Ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Metrics::Metrics(std::vector<std::string> labels)
    : labels_(std::move(labels)), counts_(labels_.size() * labels_.size()) {}

void Metrics::Add(int truth, int predicted, double confidence) {
  counts_[static_cast<std::size_t>(truth) * labels_.size() + static_cast<std::size_t>(predicted)] +=
      1;
  ++count_;
  const auto bin = static_cast<std::size_t>(std::clamp(confidence, 0.0, 1.0) * kBins);
  Bin& b = bins_[std::min(bin, kBins - 1)];
  b.count += 1;
  b.right += truth == predicted;
  b.confidence += confidence;
}

std::size_t Metrics::at(int truth, int predicted) const {
  return counts_[static_cast<std::size_t>(truth) * labels_.size() +
                 static_cast<std::size_t>(predicted)];
}

std::size_t Metrics::Support(int label) const {
  std::size_t sum = 0;
  for (int p = 0; p < static_cast<int>(labels_.size()); ++p) sum += at(label, p);
  return sum;
}

double Metrics::Recall(int label) const { return Ratio(at(label, label), Support(label)); }

double Metrics::Precision(int label) const {
  std::size_t sum = 0;
  for (int t = 0; t < static_cast<int>(labels_.size()); ++t) sum += at(t, label);
  return Ratio(at(label, label), sum);
}

double Metrics::F1(int label) const {
  const double p = Precision(label);
  const double r = Recall(label);
  return p + r == 0 ? 0 : 2 * p * r / (p + r);
}

double Metrics::Accuracy() const {
  std::size_t right = 0;
  for (int c = 0; c < static_cast<int>(labels_.size()); ++c) right += at(c, c);
  return Ratio(right, count_);
}

double Metrics::MacroRecall() const {
  double sum = 0;
  int present = 0;
  for (int c = 0; c < static_cast<int>(labels_.size()); ++c) {
    if (Support(c) == 0) continue;
    sum += Recall(c);
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

double Metrics::MacroF1() const {
  double sum = 0;
  int present = 0;
  for (int c = 0; c < static_cast<int>(labels_.size()); ++c) {
    if (Support(c) == 0) continue;
    sum += F1(c);
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

double Metrics::CalibrationError() const {
  double sum = 0;
  for (const Bin& bin : bins_) {
    sum += std::abs(static_cast<double>(bin.right) - bin.confidence);
  }
  return count_ == 0 ? 0 : sum / static_cast<double>(count_);
}

std::string Metrics::Text() const {
  std::string out = fmt::format(
      "examples           {}\nmacro-recall       {:.4f}\nmacro-F1           {:.4f}\n"
      "accuracy           {:.4f}\ncalibration error  {:.4f}\n\n",
      count_, MacroRecall(), MacroF1(), Accuracy(), CalibrationError());
  out +=
      fmt::format("{:<14}{:>9}{:>11}{:>9}{:>9}\n", "class", "recall", "precision", "F1", "count");
  const int classes = static_cast<int>(labels_.size());
  for (int c = 0; c < classes; ++c) {
    out +=
        fmt::format("{:<14}{:>9.4f}{:>11.4f}{:>9.4f}{:>9}\n", labels_[static_cast<std::size_t>(c)],
                    Recall(c), Precision(c), F1(c), Support(c));
  }
  out += fmt::format("\n{:<14}", "true \\ said");
  for (const std::string& label : labels_) out += fmt::format("{:>12}", label);
  out += "\n";
  for (int t = 0; t < classes; ++t) {
    out += fmt::format("{:<14}", labels_[static_cast<std::size_t>(t)]);
    for (int p = 0; p < classes; ++p) out += fmt::format("{:>12}", at(t, p));
    out += "\n";
  }
  return out;
}

std::string Metrics::Json() const {
  std::string out =
      fmt::format(R"({{"examples":{},"macro_recall":{:.6f},"macro_f1":{:.6f},"accuracy":{:.6f},)"
                  R"("calibration_error":{:.6f},"classes":[)",
                  count_, MacroRecall(), MacroF1(), Accuracy(), CalibrationError());
  const int classes = static_cast<int>(labels_.size());
  for (int c = 0; c < classes; ++c) {
    out +=
        fmt::format(R"({}{{"label":{},"recall":{:.6f},"precision":{:.6f},"f1":{:.6f},"count":{}}})",
                    c == 0 ? "" : ",", JsonQuote(labels_[static_cast<std::size_t>(c)]), Recall(c),
                    Precision(c), F1(c), Support(c));
  }
  out += R"(],"confusion":[)";
  for (int t = 0; t < classes; ++t) {
    out += t == 0 ? "[" : ",[";
    for (int p = 0; p < classes; ++p) out += fmt::format("{}{}", p == 0 ? "" : ",", at(t, p));
    out += "]";
  }
  out += "]}";
  return out;
}

}  // namespace hb::model
