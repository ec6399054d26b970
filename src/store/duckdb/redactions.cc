#include "store/duckdb/redactions.h"

#include <algorithm>
#include <unordered_set>

#include "base/hash.h"
#include "record/identity.h"
#include "store/duckdb/table_writer.h"

namespace hb::duck {

namespace {

constexpr std::size_t kFilterWords = (4u << 20) / 8;
constexpr int kProbes = 4;
constexpr std::uint64_t kAuthorSeed = 1;  // keeps author hashes apart from post keys

std::int64_t Signed(PostKey key) { return static_cast<std::int64_t>(ToInt(key)); }
std::uint64_t AuthorHash(std::string_view author) { return Hash64(author, kAuthorSeed); }

std::uint64_t Mix(std::uint64_t x) {  // MurmurHash3 finaliser: X ids are far from random
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 33);
}

// A row of posts (p) that an account event (r) means. Replayed posts came from any network.
constexpr const char* kSameAccount =
    "p.author = r.author AND (r.network = '' OR r.network = split_part(p.source, '_', 1) "
    "OR p.source = 'replay')";

std::string Number(RedactionKind kind) { return std::to_string(static_cast<int>(kind)); }

/// Runs a statement and counts the rows it changed.
Result<std::int64_t> Change(duckdb_connection connection, const std::string& sql) {
  HB_ASSIGN(QueryResult result, Ask(connection, sql));
  return static_cast<std::int64_t>(duckdb_rows_changed(result.get()));
}

/// temp.redacting: the events of this write.
Status Stage(duckdb_connection connection, std::span<const Redaction> events, EventTime now) {
  HB_TRY(Run(connection,
             "CREATE OR REPLACE TEMP TABLE redacting(kind UTINYINT, key BIGINT, id VARCHAR, author "
             "VARCHAR, "
             "network VARCHAR, time TIMESTAMP, arrival TIMESTAMP, countries VARCHAR)"));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "redacting"));
  for (const Redaction& event : events) {
    const idx_t row = writer.at();
    writer.Data<std::uint8_t>(0)[row] = static_cast<std::uint8_t>(event.kind);
    writer.Data<std::int64_t>(1)[row] = Signed(event.key);
    if (event.id.empty()) writer.PutNull(1, row);
    writer.PutOrNull(2, row, event.id);
    writer.PutOrNull(3, row, event.author);
    writer.Put(4, row, NetworkOf(event.source));
    writer.Data<std::int64_t>(5)[row] = ToMillis(event.time) * 1000;
    writer.Data<std::int64_t>(6)[row] = ToMillis(now) * 1000;
    writer.Put(7, row, event.countries);
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

/// temp.gone: ids of deleted posts, and the first ids of their edit chains, because deleting one
/// version deletes them all.
Status StageGone(duckdb_connection connection, std::span<const Redaction> events, bool& any,
                 TombstoneFilter& filter) {
  const auto is_delete = [](const Redaction& event) {
    return event.kind == RedactionKind::kDelete;
  };
  any = std::any_of(events.begin(), events.end(), is_delete);
  if (!any) return Ok();
  HB_ASSIGN(QueryResult found,
            Ask(connection,
                "SELECT DISTINCT chain FROM posts WHERE chain IS NOT NULL AND key IN "
                "(SELECT key FROM temp.redacting WHERE kind = 0)"));
  std::unordered_set<std::string> ids;
  while (const Chunk chunk = found.Next()) {
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      ids.emplace(View(Values<duckdb_string_t>(chunk, 0)[i]));
    }
  }
  for (const Redaction& event : events) {
    if (is_delete(event)) ids.insert(event.id);
  }
  HB_TRY(Run(connection, "CREATE OR REPLACE TEMP TABLE gone(key BIGINT, id VARCHAR)"));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "gone"));
  for (const std::string& id : ids) {
    writer.Data<std::int64_t>(0)[writer.at()] = Signed(KeyOf(id));
    writer.Put(1, writer.at(), id);
    filter.Add(ToInt(KeyOf(id)));
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

Result<std::int64_t> ApplyDeletes(duckdb_connection connection) {
  std::int64_t changed = 0;
  for (const std::string table : {"main.posts", "internal.hidden_posts"}) {
    for (const char* where : {"key IN (SELECT key FROM temp.gone)",
                              "chain IS NOT NULL AND chain IN (SELECT id FROM temp.gone)",
                              "kind = 'repost' AND repost_of IN (SELECT id FROM temp.gone)"}) {
      HB_ASSIGN(const std::int64_t rows,
                Change(connection, "DELETE FROM " + table + " WHERE " + where));
      changed += rows;
    }
  }
  HB_TRY(Run(connection, "DELETE FROM withheld WHERE key IN (SELECT key FROM temp.gone)"));
  // What could not be parsed may hold the post all the same; short ids would hit by chance.
  HB_ASSIGN(const std::int64_t letters,
            Change(connection,
                   "DELETE FROM dead_letters WHERE EXISTS (SELECT 1 FROM temp.gone g WHERE "
                   "length(g.id) >= 8 AND contains(hex(raw), hex(g.id)))"));
  HB_TRY(Run(
      connection,
      "INSERT INTO internal.redacted SELECT 0, g.key, g.id, NULL, '', max(r.time), max(r.arrival) "
      "FROM temp.gone g, temp.redacting r WHERE r.kind = 0 AND g.key NOT IN (SELECT key FROM "
      "internal.redacted WHERE kind = 0) GROUP BY ALL"));
  return changed + letters;
}

Result<std::int64_t> ApplyAccounts(duckdb_connection connection) {
  const std::string same = kSameAccount;
  std::int64_t changed = 0;
  const std::string removed =
      " p USING temp.redacting r WHERE r.kind = " + Number(RedactionKind::kAccountDelete) +
      " AND p.time <= r.time AND " + same;
  for (const std::string table : {"main.posts", "internal.hidden_posts"}) {
    HB_ASSIGN(const std::int64_t rows, Change(connection, "DELETE FROM " + table + removed));
    changed += rows;
  }
  return changed;
}

/// temp.hides: per account (of those in temp.redacting, or `all`) the hide that is in force: its
/// latest event by time is one, and of two at the same time the hide counts. So the order in which
/// events come is not seen.
Status StageHides(duckdb_connection connection, bool all) {
  const std::string hide = Number(RedactionKind::kAccountHide);
  const std::string show = Number(RedactionKind::kAccountShow);
  const std::string either = "kind IN (" + hide + ", " + show + ")";
  return Run(
      connection,
      "CREATE OR REPLACE TEMP TABLE hides AS SELECT author, network, max(time) FILTER (kind = " +
          hide + ") AS time FROM internal.redacted WHERE " + either +
          (all ? "" : " AND author IN (SELECT author FROM temp.redacting WHERE " + either + ")") +
          " GROUP BY author, network HAVING max(time) FILTER (kind = " + hide +
          ") >= coalesce(max(time) FILTER (kind = " + show +
          "), make_timestamp(-9000000000000000))");
}

/// Shown again: the rows come back as they were, at the end of the table. Requires: StageHides.
Status Show(duckdb_connection connection) {
  const std::string same = kSameAccount;
  return Run(
      connection,
      "CREATE OR REPLACE TEMP TABLE moving AS SELECT p.rowid AS row FROM "
      "internal.hidden_posts p WHERE p.author IN (SELECT author FROM temp.redacting WHERE kind = " +
          Number(RedactionKind::kAccountShow) +
          ") AND NOT EXISTS (SELECT 1 FROM temp.hides r WHERE p.time <= r.time AND " + same +
          ");"
          "INSERT INTO posts SELECT * FROM internal.hidden_posts WHERE rowid IN (SELECT row "
          "FROM temp.moving);"
          "DELETE FROM internal.hidden_posts WHERE rowid IN (SELECT row FROM temp.moving)");
}

/// Hides by temp.hides, and scrubs by the tombstones in `from` (temp.redacting or
/// internal.redacted).
Result<std::int64_t> HideAndScrub(duckdb_connection connection, const std::string& from) {
  const std::string same = kSameAccount;
  HB_TRY(Run(
      connection,
      "CREATE OR REPLACE TEMP TABLE moving AS SELECT DISTINCT p.rowid AS row FROM posts p JOIN "
      "temp.hides r ON p.time <= r.time AND " +
          same +
          ";"
          "INSERT INTO internal.hidden_posts SELECT * FROM posts WHERE rowid IN (SELECT row FROM "
          "temp.moving);"
          "DELETE FROM posts WHERE rowid IN (SELECT row FROM temp.moving)"));
  // X's ids rise with time; hashed keys (negative) do not, there the time of the event decides.
  const std::string scrubbed =
      " p SET country = NULL, flags = (flags::INTEGER & ~16)::USMALLINT FROM " + from +
      " r WHERE r.kind = " + Number(RedactionKind::kScrubGeo) + " AND " + same +
      " AND CASE WHEN p.key >= 0 AND r.key >= 0 THEN p.key <= r.key ELSE p.time <= r.time END AND "
      "(p.country IS NOT NULL OR p.flags & 16 <> 0)";
  std::int64_t changed = 0;
  for (const std::string table : {"main.posts", "internal.hidden_posts"}) {
    HB_ASSIGN(const std::int64_t rows, Change(connection, "UPDATE " + table + scrubbed));
    changed += rows;
  }
  return changed;
}

}  // namespace

