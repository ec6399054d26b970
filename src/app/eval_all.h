// app/eval_all.h - every shipped model on every validation file.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb {

/// One model on one set.
struct EvalRow {
  std::string task, set, model;
  std::string figure;            ///< What the task is judged by: "macro-recall".
  double value = 0;              ///< How much of it.
  double calibration_error = 0;  ///< Below 0: the task has none.
  std::size_t texts = 0;
  double texts_per_second = 0;  ///< Wall clock, from a cold start.
};

struct EvalTable {
  std::vector<EvalRow> rows;
  std::vector<std::string> left_out;  ///< What could not be scored, and why.

  [[nodiscard]] std::string Text() const;
  [[nodiscard]] std::string Json() const;
};

/// Scores all shipped models on the validation files under `folder` (docs/evaluation.md says which,
/// and their places). A file or a transformer's runtime that is not there leaves its rows out;
/// kNotFound: no file is there. `progress` gets a line before each row; may be empty.
Result<EvalTable> EvalAll(const std::string& folder,
                          const std::function<void(std::string_view)>& progress);

}  // namespace hb
