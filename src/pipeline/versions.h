// pipeline/versions.h - which version of a post that was edited is the newest.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "log/log.h"

namespace hb {

/// Posts of some networks keep their id when they are edited, and an edit does not say which
/// version it replaces. So the newest version of each is remembered with the posts: of any number
/// of versions, in whatever order and from however many servers they come, the newest stays.
///
/// Threads  One (the ingest loop's).
/// Disk     An entry for each post that was edited, as long as there are tombstones.
class Versions {
 public:
  explicit Versions(Log& log) : log_(log) {}

  struct Verdict {
    bool old = false;        ///< a newer version has come
    std::string replaced{};  ///< id of the version that this one replaces; "": none is known
  };
  /// Forgets what a transaction said that was not committed.
  void Begin() { said_.clear(); }
  /// What the version with this id is; remembers it with `transaction` if it is the newest. An id
  /// that is no EditedId is neither old nor replaces anything: the edits of its post name it.
  Result<Verdict> Note(Transaction& transaction, std::string_view id);

 private:
  Log& log_;
  std::unordered_map<std::string, std::string> said_;  ///< in this transaction: id -> version
};

}  // namespace hb