void TombstoneFilter::Add(std::uint64_t hash) {
  if (words_.empty()) words_.resize(kFilterWords);
  std::uint64_t mixed = Mix(hash);
  const std::uint64_t step = Mix(mixed) | 1;
  for (int i = 0; i < kProbes; ++i, mixed += step) {
    words_[(mixed >> 6) % kFilterWords] |= 1ull << (mixed & 63);
  }
}

bool TombstoneFilter::MayHold(std::uint64_t hash) const {
  if (words_.empty()) return false;
  std::uint64_t mixed = Mix(hash);
  const std::uint64_t step = Mix(mixed) | 1;
  for (int i = 0; i < kProbes; ++i, mixed += step) {
    if ((words_[(mixed >> 6) % kFilterWords] >> (mixed & 63) & 1) == 0) return false;
  }
  return true;
}

Status Redactions::Load(duckdb_connection connection) {
  filter_ = {};
  HB_ASSIGN(QueryResult rows, Ask(connection, "SELECT key, author FROM internal.redacted"));
  while (const Chunk chunk = rows.Next()) {
    const std::uint64_t* has_key =
        duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk.get(), 0));
    const std::uint64_t* has_author =
        duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk.get(), 1));
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      if (IsValid(has_key, i))
        filter_.Add(static_cast<std::uint64_t>(Values<std::int64_t>(chunk, 0)[i]));
      if (IsValid(has_author, i))
        filter_.Add(AuthorHash(View(Values<duckdb_string_t>(chunk, 1)[i])));
    }
  }
  return Ok();
}

