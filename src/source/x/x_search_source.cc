#include "source/x/x_search_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <utility>

#include "source/feed_source.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr std::string_view kPositionTag = "xs1 ";
/// Search reaches back seven days; a little less, since asking takes a while.
constexpr milliseconds kReach = std::chrono::hours(24 * 7) - std::chrono::minutes(10);
constexpr milliseconds kTellLate{30'000};  ///< between two tellings, and later than usual
constexpr milliseconds kLook{20};

}  // namespace

XSearchSource::XSearchSource(Options options, Env& env)
    : options_(std::move(options)),
      env_(env),
      staged_("x_search"),
      meter_(options_.prices),
      budget_(options_.budget),
      budget_gap_("x_search") {
  helper_ = std::make_unique<XHelper>(XHelper::Options{.access = options_.access,
                                                       .tag_prefix = {},
                                                       .query_chars = options_.query_chars,
                                                       .delay = milliseconds(0),
                                                       .usage_every = options_.usage_every,
                                                       .sync_rules = false,
                                                       .by_id = true},
                                      env.clock);
  XSearchSource::SetTasks({}, 0);
}

XSearchSource::~XSearchSource() { XSearchSource::Stop(); }

std::string XSearchSource::Identity() const {
  return IdentityOf("x_search", options_.access.base_url, options_.name);
}

void XSearchSource::Begin() {
  begun_ = true;
  if (through_ == EventTime{}) {
    through_ = std::chrono::floor<std::chrono::seconds>(env_.clock.Now() - options_.delay -
                                                        options_.history);
    promised_ = through_ + options_.history;
  }
  helper_->Start();
}

Status XSearchSource::Resume(const Position& position) {
  const Error damaged{Code::kInvalidArgument, "x_search: this is no position of it"};
  std::string_view rest = position;
  if (!rest.starts_with(kPositionTag)) return damaged;
  rest.remove_prefix(kPositionTag.size());
  std::array<std::int64_t, 3> times{};  // through_, late_from_, late_to_
  for (std::int64_t& time : times) {
    const char* const end = rest.data() + rest.size();
    const auto [at, error] = std::from_chars(rest.data(), end, time);
    const char after = &time == &times.back() ? '\n' : ' ';
    if (error != std::errc() || at == end || *at != after || time < 0) return damaged;
    rest.remove_prefix(static_cast<std::size_t>(at - rest.data()) + 1);
  }
  if (!meter_.Decode(rest)) return damaged;
  through_ = promised_ = FromMillis(times[0]);
  late_from_ = FromMillis(times[1]);
  late_to_ = FromMillis(times[2]);
  watermark_ms_ = times[0];
  return Ok();
}

void XSearchSource::SetTasks(const std::vector<Task>& active, std::uint32_t) {
  std::vector<Task> wanted = active;
  if (!options_.rule.empty()) wanted.push_back({.tag = "rule", .rule = options_.rule});
  tasks_ = OneOfEachRule(wanted);
  AskForTasks();
}

void XSearchSource::AskForTasks() {
  std::vector<Task> asked;
  for (const Task& task : tasks_) {
    if (budget_.PercentOf(task.tag) > 0) asked.push_back(task);
  }
  asking_ = !asked.empty();
  helper_->SetTasks(asked);
  const bool same =
      std::equal(asked.begin(), asked.end(), asked_.begin(), asked_.end(),
                 [](const Task& a, const Task& b) { return a.tag == b.tag && a.rule == b.rule; });
  asked_ = std::move(asked);
  if (same || !in_round_) return;
  redo_ = true;
  helper_->Cancel();
}

void XSearchSource::Read(const XHelper::Portion& portion, Intake& out) {
  if (portion.last) {
    round_end_ = portion;
    return;
  }
  const EventTime now = env_.clock.Now();
  const std::string location =
      fmt::format("search {}..{}", ToMillis(portion.slice.from), ToMillis(portion.slice.to));
  const std::size_t posts = staged_.Read(portion.body, now, location, out);
  meter_.Count(now, posts);
  for (std::size_t i = 0; i < posts; ++i) meter_.CountRule(now, portion.name);
}

void XSearchSource::FinishRound(Intake& out) {
  const XHelper::Portion end = *std::exchange(round_end_, std::nullopt);
  in_round_ = false;
  const bool redo = std::exchange(redo_, false);
  if (end.cancelled || redo) {
    next_ = {};
    return;
  }
  through_ = end.slice.to;
  if (late_from_ != EventTime{}) {
    TellLate(out);
    if (through_ >= late_to_) late_from_ = {};
  }
  if (!end.failed.empty()) {
    out.gaps.push_back({.from = end.slice.from + milliseconds(1),  // not the late gap's identity
                        .to = end.slice.to,
                        .cause = end.failed,
                        .refilled = static_cast<std::uint32_t>(end.share * kMicro),
                        .exact = false});
  }
  TellRefused(end, out);
}

void XSearchSource::TellRefused(const XHelper::Portion& end, Intake& out) {
  if (!end.failed.empty() || end.refused.empty()) {
    refused_.reset();
    return;
  }
  const auto share = static_cast<std::uint32_t>(end.share * kMicro);
  const bool same = refused_ && refused_->to == end.slice.from && refused_->refilled == share &&
                    refused_->cause == end.refused;
  if (!same) {
    // Not the identity of the late gap, nor that of a failed round.
    refused_ = Gap{.from = end.slice.from + milliseconds(2),
                   .cause = end.refused,
                   .refilled = share,
                   .exact = false};
  }
  refused_->to = end.slice.to;
  out.gaps.push_back(*refused_);
}

