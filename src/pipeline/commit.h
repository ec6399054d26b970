// pipeline/commit.h - a commit under a name that is this process's own.
#pragma once

#include <cstdint>
#include <utility>

#include "log/log.h"
#include "pipeline/sharing.h"

namespace hb {

/// Commits under a name of Sharing::Producer. On a shared log no other process has that name, so an
/// answer that one had it (Kafka gives it now and then around a broker's restart, when an answer of
/// its own was lost) means what kAborted means: what became of the transaction is seen in the log.
inline Result<std::uint64_t> CommitOwn(const Sharing& sharing, Transaction& transaction) {
  Result<std::uint64_t> committed = transaction.Commit();
  if (!sharing.shared || committed.ok() || committed.error().code != Code::kCancelled)
    return committed;
  return Error{Code::kAborted, std::move(committed).error().message};
}

}  // namespace hb
