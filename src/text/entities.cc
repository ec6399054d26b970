#include "text/entities.h"

#include "text/text_walk.h"

namespace hb {

std::string_view EntityKindName(EntityKind kind) noexcept {
  switch (kind) {
    case EntityKind::kHashtag: return "hashtag";
    case EntityKind::kMention: return "mention";
    case EntityKind::kCashtag: return "cashtag";
    case EntityKind::kUrl: return "url";
    case EntityKind::kEmoji: return "emoji";
  }
  return "unknown";
}

void ExtractEntities(std::string_view text, std::vector<Entity>& out) {
  TextWalk walk;
  WalkText(text, walk);
  for (Entity entity : walk.entities) {
    entity.token = Entity::kNoToken;
    out.push_back(entity);
  }
}

std::vector<Entity> ExtractEntities(std::string_view text) {
  std::vector<Entity> out;
  ExtractEntities(text, out);
  return out;
}

}  // namespace hb
