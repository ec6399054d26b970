// serve/es_search.h - _search, _count and _sql.
#pragma once

#include "serve/es_index.h"
#include "serve/http.h"
#include "serve/router.h"

namespace hb::es {

HttpResponse Search(const HttpRequest& request, const Index& index, const ApiContext& context);
/// POST _search/scroll: the next page; DELETE: forgets scrolls, of which nothing is held. The id is
/// in the body, a parameter or the address.
HttpResponse Scroll(const HttpRequest& request, const ApiContext& context);
HttpResponse Count(const HttpRequest& request, const Index& index, const ApiContext& context);
/// GET {index}/_doc/{id}
HttpResponse GetDocument(const Index& index, std::string_view id, const ApiContext& context);

/// POST _sql and _sql/close.
HttpResponse Sql(const HttpRequest& request, const ApiContext& context);
HttpResponse CloseSql(const HttpRequest& request);

}  // namespace hb::es
