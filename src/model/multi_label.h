// model/multi_label.h - texts with any number of labels, and how well they are found.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::model {

/// Texts and, for each of several labels that do not exclude one another, how surely it holds.
struct MultiLabelSet {
  std::vector<std::string> labels;
  std::vector<std::string> texts;
  std::vector<float> targets;  ///< texts x labels, 0..1: a teacher's opinion, or 0 and 1.
  std::size_t skipped = 0;     ///< Lines without a text.

  [[nodiscard]] std::span<const float> Targets(std::size_t text) const {
    return {targets.data() + text * labels.size(), labels.size()};
  }
};

/// Reads either JSON lines, objects with a string `text` and a number 0..1 for each label, or
/// tab-separated lines under a header that names a column `text` and either one column a label or
/// `label_ids` ("3,17": numbers of `labels`, from 0). Other members and columns are left alone.
///
/// Errors  kInvalidArgument: a label without a column, a number that is none (the message names the
///         line), or no text at all.
Result<MultiLabelSet> ParseMultiLabel(std::string_view content,
                                      const std::vector<std::string>& labels);
/// ParseMultiLabel of a file. kNotFound: no such file.
Result<MultiLabelSet> ReadMultiLabel(const std::string& path,
                                     const std::vector<std::string>& labels);

/// A target of so much counts as true.
inline constexpr float kTrueFrom = 0.5F;

/// What was said of each label, and what was true.
class LabelScores {
 public:
  struct Counts {
    std::size_t gold = 0, found = 0, right = 0;
    [[nodiscard]] double Precision() const;
    [[nodiscard]] double Recall() const;
    [[nodiscard]] double F1() const;
  };
  explicit LabelScores(std::vector<std::string> labels)
      : labels_(std::move(labels)), counts_(labels_.size()) {}

  void Add(std::size_t label, bool gold, bool found);
  void AddText() { ++texts_; }

  [[nodiscard]] std::size_t texts() const { return texts_; }
  [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }
  [[nodiscard]] const Counts& at(std::size_t label) const { return counts_[label]; }
  [[nodiscard]] Counts Total() const;
  [[nodiscard]] double MicroF1() const { return Total().F1(); }
  /// Mean over the labels that some text has.
  [[nodiscard]] double MacroF1() const;
  [[nodiscard]] std::string Text() const;
  [[nodiscard]] std::string Json() const;

 private:
  std::vector<std::string> labels_;
  std::vector<Counts> counts_;
  std::size_t texts_ = 0;
};

}  // namespace hb::model
