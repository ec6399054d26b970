#include "store/duckdb/user_query.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "base/json.h"
#include "base/mutex.h"
#include "env/env.h"
#include "store/duckdb/cells.h"
#include "store/duckdb/instance.h"
#include "store/duckdb/sql_guard.h"
#include "store/duckdb/x_texts.h"

namespace hb::duck {

namespace {

constexpr std::size_t kMaxAnswerBytes = 64u << 20;  // of the cells of one answer

/// How much the program may grow during one statement. DuckDB's own limit does not see the texts
/// that its functions make: doubling a text 30 times in a recursive query would otherwise take all
/// memory.
constexpr std::uint64_t kMaxGrowthBytes = 768u << 20;
constexpr std::chrono::milliseconds kMemoryCheckEvery{25};

/// Interrupts a connection at a point in time, when memory grows too much or when the store stops
/// its statements, unless it is destroyed before.
class Watchdog {
 public:
  enum class Cause { kNone, kLate, kGreedy, kStopped };

  Watchdog(duckdb_connection connection, std::chrono::steady_clock::time_point until,
           const std::atomic<bool>& stopped)
      : thread_([this, connection, until, &stopped] { Watch(connection, until, stopped); }) {}
  ~Watchdog() {
    {
      const MutexLock lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  [[nodiscard]] Cause cause() const { return cause_; }

 private:
  void Watch(duckdb_connection connection, std::chrono::steady_clock::time_point until,
             const std::atomic<bool>& stopped) {
    const std::uint64_t before = ResidentMemoryBytes();
    MutexLock lock(mutex_);
    while (!done_) {
      const auto now = std::chrono::steady_clock::now();
      const auto pause = cause_ != Cause::kNone || now >= until
                             ? kMemoryCheckEvery
                             : std::min<std::chrono::nanoseconds>(kMemoryCheckEvery, until - now);
      wake_.wait_for(lock, pause);
      if (done_) return;
      if (cause_ == Cause::kNone) {
        if (stopped) {
          cause_ = Cause::kStopped;
        } else if (std::chrono::steady_clock::now() >= until) {
          cause_ = Cause::kLate;
        } else if (ResidentMemoryBytes() > before + kMaxGrowthBytes) {
          cause_ = Cause::kGreedy;
        }
      }
      // Again and again: an interrupt that meets no running statement is forgotten.
      if (cause_ != Cause::kNone) duckdb_interrupt(connection);
    }
  }

  Mutex mutex_;
  std::condition_variable_any wake_;
  bool done_ HB_GUARDED_BY(mutex_) = false;
  std::atomic<Cause> cause_ = Cause::kNone;
  std::thread thread_;
};

/// One statement under way. Members are destroyed from the last: the watchdog must not outlive the
/// connection.
class Running {
 public:
  Running(std::string_view sql, const SqlLimits& limits, const UserCall& call)
      : sql_(sql), limit_(limits.time), texts_(limits.texts), call_(call) {}

  Status Start(std::span<const Cell> parameters) {
    HB_ASSIGN(connection_, Connect(call_.database));
    watchdog_ = std::make_unique<Watchdog>(connection_.get(), call_.begin + limit_, call_.stopped);
    if (const Status begun = Run(connection_.get(), "BEGIN TRANSACTION READ ONLY"); !begun.ok())
      return Limited(begun.error());
    Result<Prepared> prepared = PrepareUserSql(connection_.get(), sql_);
    if (!prepared.ok()) return Limited(prepared.error());
    prepared_ = std::move(prepared).value();
    HB_TRY(Bind(prepared_.get(), parameters));
    if (texts_ != nullptr && MayGiveTexts()) HB_TRY(LoadTexts());
    HB_TRY(Execute());
    // Parameters may have changed the types of columns.
    if (texts_ != nullptr && !x_texts_ && GivesTexts()) {
      HB_TRY(LoadTexts());
      HB_TRY(Execute());
    }
    HB_ASSIGN(columns_, ColumnsOf(*result_.get()));
    return Ok();
  }

  Chunk Next() {
    Chunk chunk = result_.Next();
    if (chunk && x_texts_) x_texts_->Filter(chunk, *texts_);
    return chunk;
  }
  /// After the last chunk: was it really the last?
  Status Finish() {
    const char* text = duckdb_result_error(result_.get());
    if (text != nullptr && *text != '\0') return Limited(UserError(sql_, text));
    return watchdog_->cause() != Watchdog::Cause::kNone ? Status(Limited({})) : Ok();
  }
  [[nodiscard]] const std::vector<SqlColumn>& columns() const { return columns_; }
  duckdb_result* result() { return result_.get(); }
  /// `error`, unless a limit is behind it.
  [[nodiscard]] Error Limited(Error error) const {
    switch (watchdog_->cause()) {
      case Watchdog::Cause::kNone: break;
      case Watchdog::Cause::kStopped: return {Code::kCancelled, "the server stops"};
      case Watchdog::Cause::kGreedy:
        return {Code::kExhausted, "the statement needs too much memory"};
      case Watchdog::Cause::kLate:
        return {Code::kTimedOut, "the time limit of " + std::to_string(limit_.count()) +
                                     " ms passed; ask for less, for example a shorter time range"};
    }
    // DuckDB's own words propose settings that nobody can set here.
    if (error.code == Code::kExhausted)
      return {Code::kExhausted, "the statement needs more memory than the store may use"};
    return error;
  }

 private:
  Status Execute() {
    result_ = QueryResult();
    if (duckdb_execute_prepared_streaming(prepared_.get(), result_.get()) == DuckDBSuccess)
      return Ok();
    return Limited(UserError(sql_, duckdb_result_error(result_.get())));
  }
  /// In the transaction of the statement: a post that comes later is in neither. Before it runs:
  /// a connection streams one answer at a time.
  Status LoadTexts() {
    result_ = QueryResult();
    auto loaded = XTexts::Load(connection_.get());
    if (!loaded.ok()) return Limited(loaded.error());
    x_texts_ = std::move(loaded).value();
    return Ok();
  }
  /// Whether the columns of the statement, as far as they are known before it runs, can hold texts.
  [[nodiscard]] bool MayGiveTexts() const {
    const idx_t columns = duckdb_prepared_statement_column_count(prepared_.get());
    bool may = columns == 0;
    for (idx_t i = 0; i < columns; ++i) {
      const LogicalType type(duckdb_prepared_statement_column_logical_type(prepared_.get(), i));
      may = may || !type || XTexts::MayHold(type.get());
    }
    return may;
  }
  /// Whether those of the answer can.
  [[nodiscard]] bool GivesTexts() {
    bool gives = false;
    for (idx_t i = 0; i < duckdb_column_count(result_.get()); ++i) {
      const LogicalType type(duckdb_column_logical_type(result_.get(), i));
      gives = gives || XTexts::MayHold(type.get());
    }
    return gives;
  }

  std::string_view sql_;
  std::chrono::milliseconds limit_;
  TextGate* const texts_;
  const UserCall& call_;
  std::optional<XTexts> x_texts_;  ///< where the answer may hold some
  Connection connection_;
  Prepared prepared_;
  QueryResult result_;
  std::vector<SqlColumn> columns_;
  std::unique_ptr<Watchdog> watchdog_;
};

std::size_t BytesOf(const std::vector<Cell>& row) {
  std::size_t bytes = row.size() * sizeof(Cell);
  for (const Cell& cell : row) {
    if (const auto* text = std::get_if<std::string>(&cell)) bytes += text->capacity();
  }
  return bytes;
}

std::string NumberText(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void AppendCsvText(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.empty()) {
    out += text;
    return;
  }
  out += '"';  // the empty text too: without quotes it is NULL
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  out += '"';
}

void AppendCsv(const Cell& cell, std::string& out) {
  if (const auto* flag = std::get_if<bool>(&cell)) out += *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) out += std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&cell)) out += NumberText(*real);
  if (const auto* text = std::get_if<std::string>(&cell)) AppendCsvText(*text, out);
}

void AppendJson(const Cell& cell, const SqlColumn& column, std::string& out) {
  if (const auto* flag = std::get_if<bool>(&cell)) {
    out += *flag ? "true" : "false";
  } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    out += std::to_string(*whole);
  } else if (const auto* real = std::get_if<double>(&cell);
             real != nullptr && std::isfinite(*real)) {
    out += NumberText(*real);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    // Integers beyond 64 bits are held as digits; JSON numbers have no such bound.
    if (column.type == "json" || column.type == "bigint") {
      out += *text;
    } else {
      AppendJsonString(*text, out);
    }
  } else {
    out += "null";
  }
}