Result<std::int64_t> Redactions::Apply(duckdb_connection connection,
                                       std::span<const Redaction> redactions, EventTime now) {
  if (redactions.empty()) return 0;
  HB_TRY(Stage(connection, redactions, now));
  for (const Redaction& event : redactions) {
    if (!event.id.empty()) filter_.Add(ToInt(event.key));
    if (!event.author.empty()) filter_.Add(AuthorHash(event.author));
  }
  std::int64_t changed = 0;
  bool deletes = false;
  HB_TRY(StageGone(connection, redactions, deletes, filter_));
  if (deletes) {
    HB_ASSIGN(const std::int64_t rows, ApplyDeletes(connection));
    changed += rows;
  }
  // An edit that kept its id (its chain is itself) is the newer version, not the one to drop.
  for (const std::string table : {"main.posts", "internal.hidden_posts"}) {
    HB_ASSIGN(const std::int64_t rows,
              Change(connection, "DELETE FROM " + table +
                                     " WHERE (chain IS NULL OR chain <> id) AND key IN "
                                     "(SELECT key FROM temp.redacting WHERE kind = 1)"));
    changed += rows;
  }
  HB_TRY(Run(connection,
             "INSERT INTO withheld SELECT id, key, string_split(countries, ','), time FROM "
             "temp.redacting WHERE kind = " +
                 Number(RedactionKind::kWithheld)));
  HB_TRY(
      Run(connection,
          "INSERT INTO internal.redacted SELECT kind, CASE WHEN kind IN (1, 6) THEN key END, id, "
          "CASE WHEN kind >= 3 THEN author END, network, time, arrival FROM temp.redacting "
          "WHERE kind IN (1, 3, 4, 5, 6)"));
  const auto is_account = [](const Redaction& event) {
    return event.kind >= RedactionKind::kAccountDelete;
  };
  if (std::any_of(redactions.begin(), redactions.end(), is_account)) {
    HB_ASSIGN(const std::int64_t removed, ApplyAccounts(connection));
    HB_TRY(StageHides(connection, false));
    HB_TRY(Show(connection));
    HB_ASSIGN(const std::int64_t scrubbed, HideAndScrub(connection, "temp.redacting"));
    changed += removed + scrubbed;
  }
  return changed;
}

