#include "model/sequence_model.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "model/file_fields.h"

namespace hb::model {
namespace {

// docs/formats/sequence_model.md
constexpr std::string_view kMagic = "HBSEQTAG";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kChecked = 24;  ///< Where the checksummed part begins.
constexpr std::size_t kHeader = 48;
constexpr std::size_t kWordBytes = 12;
constexpr std::size_t kWays = 4;
constexpr std::int32_t kMoveLimit = 1 << 20;
constexpr std::int32_t kNever = -(1 << 28);

Error Corrupt(const std::string& what) { return Error{Code::kCorrupt, "entity model: " + what}; }

std::uint16_t TagOf(std::uint64_t feature) {
  const auto tag = static_cast<std::uint16_t>(feature & 0xFFFF);
  return tag == 0 ? std::uint16_t{1} : tag;  // 0 marks an empty way.
}
void AddSums(const StateSums& more, StateSums& sums) {
  for (std::size_t s = 0; s < kStateStride; ++s) {
    sums[s] = static_cast<std::int16_t>(sums[s] + more[s]);
  }
}
std::uint32_t WordTag(std::uint64_t key) {
  const auto tag = static_cast<std::uint32_t>(key >> 32);
  return tag == 0 ? 1 : tag;
}

}  // namespace

std::uint32_t StatesOf(EntityView view) {
  constexpr std::uint32_t kAll = (1u << kStates) - 1;
  const auto without = [](std::uint32_t mask, EntityType type) {
    return mask & ~(3u << (1 + 2 * static_cast<int>(type)));
  };
  switch (view) {
    case EntityView::kBtc: return 1 + 2 + 4 + 8 + 16 + 32 + 64 + 128 + 256;
    case EntityView::kWnut: return without(kAll, EntityType::kOther);
    case EntityView::kTweebank: return kAll;
    case EntityView::kGeneral: return without(kAll, EntityType::kOther);
  }
  return kAll;
}

Result<SequenceModel> SequenceModel::FromBytes(std::string bytes) {
  SequenceModel model;
  // A short string would move with its object, so the bytes live behind a stable pointer only when
  // they are many; a model always is.
  model.owned_ = std::move(bytes);
  model.bytes_ = model.owned_;
  if (model.bytes_.size() < kHeader) return Corrupt("too short");
  HB_TRY(model.Parse());
  return model;
}

Result<SequenceModel> SequenceModel::View(std::string_view bytes) {
  SequenceModel model;
  model.bytes_ = bytes;
  HB_TRY(model.Parse());
  return model;
}

Status SequenceModel::Parse() {
  if (bytes_.size() < kHeader || bytes_.substr(0, 8) != kMagic) return Corrupt("not one");
  const char* p = bytes_.data();
  if (Get<std::uint32_t>(p + 8) != kFormatVersion ||
      Get<std::uint32_t>(p + 12) != kSequenceFeatureVersion) {
    return Corrupt("of another version");
  }
  checksum_ = Get<std::uint64_t>(p + 16);
  if (checksum_ != Hash64(bytes_.substr(kChecked))) return Corrupt("wrong checksum");
  const auto log2_sets = Get<std::uint32_t>(p + 24);
  const auto log2_words = Get<std::uint32_t>(p + 28);
  if (log2_sets < 4 || log2_sets > 18) return Corrupt("number of sets out of range");
  if (log2_words < 4 || log2_words > 20) return Corrupt("number of words out of range");
  const std::size_t slots = (std::size_t{1} << log2_sets) * kWays;
  const std::size_t words = std::size_t{1} << log2_words;
  constexpr std::size_t kMoves = kViews * kStateStride * kStateStride * 4;
  const std::size_t moves_at = kHeader + 2 * kNameBytes;
  const std::size_t tags_at = moves_at + kMoves;
  const std::size_t weights_at = tags_at + slots * 2;
  const std::size_t words_at = weights_at + slots * kStateStride;
  if (bytes_.size() != words_at + words * kWordBytes) return Corrupt("wrong size");
  auto name = NameAt(p + kHeader);
  auto version = NameAt(p + kHeader + kNameBytes);
  if (!name || !version) return Corrupt("name too long");
  name_ = *std::move(name);
  version_ = *std::move(version);
  const char* at = p + moves_at;
  for (auto& view : moves_) {
    for (auto& from : view) {
      for (std::int32_t& move : from) {
        move = Get<std::int32_t>(at);
        at += 4;
        if (move != kNever && (move < -kMoveLimit || move > kMoveLimit)) {
          return Corrupt("a move out of range");
        }
      }
    }
  }
  set_shift_ = 64 - static_cast<int>(log2_sets);
  word_mask_ = static_cast<std::uint32_t>(words - 1);
  tags_ = p + tags_at;
  weights_ = reinterpret_cast<const std::int8_t*>(p + weights_at);
  words_ = p + words_at;
  return Ok();
}

bool SequenceModel::Find(std::uint64_t key, WordFacts& facts) const {
  const std::uint32_t tag = WordTag(key);
  // A table that is full to the brim must not be walked for ever.
  for (std::uint32_t probe = 0; probe < 32; ++probe) {
    const char* at = words_ + ((static_cast<std::uint32_t>(key) + probe) & word_mask_) * kWordBytes;
    const auto found = Get<std::uint32_t>(at);
    if (found == 0) return false;
    if (found != tag) continue;
    facts.clusters = {Get<std::uint8_t>(at + 6), Get<std::uint8_t>(at + 7),
                      Get<std::uint16_t>(at + 4)};
    facts.lists = Get<std::uint8_t>(at + 8);
    facts.casing = Get<std::uint8_t>(at + 9);
    return true;
  }
  return false;
}

const std::int8_t* SequenceModel::Weights(std::uint64_t feature) const {
  const auto set = static_cast<std::size_t>(feature >> set_shift_);
  const std::uint16_t tag = TagOf(feature);
  for (std::size_t way = 0; way < kWays; ++way) {
    if (Get<std::uint16_t>(tags_ + (set * kWays + way) * 2) == tag) {
      return weights_ + (set * kWays + way) * kStateStride;
    }
  }
  return nullptr;
}

void SequenceModel::AddFeatures(SequenceScratch& scratch) const {
  const SequenceFeatures& features = scratch.features;
  for (const std::uint64_t feature : features.hashes) {
    __builtin_prefetch(tags_ + (feature >> set_shift_) * kWays * 2);
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < features.ends.size(); ++i) {
    StateSums& sums = scratch.sums[i];
    for (; at < features.ends[i]; ++at) AddWeights(features.hashes[at], sums);
  }
}

void SequenceModel::AddUp(const TextWalk& walk, EntityView view, SequenceScratch& scratch) const {
  ExtractSequenceFeatures(walk, *this, view, scratch.features);
  scratch.sums.assign(scratch.features.tokens.size(), StateSums{});
  AddFeatures(scratch);
}

void SequenceModel::AddUpGeneral(const TextWalk& walk, SequenceScratch& scratch) const {
  SequenceFeatures& features = scratch.features;
  SequenceTokens(walk, features.tokens);
  const auto n = static_cast<std::ptrdiff_t>(features.tokens.size());
  features.facts.assign(features.tokens.size(), WordFacts{});
  scratch.sums.assign(features.tokens.size(), StateSums{});
  scratch.cache.Begin(*this);
  for (std::ptrdiff_t at = -kSeenBeside; at < n + kSeenBeside; ++at) {
    const bool inside = at >= 0 && at < n;
    const auto i = static_cast<std::size_t>(at);
    const SumCache::Word& word =
        inside ? scratch.cache.Of(*this, walk, features.tokens[i])
               : scratch.cache.OfEdge(*this, at < 0 ? kBeforeText : kBehindText);
    if (inside) features.facts[i] = word.facts;
    for (std::ptrdiff_t d = -kSeenBeside; d <= kSeenBeside; ++d) {
      const std::ptrdiff_t seer = at - d;  // what stands beside the text is seen by no one of it
      if (seer < 0 || seer >= n) continue;
      AddSums(word.sums[static_cast<std::size_t>(d + kSeenBeside)],
              scratch.sums[static_cast<std::size_t>(seer)]);
    }
  }
  ShapeViews(features, scratch.shapes);
  for (std::size_t i = 0; i < scratch.shapes.size(); ++i) {
    AddSums(scratch.cache.Of(*this, scratch.shapes[i]), scratch.sums[i]);
  }
  ExtractContextFeatures(walk, *this, features);
  AddFeatures(scratch);
}

void SequenceModel::Tag(const TextWalk& walk, EntityView view, SequenceScratch& scratch,
                        std::span<const StateScores> beside) const {
  if (view == EntityView::kGeneral) {
    AddUpGeneral(walk, scratch);
  } else {
    AddUp(walk, view, scratch);
  }
  const std::size_t n = scratch.features.tokens.size();
  scratch.scores.resize(n);
  scratch.back.resize(n);
  scratch.states.assign(n, 0);
  if (n == 0) return;
  const auto& moves = moves_[static_cast<std::size_t>(view)];
  const std::uint32_t allowed = StatesOf(view);
  for (std::size_t i = 0; i < n; ++i) {
    StateScores own{};
    for (std::size_t s = 0; s < kStateStride; ++s)
      own[s] = scratch.sums[i][s] + (beside.empty() ? 0 : beside[i][s]);
    auto& scores = scratch.scores[i];
    auto& back = scratch.back[i];
    if (i == 0) {
      for (std::size_t s = 0; s < kStateStride; ++s) scores[s] = moves[kStates][s];
      back.fill(0);
    } else {
      scores.fill(2 * kNever);
      const auto& before = scratch.scores[i - 1];
      const auto move = [&](std::size_t from, std::size_t to) {
        const std::int32_t score = before[from] + moves[from][to];
        if (score <= scores[to]) return;
        scores[to] = score;
        back[to] = static_cast<std::uint8_t>(from);
      };
      // Outside and beginnings may follow all; what goes on, its own type alone (MoveAllowed).
      for (std::size_t from = 0; from < kStates; ++from) {
        if (before[from] <= kNever) continue;
        move(from, 0);
        for (std::size_t to = 1; to < kStates; to += 2) move(from, to);
      }
      for (std::size_t to = 2; to < kStates; to += 2) {
        move(to - 1, to);
        move(to, to);
      }
    }
    // Sums stay near 0 however long the post is: only differences count.
    std::int32_t top = 3 * kNever;
    for (std::size_t s = 0; s < kStates; ++s) {
      scores[s] = (allowed >> s & 1) != 0 ? scores[s] + own[s] : 2 * kNever;
      top = std::max(top, scores[s]);
    }
    for (std::size_t s = 0; s < kStateStride; ++s) {
      scores[s] = s < kStates ? std::max(scores[s] - top, kNever) : kNever;
    }
  }
  std::size_t state = 0;
  for (std::size_t s = 1; s < kStates; ++s) {
    if (scratch.scores[n - 1][s] > scratch.scores[n - 1][state]) state = s;
  }
  for (std::size_t i = n; i-- > 0;) {
    scratch.states[i] = static_cast<std::uint8_t>(state);
    state = scratch.back[i][state];
  }
}

void CollectEntities(std::span<const SequenceToken> tokens, std::span<const std::uint8_t> states,
                     std::vector<EntitySpan>& out) {
  out.clear();
  std::uint8_t before = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::uint8_t state = states[i];
    if (state != 0) {
      const auto type = static_cast<EntityType>((state - 1) / 2);
      const bool goes_on = state % 2 == 0 && before != 0 && (before - 1) / 2 == (state - 1) / 2;
      if (goes_on)
        out.back().end = tokens[i].end;
      else
        out.push_back({tokens[i].begin, tokens[i].end, type});
    }
    before = state;
  }
}

