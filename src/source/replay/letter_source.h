// source/replay/letter_source.h - dead letters, tried once more.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "source/replay/letter_context.h"
#include "source/source.h"
#include "wire/columns.h"
#include "wire/csv_posts.h"
#include "wire/json_posts.h"

namespace hb {

/// What a replay of dead letters came to. Written by the ingest thread, read by any.
struct LetterOutcome {
  std::atomic<std::uint64_t> used{0}, failed{0};
};

/// Reads each letter by its own context, and gives its posts together with the letter itself:
/// marked as used, or with the new reason and still dead. Both commit in one transaction, so that a
/// crash leaves a letter either in the list or in the posts.
///
/// Delivery  Positions are not exact, so that the keys of posts are asked whether they came before:
///           two replays of one letter give one post.
/// Identity  The same for every replay: at most one may run at a time. A position says nothing;
/// what
///           a crash cut off is in the list as before.
/// Errors    None ends it: what cannot be used is a letter with a reason.
class LetterSource : public Source {
 public:
  /// What to do otherwise than the letter says.
  struct Changes {
    std::optional<std::string> map{};     ///< as --map, in place of the file's
    std::optional<std::string> format{};  ///< as --format
    std::optional<std::string> raw{};     ///< these bytes, in place of the letter's, which it keeps
  };
  LetterSource(std::vector<DeadLetter> letters, Changes changes,
               std::shared_ptr<LetterOutcome> outcome, Env& env);

  [[nodiscard]] std::string Identity() const override { return "deadletters"; }
  [[nodiscard]] std::string Title() const override { return "replayed dead letters"; }
  Status Resume(const Position&) override { return Ok(); }
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position&) override { return Ok(); }
  void Stop() noexcept override { stopped_ = true; }
  [[nodiscard]] std::optional<EventTime> Watermark() const override { return std::nullopt; }
  [[nodiscard]] Progress GetProgress() const override;

 private:
  Status Read(const DeadLetter& letter, std::size_t limit);
  Status Prepare(const std::string& context);
  Status ReadCsv(const DeadLetter& letter, std::string_view raw);
  Status ReadJson(const DeadLetter& letter, std::string_view raw);

  const std::vector<DeadLetter> letters_;
  const Changes changes_;
  const std::shared_ptr<LetterOutcome> outcome_;
  Env& env_;
  std::size_t at_ = 0;

  // Of the letter being read; letters of one file come one after another with the same context.
  std::optional<std::string> prepared_;
  LetterContext context_;
  std::optional<CsvPosts> csv_;
  std::optional<JsonPosts> json_;
  Intake row_;

  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> rows_{0};
};

}  // namespace hb
