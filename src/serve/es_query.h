// serve/es_query.h - Elasticsearch's query language as conditions in SQL.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "serve/es_index.h"
#include "serve/rows.h"

namespace hb::es {

/// The condition of a query clause ({"match":{...}}, {"bool":{...}}, ...). Values go in as
/// parameters. A field that the index does not have matches nothing, as in Elasticsearch. Not
/// scored: every hit has the score 1.
///
/// Known  match_all, match_none, match, match_phrase, multi_match, term, terms, range, bool,
/// exists, prefix, wildcard,
///        ids, constant_score, query_string and simple_query_string (words, "phrases", field:value,
///        AND, OR, NOT, +, -).
/// Errors kInvalidArgument: an unknown clause, nested deeper than 32, or more than 1,024 clauses.
Result<Statement> QueryCondition(const Index& index, simdjson::dom::element query, EventTime now);

/// The condition of a query_string. `all_words`: as if AND stood between them.
/// Errors kInvalidArgument: more than 64 words, or none of what people write in a search box.
Result<Statement> QueryStringCondition(const Index& index, std::string_view text, bool all_words,
                                       EventTime now);

}  // namespace hb::es
