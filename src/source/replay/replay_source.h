// source/replay/replay_source.h - the posts of a file, at their own pace or as fast as it goes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "env/env.h"
#include "source/replay/byte_input.h"
#include "source/replay/text_stream.h"
#include "source/source.h"
#include "wire/columns.h"
#include "wire/csv_posts.h"
#include "wire/csv_reader.h"
#include "wire/json_posts.h"
#include "wire/json_splitter.h"
#include "wire/line_reader.h"

namespace hb {

/// What --format says of JSON; kAuto for "auto" and for what is unknown.
JsonFormat JsonFormatOf(std::string_view name);

/// Plays a CSV or JSON file, plain, gzip or zstd, or standard input.
///
/// Delivery  Exact: a position is a byte of the unpacked text, so Resume repeats and loses nothing.
///           Standard input cannot be resumed; each run of it is a source of its own.
/// Identity  FileDigest of the file (size, first and last MiB), so a renamed file is the same
/// source
///           and a changed one is another. A row without an id is "DIGEST#ROW", rows counted
///           from 1.
/// Errors    A row that cannot be used is a dead letter and the next one follows. What makes the
/// whole
///           file useless (no such file, no column for the text) is kNotFound or kInvalidArgument,
///           from Create for a file and from the first Poll for standard input.
/// Memory    One buffer of max_row_bytes + 1 MiB at most, and the posts asked for.
class ReplaySource : public Source {
 public:
  struct Options {
    std::string path;  ///< "-": standard input
    std::string format = "auto";
    ColumnMap map;
    double speed = 0;  ///< times as fast as recorded; 0: as fast as possible
    std::chrono::milliseconds disorder{60'000};  ///< how far behind the newest post others may come
    std::size_t max_row_bytes = std::size_t{4} << 20;
    std::uint32_t max_ratio = 200;
  };

  /// Opens and recognises the file. `env` outlives the source.
  static Result<std::unique_ptr<ReplaySource>> Create(Options options, Env& env);
  /// The same over `input`, known as `name` and `digest`: for tests and fuzzing.
  static Result<std::unique_ptr<ReplaySource>> CreateOver(std::unique_ptr<ByteInput> input,
                                                          std::string name, std::string digest,
                                                          Options options, Env& env);

  [[nodiscard]] std::string Identity() const override;
  /// The file's name, without its folder.
  [[nodiscard]] std::string Title() const override { return name_; }
  [[nodiscard]] bool ExactPositions() const override { return true; }
  Status Resume(const Position& position) override;
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position& position) override;
  void Stop() noexcept override;
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override;

 private:
  enum class RowState {
    kRow,
    kNothingYet,  // a pipe has no more for now
    kPause,       // much was passed over without finding a row; call again
    kEnd,
  };
  /// A place between two rows, or inside a row of many posts.
  struct Place {
    std::uint64_t offset = 0;  // of the next row in the unpacked text
    std::uint64_t line = 0;    // line breaks before it
    std::uint64_t row = 0;     // rows before it
    std::uint64_t sub = 0;     // posts of it already given
    std::uint64_t ended = 0;   // 1: everything has been given, also what a damaged end had to say
    std::int64_t newest_ms = std::numeric_limits<std::int64_t>::min();
  };

  ReplaySource(std::unique_ptr<ByteInput> input, std::string name, std::string digest,
               Options options, Env& env);
  Status Prepare(std::chrono::milliseconds wait);
  Status PrepareCsv(char delimiter, bool quotes);
  Status JumpToResume();
  Result<bool> Fill(std::chrono::milliseconds wait);
  Result<RowState> ReadRow(std::chrono::milliseconds wait, Intake& out);
  void UseCsvRow(CsvReader& reader, Intake& out);
  void UseJson(std::string_view text, std::uint64_t line, Intake& out);
  void AddDead(std::uint64_t line, std::string_view part, std::string reason, std::string_view raw,
               Intake& out);
  void EndOfStream(Intake& out);
  template <typename Reader>
  CsvReader::Step Advance(Reader& reader, bool at_end, Intake& out);
  Result<PollState> PollFast(std::size_t limit, std::chrono::milliseconds wait, Intake& out);
  Result<PollState> PollPaced(std::size_t limit, std::chrono::milliseconds wait, Intake& out);
  void GivePending(std::size_t limit, Intake& out);
  void Finish(Intake& out, bool done);
  void DropGiven(Intake& row);
  void Hold(const Place& start, std::uint64_t given);
  [[nodiscard]] std::string_view RowId();
  [[nodiscard]] std::string_view rest() const;

  std::string name_, digest_;
  Options options_;
  Env& env_;
  TextStream stream_;
  std::uint64_t packed_total_;

  std::vector<char> buffer_;  // unread text is [begin_, end_)
  std::size_t begin_ = 0, end_ = 0;
  bool stream_ended_ = false, fault_given_ = false;

  bool prepared_ = false;
  std::optional<CsvPosts> csv_;
  std::optional<JsonPosts> json_;
  std::variant<std::monostate, CsvReader, LineReader, JsonSplitter> reader_;

  Place next_;                   // where ReadRow goes on
  std::optional<Place> resume_;  // asked for before the first Poll
  bool resumed_at_end_ = false;
  EventTime arrival_{};           // of the running Poll
  std::uint64_t skip_posts_ = 0;  // of the first row after a resume inside it
  std::string row_id_;
  std::string letter_context_;  // of every dead letter of this file

  // A row whose posts do not fit the limit, or are not due.
  Intake pending_;
  std::size_t pending_at_ = 0;
  bool pending_extras_ = false;
  Place pending_start_;
  bool has_pending_ = false;

  // Pace: event time `pace_event_` was due at `pace_steady_`.
  bool pace_started_ = false;
  EventTime pace_event_{}, pace_newest_{};
  std::chrono::steady_clock::time_point pace_steady_{};

  std::atomic<bool> stopped_{false};
  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  std::atomic<std::int64_t> newest_ms_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<bool> done_{false};
  std::atomic<std::uint64_t> rows_{0}, bytes_{0}, posts_{0}, dead_{0};
};

}  // namespace hb
