// Bytes of DuckDB's write-ahead log: where the last closed commit ends lies within them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/duckdb/wal_end.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = [bytes](std::uint64_t offset, std::size_t count) {
    return offset < bytes.size() ? bytes.substr(offset, count) : std::string_view();
  };
  const auto end = hb::duck::CommittedEnd(size, read);
  if (!end) return 0;
  if (*end > size) std::abort();
  // What was kept is closed: it is kept whole when it is looked at again.
  const std::string_view kept = bytes.substr(0, *end);
  const auto again =
      hb::duck::CommittedEnd(kept.size(), [kept](std::uint64_t offset, std::size_t count) {
        return offset < kept.size() ? kept.substr(offset, count) : std::string_view();
      });
  if (again != end) std::abort();
  return 0;
}
