#include "source/x/x_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

#include "source/feed_source.h"
#include "source/x/x_connection.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr std::string_view kPositionTag = "x1 ";
constexpr milliseconds kTellOpenGap{30'000};
constexpr std::chrono::minutes kBreaksOver{15};
constexpr std::size_t kManyBreaks = 10;
constexpr std::size_t kMostRedactions = 1'000;  // of an intake
constexpr milliseconds kRecoveryReach = std::chrono::hours(24) - std::chrono::minutes(10);
constexpr std::size_t kLagsKept = 16;  // posts come out of order
constexpr milliseconds kLongestLag = std::chrono::hours(1);
/// Search takes whole seconds, and the end of a hole is rounded up.
constexpr std::chrono::seconds kRounding{1};

Feed::Options FeedOptions(const XSource::Options& options, EventTime heard) {
  return {.queue_bytes = options.queue_bytes, .seed = options.seed, .heard_until = heard};
}

}  // namespace

XSource::XSource(Options options, Env& env)
    : options_(std::move(options)),
      env_(env),
      staged_(options_.kind),
      holes_({.settle = options_.refill_after + kRounding}),
      meter_(options_.prices),
      budget_(options_.budget),
      budget_gap_(options_.kind) {
  helper_ = std::make_unique<XHelper>(XHelper::Options{.access = options_.access,
                                                       .tag_prefix = options_.tag_prefix,
                                                       .query_chars = options_.query_chars,
                                                       .delay = options_.delay,
                                                       .usage_every = options_.usage_every,
                                                       .seed = options_.seed},
                                      env.clock);
}

XSource::~XSource() { XSource::Stop(); }

std::string XSource::Identity() const {
  return IdentityOf(options_.kind, options_.access.base_url, options_.name);
}

void XSource::Begin() {
  XConnection::Options connection{.access = options_.access,
                                  .path = options_.path,
                                  .silence = options_.silence,
                                  .max_line_bytes = options_.max_line_bytes};
  if (options_.backfill_minutes > 0) {
    connection.params.emplace_back("backfill_minutes", std::to_string(options_.backfill_minutes));
  }
  if (options_.rules) connection.gate = [this](bool prepare) { return helper_->Gate(prepare); };
  auto feed = std::make_unique<Feed>(
      FeedOptions(options_, heard_),
      std::make_unique<XConnection>(std::move(connection), env_.clock), env_.clock);
  helper_->Start();
  const MutexLock lock(feed_mutex_);
  if (options_.recovery) {
    recovery_ =
        std::make_unique<XRecovery>(XRecovery::Options{.access = options_.access,
                                                       .path = options_.path,
                                                       .delay = options_.delay,
                                                       .silence = options_.silence,
                                                       .max_line_bytes = options_.max_line_bytes,
                                                       .seed = options_.seed},
                                    env_.clock);
  }
  if (options_.compliance) {
    compliance_ =
        std::make_unique<XComplianceFeeds>(XComplianceFeeds::Options{.access = options_.access,
                                                                     .silence = options_.silence,
                                                                     .heard_until = heard_,
                                                                     .seed = options_.seed},
                                           env_.clock);
    if (!stopped_) compliance_->Start();
  }
  feed_ = std::move(feed);
  listening_ = feed_.get();
  if (!stopped_) listening_->Start();
}

void XSource::SetTasks(const std::vector<Task>& active, std::uint32_t) {
  if (!options_.rules) return;
  tasks_ = OneOfEachRule(active);
  budget_.ForgetRefusals();
  budget_gap_.Keep();
  // By what it remembers of the month: a restart near the cap must not begin with all of them.
  const EventTime now = env_.clock.Now();
  budget_gap_.Review(meter_, budget_, now, now, tasks_, budget_gaps_);
  AskForTasks();
}

void XSource::AskForTasks() {
  std::vector<Task> asked;
  std::map<std::string, int> thinned;
  for (const Task& task : tasks_) {
    const int percent = budget_.PercentOf(task.tag);
    if (percent == 0) continue;
    asked.push_back(task);
    // Posts that come find their tasks by the rule as it is: this one is X's alone.
    if (percent == 100) continue;
    asked.back().rule = fmt::format("({}) sample:{}", task.rule, percent);
    thinned.emplace(task.tag, percent);
  }
  helper_->SetTasks(asked, thinned);
  if (listening_ == nullptr) return;
  if (asked.empty()) {
    listening_->Reopen();  // to find that nothing is asked for
  } else {
    listening_->Wake();
  }
}

