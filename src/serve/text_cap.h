// serve/text_cap.h - how many texts of X may leave in a day.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>

#include "base/mutex.h"
#include "base/result.h"
#include "env/env.h"
#include "store/store.h"

namespace hb {

/// Remembers which texts were given away on a day (UTC), so that the same one counts once, and says
/// when it is enough, in a file that outlives the program.
///
/// Threads  Any.
/// Memory   About 50 bytes a text given today, `most` at most.
class TextCap {
 public:
  /// `path`: "" keeps it in memory alone.
  TextCap(std::string path, std::size_t most, Clock& clock)
      : path_(std::move(path)), most_(most), clock_(clock) {}

  /// Whether this text may be given. After an error of the file nothing may.
  bool Take(std::uint64_t text);
  /// Writes down what was taken. Before an answer is sent; after an error it is not.
  Status Save();
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  Status Load() HB_REQUIRES(mutex_);
  [[nodiscard]] std::int64_t Today() const;

  const std::string path_;
  const std::size_t most_;
  Clock& clock_;
  Mutex mutex_;
  bool loaded_ HB_GUARDED_BY(mutex_) = false;
  bool changed_ HB_GUARDED_BY(mutex_) = false;
  std::int64_t day_ HB_GUARDED_BY(mutex_) = 0;  ///< since 1970
  std::unordered_set<std::uint64_t> given_ HB_GUARDED_BY(mutex_);
};

/// One answer that is an export.
///
/// Threads  One.
class ExportGate : public TextGate {
 public:
  /// `cap` null: every text may be given.
  explicit ExportGate(TextCap* cap) : cap_(cap) {}
  bool Allows(std::uint64_t post) override;
  /// For SqlLimits.
  [[nodiscard]] TextGate* gate() { return cap_ == nullptr ? nullptr : this; }
  /// Call before the answer is sent. `warning` becomes what a header Warning (RFC 7234, 5.5) says
  /// of texts that were left out, "" if none was.
  Status Finish(std::string& warning);

 private:
  TextCap* const cap_;
  std::size_t left_out_ = 0;
};

}  // namespace hb
