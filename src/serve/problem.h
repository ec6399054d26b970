// serve/problem.h - errors as RFC 9457 problem documents.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/http.h"

namespace hb {

/// A problem with a `detail` for people and, if not empty, a `hint` that says what to do.
HttpResponse Problem(int status, std::string_view detail, std::string_view hint = "");
/// The same with the column of a rule or query.
HttpResponse ProblemAt(int status, std::string_view detail, std::string_view hint,
                       std::size_t column);
/// By the error's code: 400, 404, 503, 500. Of a message "what is wrong; what to do" the second
/// part is the hint.
HttpResponse ProblemOf(const Error& error);
/// "Not Found" for 404.
std::string_view StatusText(int status);

}  // namespace hb
