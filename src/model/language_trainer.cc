#include "model/language_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <unordered_map>

#include "base/split_mix.h"

namespace hb::model {
namespace {

class Random : public SplitMix64 {
 public:
  using SplitMix64::SplitMix64;
  std::size_t Below(std::size_t bound) {
    return static_cast<std::size_t>((Next() >> 32) * static_cast<std::uint64_t>(bound) >> 32);
  }
  double Normal() {  // Sum of twelve: near enough.
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Unit();
    return sum;
  }
};

std::uint64_t GramHash(const std::uint32_t* symbols, std::size_t n) {
  std::uint64_t h = kHashSeed;
  for (std::size_t i = 0; i < n; ++i) h = HashStep(h, symbols[i]);
  return h * 0xC4CEB9FE1A85EC53ull;
}

/// Draws texts of a class: a file by the square root of its words, then one of its texts.
class Drawer {
 public:
  explicit Drawer(const LanguageCorpus::Class& entry) : entry_(&entry) {
    double sum = 0;
    for (const LanguageSource& source : entry.sources) {
      sum += std::sqrt(static_cast<double>(source.words.size()));
      bounds_.push_back(sum);
    }
  }
  std::span<const std::uint32_t> Text(Random& random) const {
    const double at = random.Unit() * bounds_.back();
    std::size_t s = 0;
    while (s + 1 < bounds_.size() && bounds_[s] <= at) ++s;
    const LanguageSource& source = entry_->sources[s];
    const std::size_t t = random.Below(source.texts());
    return {source.words.data() + source.begins[t], source.words.data() + source.begins[t + 1]};
  }
  /// A stretch of a text: one word, two, a few, or all of it.
  std::span<const std::uint32_t> Stretch(Random& random) const {
    const std::span<const std::uint32_t> text = Text(random);
    const double kind = random.Unit();
    std::size_t words = text.size();
    if (kind < 0.3) {
      words = 1;
    } else if (kind < 0.55) {
      words = 2;
    } else if (kind < 0.75) {
      words = 3 + random.Below(5);
    }
    if (words >= text.size()) return text;
    return text.subspan(random.Below(text.size() - words + 1), words);
  }

 private:
  const LanguageCorpus::Class* entry_;
  std::vector<double> bounds_;
};

/// How often each n-gram of one length stands in each class.
class GramCounts {
 public:
  explicit GramCounts(std::vector<std::uint64_t> keys) {  // Hash, its lowest byte the class.
    std::sort(keys.begin(), keys.end());
    for (std::size_t i = 0; i < keys.size();) {
      const std::uint64_t gram = keys[i] >> 8;
      grams_.push_back(gram);
      begins_.push_back(pairs_.size());
      std::uint32_t total = 0;
      while (i < keys.size() && keys[i] >> 8 == gram) {
        std::size_t run = i;
        while (run < keys.size() && keys[run] == keys[i]) ++run;
        pairs_.push_back(
            {static_cast<std::uint8_t>(keys[i] & 0xFF), static_cast<std::uint32_t>(run - i)});
        total += static_cast<std::uint32_t>(run - i);
        i = run;
      }
      totals_.push_back(total);
    }
    begins_.push_back(pairs_.size());
  }
  std::size_t size() const { return grams_.size(); }
  std::uint64_t gram(std::size_t i) const { return grams_[i] << 8; }
  std::uint32_t total(std::size_t i) const { return totals_[i]; }
  /// Place of an n-gram, or SIZE_MAX. Hashes are even: the guess is near.
  std::size_t Find(std::uint64_t hash) const {
    const std::uint64_t gram = hash >> 8;
    std::size_t low = 0;
    std::size_t high = grams_.size();
    while (low < high) {
      const std::uint64_t first = grams_[low];
      const std::uint64_t last = grams_[high - 1];
      if (gram < first || gram > last) return SIZE_MAX;
      const double share =
          last == first ? 0 : static_cast<double>(gram - first) / static_cast<double>(last - first);
      const auto at = low + static_cast<std::size_t>(share * static_cast<double>(high - 1 - low));
      if (grams_[at] == gram) return at;
      if (grams_[at] < gram) {
        low = at + 1;
      } else {
        high = at;
      }
    }
    return SIZE_MAX;
  }
  std::uint32_t Count(std::size_t i, std::size_t label) const {
    for (std::size_t p = begins_[i]; p < begins_[i + 1]; ++p) {
      if (pairs_[p].label == label) return pairs_[p].count;
    }
    return 0;
  }