void XSource::ReviewBudget(const FeedState& state, Intake& out) {
  std::move(budget_gaps_.begin(), budget_gaps_.end(), std::back_inserter(out.gaps));
  budget_gaps_.clear();
  const EventTime now = env_.clock.Now();
  if (const auto usage = helper_->TakeUsage()) {
    meter_.SetAccount(now, *usage);
    if (state.capped && usage->used < usage->cap) listening_->Wake();
  }
  if (budget_.Refuse(helper_->TakeRefused())) budget_gap_.Undo(out.gaps);
  if (!budget_gap_.Review(meter_, budget_, now, now, tasks_, out.gaps)) return;
  if (options_.rules) AskForTasks();
  if (!budget_.tight()) return;
  helper_->Cancel();
  if (recovery_) recovery_->Cancel();
}

Status XSource::Resume(const Position& position) {
  const Error damaged{Code::kInvalidArgument,
                      fmt::format("{}: this is no position of it", options_.kind)};
  std::string_view rest = position;
  if (!rest.starts_with(kPositionTag)) return damaged;
  rest.remove_prefix(kPositionTag.size());
  std::string_view lines[2];
  for (std::string_view& line : lines) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return damaged;
    line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  std::int64_t heard = 0;
  const auto [at, error] =
      std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), heard);
  if (error != std::errc() || at != lines[0].data() + lines[0].size() || heard < 0) return damaged;
  if (!holes_.Decode(lines[1]) || !meter_.Decode(rest)) return damaged;
  heard_ = FromMillis(heard);
  if (heard > 0) watermark_ms_ = ToMillis(heard_ - options_.delay);
  return Ok();
}

Position XSource::PositionNow() const {
  const EventTime heard = heard_ == EventTime{} ? heard_ : heard_ - Lag();
  return fmt::format("{}{}\n{}\n{}", kPositionTag, ToMillis(heard), holes_.Encode(),
                     meter_.Encode());
}

milliseconds XSource::Lag() const {
  const auto longest = std::max_element(lags_.begin(), lags_.end());
  return longest == lags_.end() ? milliseconds(0) : *longest;
}

void XSource::ReadMessage(const FeedItem& item, bool live, Intake& out) {
  std::vector<std::string> rules;
  XProblem problem;
  const XMessageKind kind = answers_.Message(item.bytes, rules, problem);
  if (kind == XMessageKind::kUnknown || kind == XMessageKind::kError) {
    ++unknown_;
    return;
  }
  const std::string location = fmt::format("{} at {}", options_.path, ToMillis(item.at));
  const std::size_t posts = staged_.Read(item.bytes, item.at, location, out);
  meter_.Count(env_.clock.Now(), posts);
  if (posts > 0 && live) {
    lags_.push_back(std::clamp(item.at - staged_.last_time(), milliseconds(0), kLongestLag));
    if (lags_.size() > kLagsKept) lags_.pop_front();
  }
  std::map<std::string, int> percents;  // of those at X, which are not what the budget wants yet
  for (const std::string& id : rules) {
    const XHelper::Rule rule = helper_->RuleOf(id);
    if (rule.name.empty()) continue;
    // While a rule is being replaced there are two of a name.
    int& percent = percents[rule.name];
    percent = std::max(percent, rule.percent);
  }
  for (const auto& [name, percent] : percents) {
    meter_.CountRule(env_.clock.Now(), name, percent);
  }
}

void XSource::Read(const FeedItem& item, Intake& out) {
  heard_ = std::max(heard_, item.at);
  if (item.kind == FeedItem::Kind::kMessage) return ReadMessage(item, true, out);
  open_gap_told_ = {};
  breaks_.push_back(item.at);
  if (breaks_.size() > kManyBreaks) breaks_.pop_front();
  Gap gap{.from = item.from - options_.delay - Lag(), .to = item.at, .cause = item.bytes};
  // A minute less, since X counts from when it noticed.
  const std::chrono::minutes sent_again(options_.backfill_minutes - 1);
  if (gap.to - gap.from <= sent_again) {
    gap.refilled = static_cast<std::uint32_t>(kMicro);
  } else if (options_.refill) {
    gap = holes_.Add(gap.from, gap.to, gap.cause);
  }
  out.gaps.push_back(std::move(gap));
}

