#include "source/replay/replay_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>
#include <utility>

#include "source/replay/letter_context.h"

namespace hb {

namespace {

constexpr std::size_t kBlock = 256 * 1024;     // fits the second-level cache
constexpr std::size_t kHeadBytes = 64 * 1024;  // looked at to recognise a format
constexpr std::size_t kPollBytes = 8 << 20;    // text read by one Poll at most
constexpr std::string_view kPositionTag = "replay1";

std::string BaseName(const std::string& path) {
  if (path == "-") return "stdin";
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string_view SkipBlanks(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

/// As --map takes it.
std::string MapText(const ColumnMap& map) {
  std::string text;
  for (const auto& [name, column] : map) {
    if (!text.empty()) text += ',';
    text += name;
    text += '=';
    text += column;
  }
  return text;
}

}  // namespace

JsonFormat JsonFormatOf(std::string_view name) {
  if (name == "x_v2") return JsonFormat::kX2;
  if (name == "x_v1") return JsonFormat::kX1;
  if (name == "jetstream") return JsonFormat::kJetstream;
  if (name == "mastodon") return JsonFormat::kMastodon;
  if (name == "export") return JsonFormat::kExport;
  return JsonFormat::kAuto;
}

Result<std::unique_ptr<ReplaySource>> ReplaySource::Create(Options options, Env& env) {
  const std::string path = options.path;
  HB_ASSIGN(std::unique_ptr<ByteInput> input, OpenInput(path));
  const bool file = input->total() > 0;
  std::string digest = fmt::format("stdin-{}", ToMillis(env.clock.Now()));
  if (file) {
    HB_ASSIGN(digest, FileDigest(path));
  } else if (path != "-") {
    digest = fmt::format("pipe-{}", ToMillis(env.clock.Now()));
  }
  std::unique_ptr<ReplaySource> source(new ReplaySource(
      std::move(input), BaseName(path), std::move(digest), std::move(options), env));
  if (file) HB_TRY(source->Prepare(std::chrono::milliseconds(0)));
  return source;
}

Result<std::unique_ptr<ReplaySource>> ReplaySource::CreateOver(std::unique_ptr<ByteInput> input,
                                                               std::string name, std::string digest,
                                                               Options options, Env& env) {
  return std::unique_ptr<ReplaySource>(new ReplaySource(
      std::move(input), std::move(name), std::move(digest), std::move(options), env));
}

ReplaySource::ReplaySource(std::unique_ptr<ByteInput> input, std::string name, std::string digest,
                           Options options, Env& env)
    : name_(std::move(name)),
      digest_(std::move(digest)),
      options_(std::move(options)),
      env_(env),
      stream_(std::move(input), options_.max_ratio),
      packed_total_(stream_.packed_total()) {}

std::string ReplaySource::Identity() const { return "replay:" + digest_; }

std::string_view ReplaySource::rest() const { return {buffer_.data() + begin_, end_ - begin_}; }

/// Reads more text behind what is unread. False: nothing has come yet.
Result<bool> ReplaySource::Fill(std::chrono::milliseconds wait) {
  if (begin_ == end_) begin_ = end_ = 0;
  const std::size_t padded = JsonPosts::kPadding;
  if (buffer_.size() < end_ + kBlock / 4 + padded) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() < end_ + kBlock / 4 + padded) {
      buffer_.resize(std::min(2 * end_, options_.max_row_bytes) + kBlock + padded);
    }
  }
  HB_ASSIGN(const ReadResult got,
            stream_.Read(std::span(buffer_.data() + end_, buffer_.size() - end_ - padded), wait));
  end_ += got.bytes;
  stream_ended_ = stream_ended_ || got.end;
  return got.bytes > 0 || got.end;
}

Status ReplaySource::PrepareCsv(char delimiter, bool quotes) {
  CsvReader reader(
      {.delimiter = delimiter, .quotes = quotes, .max_row_bytes = options_.max_row_bytes});
  for (;;) {
    const CsvReader::Step step = reader.Next(rest(), stream_ended_);
    if (step == CsvReader::Step::kBad || step == CsvReader::Step::kEnd) {
      return Error{Code::kInvalidArgument,
                   fmt::format("{}: no header line: {}", name_, reader.reason())};
    }
    if (step == CsvReader::Step::kRow) break;
    next_.offset += reader.consumed();
    next_.line += reader.lines();
    begin_ += reader.consumed();
    HB_ASSIGN(const bool more, Fill(std::chrono::milliseconds(1000)));
    if (!more && stopped_) return Error{Code::kCancelled, "stopped"};
  }
  auto posts = CsvPosts::Create(reader, options_.map);
  if (!posts.ok()) {
    return Error{posts.error().code, fmt::format("{}: {}", name_, posts.error().message)};
  }
  csv_.emplace(std::move(posts).value());
  LetterContext context{.format = "csv",
                        .delimiter = delimiter,
                        .quotes = quotes,
                        .header = {},
                        .map = MapText(options_.map)};
  if (reader.raw().size() <= LetterContext::kMaxHeaderBytes) context.header = reader.raw();
  letter_context_ = FormatLetterContext(context);
  next_.offset += reader.consumed();
  next_.line += reader.lines();
  begin_ += reader.consumed();
  reader_.emplace<CsvReader>(std::move(reader));
  return Ok();
}

/// Recognises the format from the first bytes. kUnavailable: not enough has come yet.
Status ReplaySource::Prepare(std::chrono::milliseconds wait) {
  while (end_ - begin_ < kHeadBytes && !stream_ended_) {
    auto filled = Fill(wait);
    if (!filled.ok()) {
      return Error{filled.error().code, fmt::format("{}: {}", name_, filled.error().message)};
    }
    if (!filled.value()) {
      if (rest().find('\n') == std::string_view::npos)
        return Error{Code::kUnavailable, "no line yet"};
      break;
    }
  }
  if (rest().starts_with("\xEF\xBB\xBF")) {
    begin_ += 3;
    next_.offset += 3;
  }
  if (rest().starts_with("\xFF\xFE") || rest().starts_with("\xFE\xFF")) {
    return Error{
        Code::kInvalidArgument,
        fmt::format("{}: this is UTF-16; make it UTF-8 first: iconv -f UTF-16 -t UTF-8", name_)};
  }
  const std::string_view head = SkipBlanks(rest());
  const std::string_view line = head.substr(0, head.find('\n'));
  const bool csv = options_.format == "csv" || options_.format == "tsv" ||
                   (options_.format == "auto" && !head.starts_with('{') && !head.starts_with('['));
  if (csv && (line.starts_with("event:") || line.starts_with("data:"))) {
    return Error{
        Code::kInvalidArgument,
        fmt::format("{}: these are server-sent events (a Mastodon stream), which are not replayed; "
                    "keep the JSON behind \"data: \" instead, one object a line",
                    name_)};
  }
  if (head.empty()) {
    reader_.emplace<LineReader>(options_.max_row_bytes);  // an empty file has no rows
    json_.emplace(JsonFormat::kAuto, options_.map);
  } else if (csv) {
    const char delimiter = options_.format == "tsv" ? '\t' : GuessDelimiter(line);
    HB_TRY(PrepareCsv(delimiter, delimiter != '\t'));
  } else {
    if (IsJsonDocument(rest())) {
      reader_.emplace<JsonSplitter>(options_.max_row_bytes);
    } else {
      reader_.emplace<LineReader>(options_.max_row_bytes);
    }
    json_.emplace(JsonFormatOf(options_.format), options_.map);
    LetterContext context;
    context.format = options_.format;
    context.map = MapText(options_.map);
    letter_context_ = FormatLetterContext(context);
  }
  prepared_ = true;
  return Ok();
}

Status ReplaySource::Resume(const Position& position) {
  std::string_view text = position;
  const auto word = [&] {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view found = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    return found;
  };
  bool ok = word() == kPositionTag;
  if (word() != digest_ || !ok) {
    return Error{Code::kInvalidArgument,
                 fmt::format("{}: position '{}' is not one of this file", name_, position)};
  }
  const auto number = [&](auto& value) {
    const std::string_view digits = word();
    const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    ok = ok && error == std::errc() && at == digits.data() + digits.size() && !digits.empty();
  };
  Place place;
  number(place.offset);
  number(place.line);
  number(place.row);
  number(place.sub);
  number(place.newest_ms);
  number(place.ended);
  if (!ok)
    return Error{Code::kInvalidArgument,
                 fmt::format("{}: position '{}' is damaged", name_, position)};
  resume_ = place;
  return Ok();
}

Status ReplaySource::JumpToResume() {
  const Place place = *resume_;
  resume_.reset();
  newest_ms_ = place.newest_ms;
  resumed_at_end_ = place.ended != 0;
  if (place.offset < next_.offset) return Ok();  // from before the header was read
  if (!resumed_at_end_) {
    const std::uint64_t ahead = place.offset - next_.offset;
    const std::uint64_t held = end_ - begin_;
    if (ahead <= held) {
      begin_ += static_cast<std::size_t>(ahead);
    } else {
      begin_ = end_ = 0;
      HB_TRY(stream_.Skip(ahead - held));
    }
  }
  next_ = place;
  next_.sub = 0;
  skip_posts_ = place.sub;
  rows_ = place.row;
  return Ok();
}

std::string_view ReplaySource::RowId() {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), next_.row);
  row_id_.assign(digest_);
  row_id_ += '#';
  row_id_.append(digits, end);
  return row_id_;
}