 private:
  struct Pair {
    std::uint8_t label;
    std::uint32_t count;
  };
  std::vector<std::uint64_t> grams_;
  std::vector<std::size_t> begins_;
  std::vector<std::uint32_t> totals_;
  std::vector<Pair> pairs_;
};

struct Instance {
  std::uint32_t word;
  std::uint8_t label;
};

constexpr std::size_t kOrders = kMaxLanguageGram + 1;  // The last: words as a whole.

/// Calls use(hash, symbols, count) with each n-gram of one order.
template <typename Use>
void ForOrder(const LanguageWord& word, std::size_t order, Use use) {
  if (order == kOrders) {
    if (word.count > kMaxLanguageGram) use(word.hash, word.symbols, word.count);
    return;
  }
  for (std::size_t begin = 0; begin + order <= word.count; ++begin) {
    if (order == 1 && (begin == 0 || begin + 1 == word.count)) continue;
    use(GramHash(word.symbols + begin, order), word.symbols + begin, order);
  }
}

std::vector<Instance> DrawWords(const LanguageOptions& options, const LanguageCorpus& corpus) {
  std::vector<Instance> out;
  Random random(options.seed);
  for (std::size_t label = 0; label < corpus.classes().size(); ++label) {
    const Drawer drawer(corpus.classes()[label]);
    for (std::size_t i = 0; i < options.choice; ++i) {
      const auto text = drawer.Text(random);
      out.push_back({text[random.Below(text.size())], static_cast<std::uint8_t>(label)});
    }
  }
  return out;
}

GramCounts CountOrder(const LanguageCorpus& corpus, const std::vector<Instance>& instances,
                      std::size_t order) {
  std::vector<std::uint64_t> keys;
  for (const Instance& instance : instances) {
    ForOrder(corpus.Word(instance.word), order,
             [&](std::uint64_t hash, const std::uint32_t*, std::size_t) {
               keys.push_back((hash & ~0xFFull) | instance.label);
             });
  }
  return GramCounts(std::move(keys));
}

}  // namespace

std::vector<std::uint64_t> ChooseLanguageGrams(const LanguageOptions& options,
                                               const LanguageCorpus& corpus) {
  const std::vector<Instance> instances = DrawWords(options, corpus);
  // What a class's share would be if the n-gram said nothing.
  std::array<std::size_t, kScripts> in_script{};
  for (const auto& entry : corpus.classes())
    ++in_script[static_cast<std::size_t>(entry.key.script)];

  std::vector<std::pair<double, std::uint64_t>> ranked;
  std::vector<GramCounts> tables;
  for (std::size_t order = 1; order <= kOrders; ++order) {
    tables.push_back(CountOrder(corpus, instances, order));
    const GramCounts& table = tables.back();
    std::vector<double> gain(table.size());
    for (const Instance& instance : instances) {
      const LanguageWord word = corpus.Word(instance.word);
      const double even =
          1.0 / static_cast<double>(in_script[static_cast<std::size_t>(word.script)]);
      ForOrder(word, order, [&](std::uint64_t hash, const std::uint32_t* symbols, std::size_t n) {
        const std::size_t at = table.Find(hash);
        // The better of the two n-grams that lack the first or the last symbol.
        double base = even;
        const std::size_t shorter = std::min(n - 1, kMaxLanguageGram);
        if (shorter >= 1) {
          const GramCounts& below = tables[shorter - 1];
          double best = 0;
          for (const std::size_t skip : {std::size_t{0}, n - shorter}) {
            const std::size_t i = below.Find(GramHash(symbols + skip, shorter));
            if (i == SIZE_MAX) continue;
            best = std::max(best, (below.Count(i, instance.label) + even) / (below.total(i) + 1.0));
          }
          if (best > 0) base = best;
        }
        // This very instance left out, or every rare n-gram would look like a sure sign.
        constexpr double kTrust = 3;
        const double share =
            (table.Count(at, instance.label) - 1 + kTrust * base) / (table.total(at) - 1 + kTrust);
        gain[at] += std::log(share / base);
      });
    }
    std::size_t useful = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (gain[i] <= 0) continue;
      ++useful;
      ranked.emplace_back(gain[i], table.gram(i));
    }
    if (options.progress) {
      options.progress(fmt::format("n-grams of {}: {} different, {} useful",
                                   order < kOrders ? std::to_string(order) : "whole words",
                                   table.size(), useful));
    }
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (ranked.size() > options.grams) ranked.resize(options.grams);
  std::vector<std::uint64_t> out;
  for (const auto& [gain, hash] : ranked) out.push_back(hash);
  return out;
}

namespace {

/// Stochastic gradient descent with AdaGrad, one rate a vector.
class Learner {
 public:
  Learner(const LanguageOptions& options, const LanguageCorpus& corpus)
      : options_(options), corpus_(corpus), random_(options.seed + 1) {
    Place(ChooseLanguageGrams(options, corpus));
    std::unordered_map<std::uint64_t, std::uint32_t> rows;
    rows.reserve(hashes_.size() * 2);
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      rows.emplace(hashes_[i], static_cast<std::uint32_t>(i));
    }
    begins_.push_back(0);
    for (std::uint32_t w = 0; w < corpus.words(); ++w) {
      ForLanguageGrams(corpus.Word(w), [&](std::uint64_t hash) {
        if (const auto at = rows.find(hash & ~0xFFull); at != rows.end()) {
          grams_.push_back(at->second);
        }
      });
      begins_.push_back(grams_.size());
    }
    const std::size_t classes = corpus.classes().size();
    vectors_.resize(hashes_.size() * kLanguageDim);
    outputs_.resize(classes * kLanguageDim);
    bias_.resize(classes);
    for (float& w : outputs_) w = static_cast<float>(random_.Normal() * 0.2);
    vector_squares_.resize(hashes_.size(), kFirstSquare);
    output_squares_.resize(classes, kFirstSquare);
    bias_squares_.resize(classes, kFirstSquare);
    for (std::size_t c = 0; c < classes; ++c) {
      auto& range = ranges_[static_cast<std::size_t>(corpus.classes()[c].key.script)];
      if (range.second == 0) range.first = c;
      range.second = c + 1;
      drawers_.emplace_back(corpus.classes()[c]);
    }
    for (std::size_t c = 0; c < classes; ++c) {
      // A language that is alone in its script needs no learning.
      const auto range = ranges_[static_cast<std::size_t>(corpus.classes()[c].key.script)];
      if (range.second - range.first < 2) continue;
      order_.insert(order_.end(), options.draws, static_cast<std::uint32_t>(c));
    }
  }

