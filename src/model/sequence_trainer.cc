#include "model/sequence_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <unordered_map>
#include <utility>

namespace hb::model {
namespace {

constexpr std::size_t kS = kStates;
constexpr float kNone = -1e30f;
using Row = std::array<float, kStateStride>;

class Facts final : public WordTable {
 public:
  explicit Facts(const std::vector<WordEntry>& words) {
    for (const WordEntry& word : words) facts_.emplace(word.key, word.facts);
  }
  bool Find(std::uint64_t key, WordFacts& facts) const override {
    const auto found = facts_.find(key);
    if (found == facts_.end()) return false;
    facts = found->second;
    return true;
  }

 private:
  std::unordered_map<std::uint64_t, WordFacts> facts_;
};

struct Sequence {
  std::size_t view = 0;
  std::vector<std::uint32_t> features;  ///< Rows of all tokens.
  std::vector<std::uint32_t> ends, shared_ends;
  std::vector<std::uint32_t> allowed;
};

/// Both feature sets of one post: shared ones first at each token, those of the view behind.
class Trainer {
 public:
  Trainer(const SequenceOptions& options, const std::vector<TaggedData>& data,
          const std::vector<WordEntry>& words)
      : options_(options), random_(options.seed) {
    Read(data, words);
    weights_.assign(hashes_.size(), Row{});
    squares_.assign(hashes_.size(), Row{});
  }

  void Train() {
    std::vector<std::size_t> order(sequences_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      std::shuffle(order.begin(), order.end(), random_);
      double loss = 0;
      for (const std::size_t i : order) {
        const bool general = static_cast<double>(random_() >> 11) * 0x1p-53 < options_.general;
        loss += Step(sequences_[i], general);
      }
      if (options_.progress) {
        options_.progress(fmt::format("epoch {} of {}: loss {:.4f} a post", epoch + 1,
                                      options_.epochs, loss / static_cast<double>(order.size())));
      }
    }
  }

  SequenceParts Parts(const std::vector<WordEntry>& words) const {
    SequenceParts parts;
    parts.name = options_.name;
    parts.version = options_.version;
    parts.log2_sets = options_.log2_sets;
    parts.words = words;
    std::vector<std::pair<float, std::uint32_t>> order;
    std::vector<float> sizes;
    for (std::uint32_t f = 0; f < weights_.size(); ++f) {
      float most = 0;
      for (const float w : weights_[f]) most = std::max(most, std::abs(w));
      if (most > 0.01f) order.push_back({-most, f});
    }
    std::sort(order.begin(), order.end());
    // Few weights are large: a step of the 200th largest leaves the many small ones finer.
    const float largest =
        order.empty() ? 1.0f : -order[std::min<std::size_t>(200, order.size() - 1)].first;
    const float scale = 127.0f / std::max(largest, 0.1f);
    for (const auto& [size, f] : order) {
      SequenceParts::Row row;
      row.feature = hashes_[f];
      for (std::size_t s = 0; s < kS; ++s) {
        row.weights[s] =
            static_cast<std::int8_t>(std::clamp(std::lround(weights_[f][s] * scale), -127L, 127L));
      }
      parts.rows.push_back(row);
    }
    for (std::size_t v = 0; v < kViews; ++v) {
      for (std::size_t a = 0; a <= kS; ++a) {
        for (std::size_t b = 0; b < kS; ++b) {
          const float w = moves_[0][a][b] + (v > 0 ? moves_[v][a][b] : 0.0f);
          parts.moves[v][a][b] = static_cast<std::int32_t>(std::lround(w * scale));
        }
      }
    }
    return parts;
  }

  std::size_t features() const { return hashes_.size(); }

 private:
  void Read(const std::vector<TaggedData>& data, const std::vector<WordEntry>& words) {
    const Facts facts(words);
    TextWalk walk;
    SequenceFeatures shared, both;
    std::unordered_map<std::uint64_t, std::uint32_t> counts;
    // Two passes: the first counts, the second keeps what is frequent enough.
    std::unordered_map<std::uint64_t, std::uint32_t> rows;
    for (const bool keep : {false, true}) {
      for (const TaggedData& set : data) {
        for (const TaggedPost& post : set.posts) {
          WalkText(post.text, walk);
          ExtractSequenceFeatures(walk, facts, EntityView::kGeneral, shared);
          ExtractSequenceFeatures(walk, facts, set.view, both);
          if (!keep) {
            for (const std::uint64_t hash : both.hashes) ++counts[hash];
            continue;
          }
          if (both.tokens.empty()) continue;
          sequences_.push_back(MakeSequence(set, post, shared, both, counts, rows));
        }
      }
    }
  }

