#include "app/letter_replay.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "base/hex.h"
#include "serve/rows.h"

namespace hb {

namespace {

constexpr int kRowsAtOnce = 100;  // an answer of the store has at most 64 MiB; raw is hexadecimal

std::string Joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) {
    if (!out.empty()) out += ',';
    out += id;
  }
  return out;
}

void AddIdCondition(const std::vector<std::string>& ids, Statement& ask) {
  if (ids.empty()) return;
  ask.Add(" AND id IN (SELECT unnest(string_split(").BindText(Joined(ids)).Add(", ',')))");
}

Status CheckChanges(const LetterReplay& replay) {
  if (replay.format) {
    constexpr std::string_view kFormats[] = {"auto", "csv",  "tsv",       "json",
                                             "x_v2", "x_v1", "jetstream", "export"};
    if (std::find(std::begin(kFormats), std::end(kFormats), *replay.format) == std::end(kFormats)) {
      return Error{Code::kInvalidArgument,
                   "format: '" + *replay.format +
                       "' is none of auto, csv, tsv, json, x_v2, x_v1, jetstream, export"};
    }
  }
  if (!replay.map) return Ok();
  std::vector<std::string> items;
  std::string_view rest = *replay.map;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    items.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  const auto map = ParseColumnMap(items);
  return map.ok() ? Ok() : Status(map.error());
}

}  // namespace

Result<std::vector<DeadLetter>> LetterReplayer::Waiting(const LetterReplay& replay) {
  std::vector<DeadLetter> letters;
  std::size_t bytes = 0;
  std::int64_t after = -1;
  while (bytes < kMaxBytes) {
    Statement ask(
        "SELECT rowid, id, epoch_ms(time), source, location, reason, hex(raw), cut, context, row_id, attempts FROM dead_letters WHERE rowid > ");
    ask.Bind(after).Add("::BIGINT");
    AddIdCondition(replay.ids, ask);
    ask.Add(" ORDER BY rowid LIMIT ").Bind(std::int64_t{kRowsAtOnce}).Add("::BIGINT");
    HB_ASSIGN(const SqlResult page, ask.Ask(store_, kRowsAtOnce, std::chrono::seconds(60)));
    for (const Row& row : page.rows) {
      after = IntAt(row, 0);
      DeadLetter& letter = letters.emplace_back();
      letter.id = TextAt(row, 1);
      letter.time = FromMillis(IntAt(row, 2));
      letter.source = TextAt(row, 3);
      letter.location = TextAt(row, 4);
      letter.reason = TextAt(row, 5);
      letter.raw = FromHex(TextAt(row, 6));
      letter.cut = IntAt(row, 7) != 0;
      letter.context = TextAt(row, 8);
      letter.row_id = TextAt(row, 9);
      letter.attempts = static_cast<std::uint32_t>(IntAt(row, 10));
      bytes += letter.raw.size() + 200;
    }
    if (page.rows.size() < kRowsAtOnce) break;
  }
  return letters;
}

Status LetterReplayer::Missing(const LetterReplay& replay, const std::vector<DeadLetter>& found,
                               LetterReplayed& replayed) {
  std::set<std::string> missing(replay.ids.begin(), replay.ids.end());
  for (const DeadLetter& letter : found) missing.erase(letter.id);
  if (missing.empty()) return Ok();
  Statement ask("SELECT id, epoch_ms(replayed) FROM replayed_letters WHERE true");
  AddIdCondition({missing.begin(), missing.end()}, ask);
  HB_ASSIGN(const SqlResult rows, ask.Ask(store_));
  for (const Row& row : rows.rows) {
    replayed.already.emplace_back(TextAt(row, 0), FromMillis(IntAt(row, 1)));
    missing.erase(std::string(TextAt(row, 0)));
  }
  replayed.unknown.assign(missing.begin(), missing.end());
  return Ok();
}

bool LetterReplayer::Ended() const {
  if (!outcome_) return true;
  if (outcome_->used + outcome_->failed < queued_) return false;
  Statement ask("SELECT count(*) FROM dead_letters WHERE id = ");
  ask.BindText(last_id_).Add(" AND attempts < ").Bind(std::int64_t{last_attempts_}).Add("::BIGINT");
  const auto waiting = ask.Ask(store_, 1);
  return waiting.ok() && IntAt(waiting.value().rows.at(0), 0) == 0;
}

Result<LetterReplayed> LetterReplayer::Begin(const LetterReplay& replay) {
  HB_TRY(CheckChanges(replay));
  const std::lock_guard lock(mutex_);
  if (!Ended()) {
    return Error{Code::kUnavailable,
                 "a replay of " + std::to_string(queued_) +
                     " dead letters is still running; try again when it has ended"};
  }
  LetterReplayed replayed;
  HB_ASSIGN(std::vector<DeadLetter> letters, Waiting(replay));
  HB_TRY(Missing(replay, letters, replayed));
  if (!replay.raw) {
    std::erase_if(letters, [&](const DeadLetter& letter) {
      if (letter.cut) replayed.cut.push_back(letter.id);
      return letter.cut;
    });
  }
  if (letters.empty()) return replayed;
  replayed.queued = queued_ = letters.size();
  last_id_ = letters.back().id;
  last_attempts_ = letters.back().attempts + 1;
  outcome_ = std::make_shared<LetterOutcome>();
  const Status added = add_(std::make_unique<LetterSource>(
      std::move(letters), LetterSource::Changes{replay.map, replay.format, replay.raw}, outcome_,
      env_));
  if (!added.ok()) {
    outcome_.reset();
    return added.error();
  }
  return replayed;
}

void LetterReplayer::Outcome(std::chrono::milliseconds time, LetterReplayed& replayed) {
  if (replayed.queued == 0) return;
  const auto end = env_.clock.Steady() + time;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (outcome_) {
        replayed.used = outcome_->used;
        replayed.failed = outcome_->failed;
      }
      if (Ended()) return;
    }
    if (env_.clock.Steady() >= end) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace hb
