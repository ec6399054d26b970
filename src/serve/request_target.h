// serve/request_target.h - the target of a request line, taken apart.
#pragma once

#include <string_view>

#include "serve/http.h"

namespace hb {

/// Fills `request.path` and adds to `request.query` from "/path?name=value&...". Percent escapes
/// are decoded (RFC 3986 section 2.1; what is no escape stays as it stands), '+' is a blank in the
/// query, of a name that is repeated the last value counts. Every text is taken: what it means is
/// for the router to say.
void ParseTarget(std::string_view target, HttpRequest& request);

}  // namespace hb
