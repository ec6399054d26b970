#include "pipeline/ingest.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/logging.h"
#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/identity.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kPollWait{100};
constexpr std::chrono::milliseconds kAcknowledgeEvery{250};
constexpr std::chrono::milliseconds kThrottlePause{2};
constexpr int kMarkTries = 3;
/// A position that moves while nothing comes is committed this often, so that after a restart a
/// quiet source does not count the quiet time as one in which it did not listen.
constexpr std::chrono::seconds kCommitPositionEvery{10};

/// A mark names one commit of a source: who made it, and a number that goes up.
std::string NextMark(const std::string& instance, const std::string& last) {
  std::uint64_t number = 0;
  const char* const digits = last.data() + (last.rfind('-') + 1);  // npos + 1 is 0
  std::from_chars(digits, last.data() + last.size(), number);
  return instance + "-" + std::to_string(number + 1);
}

/// Writes the mark of who reads a source from now on: whoever read it before sees by it that his
/// turn is over. Once more where nobody knows whether it was written.
Status WriteMark(Log& log, const std::string& producer, const std::string& key,
                 const std::string& mark) {
  for (int tries = 1;; ++tries) {
    HB_ASSIGN(const auto transaction, log.Begin(producer));
    transaction->PutState(kCursorState, Partition{0}, key, mark);
    const auto written = transaction->Commit();
    if (written.ok()) return Ok();
    if (tries == kMarkTries) return written.error();
  }
}
}  // namespace

IngestStage::IngestStage(Options options, Parts parts, std::unique_ptr<Source> source, Clock& clock,
                         StatusBoard& board)
    : Worker("ingest " + options.kind, clock, board),
      options_(std::move(options)),
      parts_(parts),
      source_(std::move(source)),
      producer_("ingest-" + source_->Identity()),
      mark_key_(source_->Identity() + "\n#"),
      seen_(parts.log, options_.horizon, options_.sharing.shared),
      versions_(parts.log) {
  report_.name = options_.kind + ":" + source_->Identity();
  report_.kind = options_.kind;
  report_.title = source_->Title();
  report_.live = options_.live;
  Report(SourceState::kRunning, "");
}

Status IngestStage::Resume() {
  Status resumed = FindPlace();
  if (!resumed.ok()) Report(SourceState::kFailed, resumed.error().message);
  return resumed;
}

Status IngestStage::FindPlace() {
  // Whoever read the source before us may still commit: not from here on.
  HB_TRY(parts_.log.Begin(producer_));
  HB_ASSIGN(mark_, StateOf(mark_key_));
  HB_ASSIGN(const std::string position, StateOf(source_->Identity()));
  if (options_.sharing.shared) {
    mark_ = NextMark(options_.sharing.instance, mark_);
    HB_TRY(WriteMark(parts_.log, producer_, mark_key_, mark_));
  }
  return position.empty() ? Ok() : source_->Resume(position);
}

Result<std::string> IngestStage::StateOf(const std::string& key) {
  Result<std::string> state = parts_.log.GetState(kCursorState, Partition{0}, key);
  if (!state.ok() && state.error().code == Code::kNotFound) return std::string();
  return state;
}

std::int64_t IngestStage::DownstreamLag() const {
  const StatusBoard::Stages& stages = board_.stages;
  return std::max({stages.analyze.lag.load(), stages.window.lag.load(), stages.store.lag.load()});
}

Result<Worker::StepResult> IngestStage::Step() {
  Result<StepResult> stepped = TakeIn();
  // Nobody is to wait for a source whose stage has ended.
  if (!stepped.ok() && IsFinal(stepped.error().code)) {
    Report(SourceState::kFailed, stepped.error().message);
  }
  return stepped;
}

