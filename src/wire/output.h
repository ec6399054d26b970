// wire/output.h - what a parser of outside bytes is given and what it gives back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "record/post_batch.h"
#include "record/redaction.h"

namespace hb {

/// Facts about a row that its bytes do not tell. Views are borrowed for the call.
struct WireRow {
  std::string_view source;  ///< catalogue name of the source, copied into each post
  std::string_view row_id;  ///< native id of a post whose bytes carry none
  EventTime arrival{};      ///< time of an event that carries none
};

/// A part of a document that could not be used, while other parts could.
struct WireFault {
  std::string part;    ///< "data[3]"; "" for the whole
  std::string reason;  ///< for people, names the field
  std::string raw;     ///< the part as JSON; "" when `part` is ""
};

/// Where a parser appends. After an error of the parser nothing of that row has been appended.
struct WireSink {
  PostBatch& posts;
  std::vector<Redaction>& redactions;
  std::vector<WireFault>& faults;
  std::uint64_t skipped = 0;  ///< things understood and not for us: likes, identities, keep-alives
};

}  // namespace hb
