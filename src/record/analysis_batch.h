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
#include "record/model_column.h"
#include "record/post_batch.h"

namespace hb {

/// Stored: append only. `label` is one of the first three; `label4` may be kMixed.
enum class Label : std::uint8_t { kNegative = 0, kNeutral = 1, kPositive = 2, kMixed = 3 };
/// "negative", "neutral", "positive", "mixed".
std::string_view LabelName(Label label) noexcept;

/// Stored: append only.
enum class Emotion : std::uint8_t { kAnger = 0, kJoy = 1, kOptimism = 2, kSadness = 3, kNone = 4 };
inline constexpr std::size_t kEmotions = 5;
inline constexpr std::size_t kFeltEmotions = 4;  ///< without kNone
/// "anger", "joy", "optimism", "sadness", "none".
std::string_view EmotionName(Emotion emotion) noexcept;

inline constexpr std::size_t kMaxTopics = 4;  ///< of a post

/// Where a name stands in its post, in code points.
struct NameSpan {
  std::uint32_t begin = 0, end = 0;
};
/// A name as it is carried and counted, "person:Angela Merkel": its type, then its text.
struct NameKey {
  std::string_view type, text;
  static NameKey Of(std::string_view key) {
    const std::size_t colon = key.find(':');
    if (colon == std::string_view::npos) return {{}, key};
    return {key.substr(0, colon), key.substr(colon + 1)};
  }
};

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

  /// Shares of anger, joy, optimism and sadness; what they leave of kMicro is that of no emotion.
  std::array<std::vector<Micro>, kFeltEmotions> emotions;
  std::vector<Emotion> emotion;      ///< the largest of the five
  ListColumn names;                  ///< NameKeys, in the order of the text
  std::vector<NameSpan> name_spans;  ///< of each value of `names`

  ListColumn topics;  ///< likeliest first, each once a post, at most kMaxTopics
  /// SimHash of the text: posts whose fingerprints differ in few bits say nearly the same. 0: it
  /// has no words, or was not computed.
  std::vector<std::uint64_t> fingerprint;

  ModelColumn models;  ///< behind the results of each row

  [[nodiscard]] std::size_t size() const { return label.size(); }
  [[nodiscard]] Micro pos(std::size_t row) const { return kMicro - neg[row] - neu[row]; }
  /// Keeps the first `rows` rows of each column, and the capacity; `posts` stays as it is.
  void Truncate(std::size_t rows);
  void Clear();                              ///< No rows, no posts, no models; keeps the capacity.
  [[nodiscard]] std::size_t memory() const;  ///< Bytes held, without those of `posts`.
};

}  // namespace hb
