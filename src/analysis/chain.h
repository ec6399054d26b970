// analysis/chain.h - every analyzer, one walk over each text.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/emotion.h"
#include "analysis/named_entities.h"
#include "analysis/polarity.h"
#include "analysis/vader.h"
#include "analysis/yake.h"
#include "base/result.h"
#include "record/analysis_batch.h"
#include "record/post_batch.h"

namespace hb {

/// The default analyzers in the order in which they build on each other.
///
/// Lifecycle  Made once, used by all threads.
/// Threads    Const methods from any thread, each with its own Scratch.
/// Memory     A Scratch grows to the longest post seen; in steady state nothing is allocated a post
///            beyond the growth of the output's columns.
/// Errors     None after Create: every text has a result.
class AnalysisChain {
 public:
  class Scratch;

  /// Which results Analyze gives beside sentiment, polarity, language, hashtags and words.
  struct Options {
    bool entities = true, emotion = true;
  };
  static constexpr std::size_t kMaxNames = 64;  ///< that a record carries: the first of a post

  static Result<std::unique_ptr<AnalysisChain>> Create(const Options& options);
  static Result<std::unique_ptr<AnalysisChain>> Create() { return Create(Options{}); }
  virtual ~AnalysisChain() = default;
  [[nodiscard]] virtual std::unique_ptr<Scratch> MakeScratch() const = 0;

  /// Fills `out` with the results of `posts`, row by row. Requires: `out` is empty.
  virtual void Analyze(std::shared_ptr<const PostBatch> posts, Scratch& scratch,
                       AnalysisBatch& out) const = 0;

  /// One word or phrase and what it adds to a result, for people.
  struct SentimentWeight {
    std::string text;                ///< as it stands in the post
    std::size_t begin = 0, end = 0;  ///< where, in code points
    double negative = 0, neutral = 0, positive = 0;
  };
  struct PolarityWeight {
    std::string text;
    double polarity = 0, subjectivity = 0;
  };
  struct Explanation {
    std::vector<SentimentWeight> sentiment;  ///< heaviest first
    std::vector<PolarityWeight> polarity;
  };
  /// What weighs most in the results of `text`, in the language that was found. Not for the hot
  /// path.
  [[nodiscard]] virtual Explanation Explain(std::string_view text, std::string_view lang) const = 0;

  /// A text's polarity in full precision (the records carry millionths), and what they do not
  /// carry.
  [[nodiscard]] virtual PolarityScore Polarity(std::string_view text, Scratch& scratch) const = 0;
  [[nodiscard]] virtual VaderScore Vader(std::string_view text, Scratch& scratch) const = 0;
  /// With irony, offence and hate, which records do not carry.
  [[nodiscard]] virtual EmotionScore EmotionOf(std::string_view text, Scratch& scratch) const = 0;
  /// Replaces `out` by the names in `text`, in order.
  virtual void FindNames(std::string_view text, Scratch& scratch,
                         std::vector<NamedEntity>& out) const = 0;
  /// Replaces `out` by the keywords of `texts` together, best first, with the stop words of `lang`.
  /// Texts beyond KeywordDocument::kMaxBytes are left out.
  virtual void FindKeywords(std::span<const std::string_view> texts, std::string_view lang,
                            Scratch& scratch, std::vector<Keyword>& out) const = 0;

  struct Model {
    std::string task, name;  ///< "sentiment", "sentiment-fast/1"
    bool carried = true;     ///< Analyze gives its results; else only a call of its own does.
  };
  [[nodiscard]] virtual std::vector<Model> models() const = 0;
};

/// Base of the implementation's scratch.
class AnalysisChain::Scratch {
 public:
  virtual ~Scratch() = default;
};

}  // namespace hb