/// Column names, each once: `a`, `a_2`.
std::vector<std::string> UniqueNames(const std::vector<SqlColumn>& columns) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const SqlColumn& column : columns) {
    std::string name = column.name;
    for (int n = 2; !seen.insert(name).second; ++n) name = column.name + "_" + std::to_string(n);
    names.push_back(std::move(name));
  }
  return names;
}

/// What an export may still write.
class Allowance {
 public:
  Allowance(const ExportTarget& target, const SqlLimits& limits)
      : folder_(std::filesystem::path(target.path).parent_path().string()),
        min_free_bytes_(target.min_free_bytes),
        rows_(limits.rows) {}
  [[nodiscard]] std::size_t rows() const { return rows_; }
  /// Requires: count <= rows().
  void Take(std::size_t count) { rows_ -= count; }
  /// kExhausted when the disk is too full to go on. One call of the system.
  [[nodiscard]] Status CheckDisk() const {
    const Result<std::uint64_t> free = FreeDiskBytes(folder_);
    if (!free.ok() || free.value() >= min_free_bytes_) return Ok();
    return Error{Code::kExhausted, "the export was stopped: the disk of " + folder_ + " has " +
                                       std::to_string(free.value() >> 20) +
                                       " MiB free, and exports leave " +
                                       std::to_string(min_free_bytes_ >> 20)};
  }

