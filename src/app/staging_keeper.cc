#include "app/staging_keeper.h"

#include <chrono>
#include <string>
#include <vector>

#include "app/staging_place.h"
#include "backfill/scrub.h"
#include "base/logging.h"

namespace hb {

namespace {
constexpr std::chrono::hours kEvery{6};
}

void StagingKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void StagingKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StagingKeeper::Run() {
  std::uint64_t seen = 0;
  bool first = true;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    // Over Kafka deletes come from other processes too: what is counted is what is known here.
    if (const std::uint64_t known = pipeline_.tombstones().additions(); first || known != seen) {
      first = false;
      if (const Status done = Scrub(); done.ok()) {
        seen = known;
      } else if (done.error().code != Code::kCancelled) {
        LogWarning("what was deleted may still be staged: {}", done.error().message);
      }
    }
    lock.lock();
    wake_.wait_for(lock, kEvery, [this] { return stopping_.load(); });
  }
}

Status StagingKeeper::Scrub() {
  const std::lock_guard one_at_a_time(scrub_mutex_);
  if (pipeline_.tombstones().empty()) return Ok();
  const backfill::FindGone find = [this](const PostBatch& staged, std::vector<bool>& gone) {
    PostBatch posts = staged;
    if (pseudonyms_ != nullptr) pseudonyms_->Hide(posts);
    std::vector<Tombstones::Verdict> verdicts;
    pipeline_.tombstones().Judge(posts, verdicts);
    // What is hidden may be shown again.
    for (std::size_t row = 0; row < verdicts.size(); ++row) {
      gone[row] = verdicts[row] == Tombstones::Verdict::kGone;
    }
  };
  HB_ASSIGN(const std::vector<std::string> places, KnownStagings(config_));
  const auto stopped = [this] { return stopping_.load(); };
  Status status = Ok();
  for (const std::string& place : places) {
    const auto scrub = [&]() -> Status {
      HB_ASSIGN(const auto staging, OpenStagingAt(place, config_, stopped));
      HB_ASSIGN(const backfill::Scrubbed done, backfill::ScrubStaging(*staging, find, stopped));
      if (done.posts > 0) LogInfo("{} deleted posts taken out of {}", done.posts, place);
      return Ok();
    };
    if (const Status done = scrub(); !done.ok()) {
      if (stopping_) return Error{Code::kCancelled, "stopping"};
      status = Error{done.error().code, place + ": " + done.error().message};
    }
  }
  return status;
}

}  // namespace hb