  LanguageParts Run() {
    Train(options_.passes, false);
    LanguageParts parts;
    parts.name = options_.name;
    parts.version = options_.version;
    const std::array<float, kLanguageDim> steps = Quantise(parts);
    // The outputs once more, on vectors as coarse as they have become.
    std::fill(output_squares_.begin(), output_squares_.end(), kFirstSquare);
    std::fill(bias_squares_.begin(), bias_squares_.end(), kFirstSquare);
    Train(1, true);
    WriteOutputs(steps, parts);
    return parts;
  }

  std::size_t features() const { return features_; }
  std::size_t stored() const { return hashes_.size(); }

 private:
  static constexpr float kFirstSquare = 1e-4f;

  void Train(int passes, bool outputs_only) {
    const double rate = outputs_only ? options_.learning_rate / 3 : options_.learning_rate;
    const double steps = static_cast<double>(passes) * static_cast<double>(order_.size());
    double step = 0;
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t i = order_.size(); i > 1; --i) {
        std::swap(order_[i - 1], order_[random_.Below(i)]);
      }
      double loss = 0;
      for (const std::uint32_t label : order_) {
        loss += Step(label, drawers_[label].Stretch(random_),
                     static_cast<float>(rate * (1 - step / steps)), outputs_only);
        step += 1;
      }
      if (options_.progress) {
        options_.progress(fmt::format("{} {}: loss {:.4f}", outputs_only ? "outputs" : "pass",
                                      pass + 1, loss / static_cast<double>(order_.size())));
      }
    }
  }

  double Step(std::size_t label, std::span<const std::uint32_t> words, float rate,
              bool outputs_only) {
    std::array<float, kLanguageDim> h{};
    std::size_t grams = 0;
    for (const std::uint32_t word : words) {
      for (std::size_t g = begins_[word]; g < begins_[word + 1]; ++g) {
        const float* const v = &vectors_[grams_[g] * kLanguageDim];
        for (std::size_t d = 0; d < kLanguageDim; ++d) h[d] += v[d];
      }
      grams += begins_[word + 1] - begins_[word];
    }
    if (grams == 0) return 0;
    const auto factor =
        static_cast<float>(std::pow(static_cast<double>(grams), -options_.length_exponent));
    float h_square = 0;
    for (float& x : h) {
      x *= factor;
      h_square += x * x;
    }
    const auto [first, last] =
        ranges_[static_cast<std::size_t>(corpus_.classes()[label].key.script)];
    std::array<float, kMaxLanguageClasses> p;
    const float total = Softmax(h, first, last, p);
    std::array<float, kLanguageDim> back{};
    for (std::size_t c = first; c < last; ++c) {
      const float error = p[c] / total - (c == label ? 1.0f : 0.0f);
      if (std::fabs(error) < 1e-4f) continue;  // Most languages, most of the time.
      output_squares_[c] += error * error * (h_square / kLanguageDim);
      const float pace = rate * error / std::sqrt(output_squares_[c]);
      float* const w = &outputs_[c * kLanguageDim];
      for (std::size_t d = 0; d < kLanguageDim; ++d) {
        back[d] += error * w[d];
        w[d] -= pace * h[d];
      }
      bias_squares_[c] += error * error;
      bias_[c] -= 0.1f * rate * error / std::sqrt(bias_squares_[c]);
    }
    if (!outputs_only) MoveVectors(words, factor, rate, back);
    return -std::log(std::max(1e-9f, p[label] / total));
  }

  // exp(logit - largest) of each class into p; their sum.
  float Softmax(const std::array<float, kLanguageDim>& h, std::size_t first, std::size_t last,
                std::array<float, kMaxLanguageClasses>& p) const {
    float top = -1e30f;
    for (std::size_t c = first; c < last; ++c) {
      const float* const w = &outputs_[c * kLanguageDim];
      float sum = bias_[c];
      for (std::size_t d = 0; d < kLanguageDim; ++d) sum += w[d] * h[d];
      p[c] = sum;
      top = std::max(top, sum);
    }
    float total = 0;
    for (std::size_t c = first; c < last; ++c) total += p[c] = std::exp(p[c] - top);
    return total;
  }

  void MoveVectors(std::span<const std::uint32_t> words, float factor, float rate,
                   std::array<float, kLanguageDim>& back) {
    float square = 0;
    for (float& b : back) {
      b *= factor;
      square += b * b;
    }
    square /= kLanguageDim;
    for (const std::uint32_t word : words) {
      for (std::size_t g = begins_[word]; g < begins_[word + 1]; ++g) {
        float* const v = &vectors_[grams_[g] * kLanguageDim];
        float& sum = vector_squares_[grams_[g]];
        sum += square;
        const float pace = rate / std::sqrt(sum);
        for (std::size_t d = 0; d < kLanguageDim; ++d) v[d] -= pace * back[d];
      }
    }
  }

  // Gives the n-grams, best first, their ways of the table; those whose set is full, or holds
  // another of the same tag, are left out.
  void Place(const std::vector<std::uint64_t>& chosen) {
    features_ = chosen.size();
    tags_.assign(options_.sets * kLanguageWays, 0);
    for (const std::uint64_t hash : chosen) {
      const std::size_t set = LanguageModel::SetOf(hash, options_.sets) * kLanguageWays;
      const auto tag = static_cast<std::uint16_t>(LanguageModel::TagOf(hash));
      for (std::size_t way = set; way < set + kLanguageWays; ++way) {
        if (tags_[way] == tag) break;
        if (tags_[way] != 0) continue;
        tags_[way] = tag;
        hashes_.push_back(hash);
        places_.push_back(way);
        break;
      }
    }
  }

  // Rounds the vectors to four bits, with one step a dimension.
  std::array<float, kLanguageDim> Quantise(LanguageParts& parts) {
    parts.tags = tags_;
    parts.rows.assign(tags_.size() * kLanguageRowBytes, kLanguageZero * 0x11);
    std::array<float, kLanguageDim> steps{};
    for (std::size_t d = 0; d < kLanguageDim; ++d) {
      double square = 1e-12;
      for (std::size_t i = 0; i < hashes_.size(); ++i) {
        const double v = vectors_[i * kLanguageDim + d];
        square += v * v;
      }
      // Of the steps near the best for a bell curve, that which loses least.
      const double sd =
          std::sqrt(square / static_cast<double>(std::max<std::size_t>(1, hashes_.size())));
      double best = 1e300;
      for (double share = 0.25; share < 0.7; share += 0.05) {
        const double step = sd * share;
        double lost = 0;
        for (std::size_t i = 0; i < hashes_.size(); i += 7) {
          const double v = vectors_[i * kLanguageDim + d];
          const double off = v - step * std::clamp(std::round(v / step), -8.0, 7.0);
          lost += off * off;
        }
        if (lost < best) {
          best = lost;
          steps[d] = static_cast<float>(step);
        }
      }
    }
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      for (std::size_t d = 0; d < kLanguageDim; ++d) {
        float& v = vectors_[i * kLanguageDim + d];
        const float q = std::clamp(std::round(v / steps[d]), -8.0f, 7.0f);
        v = q * steps[d];
        std::uint8_t& byte = parts.rows[places_[i] * kLanguageRowBytes + d % kLanguageRowBytes];
        const auto four = static_cast<unsigned>(static_cast<int>(q) + kLanguageZero);
        byte = static_cast<std::uint8_t>(d < kLanguageRowBytes ? (byte & 0xF0u) | four
                                                               : (byte & 0x0Fu) | four << 4);
      }
    }
    return steps;
  }

  void WriteOutputs(const std::array<float, kLanguageDim>& steps, LanguageParts& parts) const {
    constexpr double kOne = 1 << kLanguageBits;
    double most = 1e-9;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      most = std::max(most, std::fabs(static_cast<double>(outputs_[i]) * steps[i % kLanguageDim]));
    }
    // A text's vector is in units of `unit`, so that the largest weight just fits.
    const double unit = most * kOne / kMaxLanguageWeight;
    for (std::size_t n = 0; n < kLanguageLengths; ++n) {
      const double factor =
          std::pow(static_cast<double>(std::max<std::size_t>(1, n)), -options_.length_exponent);
      parts.lengths[n] = static_cast<std::uint32_t>(std::lround(factor * unit * kOne * 65536));
    }
    for (std::size_t c = 0; c < corpus_.classes().size(); ++c) {
      LanguageClass entry{.code = corpus_.classes()[c].key.code,
                          .script = corpus_.classes()[c].key.script};
      double bias = bias_[c];
      for (const LanguagePrior& prior : options_.priors) {
        if (prior.code == entry.code && prior.script == entry.script) bias += prior.nats;
      }
      entry.bias = static_cast<std::int32_t>(std::lround(bias * kOne * kOne));
      for (std::size_t d = 0; d < kLanguageDim; ++d) {
        entry.weights[d] = static_cast<std::int16_t>(std::lround(
            static_cast<double>(outputs_[c * kLanguageDim + d]) * steps[d] / unit * kOne));
      }
      parts.classes.push_back(std::move(entry));
    }
  }

  const LanguageOptions& options_;
  const LanguageCorpus& corpus_;
  Random random_;
  std::size_t features_ = 0;
  std::vector<std::uint16_t> tags_;    // Of the table.
  std::vector<std::uint64_t> hashes_;  // Of the n-grams in it, the most telling first.
  std::vector<std::size_t> places_;    // Their ways.
  std::vector<std::size_t> begins_;    // Of each word's n-grams in grams_.
  std::vector<std::uint32_t> grams_;   // Numbers of n-grams.
  std::vector<float> vectors_;         // kLanguageDim an n-gram.
  std::vector<float> outputs_;         // kLanguageDim a class.
  std::vector<float> bias_;
  std::vector<float> vector_squares_;
  std::vector<float> output_squares_;
  std::vector<float> bias_squares_;
  std::array<std::pair<std::size_t, std::size_t>, kScripts> ranges_{};
  std::vector<Drawer> drawers_;
  std::vector<std::uint32_t> order_;  // The class of each draw of a pass.
};

}  // namespace

Result<TrainedLanguage> TrainLanguage(const LanguageOptions& options,
                                      const LanguageCorpus& corpus) {
  const auto bad = [](std::string what) { return Error{Code::kInvalidArgument, std::move(what)}; };
  if (options.passes < 1 || options.draws < 1 || options.choice < 1) {
    return bad("passes, draws and choice must be at least 1");
  }
  if (!(options.learning_rate > 0)) return bad("learning_rate must be above 0");
  if (options.length_exponent < 0 || options.length_exponent > 1) {
    return bad("length_exponent must be 0 to 1");
  }
  if (corpus.classes().size() < 2 || corpus.classes().size() > kMaxLanguageClasses) {
    return bad(fmt::format("{} languages with enough texts, 2 to {} are needed",
                           corpus.classes().size(), kMaxLanguageClasses));
  }
  Learner learner(options, corpus);
  const LanguageParts parts = learner.Run();
  HB_ASSIGN(LanguageModel model, LanguageModel::FromBytes(EncodeLanguageModel(parts)));
  return TrainedLanguage{
      .model = std::move(model), .features = learner.features(), .stored = learner.stored()};
}

}  // namespace hb::model
