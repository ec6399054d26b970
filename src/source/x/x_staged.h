// source/x/x_staged.h - posts that were read and wait to be given.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "source/source.h"
#include "wire/json_posts.h"

namespace hb {

/// Reads what X sends, and hands on its posts a few at a time; what cannot be read becomes dead
/// letters.
///
/// Threads  One; the counts: any.
class XStaged {
 public:
  /// `kind`: the source of its posts.
  explicit XStaged(std::string kind) : kind_(std::move(kind)) {}

  /// Stages the posts of a message or page; redactions and dead letters go to `out` at once. How
  /// many posts there are. `location`: where it came from, for people.
  std::size_t Read(std::string_view text, EventTime arrival, const std::string& location,
                   Intake& out);
  /// Moves staged posts to `out`, up to `limit` in it.
  void Give(std::size_t limit, Intake& out);
  [[nodiscard]] bool empty() const { return posts_.empty(); }
  [[nodiscard]] bool given() const { return at_ == posts_.size(); }
  /// When the post that was staged last was said. Requires: !empty().
  [[nodiscard]] EventTime last_time() const { return posts_.time.back(); }
  [[nodiscard]] Progress progress() const {
    return {.rows = rows_, .bytes_done = bytes_, .posts = given_, .dead_letters = letters_};
  }

 private:
  void Dead(std::string_view raw, const std::string& location, std::string reason, Intake& out);

  const std::string kind_;
  JsonPosts reader_{JsonFormat::kX2};
  PostBatch posts_;
  std::size_t at_ = 0;
  std::atomic<std::uint64_t> rows_{0}, bytes_{0}, given_{0}, letters_{0};
};

}  // namespace hb