 private:
  std::string folder_;
  std::uint64_t min_free_bytes_;
  std::size_t rows_;
};

/// The file of an export in text, written in pieces of a few MiB.
class TextFile {
 public:
  TextFile(const std::string& path, const Allowance& allowance)
      : path_(path), allowance_(allowance), file_(path, std::ios::binary | std::ios::trunc) {}
  std::string& out() { return out_; }
  Status FlushIfLarge() { return out_.size() < kPieceBytes ? Ok() : Flush(); }
  Status Finish() {
    HB_TRY(Flush());
    file_.close();
    return file_ ? Ok() : CannotWrite();
  }

 private:
  static constexpr std::size_t kPieceBytes = 4u << 20;
  Status Flush() {
    HB_TRY(allowance_.CheckDisk());
    file_.write(out_.data(), static_cast<std::streamsize>(out_.size()));
    out_.clear();
    return file_ ? Ok() : CannotWrite();
  }
  [[nodiscard]] Status CannotWrite() const {
    return Error{Code::kExhausted, "cannot write " + path_};
  }

  std::string path_;
  const Allowance& allowance_;
  std::ofstream file_;
  std::string out_;
};

void AppendTextRow(const std::vector<Cell>& row, const std::vector<std::string>& names,
                   const std::vector<SqlColumn>& columns, bool json, std::string& out) {
  if (json) out += '{';
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != 0) out += ',';
    if (!json) {
      AppendCsv(row[i], out);
      continue;
    }
    AppendJsonString(names[i], out);
    out += ':';
    AppendJson(row[i], columns[i], out);
  }
  out += json ? "}\n" : "\r\n";
}

Status ExportText(Running& running, bool json, const std::string& path, Allowance& allowance) {
  TextFile file(path, allowance);
  const std::vector<std::string> names = UniqueNames(running.columns());
  if (!json) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i != 0) file.out() += ',';
      AppendCsvText(names[i], file.out());
    }
    file.out() += "\r\n";
  }
  std::vector<std::vector<Cell>> rows;
  while (allowance.rows() > 0) {
    const Chunk chunk = running.Next();
    if (!chunk) {
      HB_TRY(running.Finish());
      break;
    }
    rows.clear();
    AppendRows(chunk, allowance.rows(), rows);
    allowance.Take(rows.size());
    for (const std::vector<Cell>& row : rows) {
      AppendTextRow(row, names, running.columns(), json, file.out());
      HB_TRY(file.FlushIfLarge());
    }
  }
  return file.Finish();
}

// Parquet: a second instance, in memory, reads the rows through a table function of ours and writes
// the file. The store's own instance has no access to files.

struct RowSource {
  Running& running;
  Allowance& allowance;
  Status status = Ok();  ///< of the reader, whose code DuckDB would not hand on
};

void BindRows(duckdb_bind_info info) {
  auto* running = &static_cast<RowSource*>(duckdb_bind_get_extra_info(info))->running;
  const std::vector<std::string> names = UniqueNames(running->columns());
  for (idx_t i = 0; i < names.size(); ++i) {
    const LogicalType type(duckdb_column_logical_type(running->result(), i));
    duckdb_bind_add_result_column(info, names[i].c_str(), type.get());
  }
}

void InitRows(duckdb_init_info info) { duckdb_init_set_max_threads(info, 1); }

