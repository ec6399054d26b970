#include "store/duckdb/dead_letter_rows.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/duckdb/table_writer.h"

namespace hb::duck {

namespace {

/// temp.letters: the last record of each letter.
Status StageLetters(duckdb_connection connection, std::span<const DeadLetter> letters) {
  std::vector<std::string> ids;
  std::unordered_map<std::string_view, std::size_t> last;
  ids.reserve(letters.size());
  for (const DeadLetter& letter : letters) {
    ids.push_back(letter.id.empty() ? DeadLetterId(letter.source, letter.location, letter.raw)
                                    : letter.id);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) last[ids[i]] = i;
  HB_TRY(Run(connection,
             "CREATE OR REPLACE TEMP TABLE letters(number BIGINT, id VARCHAR, time TIMESTAMP, "
             "source VARCHAR, location VARCHAR, reason VARCHAR, raw BLOB, cut BOOLEAN, context "
             "VARCHAR, row_id VARCHAR, attempts INTEGER, tried TIMESTAMP, used BOOLEAN)"));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "letters"));
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (last[ids[i]] != i) continue;
    const DeadLetter& letter = letters[i];
    const idx_t row = writer.at();
    writer.Data<std::int64_t>(0)[row] = static_cast<std::int64_t>(i);
    writer.Put(1, row, ids[i]);
    writer.Data<std::int64_t>(2)[row] = ToMillis(letter.time) * 1000;
    writer.Put(3, row, letter.source);
    writer.Put(4, row, letter.location);
    writer.Put(5, row, letter.reason);
    writer.PutBytes(6, row, letter.raw);
    writer.Data<bool>(7)[row] = letter.cut;
    writer.PutOrNull(8, row, letter.context);
    writer.PutOrNull(9, row, letter.row_id);
    writer.Data<std::int32_t>(10)[row] = static_cast<std::int32_t>(letter.attempts);
    writer.Data<std::int64_t>(11)[row] = ToMillis(letter.tried) * 1000;
    if (letter.attempts == 0) writer.PutNull(11, row);
    writer.Data<bool>(12)[row] = letter.used;
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

}  // namespace

Status WriteDeadLetters(duckdb_connection connection, std::span<const DeadLetter> letters) {
  if (letters.empty()) return Ok();
  HB_TRY(StageLetters(connection, letters));
  const auto tried = [](const DeadLetter& letter) { return letter.attempts > 0; };
  if (std::any_of(letters.begin(), letters.end(), tried)) {
    HB_TRY(Run(connection,
               "UPDATE dead_letters d SET reason = l.reason, attempts = l.attempts, tried = "
               "l.tried FROM temp.letters l WHERE d.id = l.id AND NOT l.used AND l.attempts > "
               "coalesce(d.attempts, 0);"
               "INSERT INTO replayed_letters SELECT id, time, source, location, reason, attempts, "
               "tried FROM temp.letters WHERE used AND id NOT IN (SELECT id FROM "
               "replayed_letters) ORDER BY number;"
               "DELETE FROM dead_letters WHERE id IN (SELECT id FROM temp.letters WHERE used)"));
  }
  return Run(connection,
             "INSERT INTO dead_letters SELECT time, source, location, reason, raw, cut, id, "
             "context, row_id, attempts, tried FROM temp.letters WHERE NOT used AND id NOT IN "
             "(SELECT id FROM dead_letters) AND id NOT IN (SELECT id FROM replayed_letters) "
             "ORDER BY number");
}

}  // namespace hb::duck
