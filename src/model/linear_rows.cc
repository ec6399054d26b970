#include "model/linear_rows.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "model/features.h"
#include "model/token_walk.h"

namespace hb::model {
namespace {

struct Feature {
  Family family;
  std::uint64_t hash;
};

void CollectFeatures(const Walk& walk, const FeatureSpec& spec, std::vector<Feature>& out) {
  out.clear();
  PhraseWindow window;
  for (const Token& token : walk.tokens) {
    ForTokenFeatures(token, walk.symbols.data() + token.symbol_begin, spec,
                     [&](Family family, std::uint64_t hash) {
                       out.push_back({family, hash});
                     });
    window.Next(token, spec, [&](int, std::uint64_t hash) {
      out.push_back({Family::kPhrase, hash});
    });
  }
}

/// Adds the transfer's logits, before the length factor, to `out`.
void AddLogits(const Transfer& transfer, const std::vector<Feature>& features, float scale,
               float* out) {
  for (const Feature& feature : features) {
    const auto found = transfer.numbers.find(feature.hash);
    if (found == transfer.numbers.end()) continue;
    const float* w = &transfer.weights[found->second * transfer.classes];
    for (std::size_t c = 0; c < transfer.classes; ++c) out[c] += scale * w[c];
  }
}

}  // namespace

double LengthFactor(std::size_t tokens, double exponent) {
  return std::pow(static_cast<double>(std::clamp<std::size_t>(tokens, 1, kLengthEntries - 1)),
                  -exponent);
}

LexiconMap MergeLexicons(const std::vector<Lexicon>& lexicons, float gain) {
  LexiconMap map;
  for (std::size_t i = 0; i < lexicons.size(); ++i) {
    for (const auto& [hash, valence] : lexicons[i].words) {
      auto& values = map[hash];
      values.resize(2 * lexicons.size());
      values[2 * i + (valence < 0 ? 1 : 0)] = gain * std::abs(valence);
    }
  }
  return map;
}

Rows MakeRows(const LinearOptions& options, const std::vector<Example>& examples,
              const LexiconMap& lexicon, const std::vector<Transfer>& transfers) {
  Rows rows;
  rows.classes = options.labels.size();
  const std::size_t valences = 4 * options.lexicons.size();
  rows.dense = valences;
  for (const Transfer& transfer : transfers) rows.dense += transfer.classes;
  struct Seen {
    std::uint32_t count = 0;
    std::uint32_t last = UINT32_MAX;  // Example that counted it last.
    std::uint32_t number = UINT32_MAX;
  };
  std::unordered_map<std::uint64_t, Seen> seen;
  seen.reserve(examples.size() * 64);
  Walk walk;
  std::vector<Feature> features;
  for (std::uint32_t e = 0; e < examples.size(); ++e) {
    WalkText(examples[e].text, walk);
    CollectFeatures(walk, options.spec, features);
    for (const Feature& feature : features) {
      Seen& s = seen[feature.hash];
      if (s.last != e) ++s.count;
      s.last = e;
    }
  }
  rows.begins.push_back(0);
  for (std::uint32_t e = 0; e < examples.size(); ++e) {
    WalkText(examples[e].text, walk);
    CollectFeatures(walk, options.spec, features);
    for (const Feature& feature : features) {
      Seen& s = seen[feature.hash];
      if (s.count < static_cast<std::uint32_t>(options.min_count)) continue;
      if (s.number == UINT32_MAX) {
        s.number = static_cast<std::uint32_t>(rows.hashes.size());
        rows.hashes.push_back(feature.hash);
        rows.families.push_back(feature.family);
        rows.counts.push_back(s.count);
      }
      rows.features.push_back(s.number);
    }
    rows.begins.push_back(rows.features.size());
    const auto factor =
        static_cast<float>(LengthFactor(walk.tokens.size(), options.length_exponent));
    rows.length.push_back(factor);
    std::vector<float> dense(rows.dense);
    for (const Token& token : walk.tokens) {
      const auto found = lexicon.find(token.hash);
      if (found == lexicon.end()) continue;
      const std::size_t half = (token.flags & kNegated) != 0 ? valences / 2 : 0;
      for (std::size_t d = 0; d < found->second.size(); ++d) dense[half + d] += found->second[d];
    }
    std::size_t at = valences;
    for (const Transfer& transfer : transfers) {
      AddLogits(transfer, features, transfer.scale, &dense[at]);
      at += transfer.classes;
    }
    for (const float value : dense) rows.dense_values.push_back(value * factor);
    rows.labels.push_back(examples[e].label);
    rows.targets.insert(rows.targets.end(), examples[e].targets.begin(), examples[e].targets.end());
    rows.weights.push_back(examples[e].weight);
    // By the text, so that a doubled text never stands on both sides.
    const bool may_hold = examples[e].weight >= 1 && options.folds >= 2;
    const std::uint64_t fold = HashMix(Hash64(examples[e].text, options.seed)) %
                               static_cast<std::uint64_t>(std::max(1, options.folds));
    rows.fold.push_back(static_cast<std::uint8_t>(may_hold ? fold : kNeverHeldOut));
  }
  return rows;
}

void SetScales(const LinearOptions& options, const std::vector<Example>& examples, float gain,
               std::vector<Transfer>& transfers) {
  std::vector<double> squares(transfers.size());
  Walk walk;
  std::vector<Feature> features;
  std::vector<float> logits;
  for (const Example& example : examples) {
    WalkText(example.text, walk);
    CollectFeatures(walk, options.spec, features);
    const double factor = LengthFactor(walk.tokens.size(), options.length_exponent);
    for (std::size_t t = 0; t < transfers.size(); ++t) {
      logits.assign(transfers[t].classes, 0);
      AddLogits(transfers[t], features, 1, logits.data());
      for (const float logit : logits) squares[t] += factor * logit * factor * logit;
    }
  }
  for (std::size_t t = 0; t < transfers.size(); ++t) {
    const double count =
        static_cast<double>(examples.size()) * static_cast<double>(transfers[t].classes);
    const double root = std::sqrt(squares[t] / count);
    transfers[t].scale = root > 0 ? static_cast<float>(gain / root) : 0.0f;
  }
}

}  // namespace hb::model
