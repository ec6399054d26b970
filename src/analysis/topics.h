// analysis/topics.h - which topics a post is about: those of a trained model, or of a user's words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/meaning.h"
#include "base/result.h"
#include "base/units.h"
#include "model/linear_scorer.h"
#include "model/token_walk.h"

namespace hb {

/// A topic as a user describes it.
struct Topic {
  std::string name;                   ///< what rows and counts call it
  std::string sentence;               ///< what it is about
  std::vector<std::string> examples;  ///< posts such as it means; may be empty
  std::string place = {};             ///< "topics.toml:12", for messages; may be empty
};

/// One topic of one post.
struct TopicScore {
  std::uint32_t topic = 0;  ///< its place in TopicModel::names()
  Micro score = 0;          ///< 0 .. kMicro; kMicro / 2 and more: the post is about it
  friend bool operator==(const TopicScore&, const TopicScore&) = default;
};

/// Says which topics posts are about. Of two kinds: a linear model with a weight for every topic
/// and word (Trained), or meaning (OwnWords): a post is about a topic if its vector (meaning.h) is
/// near enough to those of the topic's sentence and examples. From the same text and model every
/// machine gives the same numbers.
///
/// Lifecycle  Made once (some milliseconds, and 20 us a sentence or example).
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     320 bytes a sentence or example. Nothing is allocated a post once a Scratch and the
///            output have grown.
/// Errors     None when scoring: every byte string has an answer. A text in which no word is known
///            has no topic.
class TopicModel {
 public:
  struct Scratch {
    MeaningEncoder::Scratch meaning;
    model::LinearScratch linear;
    model::Walk walk;
  };
  static constexpr std::size_t kMost = 4;  ///< topics of a post
  static constexpr std::size_t kMostTopics = 1000, kMostExamples = 100;
  static constexpr std::size_t kMostNameBytes = 100;

  /// kInvalidArgument, the message names the topic and its place: none or more than kMostTopics; a
  /// name that is empty, too long, has control characters or stands there twice; a sentence or an
  /// example without a known word; more than kMostExamples.
  static Result<std::shared_ptr<const TopicModel>> OwnWords(std::vector<Topic> topics);
  /// The same with other vectors than the program's own.
  static Result<std::shared_ptr<const TopicModel>> OwnWords(std::vector<Topic> topics,
                                                            MeaningEncoder encoder);
  /// A model with a logit for each topic, above 0 if a post is about it. `model` outlives this.
  static std::shared_ptr<const TopicModel> Trained(const model::LinearModel& model);

  TopicModel(const TopicModel&) = delete;
  TopicModel& operator=(const TopicModel&) = delete;
  virtual ~TopicModel() = default;

  /// What Score's numbers stand for.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Name and version to write beside a result: "topics-fast/1", "meaning-fast/1".
  [[nodiscard]] const std::string& name() const { return name_; }
  /// What OwnWords was given, in the order of names(); empty for Trained.
  [[nodiscard]] virtual const std::vector<Topic>& descriptions() const = 0;

  /// Replaces `out` by the topics of `text`, likeliest first, at most kMost. Cost: O(bytes), and
  /// 10 ns for each sentence and example.
  void Score(std::string_view text, Scratch& scratch, std::vector<TopicScore>& out) const;
  /// The same of a text that model::WalkText has walked: SentimentByLanguage's scratch holds that
  /// walk after its Score.
  void Score(std::string_view text, const model::Walk& walk, Scratch& scratch,
             std::vector<TopicScore>& out) const;
  /// Replaces `out` by every topic's score, in the order of names().
  void ScoreAll(std::string_view text, Scratch& scratch, std::vector<TopicScore>& out) const;
  /// Leaves of all scores what Score gives.
  static void Keep(std::vector<TopicScore>& scores);

 protected:
  TopicModel(std::vector<std::string> names, std::string name)
      : names_(std::move(names)), name_(std::move(name)) {}

 private:
  /// Replaces `out` by every topic's score. `walk` is that of `text`.
  virtual void ScoreEach(std::string_view text, const model::Walk& walk, Scratch& scratch,
                         std::vector<TopicScore>& out) const = 0;

  std::vector<std::string> names_;
  std::string name_;
};

}  // namespace hb
