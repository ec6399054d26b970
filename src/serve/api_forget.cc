// /api/v1/forget
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/router.h"

namespace hb {

namespace {

constexpr std::size_t kMaxNames = 10'000;

/// Texts of a list that may be missing.
Status ReadTexts(const JsonBody& body, std::string_view name, std::vector<std::string>& into) {
  simdjson::dom::element member;
  if (body.root()[name].get(member) != simdjson::SUCCESS) return Ok();
  simdjson::dom::array list;
  if (member.get(list) != simdjson::SUCCESS)
    return Error{Code::kInvalidArgument, "member '" + std::string(name) + "' is no list"};
  for (const simdjson::dom::element element : list) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS || text.empty()) {
      return Error{Code::kInvalidArgument,
                   "an entry of '" + std::string(name) + "' is no text, or empty"};
    }
    if (into.size() == kMaxNames)
      return Error{Code::kInvalidArgument,
                   "more than " + std::to_string(kMaxNames) + " " + std::string(name)};
    into.emplace_back(text);
  }
  return Ok();
}

}  // namespace

HttpResponse PostForget(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  ForgetRequest forget;
  HB_ANSWER_TRY(ReadTexts(body, "posts", forget.posts));
  HB_ANSWER_TRY(ReadTexts(body, "authors", forget.authors));
  forget.network = body.Text("network").value_or("");
  if (forget.posts.empty() && forget.authors.empty()) {
    return Problem(400, "the body names neither posts nor authors",
                   R"(send {"posts":["1346889436626259968"]} or {"authors":["77"]})");
  }
  HB_ANSWER_ASSIGN(const std::uint64_t matched, context.backend.Forget(forget));
  JsonWriter json;
  json.Open()
      .Key("posts")
      .Uint(forget.posts.size())
      .Key("authors")
      .Uint(forget.authors.size())
      .Key("matched")
      .Uint(matched)
      .Close();
  return JsonAnswer(json, 202);
}

}  // namespace hb