Result<Worker::StepResult> IngestStage::TakeIn() {
  if (!pending_) {
    if (!options_.live && DownstreamLag() > options_.max_lag_records) {
      Pause(kThrottlePause);
      return StepResult::kIdle;
    }
    RefreshRules();
    intake_.Clear();
    const Result<PollState> polled = source_->Poll(options_.batch_rows, kPollWait, intake_);
    MatchAndHide();
    // What came before an error counts as delivered: it is committed first.
    pending_ = !intake_.posts.empty() || !intake_.redactions.empty() || !intake_.dead.empty() ||
               !intake_.gaps.empty();
    if (!polled.ok()) {
      if (pending_) HB_TRY(CommitIntake());
      const Error& error = polled.error();
      if (error.code == Code::kUnavailable) Report(SourceState::kWaiting, error.message);
      if (error.code != Code::kUnavailable && error.code != Code::kCancelled) {
        Report(SourceState::kFailed, error.message);
      }
      return error;
    }
    state_ = polled.value();
    pending_ = pending_ || (options_.live && !intake_.end.empty() &&
                            clock_.Steady() - last_commit_ >= kCommitPositionEvery);
  }
  if (pending_) HB_TRY(CommitIntake());
  const bool done = state_ == PollState::kDone;
  HB_TRY(AcknowledgeDurable(done || state_ == PollState::kIdle));
  if (done) {
    Report(SourceState::kDone, "");
    return StepResult::kFinished;
  }
  ReportHealth();
  return state_ == PollState::kIdle ? StepResult::kIdle : StepResult::kWorked;
}

void IngestStage::RefreshRules() {
  auto rules = parts_.tasks.rules();
  if (rules == rules_) return;
  rules_ = std::move(rules);
  rule_scratch_ = rules_->MakeScratch();
  // Tasks that changed since are told at the next step, which sees newer rules.
  source_->SetTasks(parts_.tasks.Active(), rules_->version());
}

void IngestStage::MatchAndHide() {
  tags_.Clear();
  std::vector<std::uint32_t> matched;
  for (std::size_t row = 0; row < intake_.posts.size(); ++row) {
    matched.clear();
    rules_->Match(intake_.posts, row, *rule_scratch_, matched);
    for (const std::uint32_t rule : matched) tags_.Push(rules_->tags()[rule]);
    tags_.EndRow();
  }
  if (parts_.pseudonyms == nullptr) return;
  parts_.pseudonyms->Hide(intake_.posts);
  for (Redaction& redaction : intake_.redactions) parts_.pseudonyms->Hide(redaction);
  for (DeadLetter& letter : intake_.dead) parts_.pseudonyms->Hide(letter);
}

Status IngestStage::CommitIntake() {
  if (source_->ExactPositions()) return TryCommit();
  const MutexLock alone(parts_.one_commits);
  return TryCommit();
}

Status IngestStage::TryCommit() {
  const BusyScope busy(board_.stages.ingest);
  HB_ASSIGN(const auto transaction, parts_.log.Begin(producer_));
  // Begin has settled an earlier try. If that was written, its position and mark are written again:
  // to have something that can be waited for.
  HB_ASSIGN(const bool written, IsCommitted());
  if (!written) {
    HB_TRY(WriteIntake(*transaction));
    trying_ = NextMark(options_.sharing.instance, mark_);
  }
  transaction->PutState(kCursorState, Partition{0}, source_->Identity(), intake_.end);
  transaction->PutState(kCursorState, Partition{0}, mark_key_, trying_);
  const Result<std::uint64_t> committed = transaction->Commit();
  board_.stages.ingest.CountCommit(committed.ok());
  if (!committed.ok() && committed.error().code == Code::kCancelled && options_.sharing.shared) {
    // Kafka says now and then that another has our name when none has; the mark does not.
    HB_ASSIGN(const std::string mark, StateOf(mark_key_));
    if (mark == mark_ || mark == trying_) return Error{Code::kAborted, committed.error().message};
    LogWarning("another process reads {} now; this one ends", source_->Identity());
  }
  HB_ASSIGN(last_mark_, committed);
  mark_ = std::exchange(trying_, {});
  last_commit_ = clock_.Steady();
  pending_ = false;
  Committed();
  return Ok();
}

Result<bool> IngestStage::IsCommitted() {
  if (trying_.empty()) return false;
  HB_ASSIGN(const std::string mark, StateOf(mark_key_));
  if (mark == trying_) return true;
  if (mark == mark_) return false;
  LogWarning("another process reads {} now; this one ends", source_->Identity());
  return Error{Code::kCancelled, "another process reads " + source_->Identity() + " now"};
}

