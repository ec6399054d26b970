#include "pipeline/versions.h"

#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/identity.h"

namespace hb {

namespace {
bool IsNewer(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}
}  // namespace

Result<Versions::Verdict> Versions::Note(Transaction& transaction, std::string_view id) {
  const auto parts = SplitEditedId(id);
  if (!parts) return Verdict{};
  const std::string post(parts->id), key = KeyBytes(KeyOf(post));
  std::string known;
  if (const auto said = said_.find(post); said != said_.end()) {
    known = said->second;
  } else {
    Result<std::string> stored = log_.GetState(kVersionState, Partition{0}, key);
    if (stored.ok()) known = std::move(stored).value();
    if (!stored.ok() && stored.error().code != Code::kNotFound) return stored.error();
  }
  if (known == parts->version) return Verdict{};
  if (!known.empty() && IsNewer(known, parts->version)) return Verdict{.old = true};
  said_[post] = parts->version;
  transaction.PutState(kVersionState, Partition{0}, key, parts->version);
  return Verdict{.replaced = known.empty() ? "" : EditedId(post, known)};
}

}  // namespace hb
