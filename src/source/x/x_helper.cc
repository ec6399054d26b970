#include "source/x/x_helper.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/logging.h"
#include "wire/times.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLook{20};
constexpr std::size_t kMaxPortions = 2;
constexpr int kMaxTries = 8;
constexpr milliseconds kCapped = std::chrono::minutes(15);
constexpr milliseconds kUsageRefused = std::chrono::hours(24);
constexpr int kMaxPages = 5'000;  // of 100 posts: a server that never ends must not hold us

}  // namespace

XHelper::XHelper(Options options, Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      client_(options_.access, clock),
      search_(options_.access, clock),
      retry_(options_.seed) {}

XHelper::~XHelper() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void XHelper::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "x rules");
    Loop();
  });
}

void XHelper::Stop() noexcept {
  stopping_ = true;
  client_.Interrupt();
  search_.Interrupt();
  changed_.notify_all();
}

void XHelper::SetTasks(const std::vector<Task>& tasks, const std::map<std::string, int>& on_trial) {
  const MutexLock lock(mutex_);
  tasks_ = tasks;
  on_trial_ = on_trial;
  refused_.clear();
  ++wanted_;
  sync_at_ = {};
  search_warning_.clear();
  search_failed_.clear();
  changed_.notify_all();
}

std::vector<std::string> XHelper::TakeRefused() {
  const MutexLock lock(mutex_);
  return std::exchange(refused_, {});
}

std::optional<Ending> XHelper::Gate(bool prepare) {
  MutexLock lock(mutex_);
  if (!tasks_) return std::nullopt;
  if (sync_failed_ && sync_at_ == TimePoint::max()) return prepare ? sync_failed_ : std::nullopt;
  if (prepare && tried_ == wanted_) ++wanted_;
  changed_.notify_all();
  const std::uint64_t wanted = wanted_;
  while (!stopping_ && tried_ < wanted) changed_.wait_for(lock, kLook);
  if (stopping_) return Ending{EndKind::kClosed, "stopped"};
  if (sync_failed_) {
    // There may be rules all the same: the stream itself will say.
    return prepare ? sync_failed_ : std::nullopt;
  }
  if (tasks_->empty() || rules_.empty()) return Ending{EndKind::kNothingAsked};
  return std::nullopt;
}

bool XHelper::Fetch(const Holes::Slice& slice) {
  const MutexLock lock(mutex_);
  if (job_ || !portions_.empty() || !search_off_.empty() || !tasks_ || tasks_->empty()) {
    return false;
  }
  Job job{.slice = slice, .rules = tasks_->size()};
  for (const Task& task : *tasks_) {
    if (task.rule.size() <= options_.query_chars) {
      job.queries.push_back(task);
    } else {
      search_warning_ = fmt::format(
          "the rule of task '{}' is not searched for: it is longer than the {} characters that "
          "search takes",
          task.tag, options_.query_chars);
      job.refused = search_warning_;
    }
  }
  job_ = std::move(job);
  if (job_->queries.empty()) FinishQuery(false);
  changed_.notify_all();
  return true;
}

void XHelper::Cancel() {
  const MutexLock lock(mutex_);
  if (job_) job_->cancelled = true;
  changed_.notify_all();
}

std::optional<XHelper::Portion> XHelper::Take() {
  const MutexLock lock(mutex_);
  if (portions_.empty()) return std::nullopt;
  Portion portion = std::move(portions_.front());
  portions_.pop_front();
  changed_.notify_all();
  return portion;
}

XHelper::State XHelper::state() const {
  const MutexLock lock(mutex_);
  State state{.rules = rules_.size(),
              .warnings = sync_warnings_,
              .fetching = job_.has_value(),
              .search_off = search_off_,
              .search_waits = search_waits_};
  if (sync_failed_) {
    state.warnings.push_back(
        "the rules at X could not be brought in order: " +
        (sync_failed_->detail.empty() ? EndKindName(sync_failed_->kind) : sync_failed_->detail));
  }
  if (!search_off_.empty()) {
    state.warnings.push_back("what was missed cannot be searched for: " + search_off_);
  } else {
    for (const std::string& warning : {search_warning_, search_failed_}) {
      if (!warning.empty()) state.warnings.push_back(warning);
    }
  }
  return state;
}