void XSource::ReadPortion(const XHelper::Portion& portion, Intake& out) {
  if (portion.last) {
    portion_end_ = portion;
    return;
  }
  const std::string location =
      fmt::format("search {}..{}", ToMillis(portion.slice.from), ToMillis(portion.slice.to));
  const EventTime now = env_.clock.Now();
  const std::size_t posts = staged_.Read(portion.body, now, location, out);
  meter_.Count(now, posts);
  for (std::size_t i = 0; i < posts; ++i) meter_.CountRule(now, portion.name);
}

void XSource::GiveOpenGap(const FeedState& state, Intake& out) {
  const EventTime now = env_.clock.Now();
  if (!state.deaf_since || *state.deaf_since >= now) return;
  // Not the short ones: they are told when they end.
  if (now - std::max(open_gap_told_, *state.deaf_since) < kTellOpenGap) return;
  open_gap_told_ = now;
  out.gaps.push_back({.from = *state.deaf_since - options_.delay - Lag(),
                      .to = now,
                      .cause = state.deaf_cause,
                      .exact = false});
}

void XSource::AskForMissed(Intake& out) {
  if (portion_end_ && staged_.given()) {
    if (!portion_end_->cancelled) {
      for (Gap& gap : holes_.Finish(portion_end_->slice, portion_end_->share)) {
        out.gaps.push_back(std::move(gap));
      }
    }
    portion_end_.reset();
  }
  if (!options_.refill || budget_.tight() || portion_end_ || helper_->state().fetching) return;
  if (recovering_) return;
  const EventTime now = env_.clock.Now();
  const auto slice = holes_.Next(now);
  if (!slice) return;
  if (recovery_ && now - slice->from < kRecoveryReach && recovery_->Begin(*slice)) {
    recovering_ = *slice;
  } else {
    helper_->Fetch(*slice);
  }
}

void XSource::TakeDeleted(Intake& out) {
  while (compliance_ && out.redactions.size() < kMostRedactions) {
    const auto item = compliance_->Take();
    if (!item) return;
    staged_.Read(item->bytes, item->at, fmt::format("compliance stream at {}", ToMillis(item->at)),
                 out);
  }
}

void XSource::TakeRecovered(std::size_t limit, Intake& out) {
  while (recovering_ && staged_.empty() && out.posts.size() < limit) {
    const auto message = recovery_->Take();
    if (!message) break;
    ReadMessage({.at = env_.clock.Now(), .bytes = *message}, false, out);
    staged_.Give(limit, out);
  }
  if (!recovering_ || !staged_.given()) return;
  switch (recovery_->state()) {
    case XRecovery::State::kRunning: return;
    case XRecovery::State::kDone:
      for (Gap& gap : holes_.Finish(*recovering_, 1)) out.gaps.push_back(std::move(gap));
      break;
    // Search is asked for it instead, and for all that follows if X will not have it at all.
    case XRecovery::State::kFailed:
      if (!budget_.tight()) helper_->Fetch(*recovering_);
      break;
    case XRecovery::State::kCancelled: break;  // the hole is still one
  }
  recovering_.reset();
}

