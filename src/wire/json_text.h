// wire/json_text.h - one JSON text into a simdjson document, with what can be repaired repaired.
// Internal to wire: other folders do not see simdjson.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

using JsonObject = simdjson::dom::object;
using JsonArray = simdjson::dom::array;
using JsonElement = simdjson::dom::element;

/// Parses JSON texts one after the other, using its memory again.
///
/// Threads  One at a time.
class JsonText {
 public:
  /// Bytes behind a text that must be readable for it to be parsed in place.
  static constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;

  /// The result lives until the next Parse. `readable_after`: bytes behind `text` that may be read
  /// (their values do not matter); with fewer than kPadding the text is copied. Invalid UTF-8 and
  /// lone surrogate escapes become U+FFFD and set repaired(). kInvalidArgument if it is not JSON.
  Result<JsonElement> Parse(std::string_view text, std::size_t readable_after);
  [[nodiscard]] bool repaired() const { return repaired_; }

 private:
  simdjson::error_code Try(std::string_view text, JsonElement& root);
  simdjson::dom::parser parser_;
  std::string copy_;
  bool repaired_ = false;
};

// Members by name; an absent member, null and another type are all "not there".
std::string_view JsonString(const JsonObject& object, std::string_view key);
std::optional<std::int64_t> JsonInt(const JsonObject& object, std::string_view key);
bool JsonTrue(const JsonObject& object, std::string_view key);
std::optional<JsonObject> JsonMember(const JsonObject& object, std::string_view key);
std::optional<JsonArray> JsonList(const JsonObject& object, std::string_view key);
bool HasMember(const JsonObject& object, std::string_view key);  ///< null counts as there
std::optional<JsonObject> AsObject(const JsonElement& element);
std::string_view AsString(const JsonElement& element);
/// An id given as a string, or as a number (then written into `buffer`).
struct IdBuffer {
  char digits[24];
};
std::string_view AsId(const JsonElement& element, IdBuffer& buffer);
std::string_view JsonId(const JsonObject& object, std::string_view key, IdBuffer& buffer);

/// What is wrong with a member, kInvalidArgument.
Error FieldError(std::string_view field, std::string_view what);

/// Replaces escapes of lone surrogates (\ud83d with no partner) by \ufffd, in place.
void RepairSurrogates(std::string& json);

}  // namespace hb
