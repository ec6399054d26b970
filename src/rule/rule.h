// rule/rule.h - X's rule grammar, run locally on posts of any source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/post_batch.h"
#include "record/task.h"

namespace hb {

/// Where a rule is wrong. `column` counts code points from 1.
struct RuleError {
  std::size_t column = 1;
  std::string message;  ///< "OR needs an expression on its right"
  std::string hint;     ///< "write (a OR b), or quote \"OR\" to match the word"; may be empty
};

/// What a rule means, for `rules check` and the dashboard.
struct RuleExplanation {
  std::string text;  ///< "posts that contain the word 'ukraine' or 'kyiv', in English, ..."
  std::vector<std::string> warnings;  ///< operators that cannot be computed here and why
};

/// Parses and explains one rule. kInvalidArgument never carries the column: use `error` for it.
Result<RuleExplanation> CheckRule(std::string_view rule, RuleError* error);

/// Many rules, indexed by a token that each needs, so that a thousand cost about as much as one.
///
/// Threads  Immutable once made; const methods from any thread, each with its own Scratch.
class RuleSet {
 public:
  class Scratch;  ///< Reusable memory of one thread.
  /// The active ones of `tasks`. kInvalidArgument names the tag and the column of the first bad
  /// rule.
  static Result<std::shared_ptr<const RuleSet>> Compile(std::span<const Task> tasks,
                                                        std::uint32_t version);
  virtual ~RuleSet() = default;
  [[nodiscard]] virtual std::unique_ptr<Scratch> MakeScratch() const = 0;
  /// Appends the indexes (into tags()) of the rules that match row `row`, ascending.
  virtual void Match(const PostBatch& posts, std::size_t row, Scratch& scratch,
                     std::vector<std::uint32_t>& matched) const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& tags()
      const = 0;  ///< in order of the tasks given
  [[nodiscard]] virtual std::uint32_t version() const = 0;
};

/// Base of the implementation's scratch.
class RuleSet::Scratch {
 public:
  virtual ~Scratch() = default;
};

}  // namespace hb
