#include "model/linear_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>
#include <unordered_map>

#include "base/hash.h"
#include "model/calibration.h"
#include "model/token_walk.h"

namespace hb::model {
namespace {

/// SplitMix64 (Steele et al., OOPSLA 2014): small, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

void Shuffle(std::vector<std::uint32_t>& order, Random& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Next() % i]);
}

double LengthFactor(std::size_t tokens, double exponent) {
  return std::pow(static_cast<double>(std::clamp<std::size_t>(tokens, 1, kLengthEntries - 1)),
                  -exponent);
}

/// Examples as feature numbers.
struct Rows {
  std::size_t classes = 0;
  std::size_t dense = 0;              // Dense features an example.
  std::vector<std::uint64_t> hashes;  // Of feature number i.
  std::vector<Family> families;
  std::vector<std::uint32_t> counts;  // Examples that have it.
  std::vector<std::size_t> begins;    // Example e: features [begins[e], begins[e + 1]).
  std::vector<std::uint32_t> features;
  std::vector<float> dense_values;  // Example e: [e * dense, (e + 1) * dense).
  std::vector<float> length;
  std::vector<int> labels;
  std::vector<float> weights;
  std::vector<std::uint8_t> fold;  // 255: never held out.

  std::size_t size() const { return labels.size(); }
};

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

/// Dense features of a token: for each lexicon {positive, negative} x {plain, negated}.
using LexiconMap = std::unordered_map<std::uint64_t, std::vector<float>>;

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
              const LexiconMap& lexicon) {
  Rows rows;
  rows.classes = options.labels.size();
  rows.dense = 4 * options.lexicons.size();
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
      const std::size_t half = (token.flags & kNegated) != 0 ? rows.dense / 2 : 0;
      for (std::size_t d = 0; d < found->second.size(); ++d) dense[half + d] += found->second[d];
    }
    for (const float value : dense) rows.dense_values.push_back(value * factor);
    rows.labels.push_back(examples[e].label);
    rows.weights.push_back(examples[e].weight);
    // By the text, so that a doubled text never stands on both sides.
    const bool may_hold = examples[e].weight >= 1 && options.folds >= 2;
    const std::uint64_t fold = HashMix(Hash64(examples[e].text, options.seed)) %
                               static_cast<std::uint64_t>(std::max(1, options.folds));
    rows.fold.push_back(static_cast<std::uint8_t>(may_hold ? fold : 255));
  }
  return rows;
}

struct Weights {
  std::vector<float> sparse;  // [feature][class]
  std::vector<float> dense;   // [dense feature][class]
  std::vector<float> bias;
};

/// AdaGrad (Duchi et al., JMLR 12, 2011) on the softmax loss, with the weights of the second half
/// of the epochs averaged.
class Trainer {
 public:
  Trainer(const LinearOptions& options, const Rows& rows) : options_(options), rows_(rows) {}

