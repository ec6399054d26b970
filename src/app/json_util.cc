#include "app/json_util.h"

namespace hb {

namespace {
Error Unexpected() { return {Code::kInternal, "the answer is not the expected JSON"}; }
}  // namespace

Result<simdjson::dom::element> ParseAnswer(const std::string& body, simdjson::dom::parser& parser) {
  simdjson::dom::element answer;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS) return Unexpected();
  return answer;
}

Result<simdjson::dom::array> ListOf(simdjson::dom::element answer, std::string_view name) {
  simdjson::dom::array list;
  if (answer[name].get(list) != simdjson::SUCCESS) return Unexpected();
  return list;
}

std::string PlainText(simdjson::dom::element value) {
  if (value.is_null()) return "";
  if (std::string_view text; value.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);
}

std::string Member(simdjson::dom::element object, std::string_view name) {
  simdjson::dom::element value;
  if (object[name].get(value) != simdjson::SUCCESS) return "";
  return PlainText(value);
}

}  // namespace hb