Status IngestStage::WriteIntake(Transaction& transaction) {
  std::vector<std::shared_ptr<PostBatch>> batches(static_cast<std::size_t>(options_.partitions));
  HB_TRY(FillBatches(transaction, batches));
  matched_ = 0;
  for (std::size_t p = 0; p < batches.size(); ++p) {
    if (!batches[p]) continue;
    matched_ += batches[p]->size();
    HB_TRY(transaction.Append(kIngestTopic, Partition{static_cast<std::int32_t>(p)},
                              EncodePosts(batches[p])));
  }
  HB_TRY(AppendRedactions(transaction));
  HB_TRY(AppendDeadLetters(transaction));
  if (intake_.gaps.empty()) return Ok();
  for (Gap& gap : intake_.gaps) {
    if (gap.source.empty()) gap.source = report_.name;
  }
  return transaction.Append(kGapsTopic, Partition{0}, EncodeGaps(intake_.gaps));
}

void IngestStage::Committed() {
  last_position_ = intake_.end;
  for (const std::uint64_t key : fresh_keys_) seen_.Remember(PostKey{key});
  for (const Redaction& redaction : intake_.redactions) parts_.tombstones.Add(redaction);
  for (const Redaction& redaction : implied_) parts_.tombstones.Add(redaction);
  report_.posts += intake_.posts.size();
  report_.matched += matched_;
  report_.duplicates += duplicates_;
  for (const DeadLetter& letter : intake_.dead) report_.dead_letters += letter.attempts == 0;
  report_.redactions += intake_.redactions.size();
  if (!intake_.posts.empty()) {
    report_.last_post = *std::max_element(intake_.posts.time.begin(), intake_.posts.time.end());
  }
  board_.stages.ingest.records += intake_.posts.size();
  board_.stages.ingest.batches += 1;
}

Status IngestStage::FillBatches(Transaction& transaction,
                                std::vector<std::shared_ptr<PostBatch>>& batches) {
  const PostBatch& posts = intake_.posts;
  const EventTime now = clock_.Now();
  std::vector<Tombstones::Verdict> verdicts;
  parts_.tombstones.Judge(posts, verdicts);
  fresh_keys_.clear();
  duplicates_ = 0;
  implied_.clear();
  versions_.Begin();
  for (std::size_t row = 0; row < posts.size(); ++row) {
    const PostKey key = posts.key[row];
    if (!verdicts.empty() && verdicts[row] == Tombstones::Verdict::kGone) {
      DeleteChain(row);
      continue;
    }
    HB_ASSIGN(const bool old, IsOldVersion(transaction, row));
    if (old) {
      ++duplicates_;
      continue;
    }
    if (tags_[row].empty() && !options_.keep_unmatched) continue;
    if (!source_->ExactPositions()) {
      HB_ASSIGN(const bool seen, seen_.Contains(key, now));
      if (seen || !fresh_keys_.insert(ToInt(key)).second) {
        ++duplicates_;
        continue;
      }
    }
    const PostKey chain = posts.chain[row].empty() ? key : KeyOf(posts.chain[row]);
    auto& batch = batches[static_cast<std::size_t>(ToInt(PartitionOf(chain, options_.partitions)))];
    if (!batch) batch = std::make_shared<PostBatch>();
    batch->AppendRow(posts, row);
    batch->tasks.AppendRow(tags_[row]);
    batch->rules_version.push_back(rules_->version());
  }
  for (const std::uint64_t key : fresh_keys_) HB_TRY(seen_.Record(transaction, PostKey{key}, now));
  return Ok();
}

/// A version that was deleted before it came takes its chain along, as one does that is deleted
/// afterwards.
void IngestStage::DeleteChain(std::size_t row) {
  const std::string_view chain = intake_.posts.chain[row];
  if (chain.empty() || !parts_.tombstones.Contains(intake_.posts.key[row])) return;
  const PostKey key = KeyOf(chain);
  if (parts_.tombstones.Contains(key)) return;
  implied_.push_back({.time = clock_.Now(),
                      .kind = RedactionKind::kDelete,
                      .key = key,
                      .id = std::string(chain),
                      .author = {},
                      .source = std::string(intake_.posts.source[row]),
                      .countries = {}});
}