  Weights Train(int held_out_fold, std::uint64_t seed) {
    const std::size_t k = rows_.classes;
    w_.sparse.assign(rows_.hashes.size() * k, 0);
    w_.dense.assign(rows_.dense * k, 0);
    w_.bias.assign(k, 0);
    squares_.assign(rows_.hashes.size(), 0);
    dense_squares_.assign(rows_.dense, 0);
    bias_square_ = 0;
    std::vector<std::uint32_t> order;
    std::vector<double> mass(k, 0);
    for (std::uint32_t e = 0; e < rows_.size(); ++e) {
      if (rows_.fold[e] == held_out_fold && held_out_fold >= 0) continue;
      order.push_back(e);
      mass[static_cast<std::size_t>(rows_.labels[e])] += rows_.weights[e];
    }
    class_weight_.assign(k, 1);
    const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
    for (std::size_t c = 0; c < k; ++c) {
      if (mass[c] > 0) {
        class_weight_[c] = static_cast<float>(
            std::pow(total / (static_cast<double>(k) * mass[c]), options_.balance));
      }
    }
    Weights mean{std::vector<float>(w_.sparse.size()), std::vector<float>(w_.dense.size()),
                 std::vector<float>(k)};
    Random random(seed);
    const int first_kept = options_.epochs / 2;
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      Shuffle(order, random);
      const double rate = options_.learning_rate * (1.0 - 0.9 * epoch / options_.epochs);
      for (const std::uint32_t e : order) Step(e, static_cast<float>(rate));
      if (epoch >= first_kept) AddTo(mean);
    }
    const float share = 1.0f / static_cast<float>(options_.epochs - first_kept);
    for (auto* part : {&mean.sparse, &mean.dense, &mean.bias}) {
      for (float& value : *part) value *= share;
    }
    return mean;
  }

 private:
  void AddTo(Weights& mean) const {
    const auto add = [](const std::vector<float>& from, std::vector<float>& to) {
      for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
    };
    add(w_.sparse, mean.sparse);
    add(w_.dense, mean.dense);
    add(w_.bias, mean.bias);
  }

  void Pick(std::uint32_t e) {
    picked_.clear();
    for (std::size_t i = rows_.begins[e]; i < rows_.begins[e + 1]; ++i) {
      const std::uint32_t f = rows_.features[i];
      picked_.emplace_back(
          f, options_.gains[static_cast<std::size_t>(rows_.families[f])] * rows_.length[e]);
    }
  }

  void Step(std::uint32_t e, float rate) {
    const std::size_t k = rows_.classes;
    float z[kMaxClasses];
    for (std::size_t c = 0; c < k; ++c) z[c] = w_.bias[c];
    Pick(e);
    for (const auto& [f, value] : picked_) {
      const float* w = &w_.sparse[f * k];
      for (std::size_t c = 0; c < k; ++c) z[c] += value * w[c];
    }
    const float* dense = rows_.dense_values.data() + e * rows_.dense;
    for (std::size_t d = 0; d < rows_.dense; ++d) {
      for (std::size_t c = 0; c < k; ++c) z[c] += dense[d] * w_.dense[d * k + c];
    }
    // Gradient of the loss by each logit.
    const float top = *std::max_element(z, z + k);
    float sum = 0;
    for (std::size_t c = 0; c < k; ++c) sum += z[c] = std::exp(z[c] - top);
    const auto label = static_cast<std::size_t>(rows_.labels[e]);
    const float scale = rows_.weights[e] * class_weight_[label];
    const auto smoothing = static_cast<float>(options_.smoothing);
    float norm = 0;
    for (std::size_t c = 0; c < k; ++c) {
      const float target = (c == label ? 1 - smoothing : 0) + smoothing / static_cast<float>(k);
      z[c] = (z[c] / sum - target) * scale;
      norm += z[c] * z[c];
    }
    const auto decay = static_cast<float>(options_.l2);
    for (const auto& [f, value] : picked_) {
      squares_[f] += norm * value * value;
      const float step = rate / std::sqrt(squares_[f] + 1e-2f);
      float* w = &w_.sparse[f * k];
      for (std::size_t c = 0; c < k; ++c) w[c] -= step * (value * z[c] + decay * w[c]);
    }
    for (std::size_t d = 0; d < rows_.dense; ++d) {
      if (dense[d] == 0) continue;
      dense_squares_[d] += norm * dense[d] * dense[d];
      const float step = rate / std::sqrt(dense_squares_[d] + 1e-2f);
      for (std::size_t c = 0; c < k; ++c) w_.dense[d * k + c] -= step * dense[d] * z[c];
    }
    bias_square_ += norm;
    const float step = rate / std::sqrt(bias_square_ + 1e-2f);
    for (std::size_t c = 0; c < k; ++c) w_.bias[c] -= step * z[c];
  }

  const LinearOptions& options_;
  const Rows& rows_;
  Weights w_;
  std::vector<float> squares_;
  std::vector<float> dense_squares_;
  float bias_square_ = 0;
  std::vector<float> class_weight_;
  std::vector<std::pair<std::uint32_t, float>> picked_;  // Feature, value.
};

