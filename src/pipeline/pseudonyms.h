// pipeline/pseudonyms.h - authors under names that only the holder of a key can make.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "log/log.h"
#include "record/dead_letter.h"
#include "record/post_batch.h"
#include "record/redaction.h"

namespace hb {

/// Replaces what names an author by "hb:" and 32 hex digits of HMAC-SHA-256 under a key, so that
/// nothing behind the door of the pipeline has the real one, and who knows it can still find its
/// posts. What is such a name already stays as it is.
///
/// - author, reply_to and repost_of: by the name of what stands there. A handle is left out: it is
///   the author once more.
/// - ids of posts that hold their author (at://did:plc:.../...): the author in them. Those that are
///   addresses of a server (https://host/users/name/...): all of it. Others (X's, rows of a file)
///   stay.
/// - bytes that could not be read as a post: left out. Nobody can say what they name.
/// - addresses in `urls` of profiles and of posts with their author in them (X, Bluesky, and
///   https://host/@name, https://host/users/name of any server): left out.
///
/// Texts stay as they are written, with the handles that they mention.
///
/// Threads  Any.
class Pseudonyms {
 public:
  /// kInvalidArgument: fewer than kLeastKeyBytes.
  static Result<std::unique_ptr<Pseudonyms>> Create(std::string key);
  ~Pseudonyms();
  Pseudonyms(const Pseudonyms&) = delete;
  Pseudonyms& operator=(const Pseudonyms&) = delete;

  /// "" stays "".
  [[nodiscard]] std::string OfAuthor(std::string_view author) const;
  /// Of a post's native id.
  [[nodiscard]] std::string OfPost(std::string_view id) const;

  /// Requires: neither tasks nor rules_version depend on it any more.
  void Hide(PostBatch& posts) const;
  void Hide(Redaction& redaction) const;
  void Hide(DeadLetter& letter) const;

  /// A log holds authors under one key, or as they are: deletes would not find the others. Checks
  /// that what `log` holds was written so (`pseudonyms` null: as they are), and says so in it the
  /// first time. `foreign`: its posts are those of others, of which nobody asks that.
  /// kInvalidArgument: it was not.
  static Status CheckLog(Log& log, const Pseudonyms* pseudonyms, bool foreign);

  static constexpr std::size_t kLeastKeyBytes = 16;

 private:
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}
  void AppendName(std::string_view of, std::string& out) const;
  void AppendAuthor(std::string_view author, std::string& out) const;
  void AppendPost(std::string_view id, std::string& out) const;

  std::string key_;
};

}  // namespace hb
