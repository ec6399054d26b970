// store/duckdb/x_texts.h - finds texts of X in an answer.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/duckdb/duck.h"
#include "store/store.h"

namespace hb::duck {

/// The texts of all posts of X, by their hashes, and what of an answer is one of them.
///
/// Memory  32 bytes a post of X, while they are read too, beside DuckDB's own buffers. A statement
///         may grow by 768 MiB in all: too little for more than about eight million posts of X.
class XTexts {
 public:
  /// Whether a column of this type can hold texts that Filter finds.
  static bool MayHold(duckdb_logical_type type);
  /// Reads them in the transaction that `connection` has begun; an answer that is streamed from it
  /// ends. Cost: O(posts of X).
  static Result<XTexts> Load(duckdb_connection connection);

  /// Puts NULL in place of each text of X in `chunk` that `gate` does not allow: in columns of
  /// texts, and in lists and structs of them.
  void Filter(const Chunk& chunk, TextGate& gate) const;

 private:
  void FilterVector(duckdb_vector vector, idx_t size, TextGate& gate) const;
  void FilterTexts(duckdb_vector vector, idx_t size, TextGate& gate) const;
  void FilterStruct(duckdb_vector vector, duckdb_logical_type type, idx_t size,
                    TextGate& gate) const;

  /// Hash of a text or its words, and of the text. Ascending.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> texts_;
};

}  // namespace hb::duck
