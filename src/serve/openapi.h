// serve/openapi.h - descriptions made from the table of routes.
#pragma once

#include <string>
#include <string_view>

namespace hb {

/// OpenAPI 3.1, as JSON.
std::string OpenApiJson();
/// docs/reference/http.md.
std::string HttpReference();
/// The member "schemas" of OpenApiJson's components.
extern const std::string_view kOpenApiSchemas;

}  // namespace hb
