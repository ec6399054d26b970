#include "model/sequence_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"

namespace hb::model {
namespace {

struct Casing {
  std::uint32_t seen = 0, capital = 0;
};

std::uint8_t CasingClass(const Casing& casing) {
  if (casing.seen < 5) return 0;
  const double share = static_cast<double>(casing.capital) / static_cast<double>(casing.seen);
  return share < 0.05 ? 1 : share < 0.3 ? 2 : share < 0.7 ? 3 : share < 0.95 ? 4 : 5;
}

struct Corpus {
  std::vector<std::uint32_t> words;  ///< 0 between posts, 1 for rare ones.
  std::size_t size = 2;              ///< Different words.
};

/// The class bigram model and the moves of words between its classes.
class Exchange {
 public:
  Exchange(const Corpus& corpus, int classes)
      : size_(corpus.size), k_(static_cast<std::size_t>(classes) + 2) {
    class_of_.resize(size_);
    for (std::size_t w = 0; w < size_; ++w) {
      class_of_[w] = static_cast<std::uint32_t>(w < 2 ? w : 2 + (w - 2) % (k_ - 2));
    }
    std::unordered_map<std::uint64_t, std::uint32_t> pairs;
    pairs.reserve(corpus.words.size() / 2);
    for (std::size_t i = 1; i < corpus.words.size(); ++i) {
      ++pairs[std::uint64_t{corpus.words[i - 1]} << 32 | corpus.words[i]];
    }
    right_.resize(size_);
    left_.resize(size_);
    counts_.assign(k_ * k_, 0);
    from_.assign(k_, 0);
    to_.assign(k_, 0);
    for (const auto& [pair, count] : pairs) {
      const auto a = static_cast<std::uint32_t>(pair >> 32), b = static_cast<std::uint32_t>(pair);
      right_[a].push_back({b, count});
      left_[b].push_back({a, count});
      const std::size_t ca = class_of_[a], cb = class_of_[b];
      counts_[ca * k_ + cb] += count;
      from_[ca] += count;
      to_[cb] += count;
    }
    log_.resize(1 << 16);
    for (std::size_t n = 1; n < log_.size(); ++n) {
      log_[n] = static_cast<float>(static_cast<double>(n) * std::log(static_cast<double>(n)));
    }
  }

  std::size_t Round() {
    std::size_t moved = 0;
    std::vector<std::int64_t> to(k_), from(k_);
    std::vector<std::size_t> to_classes, from_classes;
    for (std::size_t w = 2; w < size_; ++w) {
      std::int64_t self = 0, out_total = 0, in_total = 0;
      to_classes.clear();
      from_classes.clear();
      for (const auto& [v, count] : right_[w]) {
        out_total += count;
        if (v == w)
          self += count;
        else {
          if (to[class_of_[v]] == 0) to_classes.push_back(class_of_[v]);
          to[class_of_[v]] += count;
        }
      }
      for (const auto& [v, count] : left_[w]) {
        in_total += count;
        if (v == w) continue;
        if (from[class_of_[v]] == 0) from_classes.push_back(class_of_[v]);
        from[class_of_[v]] += count;
      }
      const std::size_t old = class_of_[w];
      const auto put = [&](std::size_t c, std::int64_t sign) {
        for (const std::size_t d : to_classes) counts_[c * k_ + d] += sign * to[d];
        for (const std::size_t d : from_classes) counts_[d * k_ + c] += sign * from[d];
        counts_[c * k_ + c] += sign * self;
        from_[c] += sign * out_total;
        to_[c] += sign * in_total;
      };
      put(old, -1);
      std::size_t best = old;
      double best_gain = -1e300;
      for (std::size_t c = 2; c < k_; ++c) {
        double gain =
            -(Log(from_[c] + out_total) - Log(from_[c])) - (Log(to_[c] + in_total) - Log(to_[c]));
        for (const std::size_t d : to_classes) {
          if (d != c) gain += Log(counts_[c * k_ + d] + to[d]) - Log(counts_[c * k_ + d]);
        }
        for (const std::size_t d : from_classes) {
          if (d != c) gain += Log(counts_[d * k_ + c] + from[d]) - Log(counts_[d * k_ + c]);
        }
        gain += Log(counts_[c * k_ + c] + self + to[c] + from[c]) - Log(counts_[c * k_ + c]);
        if (gain > best_gain + 1e-7) {
          best_gain = gain;
          best = c;
        }
      }
      put(best, 1);
      class_of_[w] = static_cast<std::uint32_t>(best);
      moved += best != old ? 1u : 0u;
      for (const std::size_t d : to_classes) to[d] = 0;
      for (const std::size_t d : from_classes) from[d] = 0;
    }
    return moved;
  }

