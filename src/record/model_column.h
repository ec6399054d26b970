// record/model_column.h - which models made each row's results.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hb {

/// Name and version of the model behind each result of a post, for example "sentiment-fast/1".
/// Empty: not computed.
struct ModelNames {
  std::string_view sentiment{}, polarity{}, language{}, emotion{}, entities{}, topics{};
  bool operator==(const ModelNames&) const = default;

  static constexpr std::size_t kCount = 6;
  /// All of them in the order above.
  [[nodiscard]] std::array<std::string_view, kCount> All() const {
    return {sentiment, polarity, language, emotion, entities, topics};
  }
};

/// A ModelNames for each row: rows of a batch share few sets of models, so a row costs one byte.
///
/// Threads  A plain value: one writer, or any number of readers.
class ModelColumn {
 public:
  static constexpr std::size_t kMaxSets = 256;

  /// False, and nothing is added, where the names would be one set too many.
  [[nodiscard]] bool Append(const ModelNames& names) {
    // Nearly always those of the row before.
    std::size_t set = of_row_.empty() ? 0 : of_row_.back();
    if (set >= sets_.size() || Names(set) != names) {
      for (set = 0; set < sets_.size() && Names(set) != names;) ++set;
    }
    if (set == kMaxSets) return false;
    if (set == sets_.size()) {
      auto& added = sets_.emplace_back();
      std::ranges::copy(names.All(), added.begin());
    }
    of_row_.push_back(static_cast<std::uint8_t>(set));
    return true;
  }
  /// `rows` rows that the same models made. Requires: the column has no rows.
  void Fill(const ModelNames& names, std::size_t rows) {
    Clear();
    if (Append(names)) of_row_.resize(rows);
  }

  /// All empty for a row that is not there. The views live until the column changes.
  [[nodiscard]] ModelNames operator[](std::size_t row) const {
    return row < of_row_.size() ? Names(of_row_[row]) : ModelNames{};
  }
  /// Number of different sets, and which of them is a row's. Requires: row < size().
  [[nodiscard]] std::size_t sets() const { return sets_.size(); }
  [[nodiscard]] std::size_t SetOf(std::size_t row) const { return of_row_[row]; }
  [[nodiscard]] ModelNames Names(std::size_t set) const {
    const auto& [sentiment, polarity, language, emotion, entities, topics] = sets_[set];
    return {sentiment, polarity, language, emotion, entities, topics};
  }

  [[nodiscard]] std::size_t size() const { return of_row_.size(); }
  /// Keeps the first rows, at most `rows`.
  void Truncate(std::size_t rows) { of_row_.resize(std::min(rows, of_row_.size())); }
  void Clear() {
    of_row_.clear();
    sets_.clear();
  }
  [[nodiscard]] std::size_t memory() const {
    return of_row_.capacity() + sets_.capacity() * sizeof(sets_[0]);
  }

 private:
  std::vector<std::array<std::string, ModelNames::kCount>> sets_;
  std::vector<std::uint8_t> of_row_;
};

}  // namespace hb
