#include "analysis/named_entities.h"

#include <span>
#include <utility>

#include "model/embedded.h"
#include "model/model_file.h"

namespace hb {
namespace {

std::string NameOf(const model::SequenceModel& model) {
  return std::string(model.name()) + "/" + std::string(model.version());
}

}  // namespace

NamedEntityTagger::NamedEntityTagger()
    : model_(&model::EmbeddedEntities()), name_(NameOf(*model_)) {}

NamedEntityTagger::NamedEntityTagger(std::shared_ptr<const model::SequenceModel> owned)
    : owned_(std::move(owned)), model_(owned_.get()), name_(NameOf(*model_)) {}

Result<NamedEntityTagger> NamedEntityTagger::FromFile(const std::string& path) {
  HB_ASSIGN(model::SequenceModel loaded, model::LoadSequenceModel(path));
  return NamedEntityTagger(std::make_shared<const model::SequenceModel>(std::move(loaded)));
}

void NamedEntityTagger::Tag(std::string_view text, Scratch& scratch,
                            std::vector<NamedEntity>& out) const {
  WalkText(text, scratch.walk);
  Tag(scratch.walk, scratch, out);
}

void NamedEntityTagger::Words(const TextWalk& walk, Scratch& scratch,
                              std::vector<std::string_view>& out) {
  out.clear();
  model::SequenceTokens(walk, scratch.features.tokens);
  for (const model::SequenceToken& token : scratch.features.tokens)
    out.push_back(walk.text.substr(token.begin, token.end - token.begin));
}

void NamedEntityTagger::Tag(const TextWalk& walk, Scratch& scratch,
                            std::vector<NamedEntity>& out) const {
  Tag(walk, {}, scratch, out);
}

void NamedEntityTagger::Tag(const TextWalk& walk, std::span<const model::StateScores> beside,
                            Scratch& scratch, std::vector<NamedEntity>& out) const {
  out.clear();
  model_->Tag(walk, model::EntityView::kGeneral, scratch, beside);
  const auto& tokens = scratch.features.tokens;
  // Mentions, links and emoji have their own results; signs alone name nothing.
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if ((tokens[i].flags & (kTokenMention | kTokenUrl | kTokenEmoji)) != 0) scratch.states[i] = 0;
  }
  std::size_t byte = 0;
  std::uint32_t point = 0;
  const auto point_at = [&](std::uint32_t at) {
    for (; byte < at; ++byte) {
      point += (static_cast<unsigned char>(walk.text[byte]) & 0xC0) != 0x80 ? 1u : 0u;
    }
    return point;
  };
  model::CollectEntities(tokens, scratch.states, scratch.entities);
  std::size_t at = 0;
  for (const model::EntitySpan& span : scratch.entities) {
    while (tokens[at].begin < span.begin) ++at;
    std::size_t last = at;
    while (last + 1 < tokens.size() && tokens[last + 1].end <= span.end) ++last;
    while (at < last && tokens[at].sign) ++at;
    while (last > at && tokens[last].sign) --last;
    if (tokens[at].sign) continue;
    NamedEntity entity{.type = span.type, .begin = tokens[at].begin, .end = tokens[last].end};
    if ((tokens[at].flags & (kTokenHashtag | kTokenCashtag)) != 0) {
      // The sign may be a full-width one of three bytes.
      do ++entity.begin;
      while ((static_cast<unsigned char>(walk.text[entity.begin]) & 0xC0) == 0x80);
    }
    entity.begin_point = point_at(entity.begin);
    entity.end_point = point_at(entity.end);
    out.push_back(entity);
  }
}

}  // namespace hb
