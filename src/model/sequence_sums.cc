#include "model/sequence_sums.h"

#include "base/hash.h"
#include "model/sequence_model.h"

namespace hb::model {

namespace {

/// Spreads a key over its upper bits; never 0.
std::uint64_t Spread(std::uint64_t key) { return (key * 0x9E3779B97F4A7C15ull) | 1; }

}  // namespace

void SumCache::Begin(const SequenceModel& model) {
  if (!words_.empty() && model_ == model.checksum()) return;
  words_.assign(std::size_t{1} << kLog2Words, Word{});
  shapes_.assign(std::size_t{1} << kLog2Shapes, Shapes{});
  model_ = model.checksum();
}

const SumCache::Word& SumCache::Of(const SequenceModel& model, const TextWalk& walk,
                                   const SequenceToken& token) {
  const std::string_view letters = LettersOf(walk, token);
  // Mentions share a hash but not their letters; the same letters may also be those of a link.
  const bool is_mention = (token.flags & kTokenMention) != 0;
  const std::uint64_t own = is_mention ? ~Hash64(letters) : token.hash;
  const std::uint64_t key = Spread(own ^ (std::uint64_t{token.shape} << 1 | letters.empty()));
  Word& slot = words_[key >> (64 - kLog2Words)];
  if (slot.key != key) {
    if (!model.Find(token.hash, slot.facts)) slot.facts = {};
    Fill(model, token.hash, letters, token.shape, slot);
    slot.key = key;
  }
  return slot;
}

const SumCache::Word& SumCache::OfEdge(const SequenceModel& model, std::uint64_t word) {
  const std::uint64_t key = Spread(~word);
  Word& slot = words_[key >> (64 - kLog2Words)];
  if (slot.key != key) {
    slot.facts = {};
    Fill(model, word, {}, 0, slot);
    slot.key = key;
  }
  return slot;
}

void SumCache::Fill(const SequenceModel& model, std::uint64_t word, std::string_view letters,
                    std::uint8_t shape, Word& out) {
  for (std::ptrdiff_t d = -kSeenBeside; d <= kSeenBeside; ++d) {
    StateSums& sums = out.sums[static_cast<std::size_t>(d + kSeenBeside)];
    sums.fill(0);
    WordOnlyFeatures(d, word, out.facts, letters, shape, features_);
    for (const std::uint64_t feature : features_) model.AddWeights(feature, sums);
  }
}

const StateSums& SumCache::Of(const SequenceModel& model, const ShapeView& shapes) {
  const std::uint64_t key = Spread(shapes.Key());
  Shapes& slot = shapes_[key >> (64 - kLog2Shapes)];
  if (slot.key != key) {
    slot.key = key;
    slot.sums.fill(0);
    ShapeOnlyFeatures(shapes, features_);
    for (const std::uint64_t feature : features_) model.AddWeights(feature, slot.sums);
  }
  return slot.sums;
}

}  // namespace hb::model
