// /api/v1/deadletters
#include <charconv>

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

/// The bytes behind hexadecimal text.
std::string FromHex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
  return out;
}

/// Length of the valid UTF-8 sequence at the front of `text`, 0 if there is none (RFC 3629, table 3-7 of Unicode).
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned b0 = byte(0), b1 = byte(1);
  if (b0 < 0x80) return 1;
  if (b0 >= 0xC2 && b0 <= 0xDF) return tail(1) ? 2 : 0;
  if (b0 >= 0xE0 && b0 <= 0xEF) {
    const bool fits = b0 == 0xE0 ? b1 >= 0xA0 : b0 == 0xED ? b1 <= 0x9F : true;
    return tail(1) && fits && tail(2) ? 3 : 0;
  }
  if (b0 >= 0xF0 && b0 <= 0xF4) {
    const bool fits = b0 == 0xF0 ? b1 >= 0x90 : b0 == 0xF4 ? b1 <= 0x8F : true;
    return tail(1) && fits && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// `bytes` with U+FFFD for each byte that belongs to no character.
std::string Readable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = SequenceLength(bytes);
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace

HttpResponse GetDeadLetters(const HttpRequest& request, const ApiContext& context) {
  HB_ANSWER_ASSIGN(const std::int64_t limit, IntParam(request, "limit", 50, 1, 500));
  HB_ANSWER_ASSIGN(const std::int64_t before, IntParam(request, "cursor", INT64_MAX, 0, INT64_MAX));
  SqlStore& store = context.backend.store();
  Statement ask("SELECT rowid, epoch_ms(time), source, location, reason, hex(raw[1:");
  ask.Bind(kShownBytes).Add("::BIGINT]), octet_length(raw), cut FROM dead_letters WHERE rowid < ").Bind(before);
  ask.Add("::BIGINT ORDER BY rowid DESC LIMIT ").Bind(limit).Add("::BIGINT");
  HB_ANSWER_ASSIGN(const SqlResult letters, ask.Ask(store, static_cast<std::size_t>(limit)));
  HB_ANSWER_ASSIGN(const SqlResult total, Statement("SELECT count(*) FROM dead_letters").Ask(store, 1));
  JsonWriter json;
  json.Open().Key("dead_letters").OpenList();
  for (const Row& row : letters.rows) {
    const std::string raw = FromHex(TextAt(row, 5));
    json.Open().Member("id", std::to_string(IntAt(row, 0))).Key("time");
    WriteMillis(row, 1, json);
    json.Member("source", TextAt(row, 2)).Member("location", TextAt(row, 3)).Member("reason", TextAt(row, 4));
    json.Member("raw", Readable(raw)).Member("raw_base64", Base64(raw)).Key("bytes").Int(IntAt(row, 6));
    json.Key("cut").Bool(IntAt(row, 7) != 0 || IntAt(row, 6) > kShownBytes).Close();
  }
  json.CloseList().Key("next");
  if (static_cast<std::int64_t>(letters.rows.size()) == limit) {
    json.Text(std::to_string(IntAt(letters.rows.back(), 0)));
  } else {
    json.Null();
  }
  json.Key("total").Int(total.rows.empty() ? 0 : IntAt(total.rows[0], 0)).Close();
  return JsonAnswer(json);
}

HttpResponse ReplayDeadLetters(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  constexpr std::string_view kHint = R"(send {"ids":["12","13"]} or {"all":true})";
  std::vector<std::string> ids;
  simdjson::dom::array list;
  if (body.root()["ids"].get(list) == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : list) {
      std::string_view id;
      if (element.get(id) != simdjson::SUCCESS) return Problem(400, "an id is no text", kHint);
      if (ids.size() == kMaxIds) return Problem(400, "more than " + std::to_string(kMaxIds) + " ids", R"(send fewer, or {"all":true})");
      ids.emplace_back(id);
    }
    // For the backend no ids mean all: that must be said, not left out.
    if (ids.empty()) return Problem(400, "the list of ids is empty", kHint);
  } else if (!body.Flag("all")) {
    return Problem(400, "the body says neither which dead letters nor that all are meant", kHint);
  }
  const auto queued = context.backend.ReplayDeadLetters(ids);
  if (!queued.ok()) return ProblemOf(queued.error());
  JsonWriter json;
  json.Open().Key("queued").Uint(queued.value()).Close();
  return JsonAnswer(json, 202);
}

}  // namespace hb