Result<bool> IngestStage::IsOldVersion(Transaction& transaction, std::size_t row) {
  const PostBatch& posts = intake_.posts;
  if (posts.chain[row].empty()) return false;  // every version has one
  HB_ASSIGN(Versions::Verdict version, versions_.Note(transaction, posts.id[row]));
  if (!version.replaced.empty()) {
    implied_.push_back({.time = clock_.Now(),
                        .kind = RedactionKind::kEdit,
                        .key = KeyOf(version.replaced),
                        .id = std::move(version.replaced),
                        .author = {},
                        .source = std::string(posts.source[row]),
                        .countries = {}});
  }
  return version.old;
}

Status IngestStage::AppendRedactions(Transaction& transaction) {
  for (std::vector<Redaction>* list : {&intake_.redactions, &implied_}) {
    if (list->empty()) continue;
    for (Redaction& redaction : *list) {
      if (redaction.time == EventTime{}) redaction.time = clock_.Now();
      Tombstones::Record(transaction, redaction, clock_.Now());
    }
    HB_TRY(transaction.Append(kRedactionsTopic, Partition{0}, EncodeRedactions(*list)));
  }
  return Ok();
}

Status IngestStage::AppendDeadLetters(Transaction& transaction) {
  if (intake_.dead.empty()) return Ok();
  // A deleted post must not stay because nobody could read it.
  Tombstones now;
  for (const Redaction& redaction : intake_.redactions) now.Add(redaction);
  std::erase_if(intake_.dead, [&](const DeadLetter& letter) {
    return parts_.tombstones.Names(letter.raw) || now.Names(letter.raw);
  });
  if (intake_.dead.empty()) return Ok();
  std::vector<std::uint64_t> used;
  for (DeadLetter& letter : intake_.dead) {
    if (letter.attempts == 0) letter.time = clock_.Now();
    if (letter.id.empty()) {
      letter.id = DeadLetterId(source_->Identity(), letter.location, letter.raw);
    }
    if (letter.used) used.push_back(DeadLetterKey(letter.id));
  }
  // What is a post now is deleted as a post: its bytes must not stay behind here.
  std::sort(used.begin(), used.end());
  if (!used.empty()) {
    HB_ASSIGN(const auto found, parts_.log.FindKeys(kDeadLettersTopic, Partition{0}, used,
                                                    Offset{0}, Offset{INT64_MAX}));
    std::vector<Offset> offsets;
    for (const FoundRecord& record : found) offsets.push_back(record.offset);
    if (!offsets.empty()) {
      HB_TRY(transaction.Blank(kDeadLettersTopic, Partition{0}, offsets));
    }
  }
  return transaction.Append(kDeadLettersTopic, Partition{0}, EncodeDeadLetters(intake_.dead));
}

Status IngestStage::AcknowledgeDurable(bool now) {
  if (last_position_.empty()) return Ok();
  const auto steady = clock_.Steady();
  if (!now && steady - last_acknowledged_ < kAcknowledgeEvery) return Ok();
  last_acknowledged_ = steady;
  HB_TRY(parts_.log.WaitDurable(last_mark_));
  HB_TRY(source_->Acknowledge(last_position_));
  last_position_.clear();
  return Ok();
}

void IngestStage::ReportHealth() {
  SourceHealth health = source_->GetHealth();
  report_.meter = std::move(health.meter);
  Report(health.waiting ? SourceState::kWaiting : SourceState::kRunning, health.detail);
  if (health.warning == warning_) return;
  const std::string key = name() + " warning";
  warning_ = std::move(health.warning);
  if (warning_.empty()) return board_.Clear(key);
  LogWarning("{}: {}", report_.name, warning_);
  board_.Raise(key, Level::kWarning, report_.name + ": " + warning_, clock_.Now());
}

void IngestStage::Report(SourceState state, const std::string& detail) {
  report_.state = state;
  report_.detail = detail;
  report_.watermark = source_->Watermark();
  report_.progress = source_->GetProgress();
  board_.Report(report_);
}

}  // namespace hb
