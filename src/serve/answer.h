// serve/answer.h - the few ways in which handlers answer.
#pragma once

#include <string>
#include <utility>

#include "serve/http.h"
#include "serve/json_writer.h"
#include "serve/problem.h"

namespace hb {

/// What was written so far, as application/json.
inline HttpResponse JsonAnswer(const JsonWriter& json, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.body = json.Take();
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace hb

/// In a handler: declares `declaration` from a Result, or answers with its error as a problem.
#define HB_ANSWER_ASSIGN(declaration, expr)                     \
  auto HB_CONCAT_(hb_answer_, __LINE__) = (expr);               \
  if (!HB_CONCAT_(hb_answer_, __LINE__).ok()) {                 \
    return ProblemOf(HB_CONCAT_(hb_answer_, __LINE__).error()); \
  }                                                             \
  declaration = std::move(HB_CONCAT_(hb_answer_, __LINE__)).value()
#define HB_ANSWER_TRY(expr)                                                               \
  do {                                                                                    \
    if (auto hb_answer_ = (expr); !hb_answer_.ok()) return ProblemOf(hb_answer_.error()); \
  } while (false)
