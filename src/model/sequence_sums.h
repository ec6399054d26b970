// model/sequence_sums.h - what single words and shapes add to the scores of tokens, remembered.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/sequence_features.h"

namespace hb::model {

class SequenceModel;

/// Sums of weights, one a state. Fewer than 200 features add up, of at most 127 each.
using StateSums = std::array<std::int16_t, kStateStride>;

/// Most features of a token look at one word only, or at how it is written, and most words come
/// again: their weights are added up once. The result is the same as without it, since all sums are
/// of integers.
///
/// Lifecycle  Part of a scratch. Another model empties it.
/// Threads    One at a time.
/// Memory     1.5 MiB.
class SumCache {
 public:
  struct Word {
    std::uint64_t key = 0;  ///< 0: free
    WordFacts facts;
    /// [d + kSeenBeside]: for the token that has this word at distance d.
    std::array<StateSums, 2 * kSeenBeside + 1> sums;
  };
  /// Of a token. Lives until the next call.
  const Word& Of(const SequenceModel& model, const TextWalk& walk, const SequenceToken& token);
  /// Of kBeforeText or kBehindText.
  const Word& OfEdge(const SequenceModel& model, std::uint64_t word);
  const StateSums& Of(const SequenceModel& model, const ShapeView& shapes);
  /// Before the calls for a text: empties what is of another model.
  void Begin(const SequenceModel& model);

 private:
  static constexpr int kLog2Words = 13, kLog2Shapes = 10;
  struct Shapes {
    std::uint64_t key = 0;
    StateSums sums;
  };
  void Fill(const SequenceModel& model, std::uint64_t word, std::string_view letters,
            std::uint8_t shape, Word& out);

  std::uint64_t model_ = 0;  ///< checksum
  std::vector<Word> words_;
  std::vector<Shapes> shapes_;
  std::vector<std::uint64_t> features_;
};

}  // namespace hb::model
