#include "wire/json_text.h"

#include <fmt/format.h>

#include <charconv>

#include "base/utf8.h"

namespace hb {

namespace {

/// Value of the four hex digits at `at`, or -1.
int Hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + 4, value, 16);
  return error == std::errc() && end == begin + 4 && *begin != '-' ? value : -1;
}

bool IsHigh(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLow(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace

void RepairSurrogates(std::string& json) {
  for (std::size_t i = 0; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') continue;
    if (json[i + 1] != 'u') {
      ++i;  // an escaped character, perhaps a backslash
      continue;
    }
    const int unit = Hex4(json, i + 2);
    if (IsHigh(unit) && json.compare(i + 6, 2, "\\u") == 0 && IsLow(Hex4(json, i + 8))) {
      i += 11;
    } else {
      if (IsHigh(unit) || IsLow(unit)) json.replace(i + 2, 4, "fffd");
      ++i;
    }
  }
}

simdjson::error_code JsonText::Try(std::string_view text, JsonElement& root) {
  return parser_.parse(text.data(), text.size(), false).get(root);
}

Result<JsonElement> JsonText::Parse(std::string_view text, std::size_t readable_after) {
  repaired_ = false;
  JsonElement root;
  if (text.empty()) return Error{Code::kInvalidArgument, "not JSON: empty"};
  simdjson::error_code error = simdjson::SUCCESS;
  if (readable_after >= kPadding) {
    error = Try(text, root);
  } else {
    copy_.reserve(text.size() + kPadding);
    copy_.assign(text);
    error = Try(copy_, root);
  }
  if (error == simdjson::UTF8_ERROR || error == simdjson::STRING_ERROR) {
    std::string fixed;
    fixed.reserve(text.size() + text.size() / 8 + kPadding);
    AppendRepairedUtf8(text, fixed);
    RepairSurrogates(fixed);
    fixed.reserve(fixed.size() + kPadding);
    copy_.swap(fixed);
    repaired_ = true;
    error = Try(copy_, root);
  }
  if (error != simdjson::SUCCESS) {
    return Error{Code::kInvalidArgument,
                 fmt::format("not JSON: {}", simdjson::error_message(error))};
  }
  return root;
}

std::string_view AsString(const JsonElement& element) {
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool HasMember(const JsonObject& object, std::string_view key) {
  return object.at_key(key).error() == simdjson::SUCCESS;
}

Error FieldError(std::string_view field, std::string_view what) {
  return {Code::kInvalidArgument, fmt::format("field {}: {}", field, what)};
}

std::optional<JsonObject> AsObject(const JsonElement& element) {
  JsonObject object;
  if (element.get(object) != simdjson::SUCCESS) return std::nullopt;
  return object;
}

std::string_view JsonString(const JsonObject& object, std::string_view key) {
  JsonElement element;
  return object.at_key(key).get(element) == simdjson::SUCCESS ? AsString(element)
                                                              : std::string_view();
}

std::optional<std::int64_t> JsonInt(const JsonObject& object, std::string_view key) {
  std::int64_t value = 0;
  if (object.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool JsonTrue(const JsonObject& object, std::string_view key) {
  bool value = false;
  return object.at_key(key).get(value) == simdjson::SUCCESS && value;
}

std::optional<JsonObject> JsonMember(const JsonObject& object, std::string_view key) {
  JsonObject member;
  if (object.at_key(key).get(member) != simdjson::SUCCESS) return std::nullopt;
  return member;
}

std::optional<JsonArray> JsonList(const JsonObject& object, std::string_view key) {
  JsonArray list;
  if (object.at_key(key).get(list) != simdjson::SUCCESS) return std::nullopt;
  return list;
}

std::string_view AsId(const JsonElement& element, IdBuffer& buffer) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return text;
  std::uint64_t number = 0;
  if (element.get(number) != simdjson::SUCCESS) return {};
  const auto [end, error] =
      std::to_chars(buffer.digits, buffer.digits + sizeof(buffer.digits), number);
  return {buffer.digits, static_cast<std::size_t>(end - buffer.digits)};
}

std::string_view JsonId(const JsonObject& object, std::string_view key, IdBuffer& buffer) {
  JsonElement element;
  if (object.at_key(key).get(element) != simdjson::SUCCESS) return {};
  return AsId(element, buffer);
}

}  // namespace hb
