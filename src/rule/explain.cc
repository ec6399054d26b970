#include <string>

#include "rule/ast.h"

namespace hb::rule {

namespace {

std::string Quote(const std::string& text) { return "\"" + text + "\""; }

std::string LeafText(const Node& node) {
  switch (node.op) {
    case Operator::kWord: return "with the word " + Quote(node.text);
    case Operator::kPhrase: return "with the phrase " + Quote(node.text);
    case Operator::kProximity:
      return "with the words of " + Quote(node.text) + " at most " + std::to_string(node.high) +
             " words apart";
    case Operator::kHashtag: return "tagged #" + node.text;
    case Operator::kCashtag: return "naming $" + node.text;
    case Operator::kMention: return "mentioning @" + node.text;
    default: break;
  }
  std::string text(node.named->meaning);
  if (const std::size_t at = text.find("%v"); at != std::string::npos)
    text.replace(at, 2, Quote(node.text));
  return text;
}

std::string NodeText(const Node& node, bool inside) {
  switch (node.kind) {
    case NodeKind::kLeaf: return LeafText(node);
    case NodeKind::kNot: return "not " + LeafText(node.children.front());
    case NodeKind::kAnd:
    case NodeKind::kOr: break;
  }
  std::string text;
  for (const Node& child : node.children) {
    if (!text.empty()) text += node.kind == NodeKind::kAnd ? ", and " : ", or ";
    text += NodeText(child, true);
  }
  return inside ? "(" + text + ")" : text;
}

void Warn(const Node& node, std::vector<std::string>& warnings) {
  for (const Node& child : node.children) Warn(child, warnings);
  if (node.kind != NodeKind::kLeaf) return;
  if (node.op == Operator::kUnknowable) {
    warnings.push_back("column " + std::to_string(node.column) + ": " +
                       std::string(node.named->name) + ": never matches here, because " +
                       std::string(node.named->why));
  }
  if (node.op == Operator::kWord &&
      (node.text == "or" || node.text == "and" || node.text == "AND" || node.text == "NOT" ||
       node.text == "not")) {
    warnings.push_back("column " + std::to_string(node.column) + ": '" + node.text +
                       "' is searched as a word; write OR in capitals, a blank for and, - for not");
  }
}

}  // namespace

RuleExplanation Explain(const Node& root) {
  RuleExplanation explanation;
  explanation.text = "posts " + NodeText(root, false);
  Warn(root, explanation.warnings);
  return explanation;
}

}  // namespace hb::rule