void ReplaySource::AddDead(std::uint64_t line, std::string_view part, std::string reason,
                           std::string_view raw, Intake& out) {
  std::string location = fmt::format("{}:{}", name_, line);
  if (!part.empty()) location += fmt::format(" {}", part);
  DeadLetter& dead = out.dead.emplace_back(
      MakeDeadLetter(arrival_, "replay", std::move(location), std::move(reason), raw));
  dead.context = letter_context_;
  dead.row_id = RowId();
  dead_.fetch_add(1, std::memory_order_relaxed);
}

void ReplaySource::UseCsvRow(CsvReader& reader, Intake& out) {
  ++next_.row;
  const std::uint64_t line = next_.line + reader.lines_before() + 1;
  const WireRow row{.source = "replay", .row_id = RowId(), .arrival = {}};
  const bool whole = reader.fields() == csv_->columns();
  const Status status = csv_->Append(reader, row, out.posts);
  if (status.ok()) return;
  if (!whole) reader.Reject();
  AddDead(line, "", status.error().message, reader.raw(), out);
}

void ReplaySource::UseJson(std::string_view text, std::uint64_t line, Intake& out) {
  ++next_.row;
  const WireRow row{.source = "replay", .row_id = RowId(), .arrival = arrival_};
  std::vector<WireFault> faults;
  WireSink sink{.posts = out.posts, .redactions = out.redactions, .faults = faults};
  const std::size_t behind =
      buffer_.size() - static_cast<std::size_t>(text.data() + text.size() - buffer_.data());
  const Status status = json_->Parse(text, behind, row, sink);
  if (!status.ok()) AddDead(line, "", status.error().message, text, out);
  for (WireFault& fault : faults) {
    AddDead(line, fault.part, std::move(fault.reason), fault.part.empty() ? text : fault.raw, out);
  }
}

