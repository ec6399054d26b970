// model/sequence_features.h - what the entity tagger looks at: tokens of a post and their features.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/text_walk.h"

namespace hb::model {

/// Types of named entities; the order is that of the states in model files.
enum class EntityType : std::uint8_t {
  kPerson,
  kPlace,
  kOrganisation,
  kGroup,
  kProduct,
  kWork,
  kOther,
};
inline constexpr int kEntityTypes = 7;
/// "person", "place", "organisation", "group", "product", "work", "other".
std::string_view EntityTypeName(EntityType type) noexcept;

/// States of a token: 0 outside, 1 + 2t begins an entity of type t, 2 + 2t goes on with one.
inline constexpr int kStates = 1 + 2 * kEntityTypes;
/// States padded to a vector register of bytes.
inline constexpr std::size_t kStateStride = 16;

/// Whose idea of an entity is asked for: data sets differ (mentions, products, ...).
enum class EntityView : std::uint8_t { kGeneral, kBtc, kWnut, kTweebank };
inline constexpr int kViews = 4;

/// Version of tokens, features and hashes; a model file of another version is refused.
inline constexpr std::uint32_t kSequenceFeatureVersion = 1;
/// Longer posts are tagged up to this token, so that time is bounded.
inline constexpr std::size_t kMaxSequenceTokens = 2048;

/// A word, a hashtag, a mention, a link, an emoji, or a run of equal signs between them.
struct SequenceToken {
  std::uint64_t hash = 0;                          ///< Of the folded letters and the kind.
  std::uint32_t begin = 0, end = 0;                ///< Bytes of the text, sign of a tag included.
  std::uint32_t folded_begin = 0, folded_end = 0;  ///< Of TextWalk::folded; empty for signs.
  std::uint16_t flags = 0;                         ///< hb::TokenFlag of the walk.
  std::uint8_t shape = 0;                          ///< Class of its capitals, digits and kind.
  bool sign = false;                               ///< Punctuation.
};

/// What is known of a word before any post is seen. From a model file's word table.
struct WordFacts {
  std::array<std::uint16_t, 3> clusters{};  ///< 0: none; else its class, coarse to fine.
  std::uint8_t lists = 0;                   ///< Bits: name lists that hold it.
  std::uint8_t casing = 0;  ///< 0 unknown, 1 to 5: how often it is capitalised in mid-sentence.
};

/// Where WordFacts come from. Key of a phrase: PhraseKey of its words' hashes.
class WordTable {
 public:
  virtual ~WordTable() = default;
  virtual bool Find(std::uint64_t key, WordFacts& facts) const = 0;
};

constexpr std::uint64_t PhraseKey(std::uint64_t before, std::uint64_t word) {
  const std::uint64_t h = (before * 0x9E3779B97F4A7C15ull) ^ (word + 0x7F4A7C15u);
  return h ^ (h >> 29);
}

/// Buffers of one walk, reused so that a steady state allocates nothing.
struct SequenceFeatures {
  std::vector<SequenceToken> tokens;
  std::vector<std::uint64_t> hashes;  ///< Features of all tokens, one token after the other.
  std::vector<std::uint32_t> ends;    ///< Where each token's features end in `hashes`.
  std::vector<WordFacts> facts;       ///< Of each token.
  std::vector<std::uint8_t> lists_begin, lists_inside;  ///< Name lists matched, by place in it.
};

/// Splits a walked text. Every character other than blanks belongs to a token, except in bytes that
/// are not UTF-8.
void SequenceTokens(const TextWalk& walk, std::vector<SequenceToken>& out);

/// How far to both sides a token sees the words beside it.
inline constexpr std::ptrdiff_t kSeenBeside = 2;
/// What stands for a word before the first and behind the last token.
inline constexpr std::uint64_t kBeforeText = 7, kBehindText = 8;

/// Features of a token that only one word decides: the word itself or the one `distance` tokens
/// further (-kSeenBeside to kSeenBeside). Replaces `out`. `letters` and `shape` are those of the
/// token; they matter at distance 0 only. `letters` is empty if they do not count.
void WordOnlyFeatures(std::ptrdiff_t distance, std::uint64_t word, const WordFacts& facts,
                      std::string_view letters, std::uint8_t shape,
                      std::vector<std::uint64_t>& out);

/// How a token and those beside it are written, and what is known of its capitals.
struct ShapeView {
  std::uint8_t before = 0, own = 0, after = 0;  ///< shapes
  std::uint8_t post = 0;                        ///< how the post uses capitals
  std::uint8_t casing = 0;                      ///< WordFacts::casing
  bool begins = false;                          ///< the post, or behind a sign
  [[nodiscard]] std::uint64_t Key() const {
    return std::uint64_t{before} | std::uint64_t{own} << 8 | std::uint64_t{after} << 16 |
           std::uint64_t{post} << 24 | std::uint64_t{casing} << 32 |
           (begins ? std::uint64_t{1} << 40 : 0);
  }
};
/// Features of a token that only its ShapeView decides. Replaces `out`.
void ShapeOnlyFeatures(const ShapeView& view, std::vector<std::uint64_t>& out);
/// Of each of out.tokens. Requires: out.facts are filled.
void ShapeViews(const SequenceFeatures& features, std::vector<ShapeView>& out);

/// The folded letters whose beginnings and ends are features of a token.
std::string_view LettersOf(const TextWalk& walk, const SequenceToken& token);

/// The features of out.tokens, for kGeneral, that WordOnlyFeatures and ShapeOnlyFeatures do not
/// give. Requires: out.facts are filled.
void ExtractContextFeatures(const TextWalk& walk, const WordTable& words, SequenceFeatures& out);

/// Tokens and features of a text. Features of `view` are added to the shared ones unless it is
/// kGeneral. Cost: O(bytes).
void ExtractSequenceFeatures(const TextWalk& walk, const WordTable& words, EntityView view,
                             SequenceFeatures& out);

}  // namespace hb::model
