#include "store/duckdb/gap_rows.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "record/analysis_batch.h"
#include "store/duckdb/table_writer.h"

namespace hb::duck {

namespace {

std::string Stamp(EventTime time) {
  return "make_timestamp(" + std::to_string(ToMillis(time) * 1000) + ")";
}

/// temp.fresh_gaps: the last record of each gap.
Status StageGaps(duckdb_connection connection, std::span<const Gap> gaps) {
  std::map<std::pair<std::string, EventTime>, const Gap*> last;
  for (const Gap& gap : gaps) last[{gap.source, gap.from}] = &gap;
  HB_TRY(Run(connection, "CREATE OR REPLACE TEMP TABLE fresh_gaps AS FROM main.gaps LIMIT 0"));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "fresh_gaps"));
  for (const auto& [key, gap] : last) {
    const idx_t row = writer.at();
    writer.Put(0, row, gap->source);
    writer.Data<std::int64_t>(1)[row] = ToMillis(gap->from) * 1000;
    writer.Data<std::int64_t>(2)[row] = ToMillis(gap->to) * 1000;
    writer.Put(3, row, gap->cause);
    writer.Data<double>(4)[row] = FromMicro(gap->refilled);
    writer.Data<bool>(5)[row] = gap->exact;
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

/// Sets the completeness of the stored windows that reach into [from, to).
Status UpdateWindows(duckdb_connection connection, EventTime from, EventTime to,
                     const GapSet& set) {
  HB_ASSIGN(QueryResult windows,
            Ask(connection,
                "SELECT rowid, epoch_ms(window_start), window_ms, completeness FROM "
                "internal.windows WHERE window_start < " +
                    Stamp(to) + " AND window_start + to_milliseconds(window_ms) > " + Stamp(from)));
  HB_TRY(Run(connection, "CREATE OR REPLACE TEMP TABLE heard(row BIGINT, completeness DOUBLE)"));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "heard"));
  bool any = false;
  while (const Chunk chunk = windows.Next()) {
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      const double now = set.Completeness(FromMillis(Values<std::int64_t>(chunk, 1)[i]),
                                          Values<std::int64_t>(chunk, 2)[i]);
      if (now == Values<double>(chunk, 3)[i]) continue;
      any = true;
      writer.Data<std::int64_t>(0)[writer.at()] = Values<std::int64_t>(chunk, 0)[i];
      writer.Data<double>(1)[writer.at()] = now;
      HB_TRY(writer.Advance(1));
    }
  }
  HB_TRY(writer.Close());
  if (!any) return Ok();
  return Run(connection,
             "UPDATE internal.windows w SET completeness = h.completeness FROM temp.heard h WHERE "
             "w.rowid = h.row");
}

}  // namespace

Status LoadGaps(duckdb_connection connection, GapSet& set) {
  set.Clear();
  HB_ASSIGN(
      QueryResult rows,
      Ask(connection, "SELECT source, epoch_ms(started), epoch_ms(ended), refilled FROM gaps"));
  while (const Chunk chunk = rows.Next()) {
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      set.Put({.source = std::string(View(Values<duckdb_string_t>(chunk, 0)[i])),
               .from = FromMillis(Values<std::int64_t>(chunk, 1)[i]),
               .to = FromMillis(Values<std::int64_t>(chunk, 2)[i]),
               .cause = {},
               .refilled = static_cast<std::uint32_t>(Values<double>(chunk, 3)[i] * kMicro + 0.5)});
    }
  }
  return Ok();
}

Status WriteGaps(duckdb_connection connection, std::span<const Gap> gaps, GapSet& set) {
  if (gaps.empty()) return Ok();
  HB_TRY(StageGaps(connection, gaps));
  HB_TRY(Run(connection,
             "DELETE FROM main.gaps g USING temp.fresh_gaps f WHERE g.source = f.source AND "
             "g.started = f.started; INSERT INTO main.gaps FROM temp.fresh_gaps"));
  auto touched = set.Put(gaps[0]);
  for (const Gap& gap : gaps) {
    const auto span = set.Put(gap);
    touched = {std::min(touched.first, span.first), std::max(touched.second, span.second)};
  }
  return UpdateWindows(connection, touched.first, touched.second, set);
}

}  // namespace hb::duck