/// What is left when the text ended early: one dead letter that says why, with the row it cut.
void ReplaySource::EndOfStream(Intake& out) {
  if (stream_.fault().empty() || fault_given_) return;
  fault_given_ = true;
  AddDead(next_.line + 1, "", stream_.fault(), rest(), out);
  out.dead.back().cut = true;  // where the file broke off, not where a row ends
  out.dead.back().row_id = fmt::format("{}#{}", digest_, next_.row + 1);
  next_.offset += end_ - begin_;
  begin_ = end_;
}

/// One step of a reader: uses the row it found, and moves on behind it.
template <typename Reader>
CsvReader::Step ReplaySource::Advance(Reader& reader, bool at_end, Intake& out) {
  const CsvReader::Step step = reader.Next(rest(), at_end);
  const std::uint64_t line = next_.line + reader.lines_before() + 1;
  if (step == CsvReader::Step::kRow) {
    if constexpr (std::is_same_v<Reader, CsvReader>) {
      UseCsvRow(reader, out);
    } else {
      UseJson(reader.raw(), line, out);
    }
  } else if (step == CsvReader::Step::kBad) {
    ++next_.row;
    std::string reason = reader.reason();
    if (reason.find("longer") != std::string::npos) {
      reason += fmt::format(" (max_row_bytes is {})", options_.max_row_bytes);
    }
    AddDead(line, "", std::move(reason), reader.raw(), out);
  }
  begin_ += reader.consumed();
  next_.offset += reader.consumed();
  next_.line += reader.lines();
  return step;
}