void XSearchSource::BeginRound(Intake& out) {
  const EventTime now = env_.clock.Now();
  const auto steady = env_.clock.Steady();
  const EventTime until = std::chrono::floor<std::chrono::seconds>(now - options_.delay);
  if (in_round_ || !asking_ || steady < next_) return;
  const EventTime oldest = std::chrono::ceil<std::chrono::seconds>(now - kReach);
  if (through_ < oldest) {
    if (late_from_ != EventTime{}) {
      late_to_ = std::max(late_from_, through_);
      TellLate(out);
      late_from_ = {};
    }
    // Told after that one, which may begin at the same moment.
    out.gaps.push_back({.from = through_, .to = oldest, .cause = "longer ago than search reaches"});
    through_ = oldest;
  }
  const EventTime to = std::min(until, through_ + options_.slice);
  if (to <= through_) return;
  if (!helper_->Fetch({.from = through_, .to = to})) return;
  in_round_ = true;
  if (to == until) next_ = steady + options_.every;
}

void XSearchSource::TellLate(Intake& out) {
  const auto length = std::max<std::int64_t>(1, (late_to_ - late_from_).count());
  const std::int64_t filled = (std::clamp(through_, late_from_, late_to_) - late_from_).count();
  const double share =
      late_to_ == late_from_ ? 1 : static_cast<double>(filled) / static_cast<double>(length);
  out.gaps.push_back({.from = late_from_,
                      .to = late_to_,
                      .cause = "not searched yet",
                      .refilled = static_cast<std::uint32_t>(share * kMicro),
                      .exact = false});
}

void XSearchSource::GiveLateGap(Intake& out) {
  const EventTime now = env_.clock.Now();
  const EventTime until = now - options_.delay, from = std::max(through_, promised_);
  if (!asking_ || until - from < options_.every + kTellLate || now - late_told_ < kTellLate) return;
  if (late_from_ == EventTime{}) late_from_ = from;
  late_to_ = until;
  late_told_ = now;
  TellLate(out);
}

void XSearchSource::ReviewBudget(Intake& out) {
  const EventTime now = env_.clock.Now();
  if (const auto usage = helper_->TakeUsage()) meter_.SetAccount(now, *usage);
  // Not the identity of a gap of a round.
  const EventTime asked = through_ + milliseconds(3);
  if (!budget_gap_.Review(meter_, budget_, now, asked, tasks_, out.gaps)) return;
  AskForTasks();
}

Result<PollState> XSearchSource::Poll(std::size_t limit, milliseconds wait, Intake& out) {
  if (!stopped_ && !begun_) Begin();
  const auto until = std::chrono::steady_clock::now() + wait;
  for (;;) {
    if (stopped_) return Error{Code::kCancelled, "stopped"};
    staged_.Give(limit, out);
    while (staged_.empty() && !round_end_ && out.posts.size() < limit) {
      const auto portion = helper_->Take();
      if (!portion) break;
      Read(*portion, out);
      staged_.Give(limit, out);
    }
    if (!asking_ && !in_round_) {
      // Who asks for nothing misses nothing; what the budget forbids is another gap, and what was
      // late by now stays one.
      late_from_ = {};
      const EventTime now = env_.clock.Now();
      through_ = std::max<EventTime>(
          through_, std::chrono::floor<std::chrono::seconds>(now - options_.delay));
    }
    ReviewBudget(out);
    if (round_end_ && staged_.given()) FinishRound(out);
    BeginRound(out);
    const auto left = until - std::chrono::steady_clock::now();
    if (!out.posts.empty() || left <= left.zero()) break;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kLook));
  }
  GiveLateGap(out);
  watermark_ms_ = std::max(watermark_ms_.load(), ToMillis(through_));
  out.end = fmt::format("{}{} {} {}\n{}", kPositionTag, ToMillis(through_), ToMillis(late_from_),
                        ToMillis(late_to_), meter_.Encode());
  if (out.posts.empty()) {
    if (const std::string why = helper_->state().search_off; !why.empty()) {
      return Error{Code::kInvalidArgument, "x_search: " + why};
    }
    return PollState::kIdle;
  }
  return PollState::kMore;
}

void XSearchSource::Stop() noexcept {
  stopped_ = true;
  helper_->Stop();
}

std::optional<EventTime> XSearchSource::Watermark() const {
  const std::int64_t mark = watermark_ms_;
  if (mark == 0) return std::nullopt;
  return FromMillis(mark);
}

SourceHealth XSearchSource::GetHealth() const {
  SourceHealth health;
  if (!begun_) return health;
  const EventTime now = env_.clock.Now();
  const XHelper::State helper = helper_->state();
  health.waiting = !asking_ || !helper.search_waits.empty();
  health.detail = asking_ ? fmt::format("searched up to {} s ago; {} rules",
                                        (now - through_).count() / 1000, tasks_.size())
                          : "nothing to search for";
  if (!helper.search_waits.empty()) health.detail += "; " + helper.search_waits;
  health.meter = meter_.Told(now);
  health.detail += "; " + Meter::Words(*health.meter);
  health.meter->budget = budget_.Words();
  std::vector<std::string> warnings = helper.warnings;
  if (const std::string words = budget_.Words(); !words.empty()) {
    warnings.push_back("to keep to the month's budget: " + words);
  }
  if (std::string warning = meter_.Warning(now); !warning.empty()) {
    warnings.push_back(std::move(warning));
  }
  health.warning = fmt::format("{}", fmt::join(warnings, "; "));
  return health;
}

}  // namespace hb
