// analysis/chain.h - every analyzer, one walk over each text.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/accurate.h"
#include "analysis/emotion.h"
#include "analysis/named_entities.h"
#include "analysis/polarity.h"
#include "analysis/sentiment_model.h"
#include "analysis/topics.h"
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
/// Errors     None after Create: every text has a result (but see Reading::status).
class AnalysisChain {
 public:
  class Scratch;

  /// Which models say what a post feels like.
  enum class Tier : std::uint8_t {
    kFast,      ///< the linear ones, all posts
    kAccurate,  ///< the transformer, all posts of its languages
    kCascade,   ///< the linear ones, and the transformer where they are least sure
  };
  /// "fast", "accurate", "cascade". kInvalidArgument for any other.
  static Result<Tier> ParseTier(std::string_view name);
  static std::string_view TierName(Tier tier) noexcept;

  struct Options {
    /// What Analyze gives beside sentiment, polarity, language, hashtags and words. Without
    /// `entities` the transformer is not asked for them either.
    bool entities = true, emotion = true;
    /// Nothing but polarity and subjectivity, whatever else is asked for: the shares of sentiment
    /// are what polarity makes of them, and all other columns are empty.
    bool only_polarity = false;
    Tier tier = Tier::kFast;
    std::string model = {};                              ///< folder of the transformer (accurate.h)
    std::size_t concurrent = 1;                          ///< Scratches that use it at the same time
    bool fingerprint = true;                             ///< text/simhash.h, of each post
    std::shared_ptr<const TopicModel> topics = nullptr;  ///< null: no topics are looked for
    bool stance = false;  ///< load the transformer in the fast tier too, for ReadToward alone
    /// Judges sentiment in the place of the tier's models, which stay behind it for what it leaves
    /// unanswered; null: nobody does.
    std::shared_ptr<const SentimentModel> sentiment{};
  };
  static constexpr std::size_t kMaxNames = 64;  ///< that a record carries: the first of a post

  /// Errors: those of loading the transformer; none in the fast tier.
  static Result<std::unique_ptr<AnalysisChain>> Create(const Options& options);
  static Result<std::unique_ptr<AnalysisChain>> Create() { return Create(Options{}); }
  virtual ~AnalysisChain() = default;
  [[nodiscard]] virtual std::unique_ptr<Scratch> MakeScratch() const = 0;

  /// What the transformer reads of a batch, and did.
  struct Reading {
    std::size_t most = SIZE_MAX;  ///< at most so many posts in a cascade, the least sure first
    std::size_t posts = 0;        ///< that it has read
    std::chrono::nanoseconds time{0};
    Status status = Ok();     ///< why it could not; the posts then have the fast models' results
    Status sentiment = Ok();  ///< why Options::sentiment left posts to the tier's models
  };
  /// Fills `out` with the results of `posts`, row by row. Requires: `out` is empty.
  virtual void Analyze(std::shared_ptr<const PostBatch> posts, Scratch& scratch, Reading& reading,
                       AnalysisBatch& out) const = 0;
  void Analyze(std::shared_ptr<const PostBatch> posts, Scratch& scratch, AnalysisBatch& out) const {
    Reading all;
    Analyze(std::move(posts), scratch, all, out);
  }

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
  /// Of a row of `batch`, the last that Analyze filled with this scratch: with irony, offence and
  /// hate, which records do not carry.
  [[nodiscard]] virtual EmotionScore EmotionOf(const AnalysisBatch& batch, std::size_t row,
                                               Scratch& scratch) const = 0;
  /// Replaces `out` by the names in a row of `batch`, the last that Analyze filled with this
  /// scratch, in order.
  virtual void FindNames(const AnalysisBatch& batch, std::size_t row, Scratch& scratch,
                         std::vector<NamedEntity>& out) const = 0;
  /// Reads how the posts of `batch`, the last that Analyze filled with this scratch, stand to
  /// `target`. kInvalidArgument: no transformer that can is loaded, or no target; kInternal.
  virtual Status ReadToward(const AnalysisBatch& batch, std::string_view target,
                            Scratch& scratch) const = 0;
  /// Of a row that ReadToward has read since Analyze; empty if it has not.
  [[nodiscard]] virtual std::optional<StanceScore> StanceOf(std::size_t row,
                                                            const Scratch& scratch) const = 0;
  /// What is looked for by FindTopics; null: nothing is.
  [[nodiscard]] virtual const TopicModel* topics() const = 0;
  /// Replaces `out` by the topics of a row of the batch that Analyze filled last with this scratch,
  /// likeliest first, at most TopicModel::kMost.
  virtual void FindTopics(std::size_t row, const Scratch& scratch,
                          std::vector<TopicScore>& out) const = 0;
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