void LogitsOf(const LinearOptions& options, const Rows& rows, const Weights& w, std::size_t e,
              double* z) {
  const std::size_t k = rows.classes;
  for (std::size_t c = 0; c < k; ++c) z[c] = w.bias[c];
  for (std::size_t i = rows.begins[e]; i < rows.begins[e + 1]; ++i) {
    const std::uint32_t f = rows.features[i];
    const float value = options.gains[static_cast<std::size_t>(rows.families[f])] * rows.length[e];
    for (std::size_t c = 0; c < k; ++c) z[c] += value * w.sparse[f * k + c];
  }
  for (std::size_t d = 0; d < rows.dense; ++d) {
    for (std::size_t c = 0; c < k; ++c) {
      z[c] += rows.dense_values[e * rows.dense + d] * w.dense[d * k + c];
    }
  }
}

HeldOut RunFolds(const LinearOptions& options, const Rows& rows) {
  HeldOut out;
  out.classes = rows.classes;
  std::vector<std::size_t> place(rows.size(), SIZE_MAX);
  for (std::size_t e = 0; e < rows.size(); ++e) {
    if (rows.fold[e] == 255) continue;
    place[e] = out.labels.size();
    out.labels.push_back(rows.labels[e]);
  }
  out.logits.resize(out.labels.size() * rows.classes);
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int fold = next++; fold < options.folds; fold = next++) {
      Trainer trainer(options, rows);
      const Weights w = trainer.Train(fold, options.seed + static_cast<std::uint64_t>(fold) + 1);
      for (std::size_t e = 0; e < rows.size(); ++e) {
        if (rows.fold[e] == fold) {
          LogitsOf(options, rows, w, e, &out.logits[place[e] * rows.classes]);
        }
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < std::min(options.threads, options.folds); ++t) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return out;
}

/// A feature that wants a place in the table.
struct Candidate {
  std::uint64_t hash;
  Family family;
  float importance;
  std::array<float, kMaxClasses> weights;
};

std::vector<Candidate> MakeCandidates(const LinearOptions& options, const Rows& rows,
                                      const Weights& w, const LexiconMap& lexicon) {
  const std::size_t k = rows.classes;
  std::unordered_map<std::uint64_t, std::size_t> word_place;
  std::vector<Candidate> out(rows.hashes.size());
  for (std::size_t f = 0; f < out.size(); ++f) {
    Candidate& candidate = out[f];
    candidate.hash = rows.hashes[f];
    candidate.family = rows.families[f];
    candidate.importance = std::sqrt(static_cast<float>(rows.counts[f]));
    const float gain = options.gains[static_cast<std::size_t>(candidate.family)];
    for (std::size_t c = 0; c < k; ++c) candidate.weights[c] = gain * w.sparse[f * k + c];
    if (candidate.family == Family::kWord) word_place.emplace(candidate.hash, f);
  }
  const std::size_t half = rows.dense / 2;
  // A negated word has both its plain and its negated feature, so the latter holds the difference.
  const auto fold_in = [&](std::uint64_t hash, const std::vector<float>& values, bool negated) {
    auto [place, is_new] = word_place.emplace(hash, out.size());
    if (is_new) out.push_back({hash, Family::kWord, 1.0f, {}});
    Candidate& candidate = out[place->second];
    for (std::size_t d = 0; d < values.size(); ++d) {
      for (std::size_t c = 0; c < k; ++c) {
        const float plain = w.dense[d * k + c];
        const float weight = negated ? w.dense[(half + d) * k + c] - plain : plain;
        candidate.weights[c] += values[d] * weight;
      }
    }
  };
  // In the order of the options, not of the map, so that equal inputs give equal bytes.
  std::vector<std::uint64_t> order;
  for (const Lexicon& one : options.lexicons) {
    for (const auto& entry : one.words) order.push_back(entry.first);
  }
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  for (const std::uint64_t hash : order) {
    const auto& values = lexicon.at(hash);
    fold_in(HashMix(hash ^ kSaltWord), values, false);
    if ((options.spec.context & 1) != 0) fold_in(HashMix(hash ^ kSaltNegated), values, true);
  }
  // Softmax does not see what all classes share: centred weights use the 8 bits best.
  for (Candidate& candidate : out) {
    float mean = 0;
    for (std::size_t c = 0; c < k; ++c) mean += candidate.weights[c] / static_cast<float>(k);
    float size = 0;
    for (std::size_t c = 0; c < k; ++c) {
      candidate.weights[c] -= mean;
      size = std::max(size, std::abs(candidate.weights[c]));
    }
    candidate.importance *= size;
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
    return a.importance != b.importance ? a.importance > b.importance : a.hash < b.hash;
  });
  return out;
}

