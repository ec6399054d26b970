// backfill/staging.h - where fetched posts and the ledger lie: named objects, as in a bucket.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::backfill {

/// Objects that are written whole and never appended to, so that a folder and a bucket serve alike.
/// Names are parts joined by "/", each of letters, digits, '-', '_' and '.'.
///
/// Threads  Any number at once; two that write one name leave one of both.
class Staging {
 public:
  virtual ~Staging() = default;
  /// Durable when it returns; what stood under the name before is replaced.
  virtual Status Put(std::string_view name, std::string_view bytes) = 0;
  /// kNotFound, kUnavailable.
  virtual Result<std::string> Get(std::string_view name) = 0;
  /// Names that begin with `prefix`, ascending.
  virtual Result<std::vector<std::string>> List(std::string_view prefix) = 0;
};

/// In a folder, which is made when something is put there. kInvalidArgument: it is no folder.
Result<std::unique_ptr<Staging>> OpenLocalStaging(const std::string& folder);

}  // namespace hb::backfill
