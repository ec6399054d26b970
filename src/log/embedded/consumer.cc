#include "log/embedded/consumer.h"

#include <algorithm>

namespace hb::embedded {

EmbeddedConsumer::EmbeddedConsumer(EmbeddedLog& log, std::string group, Visibility visibility,
                                   std::vector<Assigned> assigned)
    : log_(log),
      group_(std::move(group)),
      visibility_(visibility),
      assigned_(std::move(assigned)),
      ends_(assigned_.size()) {}

EmbeddedConsumer::~EmbeddedConsumer() {
  const MutexLock lock(log_.mutex_);
  --log_.members_[group_];
}

bool EmbeddedConsumer::See() {
  bool any = false;
  for (std::size_t i = 0; i < assigned_.size(); ++i) {
    Assigned& at = assigned_[i];
    at.position = std::max(at.position, at.part->begin);
    ends_[i] = EndOf(*at.part);
    any = any || at.position < ends_[i];
  }
  return any;
}

void EmbeddedConsumer::WakeForNews() {
  const bool news = std::ranges::any_of(
      assigned_, [&](const Assigned& at) { return at.position < EndOf(*at.part); });
  if (news) wake_.notify_one();
}

Status EmbeddedConsumer::Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
                              std::vector<FetchedBatch>& out) {
  {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    MutexLock lock(log_.mutex_);
    bool any = See();
    if (!any && !stopped_ && wait.count() > 0) {
      log_.waiting_.push_back(this);
      bool in_time = true;
      while (!any && !stopped_ && in_time) {
        in_time = wake_.wait_until(lock, deadline) != std::cv_status::timeout;
        any = See();
      }
      std::erase(log_.waiting_, this);
    }
    if (!any && !stopped_) return Ok();
    if (stopped_)
      return Error{Code::kCancelled, "the consumer of group " + group_ + " was stopped"};
  }
  std::size_t got = 0;
  const std::size_t turn = first_++;
  for (std::size_t i = 0; i < assigned_.size(); ++i) {
    const std::size_t index = (turn + i) % assigned_.size();
    Assigned& at = assigned_[index];
    if (at.position >= ends_[index]) continue;
    if (got > 0 && got >= max_bytes) break;
    const std::size_t before = out.size();
    Status fetched = log_.Fetch(*at.part, at.position, ends_[index], max_bytes, out, got);
    // What was appended before an error is delivered.
    if (out.size() > before) at.position = ToInt(out.back().end());
    if (!fetched.ok()) return fetched;
  }
  return Ok();
}

Status EmbeddedConsumer::Seek(const std::string& topic, Partition partition, Offset offset) {
  const MutexLock lock(log_.mutex_);
  for (Assigned& at : assigned_) {
    if (at.part->topic != topic || at.part->number != ToInt(partition)) continue;
    at.position = std::max<std::int64_t>(ToInt(offset), 0);
    return Ok();
  }
  return Error{Code::kInvalidArgument, "partition " + std::to_string(ToInt(partition)) +
                                           " of topic " + topic +
                                           " is not assigned to this consumer"};
}

std::vector<std::pair<std::string, Partition>> EmbeddedConsumer::Assignment() const {
  std::vector<std::pair<std::string, Partition>> out;
  for (const Assigned& at : assigned_) out.emplace_back(at.part->topic, Partition{at.part->number});
  return out;
}

std::int64_t EmbeddedConsumer::Lag() const {
  const MutexLock lock(log_.mutex_);
  std::int64_t lag = 0;
  for (const Assigned& at : assigned_) {
    lag += std::max<std::int64_t>(0, EndOf(*at.part) - std::max(at.position, at.part->begin));
  }
  return lag;
}

void EmbeddedConsumer::Stop() noexcept {
  const MutexLock lock(log_.mutex_);
  stopped_ = true;
  wake_.notify_all();
}

}  // namespace hb::embedded