Result<PollState> XSource::Poll(std::size_t limit, milliseconds wait, Intake& out) {
  if (!stopped_ && listening_ == nullptr) Begin();
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  // Before the queue is looked at: what comes later was heard later.
  const FeedState state = listening_->state();
  if (items_at_ == items_.size()) {
    items_.clear();
    items_at_ = 0;
    const bool idle = staged_.empty() && !portion_end_;
    listening_->Take(limit, idle ? wait : milliseconds(0), items_);
  }
  staged_.Give(limit, out);
  while (staged_.empty() && out.posts.size() < limit && items_at_ < items_.size()) {
    Read(items_[items_at_++], out);
    staged_.Give(limit, out);
  }
  while (staged_.empty() && !portion_end_ && out.posts.size() < limit) {
    const auto portion = helper_->Take();
    if (!portion) break;
    ReadPortion(*portion, out);
    staged_.Give(limit, out);
  }
  TakeRecovered(limit, out);
  TakeDeleted(out);
  ReviewBudget(state, out);
  AskForMissed(out);
  const bool drained = items_at_ == items_.size() && staged_.empty();
  if (drained && items_.empty() && !state.deaf_since) {
    // Who asks for nothing misses nothing.
    heard_ = std::max(heard_, state.holding ? env_.clock.Now() : state.heard);
  }
  GiveOpenGap(state, out);
  if (heard_ != EventTime{}) {
    watermark_ms_ = std::max(watermark_ms_.load(), ToMillis(heard_ - options_.delay - Lag()));
  }
  out.end = PositionNow();
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  if (drained && items_.empty()) {
    if (const auto error = StoppedError(state)) return *error;
  }
  return out.posts.empty() ? PollState::kIdle : PollState::kMore;
}

std::optional<Error> XSource::StoppedError(const FeedState& state) const {
  if (!state.stopped) return std::nullopt;
  return Error{Code::kInvalidArgument, fmt::format("{}: {}", options_.kind, state.detail)};
}

Status XSource::Acknowledge(const Position& position) {
  (void)position;  // X keeps nothing for us
  return Ok();
}

void XSource::Stop() noexcept {
  stopped_ = true;
  helper_->Stop();
  const MutexLock lock(feed_mutex_);
  if (feed_) feed_->Stop();
  if (recovery_) recovery_->Stop();
  if (compliance_) compliance_->Stop();
}

std::optional<EventTime> XSource::Watermark() const {
  const std::int64_t mark = watermark_ms_;
  if (mark == 0) return std::nullopt;
  return FromMillis(mark);
}

Progress XSource::GetProgress() const { return staged_.progress(); }

SourceHealth XSource::GetHealth() const {
  SourceHealth health;
  if (listening_ == nullptr) return health;
  const FeedState state = listening_->state();
  health.waiting =
      state.phase == FeedState::Phase::kWaiting || state.phase == FeedState::Phase::kConnecting;
  health.detail =
      state.phase == FeedState::Phase::kListening ? "listening" : "not listening: " + state.detail;
  if (state.phase == FeedState::Phase::kConnecting) health.detail = "connecting";
  XHelper::State helper = helper_->state();
  if (compliance_) {
    for (std::string& warning : compliance_->Warnings()) {
      helper.warnings.push_back(std::move(warning));
    }
  }
  if (recovering_) health.detail += "; what was missed is being sent again";
  if (recovery_ && !recovery_->off().empty()) {
    helper.warnings.push_back("the stream does not send again what was missed: " +
                              recovery_->off());
  }
  if (options_.rules) health.detail += fmt::format("; {} rules", helper.rules);
  std::vector<std::string> warnings = std::move(helper.warnings);
  if (std::string words = budget_.Words(); !words.empty()) {
    words = "to keep to the month's budget: " + words;
    health.detail += "; " + words;
    warnings.push_back(std::move(words));
  }
  if (holes_.size() > 0) {
    health.detail += fmt::format("; {} s of {} gaps still to be searched for",
                                 holes_.Left().count() / 1000, holes_.size());
  }
  health.meter = meter_.Told(env_.clock.Now());
  health.detail += "; " + Meter::Words(*health.meter);
  health.meter->budget = budget_.Words();
  if (unknown_ > 0) health.detail += fmt::format("; {} unknown messages skipped", unknown_);
  if (state.alarm) warnings.push_back(state.detail);
  const EventTime now = env_.clock.Now();
  const auto recent = std::count_if(breaks_.begin(), breaks_.end(),
                                    [&](EventTime moment) { return now - moment <= kBreaksOver; });
  if (static_cast<std::size_t>(recent) >= kManyBreaks) {
    warnings.push_back(
        fmt::format("the stream broke off more than {} times in 15 minutes", kManyBreaks - 1));
  }
  if (std::string warning = meter_.Warning(now); !warning.empty()) {
    warnings.push_back(std::move(warning));
  }
  for (const std::string& warning : warnings) {
    if (!health.warning.empty()) health.warning += "; ";
    health.warning += warning;
  }
  return health;
}

}  // namespace hb
