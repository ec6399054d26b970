// backfill/search.h - what a backfill asks a network's search for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/units.h"

namespace hb::backfill {

struct SearchQuery {
  std::string rule;
  EventTime start{}, end{};
  std::uint64_t most = 100;  ///< posts of the answer; a network may give fewer, or a few more
  std::string token{};       ///< next_token of the page before, "" for the first
};

/// One page. With `retry_after` above 0 nothing was asked: the rate limit is reached until then.
struct SearchPage {
  std::string body{};        ///< as the network gave it: JSON that the parsers of src/wire know
  std::string next_token{};  ///< "": this is the last page
  std::uint64_t posts = 0;
  std::chrono::milliseconds retry_after{0};
};

/// How many posts there are, as far as the network says.
struct SearchCount {
  std::uint64_t posts = 0;
  std::chrono::milliseconds retry_after{0};  ///< as above
};

/// A network's search.
///
/// Threads  Any number at once.
/// Errors   kUnavailable may pass: it is asked again. Any other ends the window.
class Search {
 public:
  virtual ~Search() = default;
  virtual Result<SearchPage> Fetch(const SearchQuery& query) = 0;
  virtual Result<SearchCount> Count(const SearchQuery& query) = 0;
};

}  // namespace hb::backfill
