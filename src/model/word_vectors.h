// model/word_vectors.h - a vector for each word, whose means say what texts are about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::model {

/// Length of a unit vector in integers. A product of two of them, and any part of its sum, stays
/// within 2^28 (Cauchy and Schwarz).
inline constexpr std::int32_t kUnit = 1 << 14;

/// Rows of numbers for the words of a WordPiece vocabulary: what docs/formats/word_vectors.md
/// describes, checked and ready to look up.
///
/// Lifecycle  From FromBytes (owns the bytes) or View (the caller's bytes outlive it).
/// Threads    Immutable: any number of threads at once.
/// Memory     The bytes of the file.
/// Errors     kCorrupt: not such a file, a broken one, or one of another version.
class WordVectors {
 public:
  static constexpr std::size_t kMostDims = 512;
  /// Rows that may be added up without the sums overflowing.
  static constexpr std::size_t kMostRows = 2048;

  static Result<WordVectors> FromBytes(std::string bytes);
  /// Requires: `bytes` live and do not change as long as the vectors and their copies.
  static Result<WordVectors> View(std::string_view bytes);

  WordVectors(WordVectors&&) noexcept = default;
  WordVectors& operator=(WordVectors&&) noexcept = default;
  WordVectors(const WordVectors&) = delete;
  WordVectors& operator=(const WordVectors&) = delete;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view version() const { return version_; }
  [[nodiscard]] std::size_t words() const { return words_; }
  [[nodiscard]] std::size_t dims() const { return dims_; }
  /// BERT's vocab.txt: a word a line, its row is the line's number.
  [[nodiscard]] std::string_view vocabulary() const { return vocabulary_; }

  /// Asks the processor for a row.
  void Prefetch(std::size_t word) const {
    const std::int8_t* row = rows_ + word * dims_;
    for (std::size_t at = 0; at < dims_; at += 64) __builtin_prefetch(row + at);
  }
  /// Adds the rows of `words` to `sums`. Requires: dims() sums; each word < words(); at most
  /// kMostRows since the sums were 0.
  void Add(std::span<const std::int32_t> words, std::span<std::int32_t> sums) const;
  /// `sums` at length kUnit; zeros if they are. Requires: equal sizes. Every machine gives the
  /// same.
  static void Normalize(std::span<const std::int32_t> sums, std::span<std::int16_t> out);
  /// Of two vectors of length kUnit or 0: their cosine times kUnit^2.
  static std::int32_t Product(std::span<const std::int16_t> a, std::span<const std::int16_t> b);

 private:
  WordVectors() = default;
  Status Parse();

  std::string owned_;
  std::string_view bytes_, vocabulary_;
  std::string name_, version_;
  std::size_t words_ = 0, dims_ = 0;
  const char* scales_ = nullptr;
  const std::int8_t* rows_ = nullptr;
};

/// The parts of a file, for writing one.
struct WordVectorParts {
  std::string name, version;
  std::vector<std::string> words;
  std::size_t dims = 16;
  std::vector<std::uint16_t> scales;  ///< one a word, at most kMaxRowScale
  std::vector<std::int8_t> rows;      ///< dims a word
};
inline constexpr std::uint16_t kMaxRowScale = 4095;
/// The bytes of the file. Requires: parts that fit together (FromBytes checks them).
std::string EncodeWordVectors(const WordVectorParts& parts);

}  // namespace hb::model
