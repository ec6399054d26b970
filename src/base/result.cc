#include "base/result.h"

namespace hb {

std::string_view CodeName(Code code) noexcept {
  switch (code) {
    case Code::kInvalidArgument: return "invalid argument";
    case Code::kNotFound: return "not found";
    case Code::kUnavailable: return "unavailable";
    case Code::kExhausted: return "exhausted";
    case Code::kCorrupt: return "corrupt";
    case Code::kCancelled: return "cancelled";
    case Code::kInternal: return "internal";
    case Code::kTimedOut: return "timed out";
    case Code::kAborted: return "aborted";
  }
  return "unknown";
}

}  // namespace hb