/// Reads one row, and appends what it holds.
Result<ReplaySource::RowState> ReplaySource::ReadRow(std::chrono::milliseconds wait, Intake& out) {
  const std::uint64_t first = next_.offset;
  for (;;) {
    if (next_.offset - first > kPollBytes || stopped_) return RowState::kPause;
    if (fault_given_) return RowState::kEnd;
    const bool at_end = stream_ended_ && stream_.fault().empty();
    CsvReader::Step step = CsvReader::Step::kEnd;
    if (auto* csv = std::get_if<CsvReader>(&reader_)) {
      step = Advance(*csv, at_end, out);
    } else if (auto* lines = std::get_if<LineReader>(&reader_)) {
      step = Advance(*lines, at_end, out);
    } else if (auto* values = std::get_if<JsonSplitter>(&reader_)) {
      step = Advance(*values, at_end, out);
    }
    if (step == CsvReader::Step::kEnd) return RowState::kEnd;
    if (step != CsvReader::Step::kNeedMore) {
      rows_.store(next_.row, std::memory_order_relaxed);
      return RowState::kRow;
    }
    if (stream_ended_) {
      if (stream_.fault().empty()) continue;  // asks again with at_end
      EndOfStream(out);
      return RowState::kRow;
    }
    HB_ASSIGN(const bool more, Fill(wait));
    if (!more) return RowState::kNothingYet;
    wait =
        std::chrono::milliseconds(0);  // the rest of a row that trickles in waits for the next call
  }
}

/// Drops what was given before a resume inside this row.
void ReplaySource::DropGiven(Intake& row) {
  if (skip_posts_ == 0) return;
  PostBatch rest;
  for (std::size_t i = static_cast<std::size_t>(skip_posts_); i < row.posts.size(); ++i) {
    rest.AppendRow(row.posts, i);
  }
  row.Clear();
  row.posts = std::move(rest);
  skip_posts_ = 0;
}

/// Moves posts of the pending row to `out`, up to `limit` posts there.
void ReplaySource::GivePending(std::size_t limit, Intake& out) {
  if (!pending_extras_) {
    std::move(pending_.redactions.begin(), pending_.redactions.end(),
              std::back_inserter(out.redactions));
    std::move(pending_.dead.begin(), pending_.dead.end(), std::back_inserter(out.dead));
    pending_extras_ = true;
  }
  while (pending_at_ < pending_.posts.size() && out.posts.size() < limit) {
    out.posts.AppendRow(pending_.posts, pending_at_++);
  }
  if (pending_at_ == pending_.posts.size()) {
    pending_.Clear();
    has_pending_ = false;
  }
}

void ReplaySource::Finish(Intake& out, bool done) {
  std::int64_t newest = newest_ms_.load(std::memory_order_relaxed);
  for (const EventTime time : out.posts.time) newest = std::max(newest, ToMillis(time));
  newest_ms_ = newest;
  Place place = next_;
  if (has_pending_) {
    place = pending_start_;
    place.sub += pending_at_;
  }
  place.newest_ms = newest;
  place.ended = !has_pending_ && (done || fault_given_) ? 1 : 0;
  out.end = fmt::format("{} {} {} {} {} {} {} {}", kPositionTag, digest_, place.offset, place.line,
                        place.row, place.sub, place.newest_ms, place.ended);
  posts_.fetch_add(out.posts.size(), std::memory_order_relaxed);
  bytes_.store(done ? std::max(packed_total_, stream_.packed_offset()) : stream_.packed_offset(),
               std::memory_order_relaxed);
  if (done) done_ = true;
}

Result<PollState> ReplaySource::Poll(std::size_t limit, std::chrono::milliseconds wait,
                                     Intake& out) {
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  if (!prepared_) {
    const Status status = Prepare(wait);
    if (!status.ok()) {
      if (stopped_) return Error{Code::kCancelled, "stopped"};
      if (status.error().code == Code::kUnavailable && !stream_ended_) {
        Finish(out, false);
        return PollState::kIdle;
      }
      return status.error();
    }
  }
  if (resume_) HB_TRY(JumpToResume());
  if (resumed_at_end_) {
    Finish(out, true);
    return PollState::kDone;
  }
  arrival_ = env_.clock.Now();
  limit += out.posts.size();
  return options_.speed > 0 ? PollPaced(limit, wait, out) : PollFast(limit, wait, out);
}

