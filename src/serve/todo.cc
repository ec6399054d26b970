#include "serve/answer.h"
#include "serve/router.h"
namespace hb {
HttpResponse GetMetrics(const HttpRequest&, const ApiContext&) { return Problem(503, "not yet"); }
HttpResponse GetOpenApi(const HttpRequest&, const ApiContext&) { return Problem(503, "not yet"); }
HttpResponse HandleElasticsearch(const HttpRequest&, std::string_view, const ApiContext&) { return Problem(503, "not yet"); }
}  // namespace hb
