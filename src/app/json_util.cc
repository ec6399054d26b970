#include "app/json_util.h"

namespace hb {

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
