#include "source/demo/grammar.h"

namespace hb {

namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

DemoGrammar::DemoGrammar(std::string_view text) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    const std::size_t equals = line.find(" = ");
    if (equals == std::string_view::npos) continue;
    std::vector<std::string_view>& ways = rules_[Trim(line.substr(0, equals))];
    line.remove_prefix(equals + 3);
    for (;;) {
      const std::size_t bar = line.find(" | ");
      ways.push_back(Trim(line.substr(0, bar)));
      if (bar == std::string_view::npos) break;
      line.remove_prefix(bar + 3);
    }
  }
}

void DemoGrammar::Expand(std::string_view name, std::string_view noun, DemoRandom& random,
                         std::string& out, int depth) const {
  const auto rule = rules_.find(name == "noun" ? noun : name);
  if (rule == rules_.end() || depth > 8) return;
  std::string_view way = rule->second[random.Below(rule->second.size())];
  while (!way.empty()) {
    const std::size_t open = way.find('{');
    out.append(way.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = way.find('}', open);
    if (close == std::string_view::npos) return;
    Expand(way.substr(open + 1, close - open - 1), noun, random, out, depth + 1);
    way.remove_prefix(close + 1);
  }
}

std::vector<std::string> DemoGrammar::Dangling() const {
  std::vector<std::string> found;
  for (const auto& [name, ways] : rules_) {
    for (const std::string_view way : ways) {
      for (std::size_t open = way.find('{'); open != std::string_view::npos;
           open = way.find('{', open + 1)) {
        const std::string_view inner = way.substr(open + 1, way.find('}', open) - open - 1);
        if (inner != "noun" && !Has(inner)) found.emplace_back(inner);
      }
    }
  }
  return found;
}

}  // namespace hb
