// /api/v1/deadletters
#include "base/hex.h"
#include "serve/answer.h"
#include "serve/base64.h"
#include "serve/params.h"
#include "serve/router.h"
#include "serve/rows.h"

namespace hb {

namespace {

/// Bytes of a letter that the list shows.
constexpr std::int64_t kShownBytes = 16 * 1024;
constexpr std::size_t kMaxIds = 10'000;

/// Closes the list of a page and the page.
void WriteEnd(const SqlResult& letters, const SqlResult& total, std::int64_t limit,
              JsonWriter& json) {
  json.CloseList().Key("next");
  if (static_cast<std::int64_t>(letters.rows.size()) == limit) {
    json.Text(std::to_string(IntAt(letters.rows.back(), 0)));
  } else {
    json.Null();
  }
  json.Key("total").Int(total.rows.empty() ? 0 : IntAt(total.rows[0], 0)).Close();
}

/// Those that were used when they were replayed; their bytes are posts now.
HttpResponse GetReplayed(std::int64_t limit, std::int64_t before, SqlStore& store) {
  Statement ask(
      "SELECT rowid, id, epoch_ms(time), source, location, reason, attempts, epoch_ms(replayed) FROM replayed_letters WHERE rowid < ");
  ask.Bind(before).Add("::BIGINT ORDER BY rowid DESC LIMIT ").Bind(limit).Add("::BIGINT");
  HB_ANSWER_ASSIGN(const SqlResult letters, ask.Ask(store, static_cast<std::size_t>(limit)));
  HB_ANSWER_ASSIGN(const SqlResult total,
                   Statement("SELECT count(*) FROM replayed_letters").Ask(store, 1));
  JsonWriter json;
  json.Open().Key("dead_letters").OpenList();
  for (const Row& row : letters.rows) {
    json.Open().Member("id", TextAt(row, 1)).Key("time");
    WriteMillis(row, 2, json);
    json.Member("source", TextAt(row, 3))
        .Member("location", TextAt(row, 4))
        .Member("reason", TextAt(row, 5));
    json.Member("raw", "").Key("attempts").Int(IntAt(row, 6)).Key("replayed");
    WriteMillis(row, 7, json);
    json.Close();
  }
  WriteEnd(letters, total, limit, json);
  return JsonAnswer(json);
}

/// Texts of a list of ids, or a problem.
Status ReadIds(const JsonBody& body, std::vector<std::string>& ids) {
  simdjson::dom::array list;
  if (body.root()["ids"].get(list) != simdjson::SUCCESS) {
    return body.Flag("all")
               ? Ok()
               : Status(Error{Code::kInvalidArgument,
                              "the body says neither which dead letters nor that all are meant"});
  }
  for (const simdjson::dom::element element : list) {
    std::string_view id;
    if (element.get(id) != simdjson::SUCCESS)
      return Error{Code::kInvalidArgument, "an id is no text"};
    if (ids.size() == kMaxIds)
      return Error{Code::kInvalidArgument, "more than " + std::to_string(kMaxIds) + " ids"};
    ids.emplace_back(id);
  }
  // For the backend no ids mean all: that must be said, not left out.
  return ids.empty() ? Status(Error{Code::kInvalidArgument, "the list of ids is empty"}) : Ok();
}

/// A text member that may be missing.
Status ReadText(const JsonBody& body, std::string_view name, std::optional<std::string>& into) {
  into = body.Text(name);
  simdjson::dom::element element;
  if (into || body.root()[name].get(element) != simdjson::SUCCESS) return Ok();
  return Error{Code::kInvalidArgument, "member '" + std::string(name) + "' is no text"};
}

}  // namespace

HttpResponse GetDeadLetters(const HttpRequest& request, const ApiContext& context) {
  HB_ANSWER_ASSIGN(const std::int64_t limit, IntParam(request, "limit", 50, 1, 500));
  HB_ANSWER_ASSIGN(const std::int64_t before, IntParam(request, "cursor", INT64_MAX, 0, INT64_MAX));
  SqlStore& store = context.backend.store();
  const std::string_view state = Param(request, "state");
  if (state == "replayed") return GetReplayed(limit, before, store);
  if (!state.empty() && state != "waiting")
    return Problem(400, "state is neither waiting nor replayed");
  Statement ask("SELECT rowid, id, epoch_ms(time), source, location, reason, hex(raw[1:");
  ask.Bind(kShownBytes)
      .Add(
          "::BIGINT]), octet_length(raw), cut, context, attempts, epoch_ms(tried) FROM dead_letters WHERE rowid < ");
  ask.Bind(before).Add("::BIGINT ORDER BY rowid DESC LIMIT ").Bind(limit).Add("::BIGINT");
  HB_ANSWER_ASSIGN(const SqlResult letters, ask.Ask(store, static_cast<std::size_t>(limit)));
  HB_ANSWER_ASSIGN(const SqlResult total,
                   Statement("SELECT count(*) FROM dead_letters").Ask(store, 1));
  JsonWriter json;
  json.Open().Key("dead_letters").OpenList();
  for (const Row& row : letters.rows) {
    const std::string raw = FromHex(TextAt(row, 6));
    json.Open().Member("id", TextAt(row, 1)).Key("time");
    WriteMillis(row, 2, json);
    json.Member("source", TextAt(row, 3))
        .Member("location", TextAt(row, 4))
        .Member("reason", TextAt(row, 5));
    // Written as all text is: with U+FFFD for what is not UTF-8.
    json.Member("raw", raw).Member("raw_base64", Base64(raw)).Key("bytes").Int(IntAt(row, 7));
    json.Key("cut")
        .Bool(IntAt(row, 8) != 0 || IntAt(row, 7) > kShownBytes)
        .Member("context", TextAt(row, 9));
    json.Key("attempts").Int(IntAt(row, 10)).Key("tried");
    WriteMillis(row, 11, json);
    json.Close();
  }
  WriteEnd(letters, total, limit, json);
  return JsonAnswer(json);
}

HttpResponse ReplayDeadLetters(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  LetterReplay replay;
  if (const Status read = ReadIds(body, replay.ids); !read.ok()) {
    return Problem(400, read.error().message,
                   R"(send {"ids":["0123456789abcdef"]} or {"all":true})");
  }
  HB_ANSWER_TRY(ReadText(body, "map", replay.map));
  HB_ANSWER_TRY(ReadText(body, "format", replay.format));
  HB_ANSWER_TRY(ReadText(body, "raw", replay.raw));
  if (replay.raw && replay.ids.size() != 1) {
    return Problem(400, "edited bytes are for one dead letter",
                   R"(send {"ids":["0123456789abcdef"],"raw":"..."})");
  }
  HB_ANSWER_ASSIGN(const LetterReplayed replayed, context.backend.ReplayDeadLetters(replay));
  if (replayed.queued == 0 && replayed.already.empty()) {
    if (!replayed.cut.empty()) {
      return Problem(409, "only the beginning of its bytes was kept",
                     "send all of them as \"raw\", or replay the file with that row mended");
    }
    return Problem(404,
                   replay.ids.empty() ? "no dead letter waits" : "there is no such dead letter",
                   "GET /api/v1/deadletters lists them");
  }
  JsonWriter json;
  json.Open()
      .Key("queued")
      .Uint(replayed.queued)
      .Key("used")
      .Uint(replayed.used)
      .Key("failed")
      .Uint(replayed.failed);
  json.Key("already").OpenList();
  for (const auto& [id, time] : replayed.already)
    json.Open().Member("id", id).Member("replayed", IsoTime(time)).Close();
  json.CloseList();
  for (const auto& [name, ids] :
       {std::pair("unknown", &replayed.unknown), std::pair("cut", &replayed.cut)}) {
    json.Key(name).OpenList();
    for (const std::string& id : *ids) json.Text(id);
    json.CloseList();
  }
  json.Close();
  return JsonAnswer(json, 202);
}

}  // namespace hb