void ReadRows(duckdb_function_info info, duckdb_data_chunk output) {
  auto& source = *static_cast<RowSource*>(duckdb_function_get_extra_info(info));
  duckdb_data_chunk_set_size(output, 0);
  if (source.allowance.rows() == 0) return;
  const Chunk chunk = source.running.Next();
  source.status = chunk ? source.allowance.CheckDisk() : source.running.Finish();
  if (!source.status.ok()) duckdb_function_set_error(info, source.status.error().message.c_str());
  if (!chunk || !source.status.ok()) return;
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(output); ++i) {
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, i),
                                   duckdb_data_chunk_get_vector(chunk.get(), i));
  }
  const std::size_t size =
      std::min<std::size_t>(duckdb_data_chunk_get_size(chunk.get()), source.allowance.rows());
  source.allowance.Take(size);
  duckdb_data_chunk_set_size(output, size);
}

Status ExportParquet(Running& running, const std::string& path, Allowance& allowance) {
  RowSource source{running, allowance};
  Config config;
  duckdb_create_config(config.out());
  for (const auto& [name, value] : {std::pair{"memory_limit", "256MiB"}, std::pair{"threads", "1"},
                                    std::pair{"autoinstall_known_extensions", "false"},
                                    std::pair{"autoload_known_extensions", "false"}}) {
    duckdb_set_config(config.get(), name, value);
  }
  Database database;
  Connection connection;
  if (duckdb_open_ext(nullptr, database.out(), config.get(), nullptr) != DuckDBSuccess ||
      duckdb_connect(database.get(), connection.out()) != DuckDBSuccess) {
    return Error{Code::kUnavailable, "no room for the export's own instance"};
  }
  Owned<duckdb_table_function, duckdb_destroy_table_function> rows(duckdb_create_table_function());
  duckdb_table_function_set_name(rows.get(), "answer");
  duckdb_table_function_set_extra_info(rows.get(), &source, nullptr);
  duckdb_table_function_set_bind(rows.get(), BindRows);
  duckdb_table_function_set_init(rows.get(), InitRows);
  duckdb_table_function_set_function(rows.get(), ReadRows);
  if (duckdb_register_table_function(connection.get(), rows.get()) != DuckDBSuccess) {
    return Error{Code::kInternal, "the export's table function was refused"};
  }
  Status written = Run(connection.get(), "COPY (SELECT * FROM answer()) TO " + Quote(path) +
                                             " (FORMAT parquet, COMPRESSION zstd)");
  if (written.ok()) return written;
  if (!source.status.ok()) return source.status;
  Error error = written.error();
  if (error.code == Code::kInternal)
    error.code = Code::kInvalidArgument;  // a type Parquet does not know
  // The disk, perhaps, but no want of memory of the statement.
  return error.code == Code::kExhausted ? error : running.Limited(std::move(error));
}

}  // namespace

Result<SqlResult> QueryAsUser(const UserCall& call, std::string_view sql,
                              std::span<const Cell> parameters, const SqlLimits& limits) {
  const auto begin = std::chrono::steady_clock::now();
  Running running(sql, limits, call);
  HB_TRY(running.Start(parameters));
  SqlResult answer;
  answer.columns = running.columns();
  std::size_t bytes = 0;
  while (const Chunk chunk = running.Next()) {
    const std::size_t had = answer.rows.size();
    const std::size_t room = limits.rows - had;
    answer.truncated = duckdb_data_chunk_get_size(chunk.get()) > room;
    AppendRows(chunk, room, answer.rows);
    for (std::size_t i = had; i < answer.rows.size(); ++i) bytes += BytesOf(answer.rows[i]);
    answer.truncated = answer.truncated || bytes > kMaxAnswerBytes;
    if (answer.truncated) break;
  }
  if (!answer.truncated) HB_TRY(running.Finish());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  answer.seconds = took.count();
  return answer;
}

Status ExportAsUser(const UserCall& call, std::string_view sql, std::span<const Cell> parameters,
                    const ExportTarget& target, const SqlLimits& limits) {
  const std::string_view format = target.format;
  const std::string& path = target.path;
  if (format != "csv" && format != "json" && format != "parquet") {
    return Error{Code::kInvalidArgument,
                 "format \"" + std::string(format) + "\": csv, json or parquet"};
  }
  Allowance allowance(target, limits);
  HB_TRY(allowance.CheckDisk());
  Running running(sql, limits, call);
  HB_TRY(running.Start(parameters));
  const std::string unfinished = path + ".part";
  const Status written = format == "parquet"
                             ? ExportParquet(running, unfinished, allowance)
                             : ExportText(running, format == "json", unfinished, allowance);
  std::error_code error;
  if (written.ok()) std::filesystem::rename(unfinished, path, error);
  if (written.ok() && !error) return Ok();
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  return written.ok()
             ? Status(Error{Code::kUnavailable, "cannot write " + path + ": " + error.message()})
             : written;
}

}  // namespace hb::duck