  Sequence MakeSequence(const TaggedData& set, const TaggedPost& post,
                        const SequenceFeatures& shared, const SequenceFeatures& both,
                        const std::unordered_map<std::uint64_t, std::uint32_t>& counts,
                        std::unordered_map<std::uint64_t, std::uint32_t>& rows) {
    Sequence out;
    out.view = static_cast<std::size_t>(set.view);
    AllowedStates(post, set.view, both.tokens, out.allowed);
    const auto add = [&](std::uint64_t hash) {
      if (counts.at(hash) < static_cast<std::uint32_t>(options_.min_count)) return;
      const auto [place, fresh] = rows.emplace(hash, static_cast<std::uint32_t>(hashes_.size()));
      if (fresh) hashes_.push_back(hash);
      out.features.push_back(place->second);
    };
    std::size_t a = 0, b = 0;
    for (std::size_t i = 0; i < both.tokens.size(); ++i) {
      std::vector<std::uint64_t> extra;
      // `both` is `shared` with more hashes in between.
      for (; b < both.ends[i]; ++b) {
        if (a < shared.ends[i] && both.hashes[b] == shared.hashes[a])
          add(shared.hashes[a++]);
        else
          extra.push_back(both.hashes[b]);
      }
      out.shared_ends.push_back(static_cast<std::uint32_t>(out.features.size()));
      for (const std::uint64_t hash : extra) add(hash);
      out.ends.push_back(static_cast<std::uint32_t>(out.features.size()));
    }
    return out;
  }

  /// Forward and backward over states that fit; adds `sign` times the expected counts. In
  /// probability space with a scale a token; weights are exponentials of scores less their largest.
  double Expect(const std::vector<Row>& scores, const std::vector<std::uint32_t>* allowed,
                const std::vector<std::array<float, kStateStride>>& move, float sign) {
    const std::size_t n = scores.size();
    alpha_.resize(n);
    beta_.resize(n);
    emit_.resize(n);
    scale_.resize(n);
    double log_sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      float top = kNone;
      for (std::size_t s = 0; s < kS; ++s) top = std::max(top, scores[i][s]);
      emit_[i].fill(0);
      for (std::size_t s = 0; s < kS; ++s) {
        const bool fits = allowed == nullptr || ((*allowed)[i] >> s & 1) != 0;
        emit_[i][s] = fits ? std::exp(scores[i][s] - top) : 0.0f;
      }
      Row now{};
      if (i == 0) {
        now = move[kS];
      } else {
        for (std::size_t a = 0; a < kS; ++a) {
          for (std::size_t b = 0; b < kStateStride; ++b) now[b] += alpha_[i - 1][a] * move[a][b];
        }
      }
      float sum = 0;
      for (std::size_t s = 0; s < kStateStride; ++s) {
        now[s] *= emit_[i][s];
        sum += now[s];
      }
      if (!(sum > 1e-35f)) return NAN;
      for (float& v : now) v /= sum;
      alpha_[i] = now;
      scale_[i] = sum;
      log_sum += std::log(static_cast<double>(sum)) + static_cast<double>(top);
    }
    beta_[n - 1].fill(1.0f);
    for (std::size_t i = n - 1; i-- > 0;) {
      Row next{};
      for (std::size_t b = 0; b < kS; ++b)
        next[b] = emit_[i + 1][b] * beta_[i + 1][b] / scale_[i + 1];
      for (std::size_t a = 0; a < kS; ++a) {
        float sum = 0;
        for (std::size_t b = 0; b < kS; ++b) sum += move[a][b] * next[b];
        beta_[i][a] = sum;
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t s = 0; s < kS; ++s) gradient_[i][s] += sign * alpha_[i][s] * beta_[i][s];
      if (i == 0) {
        for (std::size_t s = 0; s < kS; ++s)
          move_gradient_[kS][s] += sign * alpha_[0][s] * beta_[0][s];
        continue;
      }
      for (std::size_t a = 0; a < kS; ++a) {
        if (alpha_[i - 1][a] == 0) continue;
        for (std::size_t b = 0; b < kS; ++b) {
          move_gradient_[a][b] +=
              sign * alpha_[i - 1][a] * move[a][b] * emit_[i][b] * beta_[i][b] / scale_[i];
        }
      }
    }
    return log_sum;
  }

