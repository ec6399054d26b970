#include "store/duckdb/schema.h"

namespace hb::duck {

std::string TablesSql() {
  // Scores are DECIMAL(7,6): the analyzers' millionths as they are, so that neg + neu + pos = 1
  // exactly. No PRIMARY KEY anywhere: DuckDB keeps such an index in memory, and writes slow down
  // with it. Finding a compression for the two longest texts takes more time than all other
  // columns.
  return R"sql(
CREATE SCHEMA IF NOT EXISTS internal;
CREATE TABLE IF NOT EXISTS internal.meta(name VARCHAR, value VARCHAR);

-- Their places are PostKind, Label and Emotion; stored: append only.
CREATE TYPE IF NOT EXISTS main.post_kind AS ENUM('post', 'repost', 'reply', 'quote');
CREATE TYPE IF NOT EXISTS main.sentiment_label AS ENUM('negative', 'neutral', 'positive', 'mixed');
CREATE TYPE IF NOT EXISTS main.emotion AS ENUM('anger', 'joy', 'optimism', 'sadness', 'none');
CREATE TABLE IF NOT EXISTS main.posts(
  id VARCHAR, key BIGINT, source VARCHAR, time TIMESTAMP, arrival TIMESTAMP, task VARCHAR, tasks VARCHAR[],
  lang VARCHAR, content VARCHAR USING COMPRESSION uncompressed, word VARCHAR USING COMPRESSION uncompressed,
  author VARCHAR, handle VARCHAR, country VARCHAR, kind post_kind,
  conversation VARCHAR, reply_to VARCHAR, repost_of VARCHAR,
  neg DECIMAL(7,6), neu DECIMAL(7,6), pos DECIMAL(7,6), mixed DECIMAL(7,6), label sentiment_label, label4 sentiment_label,
  polarity DECIMAL(7,6), subjectivity DECIMAL(7,6),
  hashtags VARCHAR[], mentions VARCHAR[], cashtags VARCHAR[], urls VARCHAR[], emoji VARCHAR[],
  followers BIGINT, flags USMALLINT, platform_lang VARCHAR, rules_version UINTEGER,
  models VARCHAR, chain VARCHAR,
  anger DECIMAL(7,6), joy DECIMAL(7,6), optimism DECIMAL(7,6), sadness DECIMAL(7,6), emotion emotion,
  entities VARCHAR[], topics VARCHAR[], fingerprint BIGINT);
-- Posts of protected and suspended accounts, until they are shown again or expire.
CREATE TABLE IF NOT EXISTS internal.hidden_posts AS FROM main.posts LIMIT 0;
-- What must not come back: a key (of a post or a chain) or an author.
CREATE TABLE IF NOT EXISTS internal.redacted(
  kind UTINYINT, key BIGINT, id VARCHAR, author VARCHAR, network VARCHAR, time TIMESTAMP, arrival TIMESTAMP);
CREATE TABLE IF NOT EXISTS main.withheld(id VARCHAR, key BIGINT, countries VARCHAR[], time TIMESTAMP);

CREATE TABLE IF NOT EXISTS internal.windows(
  task VARCHAR, window_start TIMESTAMP, window_size VARCHAR, window_ms BIGINT, posts BIGINT, authors BIGINT,
  neg DOUBLE, neu DOUBLE, pos DOUBLE, mixed DOUBLE, polarity DOUBLE, subjectivity DOUBLE,
  negative BIGINT, neutral BIGINT, positive BIGINT,
  negative4 BIGINT, neutral4 BIGINT, positive4 BIGINT, mixed4 BIGINT,
  originals BIGINT, reposts BIGINT, replies BIGINT, quotes BIGINT,
  completeness DOUBLE, final BOOLEAN, frozen BOOLEAN, approximate BOOLEAN, revision BIGINT,
  updated TIMESTAMP,
  parts BLOB USING COMPRESSION uncompressed,
  anger DOUBLE, joy DOUBLE, optimism DOUBLE, sadness DOUBLE,
  angry BIGINT, joyful BIGINT, optimistic BIGINT, sad BIGINT);

CREATE TABLE IF NOT EXISTS main.trends(
  time TIMESTAMP, scope VARCHAR, kind VARCHAR, key VARCHAR, posts BIGINT, baseline DOUBLE, score DOUBLE,
  authors BIGINT, duplicate_share DOUBLE, languages VARCHAR[], example_ids VARCHAR[], active BOOLEAN,
  arrival TIMESTAMP);
CREATE TABLE IF NOT EXISTS main.tasks(
  tag VARCHAR, rule VARCHAR, revision BIGINT, active BOOLEAN, time TIMESTAMP);
CREATE TABLE IF NOT EXISTS main.offsets(topic VARCHAR, partition INTEGER, next_offset BIGINT);
CREATE TABLE IF NOT EXISTS main.gaps(
  source VARCHAR, started TIMESTAMP, ended TIMESTAMP, cause VARCHAR, refilled DOUBLE, exact BOOLEAN);
CREATE TABLE IF NOT EXISTS main.dead_letters(
  time TIMESTAMP, source VARCHAR, location VARCHAR, reason VARCHAR, raw BLOB, cut BOOLEAN);
-- Columns that came later; a file of an older version gets them here.
ALTER TABLE main.dead_letters ADD COLUMN IF NOT EXISTS id VARCHAR;
ALTER TABLE main.dead_letters ADD COLUMN IF NOT EXISTS context VARCHAR;
ALTER TABLE main.dead_letters ADD COLUMN IF NOT EXISTS row_id VARCHAR;
ALTER TABLE main.dead_letters ADD COLUMN IF NOT EXISTS attempts INTEGER;
ALTER TABLE main.dead_letters ADD COLUMN IF NOT EXISTS tried TIMESTAMP;
UPDATE main.dead_letters SET id = 'row' || rowid WHERE id IS NULL;
-- Letters that became posts when they were replayed, without their bytes.
CREATE TABLE IF NOT EXISTS main.replayed_letters(
  id VARCHAR, time TIMESTAMP, source VARCHAR, location VARCHAR, reason VARCHAR, attempts INTEGER, replayed TIMESTAMP);
)sql";
}

