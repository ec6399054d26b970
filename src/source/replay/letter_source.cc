#include "source/replay/letter_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "source/replay/replay_source.h"
#include "wire/csv_reader.h"

namespace hb {

namespace {

Result<ColumnMap> ReadMap(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) items.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return ParseColumnMap(items);
}

}  // namespace

LetterSource::LetterSource(std::vector<DeadLetter> letters, Changes changes,
                           std::shared_ptr<LetterOutcome> outcome, Env& env)
    : letters_(std::move(letters)),
      changes_(std::move(changes)),
      outcome_(std::move(outcome)),
      env_(env) {}

/// Makes the reader that `context` asks for.
Status LetterSource::Prepare(const std::string& context) {
  if (prepared_ == context) return Ok();
  prepared_.reset();
  csv_.reset();
  json_.reset();
  HB_ASSIGN(context_, ParseLetterContext(context));
  if (changes_.map) context_.map = *changes_.map;
  if (changes_.format) {
    context_.format = *changes_.format == "tsv" ? "csv" : *changes_.format;
    if (*changes_.format == "tsv") context_.delimiter = '\t';
  }
  HB_ASSIGN(ColumnMap map, ReadMap(context_.map));
  if (context_.format == "csv") {
    if (context_.header.empty()) {
      return Error{Code::kInvalidArgument,
                   "its header is not known: replay the file itself, with that row mended"};
    }
    CsvReader reader({.delimiter = context_.delimiter, .quotes = context_.quotes});
    if (reader.Next(context_.header, true) != CsvReader::Step::kRow) {
      return Error{Code::kInvalidArgument, "the header that was kept with it cannot be read"};
    }
    HB_ASSIGN(csv_, CsvPosts::Create(reader, map));
  } else {
    json_.emplace(JsonFormatOf(context_.format), std::move(map));
  }
  prepared_ = context;
  return Ok();
}

Status LetterSource::ReadCsv(const DeadLetter& letter, std::string_view raw) {
  CsvReader reader({.delimiter = context_.delimiter, .quotes = context_.quotes});
  const CsvReader::Step step = reader.Next(raw, true);
  if (step == CsvReader::Step::kEnd) return Error{Code::kInvalidArgument, "there is no row in it"};
  if (step != CsvReader::Step::kRow) return Error{Code::kInvalidArgument, reader.reason()};
  CsvReader behind({.delimiter = context_.delimiter, .quotes = context_.quotes});
  if (behind.Next(raw.substr(reader.consumed()), true) != CsvReader::Step::kEnd) {
    return Error{Code::kInvalidArgument, "it holds more than one row"};
  }
  return csv_->Append(reader, {.source = letter.source, .row_id = letter.row_id, .arrival = {}},
                      row_.posts);
}

Status LetterSource::ReadJson(const DeadLetter& letter, std::string_view raw) {
  std::vector<WireFault> faults;
  WireSink sink{.posts = row_.posts, .redactions = row_.redactions, .faults = faults};
  HB_TRY(json_->Parse(
      raw, 0, {.source = letter.source, .row_id = letter.row_id, .arrival = env_.clock.Now()},
      sink));
  // All or nothing: what is good of it would come again with the next try.
  if (faults.empty()) return Ok();
  return Error{Code::kInvalidArgument, faults[0].part + ": " + faults[0].reason};
}

Status LetterSource::Read(const DeadLetter& letter, std::size_t limit) {
  HB_TRY(Prepare(letter.context));
  const std::string& raw = changes_.raw ? *changes_.raw : letter.raw;
  HB_TRY(csv_ ? ReadCsv(letter, raw) : ReadJson(letter, raw));
  if (row_.posts.size() <= limit) return Ok();
  return Error{Code::kInvalidArgument,
               fmt::format("it holds {} posts, {} are taken at once", row_.posts.size(), limit)};
}

Result<PollState> LetterSource::Poll(std::size_t limit, std::chrono::milliseconds wait,
                                     Intake& out) {
  (void)wait;
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  const EventTime now = env_.clock.Now();
  for (std::size_t given = 0; given < limit && at_ < letters_.size(); ++given) {
    row_.Clear();
    DeadLetter letter = letters_[at_];
    const Status read = Read(letter, limit);
    if (read.ok() && out.posts.size() + row_.posts.size() > limit) break;
    ++at_;
    ++letter.attempts;
    letter.tried = now;
    letter.used = read.ok();
    if (read.ok()) {
      for (std::size_t i = 0; i < row_.posts.size(); ++i) out.posts.AppendRow(row_.posts, i);
      std::move(row_.redactions.begin(), row_.redactions.end(), std::back_inserter(out.redactions));
      letter.raw.clear();
      letter.cut = false;
      letter.context.clear();
      ++outcome_->used;
    } else {
      letter.reason = read.error().message;
      ++outcome_->failed;
    }
    out.dead.push_back(std::move(letter));
  }
  rows_ = at_;
  out.end = fmt::format("letters {}", at_);
  return at_ == letters_.size() ? PollState::kDone : PollState::kMore;
}

Progress LetterSource::GetProgress() const {
  Progress progress;
  progress.rows = progress.bytes_done = rows_;
  progress.bytes_total = letters_.size();
  return progress;
}

}  // namespace hb
