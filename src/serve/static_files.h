// serve/static_files.h - the dashboard's files over HTTP.
#pragma once

#include <span>
#include <string_view>

#include "serve/http.h"

namespace hb {

/// A file of the dashboard, held by the program.
struct StaticFile {
  std::string_view path;  ///< "/index.html", "/assets/app.4f2a.js"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip = {};  ///< the same, compressed; "" where that saves nothing
  std::string_view tag = {};   ///< changes whenever `bytes` do; "" answers without an ETag
};

/// Whether the value of an Accept-Encoding lets an answer be gzip (RFC 9110, section 12.5.3).
bool AcceptsGzip(std::string_view accept_encoding);
/// Whether the value of an If-None-Match names `etag` (RFC 9110, section 13.1.2).
bool NamesTag(std::string_view if_none_match, std::string_view etag);

/// The file at the request's path, or index.html for one of the dashboard's pages. A browser that
/// went astray gets that too, which says so: with 404, as any other client.
HttpResponse StaticPage(const HttpRequest& request, std::span<const StaticFile> files);

}  // namespace hb
