// rule/ast.h - a rule as a tree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rule/operators.h"
#include "rule/rule.h"

namespace hb::rule {

enum class NodeKind : std::uint8_t { kLeaf, kAnd, kOr, kNot };

/// One node. A plain tree: children are owned.
struct Node {
  NodeKind kind = NodeKind::kLeaf;
  std::vector<Node> children;  ///< kAnd, kOr: two or more; kNot: one leaf

  // Of a leaf:
  Operator op = Operator::kWord;
  const Named* named = nullptr;       ///< null for words, phrases, #, $ and @
  std::string text;                   ///< the value as written, without sign or quotes
  std::vector<std::uint64_t> tokens;  ///< hashes of the folded words of `text`
  std::int64_t low = 0, high = 0;     ///< numbers; high is the N of "a b"~N
  std::size_t column = 1;             ///< where it begins, in code points
};

/// Parses a whole rule. On failure the answer is kInvalidArgument and `error` says where.
Result<Node> Parse(std::string_view rule, RuleError& error);

/// The tree in words.
RuleExplanation Explain(const Node& root);

inline constexpr std::size_t kMaxRuleCodePoints = 4096;
inline constexpr int kMaxDepth = 32;

}  // namespace hb::rule
