#include "model/linear_table.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace hb::model {

std::int32_t ToFixed(double value, int bits) {
  return static_cast<std::int32_t>(std::lround(value * std::exp2(bits)));
}

std::int32_t ToFixedLogit(double logit) {
  return ToFixed(std::clamp(logit, -60.0, 60.0), kLogitBits);
}

std::vector<Candidate> MakeCandidates(const LinearOptions& options, const Rows& rows,
                                      const Weights& w, const LexiconMap& lexicon,
                                      const std::vector<Transfer>& transfers) {
  const std::size_t k = rows.classes;
  std::unordered_map<std::uint64_t, std::size_t> places;
  std::vector<Candidate> out(rows.hashes.size());
  for (std::size_t f = 0; f < out.size(); ++f) {
    Candidate& candidate = out[f];
    candidate.hash = rows.hashes[f];
    candidate.family = rows.families[f];
    candidate.importance = std::sqrt(static_cast<float>(rows.counts[f]));
    const float gain = options.gains[static_cast<std::size_t>(candidate.family)];
    for (std::size_t c = 0; c < k; ++c) candidate.weights[c] = gain * w.sparse[f * k + c];
    places.emplace(candidate.hash, f);
  }
  const std::size_t half = 2 * options.lexicons.size();
  // A negated word has both its plain and its negated feature, so the latter holds the difference.
  const auto fold_in = [&](std::uint64_t hash, const std::vector<float>& values, bool negated) {
    auto [place, is_new] = places.emplace(hash, out.size());
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
  std::size_t first = options.lexicons.size() * 4;
  for (const Transfer& transfer : transfers) {
    for (std::size_t n = 0; n < transfer.hashes.size(); ++n) {
      const auto [place, is_new] = places.emplace(transfer.hashes[n], out.size());
      if (is_new) {
        const float rows_root = std::sqrt(static_cast<float>(transfer.counts[n]));
        out.push_back({transfer.hashes[n], transfer.families[n], rows_root, {}});
      }
      Candidate& candidate = out[place->second];
      for (std::size_t d = 0; d < transfer.classes; ++d) {
        const float value = transfer.scale * transfer.weights[n * transfer.classes + d];
        for (std::size_t c = 0; c < k; ++c) {
          candidate.weights[c] += value * w.dense[(first + d) * k + c];
        }
      }
    }
    first += transfer.classes;
  }
  // Softmax does not see what all classes share: centred weights use the 8 bits best. Of two
  // classes only the difference matters; all of it in the second leaves the first one empty, which
  // LinearBundle then need not add up.
  for (Candidate& candidate : out) {
    float mean = 0;
    for (std::size_t c = 0; c < k; ++c) mean += candidate.weights[c] / static_cast<float>(k);
    if (k == 2) mean = candidate.weights[0];
    if (options.many) mean = 0;
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

LinearParts MakeHeader(const LinearOptions& options, const std::vector<double>& bias) {
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
  for (std::size_t c = 0; c < bias.size(); ++c) parts.bias[c] = ToFixedLogit(bias[c]);
  return parts;
}

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
      if (*std::max_element(sizes.begin() + static_cast<std::ptrdiff_t>(at), sizes.end()) == 0) {
        continue;  // The first of two classes.
      }
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
      const double cell = step == 0 ? 0 : std::round(temperature * candidate.weights[c] / step);
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

}  // namespace hb::model