Result<PollState> ReplaySource::PollFast(std::size_t limit, std::chrono::milliseconds wait,
                                         Intake& out) {
  bool any = has_pending_;
  if (has_pending_) GivePending(limit, out);
  const std::uint64_t first = next_.offset;
  while (out.posts.size() < limit && next_.offset - first < kPollBytes && !stopped_) {
    const Place start = next_;
    const std::size_t before = out.posts.size();
    const bool partly_given = skip_posts_ > 0;
    HB_ASSIGN(const RowState state,
              ReadRow(any ? std::chrono::milliseconds(0) : wait, partly_given ? pending_ : out));
    if (state == RowState::kEnd) {
      Finish(out, true);
      return PollState::kDone;
    }
    any = any || state != RowState::kNothingYet;
    if (state != RowState::kRow) break;
    if (partly_given) {
      Hold(start, skip_posts_);
      DropGiven(pending_);
      GivePending(limit, out);
    } else if (out.posts.size() > limit) {  // a body of many posts: the rest waits
      for (std::size_t i = limit; i < out.posts.size(); ++i) pending_.posts.AppendRow(out.posts, i);
      out.posts.Truncate(limit);
      Hold(start, limit - before);
      pending_extras_ = true;
    }
  }
  if (stopped_ && !any) return Error{Code::kCancelled, "stopped"};
  Finish(out, false);
  return any ? PollState::kMore : PollState::kIdle;
}

/// Says that `pending_` holds a row that began at `start`, without its first `given` posts.
void ReplaySource::Hold(const Place& start, std::uint64_t given) {
  pending_start_ = start;
  pending_start_.sub = given;
  pending_at_ = 0;
  pending_extras_ = false;
  has_pending_ = true;
}

/// One row is held until its newest post is due.
Result<PollState> ReplaySource::PollPaced(std::size_t limit, std::chrono::milliseconds wait,
                                          Intake& out) {
  const std::uint64_t first = next_.offset;
  bool waited = false;
  while (out.posts.size() < limit && next_.offset - first < kPollBytes && !stopped_) {
    if (!has_pending_) {
      const Place start = next_;
      HB_ASSIGN(const RowState state,
                ReadRow(out.posts.empty() ? wait : std::chrono::milliseconds(0), pending_));
      if (state == RowState::kEnd) {
        Finish(out, true);
        return PollState::kDone;
      }
      if (state != RowState::kRow) break;
      Hold(start, skip_posts_);
      DropGiven(pending_);
      for (const EventTime time : pending_.posts.time) {
        if (!pace_started_) {
          pace_started_ = true;
          pace_event_ = pace_newest_ = time;
          pace_steady_ = env_.clock.Steady();
        }
        pace_newest_ = std::max(pace_newest_, time);
      }
    }
    if (!pending_.posts.empty()) {
      const double ahead_ms =
          static_cast<double>((pace_newest_ - pace_event_).count()) / options_.speed;
      const auto due =
          pace_steady_ + std::chrono::milliseconds(static_cast<std::int64_t>(ahead_ms));
      const auto now = env_.clock.Steady();
      if (due > now) {
        if (waited || !out.posts.empty() || !out.dead.empty() || !out.redactions.empty()) break;
        waited = true;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now);
        std::unique_lock lock(stop_mutex_);
        stop_changed_.wait_for(lock, std::min(left, wait), [this] { return stopped_.load(); });
        continue;
      }
    }
    GivePending(limit, out);
  }
  if (stopped_ && out.posts.empty()) return Error{Code::kCancelled, "stopped"};
  Finish(out, false);
  return out.posts.empty() && out.dead.empty() && out.redactions.empty() ? PollState::kIdle
                                                                         : PollState::kMore;
}

Status ReplaySource::Acknowledge(const Position& position) {
  (void)position;  // a file forgets nothing
  return Ok();
}

void ReplaySource::Stop() noexcept {
  stopped_ = true;
  stream_.Stop();
  stop_changed_.notify_all();
}

std::optional<EventTime> ReplaySource::Watermark() const {
  if (done_) return EventTime::max();
  const std::int64_t newest = newest_ms_;
  if (newest == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return FromMillis(newest) - options_.disorder;
}

Progress ReplaySource::GetProgress() const {
  Progress progress;
  progress.rows = rows_;
  progress.bytes_done = bytes_;
  progress.bytes_total = packed_total_;
  progress.posts = posts_;
  progress.dead_letters = dead_;
  return progress;
}

}  // namespace hb
