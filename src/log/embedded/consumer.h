// log/embedded/consumer.h - a consumer of the embedded log; private to this folder.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "log/embedded/log_impl.h"

namespace hb::embedded {

class EmbeddedConsumer final : public Consumer {
 public:
  struct Assigned {
    Part* part;
    std::int64_t position;
  };
  EmbeddedConsumer(EmbeddedLog& log, std::string group, Visibility visibility,
                   std::vector<Assigned> assigned);
  ~EmbeddedConsumer() override;

  Status Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override;
  Status Seek(const std::string& topic, Partition partition, Offset offset) override;
  [[nodiscard]] std::vector<std::pair<std::string, Partition>> Assignment() const override;
  [[nodiscard]] std::int64_t Lag() const override;
  void Stop() noexcept override;

  /// Ends the wait of a Poll that waits if there is something for it to read now. Requires: the
  /// log's mutex_.
  void WakeForNews();

 private:
  [[nodiscard]] std::int64_t EndOf(const Part& part) const {
    return visibility_ == Visibility::kDurable ? part.durable_end : part.end;
  }
  /// Sets ends_ to what may be seen of each partition; true if there is something to read.
  bool See() HB_REQUIRES(log_.mutex_);

  EmbeddedLog& log_;
  const std::string group_;
  const Visibility visibility_;
  std::vector<Assigned> assigned_;
  std::vector<std::int64_t> ends_;  ///< as of the running Poll
  std::size_t first_ = 0;           ///< partition whose turn it is
  bool stopped_ = false;            ///< under the log's mutex_
  std::condition_variable_any wake_;
};

}  // namespace hb::embedded
