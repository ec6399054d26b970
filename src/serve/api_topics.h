// serve/api_topics.h - what /api/v1/topics says of a log, for the server and for commands on a log
// that nobody here serves.
#pragma once

#include <string>

#include "log/log.h"
#include "serve/http.h"

namespace hb {

/// GET /api/v1/topics.
HttpResponse TopicsAnswer(Log& log);
/// GET /api/v1/topics/{topic}/records with the parameters of `request`.
HttpResponse RecordsAnswer(Log& log, const std::string& topic, const HttpRequest& request);

}  // namespace hb