namespace {

void AddColumns(const char* table, const char* type, std::initializer_list<const char*> names,
                std::string& sql) {
  for (const char* name : names) {
    sql += std::string("ALTER TABLE ") + table + " ADD COLUMN " + name + " " + type + ";";
  }
}

}  // namespace

std::string MigrationSql(int version) {
  std::string sql;
  if (version < 2) {  // The lists of windows are made from `parts` when they are asked for.
    for (const char* list : {"hashtags", "words", "languages", "countries"}) {
      sql += std::string("ALTER TABLE internal.windows DROP COLUMN ") + list + ";";
    }
  }
  if (version < 3) {  // Emotion and names came later; of earlier posts they are not known.
    for (const char* table : {"main.posts", "internal.hidden_posts"}) {
      AddColumns(table, "DECIMAL(7,6)", {"anger", "joy", "optimism", "sadness"}, sql);
      AddColumns(table, "emotion", {"emotion"}, sql);
      AddColumns(table, "VARCHAR[]", {"entities"}, sql);
    }
    AddColumns("internal.windows", "DOUBLE", {"anger", "joy", "optimism", "sadness"}, sql);
    AddColumns("internal.windows", "BIGINT", {"angry", "joyful", "optimistic", "sad"}, sql);
  }
  if (version < 4) {
    for (const char* table : {"main.posts", "internal.hidden_posts"}) {
      AddColumns(table, "VARCHAR[]", {"topics"}, sql);
      AddColumns(table, "BIGINT", {"fingerprint"}, sql);
    }
  }
  return sql + "UPDATE internal.meta SET value = '4' WHERE name = 'version';";
}

std::string ViewsSql() {
  return R"sql(
CREATE OR REPLACE VIEW main.windows AS SELECT * EXCLUDE (completeness, final, frozen, approximate, revision, updated, parts),
  window_top(parts, 'hashtags') AS hashtags, window_top(parts, 'words') AS words,
  window_top(parts, 'entities') AS entities, window_top(parts, 'topics') AS topics,
  window_top(parts, 'languages') AS languages, window_top(parts, 'countries') AS countries,
  completeness, final, frozen, approximate, revision, updated
  FROM internal.windows;
CREATE OR REPLACE VIEW main.sentiment_labels AS
  SELECT word, polarity, subjectivity,
    CASE WHEN polarity < 0 THEN 'Negative' WHEN polarity > 0 THEN 'Positive' ELSE 'Neutral' END
      AS sentiment_analysis
  FROM main.posts;
CREATE OR REPLACE VIEW main.tweet AS
  SELECT time, content, task, tasks, rules_version, source, id, lang, author, country, kind, conversation,
    urls, hashtags
  FROM main.posts;
CREATE OR REPLACE VIEW main.sentiment AS
  SELECT time, task, pos, neu, neg, tasks, label, split_part(models, ' ', 1) AS model FROM main.posts;
)sql";
}

}  // namespace hb::duck
