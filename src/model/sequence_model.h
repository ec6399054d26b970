// model/sequence_model.h - a linear-chain tagger of named entities over hashed features, in
// integers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sequence_features.h"
#include "model/sequence_sums.h"

namespace hb::model {

/// One entity of a post: bytes of the text.
struct EntitySpan {
  std::uint32_t begin = 0, end = 0;
  EntityType type = EntityType::kPerson;
  friend bool operator==(const EntitySpan&, const EntitySpan&) = default;
};

/// What another tagger says of a token: added to the scores of its states.
using StateScores = std::array<std::int32_t, kStateStride>;
/// Bound of such a number.
inline constexpr std::int32_t kMostStateScore = 1 << 20;

/// Buffers of one tagger, reused from post to post.
struct SequenceScratch {
  TextWalk walk;
  SequenceFeatures features;
  SumCache cache;
  std::vector<ShapeView> shapes;
  std::vector<StateSums> sums;  ///< Of each token's features.
  std::vector<std::array<std::int32_t, kStateStride>> scores;
  std::vector<std::array<std::uint8_t, kStateStride>> back;
  std::vector<std::uint8_t> states;  ///< The best state of each token.
  std::vector<EntitySpan> entities;
};

/// A trained tagger: what docs/formats/sequence_model.md describes, checked and ready to look up.
///
/// Lifecycle  From FromBytes (owns the bytes) or View (the caller's bytes outlive it).
/// Threads    Immutable: any number of threads at once, each with its own scratch.
/// Errors     kCorrupt: not a model, a broken one, or one of another version.
class SequenceModel final : public WordTable {
 public:
  static Result<SequenceModel> FromBytes(std::string bytes);
  /// Requires: `bytes` live and do not change as long as the model.
  static Result<SequenceModel> View(std::string_view bytes);

  SequenceModel(SequenceModel&&) noexcept = default;
  SequenceModel& operator=(SequenceModel&&) noexcept = default;

  std::string_view name() const { return name_; }
  std::string_view version() const { return version_; }
  std::string_view bytes() const { return bytes_; }
  std::uint64_t checksum() const { return checksum_; }

  bool Find(std::uint64_t key, WordFacts& facts) const override;
  /// Weights of a feature, kStateStride of them, or nullptr if the model knows none.
  const std::int8_t* Weights(std::uint64_t feature) const;
  void AddWeights(std::uint64_t feature, StateSums& sums) const {
    const std::int8_t* weights = Weights(feature);
    if (weights == nullptr) return;
    for (std::size_t s = 0; s < kStateStride; ++s) {
      sums[s] = static_cast<std::int16_t>(sums[s] + weights[s]);
    }
  }

  /// Fills scratch.features.tokens and scratch.states with the best sequence of `walk` (Viterbi,
  /// IEEE Trans. Inf. Theory 13(2), 1967). Any text has one. `beside`: nothing, or one for each
  /// token that SequenceTokens makes of the walk, within +-kMostStateScore. Cost: O(bytes).
  void Tag(const TextWalk& walk, EntityView view, SequenceScratch& scratch,
           std::span<const StateScores> beside = {}) const;

 private:
  SequenceModel() = default;
  Status Parse();
  /// Fills scratch.sums and the tokens, feature by feature.
  void AddUp(const TextWalk& walk, EntityView view, SequenceScratch& scratch) const;
  /// The same for kGeneral, by words that were seen before.
  void AddUpGeneral(const TextWalk& walk, SequenceScratch& scratch) const;
  /// Adds the weights of the features that were extracted.
  void AddFeatures(SequenceScratch& scratch) const;

  std::string owned_;
  std::string_view bytes_;
  std::string name_, version_;
  std::uint64_t checksum_ = 0;
  int set_shift_ = 0;
  std::uint32_t word_mask_ = 0;
  const char* tags_ = nullptr;
  const std::int8_t* weights_ = nullptr;
  const char* words_ = nullptr;
  /// [view][from][to]; kStates is the state before the first token.
  std::array<std::array<std::array<std::int32_t, kStateStride>, kStateStride>, kViews> moves_{};
};

/// Turns states into entities. A state that goes on with nothing begins an entity.
void CollectEntities(std::span<const SequenceToken> tokens, std::span<const std::uint8_t> states,
                     std::vector<EntitySpan>& out);

/// Whether `to` may follow `from` (kStates: the begin of a post).
constexpr bool MoveAllowed(int from, int to) {
  if (to == 0 || to % 2 == 1) return true;
  return from != kStates && (from == to || from == to - 1);
}
/// Bit s: the view can give out state s.
std::uint32_t StatesOf(EntityView view);

struct WordEntry {
  std::uint64_t key = 0;
  WordFacts facts;
};

/// The parts of a model file, for writing one.
struct SequenceParts {
  struct Row {
    std::uint64_t feature = 0;
    std::array<std::int8_t, kStateStride> weights{};
  };
  std::string name, version;
  int log2_sets = 15;     ///< 4 features a set; 4 to 18.
  std::vector<Row> rows;  ///< Most important first: those that find no place are left out.
  std::vector<WordEntry> words;
  std::array<std::array<std::array<std::int32_t, kStateStride>, kStateStride>, kViews> moves{};
};
/// The bytes of the file; `stored` gets the number of rows that found a place.
std::string EncodeSequenceModel(const SequenceParts& parts, std::size_t& stored);

}  // namespace hb::model
