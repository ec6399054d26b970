// model/linear_tasks.h - the tasks that a linear model is trained for, with their settings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/dataset.h"
#include "model/linear_trainer.h"
#include "model/metrics.h"

namespace hb::model {

struct LinearTask {
  std::string name;
  LinearOptions defaults;  ///< Found by cross-validation on the training files alone (the cards).
  /// Class of a text that says nothing: so many empty examples of it are added to the training set,
  /// or class balancing would leave posts in unknown words on one of the poles.
  int empty_label = 0;
  double empty_share = 0;
  std::vector<std::string> empty_texts;  ///< Taken in turn.
  /// Labels of other tasks' files that are one of this task's.
  std::vector<Alias> aliases;
  Goal judged_by = Goal::kMacroRecall;  ///< The field's measure for this task...
  std::string measure;                  ///< ... and what it is called.
  const LinearModel& (*embedded)() = nullptr;
  /// Judges texts in languages that the task's own model was not trained on: set where the model
  /// tells languages apart. Training and evaluation then find each text's language as the pipeline
  /// does.
  const LinearModel& (*others)() = nullptr;
};

/// kInvalidArgument: no such task; the message names those there are.
Result<LinearTask> FindLinearTask(std::string_view name);
std::vector<std::string> LinearTaskNames();

}  // namespace hb::model