Status Redactions::LookUp(duckdb_connection connection, std::span<const std::int64_t> keys,
                          std::span<const std::string> authors) {
  by_key_.clear();
  by_author_.clear();
  if (keys.empty() && authors.empty()) return Ok();
  std::string sql =
      "SELECT kind, key, author, network, time FROM internal.redacted WHERE key IN (NULL";
  for (const std::int64_t key : keys) sql += "," + std::to_string(key);
  sql += ") OR author IN (NULL";
  for (const std::string& author : authors) sql += "," + Quote(author);
  HB_ASSIGN(QueryResult rows, Ask(connection, sql + ")"));
  while (const Chunk chunk = rows.Next()) {
    const std::uint64_t* has_author =
        duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk.get(), 2));
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      const Tombstone tombstone{
          .kind = static_cast<RedactionKind>(Values<std::uint8_t>(chunk, 0)[i]),
          .network = std::string(View(Values<duckdb_string_t>(chunk, 3)[i])),
          .time_us = Values<std::int64_t>(chunk, 4)[i]};
      if (IsValid(has_author, i)) {
        by_author_.emplace(View(Values<duckdb_string_t>(chunk, 2)[i]), tombstone);
      } else {
        by_key_.emplace(Values<std::int64_t>(chunk, 1)[i], tombstone);
      }
    }
  }
  return Ok();
}

bool Redactions::IsGone(const PostView& post) const {
  const auto deleted = [&](PostKey key) {
    const auto [begin, end] = by_key_.equal_range(Signed(key));
    return std::any_of(
        begin, end, [](const auto& entry) { return entry.second.kind == RedactionKind::kDelete; });
  };
  if (deleted(post.key)) return true;
  if (!post.chain.empty() && deleted(KeyOf(post.chain))) return true;
  if (post.kind == PostKind::kRepost && !post.repost_of.empty() && deleted(KeyOf(post.repost_of)))
    return true;
  if (post.chain.empty() || post.chain != post.id) {
    const auto [begin, end] = by_key_.equal_range(Signed(post.key));
    if (std::any_of(begin, end,
                    [](const auto& entry) { return entry.second.kind == RedactionKind::kEdit; })) {
      return true;
    }
  }
  if (post.author.empty()) return false;
  const auto [begin, end] = by_author_.equal_range(std::string(post.author));
  return std::any_of(begin, end, [&](const auto& entry) {
    const Tombstone& tombstone = entry.second;
    return tombstone.kind == RedactionKind::kAccountDelete &&
           ToMillis(post.time) * 1000 <= tombstone.time_us &&
           (tombstone.network.empty() || tombstone.network == NetworkOf(post.source) ||
            post.source == "replay");
  });
}

