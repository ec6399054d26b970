// record/analysis_batch.h - what each post says, beside the posts themselves.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "record/columns.h"
#include "record/post_batch.h"

namespace hb {

/// Stored: append only. `label` is one of the first three; `label4` may be kMixed.
enum class Label : std::uint8_t { kNegative = 0, kNeutral = 1, kPositive = 2, kMixed = 3 };
/// "negative", "neutral", "positive", "mixed".
std::string_view LabelName(Label label) noexcept;

/// Results of the analysis chain, row i for posts->Row(i). Scores are in millionths (Micro).
///
/// Threads  A plain value: one writer, or any number of readers.
struct AnalysisBatch {
  std::shared_ptr<const PostBatch> posts;  ///< tasks and rules_version are filled

  std::vector<Micro> neg, neu;  ///< pos = kMicro - neg - neu
  std::vector<Micro> mixed;     ///< 0 .. kMicro, beside the three
  std::vector<Label> label;     ///< the largest of the three
  std::vector<Label> label4;
  std::vector<Micro> polarity;      ///< -kMicro .. kMicro
  std::vector<Micro> subjectivity;  ///< 0 .. kMicro
  StringColumn lang;                ///< as found by our analyzer, "und" if unsure
  ListColumn hashtags;              ///< without '#', case folded, each once a post
  ListColumn mentions;              ///< without '@', case folded
  ListColumn cashtags;              ///< without '$', upper case
  ListColumn links;                 ///< as written
  ListColumn emoji;
  ListColumn words;    ///< folded words worth counting, each once a post, at most 16
  StringColumn clean;  ///< the post without links, mentions and special characters

  /// Name and version of the model behind each result of this batch, for example
  /// "sentiment-fast/1". Empty: not computed.
  std::string sentiment_model, polarity_model, language_model;

  [[nodiscard]] std::size_t size() const { return label.size(); }
  [[nodiscard]] Micro pos(std::size_t row) const { return kMicro - neg[row] - neu[row]; }
  /// Keeps the first `rows` rows of each column, and the capacity; `posts` stays as it is.
  void Truncate(std::size_t rows);
  void Clear();                              ///< No rows, no posts, no models; keeps the capacity.
  [[nodiscard]] std::size_t memory() const;  ///< Bytes held, without those of `posts`.
};

}  // namespace hb
