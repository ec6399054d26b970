// model/sequence_data.h - posts with named entities in CoNLL files, and exact entity scores.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sequence_model.h"

namespace hb::model {

/// One post: its tokens joined by one blank, and where each of them stands.
struct TaggedPost {
  std::string text;
  std::vector<std::uint32_t> begins, ends;  ///< Bytes of each of the file's tokens.
  std::vector<std::string> labels;          ///< "O", "B-PER", "I-PER", ...
};

struct TaggedData {
  std::vector<TaggedPost> posts;
  EntityView view = EntityView::kGeneral;  ///< Told by its labels.
};

/// Reads `token<TAB>label` lines; an empty line ends a post. kInvalidArgument: a line without a
/// tab, a label that is none of the known data sets', or no post.
Result<TaggedData> ParseConll(std::string_view content);
Result<TaggedData> ReadConll(const std::string& path);

/// Bit s: state s fits what the data set says of the token. Data sets that do not tell two of our
/// types apart leave both; what they do not annotate may be there or not.
void AllowedStates(const TaggedPost& post, EntityView view,
                   const std::vector<SequenceToken>& tokens, std::vector<std::uint32_t>& out);

/// The data set's name for a type: "PER", "creative-work".
std::string_view ViewLabel(EntityView view, EntityType type);

/// Gives each of the file's tokens the entity that covers its first tagged byte.
void ProjectLabels(const TaggedPost& post, EntityView view, const std::vector<EntitySpan>& entities,
                   std::vector<std::string>& out);

/// Exact entity precision, recall and F1 as seqeval's default mode computes them: an entity is
/// right if its type, first and last token are.
class EntityScores {
 public:
  struct Counts {
    std::size_t gold = 0, found = 0, right = 0;
    double Precision() const;
    double Recall() const;
    double F1() const;
  };
  void Add(const std::vector<std::string>& gold, const std::vector<std::string>& found);
  void Add(const EntityScores& other);
  const std::map<std::string, Counts>& types() const { return types_; }
  Counts Total() const;  ///< Micro-averaged over types.
  std::string Text() const;
  std::string Json() const;

 private:
  std::map<std::string, Counts> types_;
};

}  // namespace hb::model
