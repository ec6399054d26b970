// /api/v1/backfill
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/router.h"

namespace hb {

namespace {

/// A count that may be missing.
Status ReadCount(const JsonBody& body, std::string_view name, std::uint64_t& into) {
  simdjson::dom::element member;
  if (body.root()[name].get(member) != simdjson::SUCCESS) return Ok();
  if (member.get(into) == simdjson::SUCCESS) return Ok();
  return Error{Code::kInvalidArgument, "member '" + std::string(name) + "' is no count"};
}

}  // namespace

HttpResponse PostBackfill(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  StagedWork work{.place = body.Text("staging").value_or("")};
  HB_ANSWER_TRY(ReadCount(body, "done", work.done));
  HB_ANSWER_TRY(ReadCount(body, "failed", work.failed));
  if (work.place.empty()) {
    return Problem(400, "the body has no text \"staging\"",
                   "`heartbeat backfill` sends the place of its staging");
  }
  HB_ANSWER_ASSIGN(const bool stored, context.backend.TakeStaged(work));
  JsonWriter json;
  json.Open().Key("stored").Bool(stored).Close();
  return JsonAnswer(json);
}

}  // namespace hb