std::int32_t ToFixed(double value, int bits) {
  return static_cast<std::int32_t>(std::lround(value * std::exp2(bits)));
}

/// Quantises and places the features, the most important first.
std::size_t FillTable(const LinearOptions& options, const std::vector<Candidate>& candidates,
                      double temperature, LinearParts& parts) {
  const std::size_t k = options.labels.size();
  // The step of each family and class: 99.9 % of the weights fit, the rest is cut off.
  for (int family = 0; family < kFamilies; ++family) {
    for (std::size_t c = 0; c < k; ++c) {
      std::vector<float> sizes;
      for (const Candidate& candidate : candidates) {
        if (candidate.family == static_cast<Family>(family)) {
          sizes.push_back(std::abs(candidate.weights[c]));
        }
      }
      if (sizes.empty()) continue;
      const std::size_t at = sizes.size() - 1 - sizes.size() / 1000;
      std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(at), sizes.end());
      const double step = temperature * sizes[at] / 127;
      parts.scales[static_cast<std::size_t>(family)][c] =
          std::clamp(ToFixed(step, kLogitBits), 1, 32768);
    }
  }
  const std::size_t sets = std::size_t{1} << options.log2_sets;
  parts.tags.assign(sets * kWays, 0);
  parts.weights.assign(sets * kWays * k, 0);
  std::size_t stored = 0;
  for (const Candidate& candidate : candidates) {
    std::array<std::int8_t, kMaxClasses> cells{};
    bool any = false;
    for (std::size_t c = 0; c < k; ++c) {
      const double step =
          parts.scales[static_cast<std::size_t>(candidate.family)][c] / std::exp2(kLogitBits);
      const double cell = std::round(temperature * candidate.weights[c] / step);
      cells[c] = static_cast<std::int8_t>(std::clamp(cell, -127.0, 127.0));
      any = any || cells[c] != 0;
    }
    if (!any) continue;
    const auto first = static_cast<std::size_t>(candidate.hash >> (64 - options.log2_sets)) * kWays;
    const auto tag =
        static_cast<std::uint8_t>((candidate.hash & 0xFF) == 0 ? 1 : candidate.hash & 0xFF);
    for (std::size_t at = first; at < first + kWays; ++at) {
      if (parts.tags[at] == tag) break;  // Taken by a more important one that looks the same.
      if (parts.tags[at] != 0) continue;
      parts.tags[at] = tag;
      for (std::size_t c = 0; c < k; ++c) parts.weights[at * k + c] = cells[c];
      ++stored;
      break;
    }
  }
  return stored;
}