  double Step(const Sequence& post, bool general) {
    const std::size_t n = post.ends.size();
    std::vector<Row>& scores = scores_;
    scores.assign(n, Row{});
    gradient_.assign(n, Row{});
    for (auto& row : move_gradient_) row.fill(0);
    const auto& ends = general ? post.shared_ends : post.ends;
    for (std::size_t i = 0, begin = 0; i < n; begin = post.ends[i], ++i) {
      for (std::size_t f = begin; f < ends[i]; ++f) {
        const Row& w = weights_[post.features[f]];
        for (std::size_t s = 0; s < kStateStride; ++s) scores[i][s] += w[s];
      }
    }
    const std::size_t view = general ? 0 : post.view;
    std::vector<Row>& move = move_;
    move.assign(kS + 1, Row{});
    for (std::size_t a = 0; a <= kS; ++a) {
      for (std::size_t b = 0; b < kS; ++b) {
        if (!MoveAllowed(static_cast<int>(a), static_cast<int>(b))) continue;
        move[a][b] = std::exp(moves_[0][a][b] + (view > 0 ? moves_[view][a][b] : 0.0f));
      }
    }
    const double truth = Expect(scores, &post.allowed, move, 1.0f);
    if (std::isnan(truth)) return 0;  // Labels that fit no sequence teach nothing.
    const double all = Expect(scores, nullptr, move, -1.0f);
    if (std::isnan(all)) return 0;
    Update(post, ends, view);
    return all - truth;
  }

  void Update(const Sequence& post, const std::vector<std::uint32_t>& ends, std::size_t view) {
    const auto rate = static_cast<float>(options_.learning_rate);
    const auto decay = static_cast<float>(options_.l2);
    for (std::size_t i = 0, begin = 0; i < ends.size(); begin = post.ends[i], ++i) {
      const Row& g = gradient_[i];
      for (std::size_t f = begin; f < ends[i]; ++f) {
        Row& w = weights_[post.features[f]];
        Row& q = squares_[post.features[f]];
        for (std::size_t s = 0; s < kStateStride; ++s) {
          const float d = g[s] - decay * w[s];
          q[s] += d * d;
          w[s] += rate * d / (std::sqrt(q[s]) + 1e-3f);
        }
      }
    }
    for (const std::size_t v : {std::size_t{0}, view}) {
      for (std::size_t a = 0; a <= kS; ++a) {
        for (std::size_t b = 0; b < kS; ++b) {
          const float d = move_gradient_[a][b] - decay * moves_[v][a][b];
          float& q = move_squares_[v][a][b];
          q += d * d;
          moves_[v][a][b] += rate * d / (std::sqrt(q) + 1e-3f);
        }
      }
      if (view == 0) break;
    }
  }

  const SequenceOptions& options_;
  std::mt19937_64 random_;
  std::vector<Sequence> sequences_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Row> weights_, squares_;
  std::array<std::array<Row, kS + 1>, kViews> moves_{}, move_squares_{};
  std::vector<Row> scores_, gradient_, alpha_, beta_, emit_, move_;
  std::vector<float> scale_;
  std::array<Row, kS + 1> move_gradient_{};
};

}  // namespace

Result<TrainedSequence> TrainSequence(const SequenceOptions& options,
                                      const std::vector<TaggedData>& data,
                                      const std::vector<WordEntry>& words) {
  if (data.empty()) return Error{Code::kInvalidArgument, "no labelled post"};
  Trainer trainer(options, data, words);
  trainer.Train();
  std::size_t stored = 0;
  const std::string bytes = EncodeSequenceModel(trainer.Parts(words), stored);
  HB_ASSIGN(SequenceModel model, SequenceModel::FromBytes(bytes));
  return TrainedSequence{std::move(model), trainer.features(), stored};
}

EntityScores ScoreEntities(const SequenceModel& model, const TaggedData& data,
                           std::span<const std::vector<StateScores>> beside) {
  EntityScores scores;
  SequenceScratch scratch;
  std::vector<EntitySpan> entities;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < data.posts.size(); ++i) {
    const TaggedPost& post = data.posts[i];
    WalkText(post.text, scratch.walk);
    model.Tag(scratch.walk, data.view, scratch,
              beside.empty() ? std::span<const StateScores>() : beside[i]);
    CollectEntities(scratch.features.tokens, scratch.states, entities);
    ProjectLabels(post, data.view, entities, labels);
    scores.Add(post.labels, labels);
  }
  return scores;
}

}  // namespace hb::model
