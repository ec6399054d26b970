// serve/es_index.h - what an Elasticsearch client sees as indexes: our tables and views, field by
// field.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/http.h"
#include "serve/json_writer.h"
#include "serve/rows.h"

namespace hb::es {

/// kWords: searched word by word ("text" with a sub-field "keyword"); kList: a list of keywords.
enum class FieldType { kKeyword, kWords, kList, kLong, kDouble, kBoolean, kDate };

struct Field {
  std::string_view name;
  std::string_view sql;  ///< an expression over the index's table, of this folder's making
  FieldType type;
};

struct Index {
  std::string_view name;
  std::string_view table;
  std::string_view id;     ///< expression of _id
  std::string_view since;  ///< a time that is later for what comes later
  std::span<const Field> fields;

  /// By name, with or without ".keyword"; null if there is none.
  [[nodiscard]] const Field* Find(std::string_view field) const;
};

std::span<const Index> Indexes();
/// kNotFound: no such index.
Result<const Index*> FindIndex(std::string_view name);
/// Elasticsearch's name of a type: "text", "keyword", "long", ...
std::string_view TypeName(FieldType type);

/// {"error":{...},"status":...}
HttpResponse ErrorAnswer(int status, std::string_view type, std::string_view reason);
/// The same from one of our errors; kInvalidArgument becomes `type`.
HttpResponse ErrorOf(const Error& error, std::string_view type = "parsing_exception");

/// "_shards":{...} of one shard that never fails.
void WriteShards(JsonWriter& json);

}  // namespace hb::es