Status Check(const LinearOptions& options, const std::vector<Example>& examples) {
  const auto bad = [](std::string what) { return Error{Code::kInvalidArgument, std::move(what)}; };
  const std::size_t k = options.labels.size();
  if (k < 2 || k > kMaxClasses) return bad("need 2 to 32 labels");
  if (options.log2_sets < 4 || options.log2_sets > 20) return bad("log2_sets must be 4 to 20");
  if (options.epochs < 1 || options.epochs > 1000) return bad("epochs must be 1 to 1000");
  if (!(options.learning_rate > 0)) return bad("learning_rate must be above 0");
  if (!(options.l2 >= 0) || !(options.smoothing >= 0 && options.smoothing < 1)) {
    return bad("l2 must be 0 or more, smoothing from 0 to below 1");
  }
  if (options.folds < 0 || options.folds > 50 || options.folds == 1) {
    return bad("folds must be 0 or 2 to 50");
  }
  if (!(options.prior_strength >= 0 && options.prior_strength <= 1)) {
    return bad("prior_strength must be 0 to 1");
  }
  if (options.min_count < 1) return bad("min_count must be 1 or more");
  if (options.name.size() > 255 || options.version.size() > 255) return bad("name is too long");
  std::vector<std::size_t> counts(k);
  for (const Example& example : examples) {
    if (example.label < 0 || static_cast<std::size_t>(example.label) >= k) {
      return bad("an example's label is out of range");
    }
    if (!(example.weight > 0)) return bad("an example's weight is not above 0");
    ++counts[static_cast<std::size_t>(example.label)];
  }
  if (std::count(counts.begin(), counts.end(), 0u) > static_cast<std::ptrdiff_t>(k) - 2) {
    return bad("the examples are all of one class");
  }
  return Ok();
}

}  // namespace

Result<TrainedLinear> TrainLinear(const LinearOptions& options,
                                  const std::vector<Example>& examples) {
  HB_TRY(Check(options, examples));
  const auto say = [&](const std::string& line) {
    if (options.progress) options.progress(line);
  };
  const LexiconMap lexicon = MergeLexicons(options.lexicons, options.lexicon_gain);
  const Rows rows = MakeRows(options, examples, lexicon);
  say(fmt::format("{} examples, {} features seen {} times or more", rows.size(), rows.hashes.size(),
                  options.min_count));

  const std::size_t k = options.labels.size();
  std::vector<double> shift(k, 0);
  double temperature = 1;
  Metrics raw(options.labels);
  Metrics fitted(options.labels);
  if (options.folds >= 2) {
    const HeldOut held = RunFolds(options, rows);
    raw = Measure(held, options.labels, shift, 1);
    shift = FitPriors(held, options.labels);
    for (double& value : shift) value *= options.prior_strength;
    temperature = FitTemperature(held, shift);
    for (double& value : shift) value *= temperature;
    fitted = Measure(held, options.labels, shift, temperature);
    say(
        fmt::format("held out: macro-recall {:.4f} as trained, {:.4f} with class priors; "
                    "temperature {:.2f}",
                    raw.MacroRecall(), fitted.MacroRecall(), temperature));
  }
  Trainer trainer(options, rows);
  const Weights w = trainer.Train(-1, options.seed);
  const auto candidates = MakeCandidates(options, rows, w, lexicon);

  LinearParts parts;
  parts.name = options.name;
  parts.version = options.version;
  parts.labels = options.labels;
  parts.spec = options.spec;
  parts.log2_sets = options.log2_sets;
  for (std::size_t n = 0; n < kLengthEntries; ++n) {
    parts.length[n] =
        static_cast<std::uint32_t>(ToFixed(LengthFactor(n, options.length_exponent), 16));
  }
  for (std::size_t c = 0; c < k; ++c) {
    parts.bias[c] =
        ToFixed(std::clamp(temperature * w.bias[c] + shift[c], -60.0, 60.0), kLogitBits);
  }
  const std::size_t stored = FillTable(options, candidates, temperature, parts);
  say(fmt::format("{} of {} features stored", stored, candidates.size()));
  HB_ASSIGN(LinearModel model, LinearModel::FromBytes(EncodeLinearModel(parts)));
  return TrainedLinear{std::move(model), std::move(fitted), std::move(raw), rows.hashes.size(),
                       stored};
}

}  // namespace hb::model
