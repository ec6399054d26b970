// source/redaction_source.h - redactions that a person asked for, as a source that ends at once.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "source/source.h"

namespace hb {

/// Gives its redactions once, so that they take the way of those that a network sends.
///
/// Identity  The same for each: one may run at a time.
class RedactionSource : public Source {
 public:
  explicit RedactionSource(std::vector<Redaction> redactions)
      : redactions_(std::move(redactions)) {}
  [[nodiscard]] std::string Identity() const override { return "forget"; }
  [[nodiscard]] std::string Title() const override { return "removals asked for"; }
  Status Resume(const Position&) override { return Ok(); }
  Result<PollState> Poll(std::size_t, std::chrono::milliseconds, Intake& out) override {
    out.redactions = std::exchange(redactions_, {});
    out.end = "done";
    return PollState::kDone;
  }
  Status Acknowledge(const Position&) override { return Ok(); }
  void Stop() noexcept override {}
  [[nodiscard]] std::optional<EventTime> Watermark() const override { return std::nullopt; }

 private:
  std::vector<Redaction> redactions_;
};

}  // namespace hb
