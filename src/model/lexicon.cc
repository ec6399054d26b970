#include "model/lexicon.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <unordered_map>

#include "model/token_walk.h"

namespace hb::model {

Result<Lexicon> ParseLexicon(std::string_view content, const Lexicon& words) {
  std::unordered_map<std::uint64_t, float> known(words.words.begin(), words.words.end());
  Lexicon out;
  float largest = 0;
  Walk walk;
  for (std::string_view rest = content; !rest.empty();) {
    const std::size_t stop = rest.find('\n');
    const std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 1);
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string field(line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1));
    char* end = nullptr;
    float valence = std::strtof(field.c_str(), &end);
    if (end == field.c_str()) {  // A description in words.
      float sum = 0;
      int rated = 0;
      WalkText(field, walk);
      for (const Token& token : walk.tokens) {
        const auto found = known.find(token.hash);
        if (found == known.end()) continue;
        sum += found->second;
        ++rated;
      }
      valence = rated == 0 ? 0 : sum / static_cast<float>(rated);
    }
    if (valence == 0 || !std::isfinite(valence)) continue;
    WalkText(line.substr(0, tab), walk);
    if (walk.tokens.size() != 1) continue;
    out.words.emplace_back(walk.tokens[0].hash, valence);
    largest = std::max(largest, std::abs(valence));
  }
  if (out.words.empty()) return Error{Code::kInvalidArgument, "lexicon has no usable entry"};
  for (auto& [hash, valence] : out.words) valence /= largest;
  return out;
}

}  // namespace hb::model