Status Redactions::Admit(duckdb_connection connection,
                         std::span<const std::shared_ptr<const AnalysisBatch>> batches,
                         std::vector<std::vector<std::uint32_t>>& rows) {
  std::vector<std::int64_t> keys;
  std::vector<std::string> authors;
  if (!filter_.empty()) {
    for (const auto& batch : batches) {
      const PostBatch& posts = *batch->posts;
      for (std::size_t i = 0; i < batch->size(); ++i) {
        const auto suspect = [&](PostKey key) {
          if (filter_.MayHold(ToInt(key))) keys.push_back(Signed(key));
        };
        suspect(posts.key[i]);
        if (!posts.chain[i].empty()) suspect(KeyOf(posts.chain[i]));
        if (posts.kind[i] == PostKind::kRepost && !posts.repost_of[i].empty())
          suspect(KeyOf(posts.repost_of[i]));
        if (!posts.author[i].empty() && filter_.MayHold(AuthorHash(posts.author[i]))) {
          authors.emplace_back(posts.author[i]);
        }
      }
    }
    for (auto* list : {&authors}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    HB_TRY(LookUp(connection, keys, authors));
  } else {
    by_key_.clear();
    by_author_.clear();
  }
  late_accounts_ = std::any_of(by_author_.begin(), by_author_.end(), [](const auto& entry) {
    return entry.second.kind != RedactionKind::kAccountDelete;
  });
  const bool none = by_key_.empty() && by_author_.empty();
  rows.resize(batches.size());
  for (std::size_t b = 0; b < batches.size(); ++b) {
    rows[b].clear();
    for (std::uint32_t i = 0; i < batches[b]->size(); ++i) {
      if (none || !IsGone(batches[b]->posts->Row(i))) rows[b].push_back(i);
    }
  }
  return Ok();
}

Result<std::int64_t> Redactions::Settle(
    duckdb_connection connection, std::span<const std::shared_ptr<const AnalysisBatch>> batches) {
  std::unordered_set<std::string> chains;
  for (const auto& batch : batches) {
    const StringColumn& chain = batch->posts->chain;
    if (chain.bytes() == 0) continue;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      if (!chain[i].empty()) chains.emplace(chain[i]);
    }
  }
  std::int64_t changed = 0;
  if (!chains.empty()) {
    HB_TRY(Run(connection, "CREATE OR REPLACE TEMP TABLE edited(key BIGINT, chain VARCHAR)"));
    HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "edited"));
    for (const std::string& chain : chains) {
      writer.Data<std::int64_t>(0)[writer.at()] = Signed(KeyOf(chain));
      writer.Put(1, writer.at(), chain);
      HB_TRY(writer.Advance(1));
    }
    HB_TRY(writer.Close());
    // rowid rises with arrival: of versions with the same time the last one wins.
    HB_ASSIGN(
        changed,
        Change(connection,
               "DELETE FROM posts WHERE rowid IN (SELECT row FROM (SELECT row, row_number() OVER "
               "(PARTITION BY key ORDER BY time DESC, row DESC) AS place FROM ("
               "SELECT p.rowid AS row, p.time, e.key FROM posts p JOIN temp.edited e USING (key) "
               "UNION "
               "SELECT p.rowid AS row, p.time, e.key FROM posts p JOIN temp.edited e USING (chain) "
               "WHERE p.chain IS NOT NULL)) WHERE place > 1)"));
  }
  if (late_accounts_) {
    HB_TRY(StageHides(connection, true));
    HB_ASSIGN(const std::int64_t rows, HideAndScrub(connection, "internal.redacted"));
    changed += rows;
  }
  return changed;
}

}  // namespace hb::duck
