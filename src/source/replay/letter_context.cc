#include "source/replay/letter_context.h"

#include <simdjson.h>

#include "base/json.h"

namespace hb {

std::string FormatLetterContext(const LetterContext& context) {
  std::string out = "{\"format\":";
  const auto member = [&](std::string_view name, std::string_view value) {
    out += ",\"";
    out += name;
    out += "\":";
    AppendJsonString(value, out);
  };
  AppendJsonString(context.format, out);
  if (context.format == "csv") {
    member("delimiter", std::string_view(&context.delimiter, 1));
    out += context.quotes ? ",\"quotes\":true" : ",\"quotes\":false";
    member("header", context.header);
  }
  if (!context.map.empty()) member("map", context.map);
  return out + "}";
}

Result<LetterContext> ParseLetterContext(std::string_view text) {
  LetterContext context;
  if (text.empty()) return context;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(text)).get(object) != simdjson::SUCCESS) {
    return Error{Code::kCorrupt, "the context of the dead letter is no JSON object"};
  }
  const auto take = [&](std::string_view name, std::string& into) {
    std::string_view value;
    if (object[name].get(value) == simdjson::SUCCESS) into = value;
  };
  std::string delimiter;
  take("format", context.format);
  take("delimiter", delimiter);
  take("header", context.header);
  take("map", context.map);
  if (delimiter.size() == 1) context.delimiter = delimiter[0];
  bool quotes = true;
  if (object["quotes"].get(quotes) == simdjson::SUCCESS) context.quotes = quotes;
  return context;
}

}  // namespace hb