  std::uint32_t ClassOf(std::size_t word) const { return class_of_[word] - 1; }

 private:
  double Log(std::int64_t n) const {
    if (n < static_cast<std::int64_t>(log_.size()))
      return n <= 0 ? 0.0 : static_cast<double>(log_[static_cast<std::size_t>(n)]);
    return static_cast<double>(n) * std::log(static_cast<double>(n));
  }

  std::size_t size_, k_;
  std::vector<std::uint32_t> class_of_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> right_, left_;
  std::vector<std::int64_t> counts_, from_, to_;
  std::vector<float> log_;
};

template <typename Visit>
void ForEachLine(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    visit(line);
  }
}

}  // namespace

std::vector<WordEntry> LearnWords(std::string_view texts, const WordOptions& options) {
  TextWalk walk;
  std::vector<SequenceToken> tokens;
  std::unordered_set<std::uint64_t> seen;
  std::unordered_map<std::uint64_t, std::uint32_t> counts;
  std::unordered_map<std::uint64_t, Casing> casing;
  std::vector<std::uint64_t> stream;
  ForEachLine(texts, [&](std::string_view line) {
    if (!seen.insert(Hash64(line)).second) return;
    WalkText(line, walk);
    SequenceTokens(walk, tokens);
    std::size_t capital = 0, words = 0;
    for (const SequenceToken& token : tokens) {
      stream.push_back(token.hash);
      ++counts[token.hash];
      words += token.sign ? 0u : 1u;
      capital += (token.flags & kTokenInitialCap) != 0 ? 1u : 0u;
    }
    stream.push_back(0);
    if (capital * 2 > words) return;  // Headlines say nothing about capitals.
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      if (tokens[i].sign || tokens[i - 1].sign) continue;
      Casing& c = casing[tokens[i].hash];
      ++c.seen;
      c.capital += (tokens[i].flags & kTokenInitialCap) != 0 ? 1u : 0u;
    }
  });
  std::vector<std::pair<std::uint32_t, std::uint64_t>> order;
  for (const auto& [hash, count] : counts) {
    if (count >= options.min_count) order.push_back({count, hash});
  }
  std::sort(order.rbegin(), order.rend());
  if (order.size() > options.max_words) order.resize(options.max_words);
  std::unordered_map<std::uint64_t, std::uint32_t> ids;
  for (const auto& [count, hash] : order)
    ids.emplace(hash, static_cast<std::uint32_t>(ids.size() + 2));
  Corpus corpus;
  corpus.size = ids.size() + 2;
  for (const std::uint64_t hash : stream) {
    const auto found = ids.find(hash);
    corpus.words.push_back(hash == 0 ? 0 : found == ids.end() ? 1 : found->second);
  }
  if (options.progress) {
    options.progress(fmt::format("{} posts, {} tokens, {} words to cluster", seen.size(),
                                 stream.size(), ids.size()));
  }
  std::vector<WordEntry> out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    out[i].key = order[i].second;
    out[i].facts.casing = CasingClass(casing[order[i].second]);
  }
  std::vector<std::thread> threads;
  for (std::size_t g = 0; g < 3; ++g) {
    threads.emplace_back([&, g] {
      Exchange exchange(corpus, options.clusters[g]);
      for (int round = 0; round < options.rounds; ++round) exchange.Round();
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].facts.clusters[g] = static_cast<std::uint16_t>(exchange.ClassOf(i + 2));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return out;
}

Status AddNameLists(std::string_view lines, std::vector<WordEntry>& words) {
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < words.size(); ++i) places.emplace(words[i].key, i);
  TextWalk walk;
  std::vector<SequenceToken> tokens;
  Status status = Ok();
  ForEachLine(lines, [&](std::string_view line) {
    if (line.empty()) return;
    if (line.size() < 3 || line[0] < '0' || line[0] > '7' || line[1] != '\t') {
      status = Error{Code::kInvalidArgument, "a name list's lines are NUMBER<TAB>name"};
      return;
    }
    WalkText(line.substr(2), walk);
    SequenceTokens(walk, tokens);
    if (tokens.empty() || tokens.size() > 3) return;
    std::uint64_t key = tokens[0].hash;
    for (std::size_t i = 1; i < tokens.size(); ++i) key = PhraseKey(key, tokens[i].hash);
    const auto [place, fresh] = places.emplace(key, words.size());
    if (fresh) words.push_back({key, {}});
    words[place->second].facts.lists |= static_cast<std::uint8_t>(1u << (line[0] - '0'));
  });
  return status;
}

}  // namespace hb::model