std::string EncodeSequenceModel(const SequenceParts& parts, std::size_t& stored) {
  const std::size_t slots = (std::size_t{1} << parts.log2_sets) * kWays;
  std::uint32_t log2_words = 4;
  while ((std::size_t{1} << log2_words) * 3 < parts.words.size() * 4) ++log2_words;
  std::string rest;
  Put(rest, static_cast<std::uint32_t>(parts.log2_sets));
  Put(rest, log2_words);
  rest.resize(kHeader - kChecked, '\0');
  PutName(rest, parts.name);
  PutName(rest, parts.version);
  for (const auto& view : parts.moves) {
    for (std::size_t from = 0; from < kStateStride; ++from) {
      for (std::size_t to = 0; to < kStateStride; ++to) {
        const bool ok = from <= kStates && to < kStates &&
                        MoveAllowed(static_cast<int>(from), static_cast<int>(to));
        Put(rest, ok ? std::clamp(view[from][to], -kMoveLimit, kMoveLimit) : kNever);
      }
    }
  }
  std::vector<std::uint16_t> tags(slots);
  std::vector<std::array<std::int8_t, kStateStride>> weights(slots);
  stored = 0;
  for (const auto& row : parts.rows) {
    const auto set = static_cast<std::size_t>(row.feature >> (64 - parts.log2_sets));
    for (std::size_t slot = set * kWays; slot < (set + 1) * kWays; ++slot) {
      if (tags[slot] == TagOf(row.feature)) break;  // Only one of two look-alikes can be stored.
      if (tags[slot] != 0) continue;
      tags[slot] = TagOf(row.feature);
      weights[slot] = row.weights;
      ++stored;
      break;
    }
  }
  rest.append(reinterpret_cast<const char*>(tags.data()), slots * 2);
  rest.append(reinterpret_cast<const char*>(weights.data()), slots * kStateStride);
  const std::size_t words_at = rest.size();
  const std::uint32_t mask = (1u << log2_words) - 1;
  rest.resize(words_at + (std::size_t{mask} + 1) * kWordBytes, '\0');
  for (const WordEntry& word : parts.words) {
    for (std::uint32_t probe = 0; probe < 32; ++probe) {
      char* at = rest.data() + words_at +
                 ((static_cast<std::uint32_t>(word.key) + probe) & mask) * kWordBytes;
      if (Get<std::uint32_t>(at) != 0) continue;
      const std::uint32_t tag = WordTag(word.key);
      std::memcpy(at, &tag, 4);
      std::memcpy(at + 4, &word.facts.clusters[2], 2);
      at[6] = static_cast<char>(word.facts.clusters[0]);
      at[7] = static_cast<char>(word.facts.clusters[1]);
      at[8] = static_cast<char>(word.facts.lists);
      at[9] = static_cast<char>(word.facts.casing);
      break;
    }
  }
  std::string out(kMagic);
  Put(out, kFormatVersion);
  Put(out, kSequenceFeatureVersion);
  Put(out, Hash64(rest));
  return out + rest;
}

}  // namespace hb::model
