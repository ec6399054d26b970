#include "record/redaction.h"

namespace hb {

std::string_view RedactionKindName(RedactionKind kind) noexcept {
  switch (kind) {
    case RedactionKind::kDelete: return "delete";
    case RedactionKind::kEdit: return "edit";
    case RedactionKind::kWithheld: return "withheld";
    case RedactionKind::kAccountDelete: return "account_delete";
    case RedactionKind::kAccountHide: return "account_hide";
    case RedactionKind::kAccountShow: return "account_show";
    case RedactionKind::kScrubGeo: return "scrub_geo";
  }
  return "delete";
}

}  // namespace hb
