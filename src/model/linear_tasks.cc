#include "model/linear_tasks.h"

#include <utility>

#include "model/embedded.h"

namespace hb::model {
namespace {

LinearTask Sentiment() {
  LinearTask task{.name = "sentiment",
                  .defaults = {},
                  .empty_label = 1,
                  .empty_share = 0.05,
                  .empty_texts = {""},
                  .aliases = {},
                  .judged_by = Goal::kMacroRecall,
                  .measure = "macro-recall",
                  .embedded = EmbeddedSentiment};
  LinearOptions& o = task.defaults;
  o.name = "sentiment-fast";
  o.labels = {"negative", "neutral", "positive"};
  o.log2_sets = 18;
  o.epochs = 12;
  o.learning_rate = 0.05;
  o.l2 = 1e-2;
  o.balance = 1;
  o.prior_strength = 0.5;
  o.gains = {1.0f, 0.7f, 0.25f};
  return task;
}

/// The same for languages other than English. English texts only lend it words, emoji and names.
LinearTask SentimentMulti() {
  LinearTask task = Sentiment();
  task.name = "sentiment-multi";
  task.judged_by = Goal::kMacroF1;
  task.measure = "macro-F1";
  task.embedded = EmbeddedSentimentMulti;
  task.others = EmbeddedSentiment;
  LinearOptions& o = task.defaults;
  o.name = "sentiment-multi";
  o.goal = Goal::kMacroF1;
  o.language_examples = 500;
  o.balance = 0;  // Within each language instead.
  // Pairs of symbols add 0.0015 and a tenth of the time: posts in many languages have many words.
  o.spec.char_min = 3;
  return task;
}

/// What emotion, irony, offensive and hate have in common. LinearBundle needs one table size and
/// one choice of features for all of them.
LinearTask Head(std::string name, std::vector<std::string> labels) {
  LinearTask task{.name = std::move(name),
                  .defaults = {},
                  .empty_label = 0,
                  .empty_share = 0.05,
                  .empty_texts = {"", "@user"},
                  .aliases = {},
                  .judged_by = Goal::kMacroF1,
                  .measure = "macro-F1",
                  .embedded = nullptr};
  LinearOptions& o = task.defaults;
  o.name = task.name + "-fast";
  o.labels = std::move(labels);
  o.log2_sets = 16;
  o.epochs = 12;
  o.learning_rate = 0.05;
  o.l2 = 1e-2;
  o.balance = 1;
  o.gains = {1.0f, 0.7f, 0.25f};
  o.auxiliary_gain = 0.3f;
  o.goal = Goal::kMacroF1;
  return task;
}

LinearTask Emotion() {
  LinearTask task = Head("emotion", {"anger", "joy", "optimism", "sadness", "none"});
  task.empty_label = 4;
  task.empty_share = 0.5;  // A text that says nothing known must have no emotion.
  task.defaults.none = 4;
  task.aliases = {{"neutral", "none"}};
  task.embedded = EmbeddedEmotion;
  return task;
}

LinearTask Irony() {
  LinearTask task = Head("irony", {"non_irony", "irony"});
  // Priors for the F1 of one class alone would call nearly every post ironic: they are fitted for
  // the mean of both.
  task.judged_by = Goal::kLastF1;
  task.measure = "F1 of irony";
  task.embedded = EmbeddedIrony;
  return task;
}

LinearTask Offensive() {
  LinearTask task = Head("offensive", {"not-offensive", "offensive"});
  task.embedded = EmbeddedOffensive;
  return task;
}

LinearTask Hate() {
  LinearTask task = Head("hate", {"not-hate", "hate"});
  task.embedded = EmbeddedHate;
  return task;
}

/// TweetTopic's labels (Antypas et al., COLING 2022).
LinearTask Topics() {
  LinearTask task = Head(
      "topics", {"arts_&_culture", "business_&_entrepreneurs", "celebrity_&_pop_culture",
                 "diaries_&_daily_life", "family", "fashion_&_style", "film_tv_&_video",
                 "fitness_&_health", "food_&_dining", "gaming", "learning_&_educational", "music",
                 "news_&_social_concern", "other_hobbies", "relationships", "science_&_technology",
                 "sports", "travel_&_adventure", "youth_&_student_life"});
  task.embedded = EmbeddedTopics;
  task.defaults.many = true;
  task.defaults.log2_sets = 15;
  task.defaults.epochs = 6;
  return task;
}

constexpr LinearTask (*kTasks[])() = {Sentiment, SentimentMulti, Emotion, Irony,
                                      Offensive, Hate,           Topics};

}  // namespace

std::vector<std::string> LinearTaskNames() {
  std::vector<std::string> names;
  for (const auto make : kTasks) names.push_back(make().name);
  return names;
}

Result<LinearTask> FindLinearTask(std::string_view name) {
  std::string known;
  for (const auto make : kTasks) {
    LinearTask task = make();
    if (task.name == name) return task;
    known += task.name + ", ";
  }
  return Error{Code::kInvalidArgument,
               "unknown task \"" + std::string(name) + "\", there are: " + known + "entities"};
}

}  // namespace hb::model