XHelper::Rule XHelper::RuleOf(const std::string& id) const {
  const MutexLock lock(mutex_);
  const auto rule = rules_.find(id);
  return rule == rules_.end() ? Rule{} : rule->second;
}

void XHelper::Loop() {
  while (!stopping_) {
    bool sync = false, search = false, usage = false;
    {
      MutexLock lock(mutex_);
      const TimePoint now = clock_.Steady();
      sync = options_.sync_rules && tasks_ && wanted_ != tried_ && now >= sync_at_;
      // A sync that failed is tried again by itself.
      sync = sync || (tasks_ && sync_failed_ && now >= sync_at_);
      if (job_ && job_->cancelled) Finish(true);
      search = job_ && now >= search_at_ && portions_.size() < kMaxPortions;
      usage = options_.usage_every > milliseconds(0) && now >= usage_at_;
      if (!sync && !search && !usage) {
        changed_.wait_for(lock, kLook);
        continue;
      }
    }
    if (sync) {
      SyncNow();
    } else if (usage) {
      AskUsage();
    } else {
      SearchPage();
    }
  }
}

void XHelper::SyncNow() {
  std::vector<Task> tasks;
  std::map<std::string, int> percents;
  std::uint64_t wanted = 0;
  {
    const MutexLock lock(mutex_);
    tasks = *tasks_;
    percents = on_trial_;
    wanted = wanted_;
  }
  std::set<std::string> on_trial;
  for (const auto& [tag, percent] : percents) on_trial.insert(tag);
  RuleSync sync = SyncRules(client_, tasks, options_.tag_prefix, on_trial);
  const MutexLock lock(mutex_);
  if (stopping_) return;
  tried_ = wanted;
  sync_failed_ = sync.failed;
  changed_.notify_all();
  if (sync.failed) {
    const Reconnect::Next next = retry_.Ended(*sync.failed);
    const bool again = next.action != Reconnect::Action::kStop;
    sync_at_ = again ? clock_.Steady() + std::max(next.wait, milliseconds(1000)) : TimePoint::max();
    return;
  }
  retry_ = Reconnect(options_.seed);
  for (const auto& [tag, why] : sync.refused) {
    LogWarning("X refuses to thin the rule of task '{}': {}", tag, why);
    if (wanted == wanted_) refused_.push_back(tag);
  }
  sync_warnings_ = std::move(sync.warnings);
  const std::map<std::string, Rule> before = std::exchange(rules_, {});
  for (const XRule& rule : sync.in_force) {
    const auto task = std::find_if(tasks.begin(), tasks.end(),
                                   [&](const Task& each) { return each.rule == rule.value; });
    const bool ours = rule.tag.starts_with(options_.tag_prefix);
    Rule& known = rules_[rule.id];
    known.name = task != tasks.end() ? task->tag
                 : ours              ? rule.tag.substr(options_.tag_prefix.size())
                                     : rule.tag;
    // Of one that is to go, or that stays since X refused another, what was known of it.
    const auto old = before.find(rule.id);
    const auto percent = percents.find(known.name);
    if (task != tasks.end()) {
      known.percent = percent == percents.end() ? 100 : percent->second;
    } else if (old != before.end()) {
      known.percent = old->second.percent;
    }
  }
  if (sync.added + sync.removed > 0) {
    LogInfo("rules at X: {} added, {} removed, {} in force", sync.added, sync.removed,
            sync.in_force.size());
  }
}

