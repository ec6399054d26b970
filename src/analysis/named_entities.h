// analysis/named_entities.h - persons, places, organisations and other names in a post.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sequence_model.h"
#include "text/text_walk.h"

namespace hb {

/// One name as it stands in a post. Never part of a code point or of an emoji sequence.
struct NamedEntity {
  model::EntityType type = model::EntityType::kPerson;
  std::uint32_t begin = 0, end = 0;              ///< Bytes of the post.
  std::uint32_t begin_point = 0, end_point = 0;  ///< The same in code points.
  std::string_view Text(std::string_view post) const { return post.substr(begin, end - begin); }
  std::string_view TypeName() const { return model::EntityTypeName(type); }
  friend bool operator==(const NamedEntity&, const NamedEntity&) = default;
};

/// Finds names with the fast linear-chain tagger (models/entities-fast/README.md): person, place,
/// organisation, group, product, work. An "@name" is a mention, not a name, and is left out; a
/// hashtag that names something is one, its # left out of the range.
///
/// Threads    Const methods from any thread, each with its own Scratch.
/// Memory     A Scratch grows to the longest post; then nothing is allocated a post.
/// Errors     None when tagging: every byte string has a (perhaps empty) answer.
class NamedEntityTagger {
 public:
  using Scratch = model::SequenceScratch;

  NamedEntityTagger();  ///< The model that is part of the program.
  /// A model.bin or the folder that holds it. kNotFound, kCorrupt.
  static Result<NamedEntityTagger> FromFile(const std::string& path);

  /// Replaces `out` by the names of `walk`, in order; none overlap. Same answer on every machine.
  /// Requires: the text of the walk still lives. Cost: O(bytes).
  void Tag(const TextWalk& walk, Scratch& scratch, std::vector<NamedEntity>& out) const;
  void Tag(std::string_view text, Scratch& scratch, std::vector<NamedEntity>& out) const;
  /// The same, and what another tagger says counts too: a number for each state of each of the
  /// walk's words (Words).
  void Tag(const TextWalk& walk, std::span<const model::StateScores> beside, Scratch& scratch,
           std::vector<NamedEntity>& out) const;
  /// Replaces `out` by the words that are judged, parts of the walk's text.
  static void Words(const TextWalk& walk, Scratch& scratch, std::vector<std::string_view>& out);

  /// Name and version to write beside a result: "entities-fast/1".
  const std::string& model() const { return name_; }

 private:
  explicit NamedEntityTagger(std::shared_ptr<const model::SequenceModel> owned);

  std::shared_ptr<const model::SequenceModel> owned_;  ///< Empty: the program's own.
  const model::SequenceModel* model_;
  std::string name_;
};

}  // namespace hb