void XHelper::AskUsage() {
  const XClient::Answer answer = GetUsage(client_);
  // The meter does without: an account that may not ask is asked for seldom, and nobody is told.
  const bool refused = answer.ending.kind == EndKind::kRefused;
  usage_at_ = clock_.Steady() + (!answer.good && refused ? kUsageRefused : options_.usage_every);
  if (!answer.good) return;
  Result<XUsage> usage = answers_.Usage(answer.http.body);
  const MutexLock lock(mutex_);
  if (!usage.ok()) return;
  usage_ = usage.value();
  if (search_capped_ && usage_->used < usage_->cap) search_at_ = {};
}

std::optional<XUsage> XHelper::TakeUsage() {
  const MutexLock lock(mutex_);
  return std::exchange(usage_, std::nullopt);
}

void XHelper::FinishQuery(bool came) {
  job_->came += came;
  job_->next_token.clear();
  job_->tries = job_->pages = 0;
  if (++job_->at >= job_->queries.size()) Finish(false);
}

void XHelper::Finish(bool cancelled) {
  Portion end{.last = true, .cancelled = cancelled, .slice = job_->slice};
  if (job_->failed.empty() && job_->came > 0) search_failed_.clear();
  end.failed = std::move(job_->failed);
  end.refused = std::move(job_->refused);
  end.share =
      static_cast<double>(job_->came) / static_cast<double>(std::max<std::size_t>(1, job_->rules));
  portions_.push_back(std::move(end));
  job_.reset();
}

void XHelper::SearchPage() {
  XSearch::Ask ask;
  {
    const MutexLock lock(mutex_);
    if (!job_) return;
    ask.query = job_->queries[job_->at].rule;
    if (options_.by_id) {
      ask.since_id = XIdBefore(job_->slice.from);
    } else {
      ask.start = job_->slice.from - options_.delay;
    }
    ask.end = job_->slice.to;
    ask.next_token = job_->next_token;
  }
  Result<XSearch::Page> page = search_.Search(ask);
  const MutexLock lock(mutex_);
  if (stopping_ || !job_) return;
  if (!page.ok()) return SearchFailed(page.error());
  job_->tries = 0;
  search_at_ = {};
  search_waits_.clear();
  search_capped_ = false;
  if (page.value().posts > 0) {
    portions_.push_back({.body = std::move(page.value().body),
                         .slice = job_->slice,
                         .name = job_->queries[job_->at].tag});
  }
  // A token that comes again would never end.
  const bool more = !page.value().next_token.empty() &&
                    page.value().next_token != job_->next_token && ++job_->pages < kMaxPages;
  if (more) {
    job_->next_token = page.value().next_token;
  } else {
    if (!page.value().next_token.empty()) job_->failed = "search has no end";
    FinishQuery(page.value().next_token.empty());
  }
}

void XHelper::SearchFailed(const Error& error) {
  if (search_.last_ending().kind == EndKind::kUsageCapped) {
    search_capped_ = true;
    return SearchLater(error.message, kCapped);
  }
  switch (error.code) {
    case Code::kCancelled: return;
    case Code::kInvalidArgument:
      if (search_.last_status() == 400) {
        search_warning_ = fmt::format("search refuses the rule '{}': {}",
                                      job_->queries[job_->at].rule.substr(0, 60), error.message);
        job_->refused = "search refuses a rule: " + error.message;
        return FinishQuery(false);
      }
      search_off_ = error.message;
      job_.reset();
      return;
    case Code::kExhausted: break;  // it passes
    default:
      if (++job_->tries < kMaxTries) break;
      job_->failed = fmt::format("search failed {} times: {}", kMaxTries, error.message);
      search_failed_ = job_->failed;
      return FinishQuery(false);
  }
  const milliseconds own(error.code == Code::kExhausted
                             ? 60'000
                             : std::min(320'000, 5'000 << std::min(job_->tries - 1, 6)));
  const milliseconds asked = search_.retry_after();
  SearchLater(error.message, asked > milliseconds(0) ? asked : own);
}

void XHelper::SearchLater(const std::string& why, milliseconds wait) {
  search_at_ = clock_.Steady() + wait;
  search_waits_ = fmt::format("search waits {} s: {}", wait.count() / 1000, why);
}

}  // namespace hb
