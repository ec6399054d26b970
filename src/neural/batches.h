// neural/batches.h - which texts a network reads together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hb::neural {

/// Texts cut into batches of like length, in a few fixed shapes: the runtime keeps code and memory
/// for every shape it has met.
///
/// Threads  One thread at a time. Keep one for many calls: a steady state allocates nothing.
class BatchPlan {
 public:
  struct Batch {
    std::size_t begin = 0;   ///< in order()
    std::size_t rows = 0;    ///< 1, 4 or 16
    std::size_t tokens = 0;  ///< what each row is filled up to: PaddedLength
  };
  static constexpr std::size_t kMostRows = 16;
  /// No batch has more than these, unless it is one row.
  static constexpr std::size_t kMostTokens = 2048;

  /// Plans texts of these lengths, none above `most`, so that least is computed. Cost: O(n log n).
  void Make(std::span<const std::uint32_t> lengths, std::size_t most);

  [[nodiscard]] std::span<const Batch> batches() const { return batches_; }
  /// Numbers of the texts, longest first; a batch is `rows` neighbours of it.
  [[nodiscard]] std::span<const std::uint32_t> order() const { return order_; }

  /// The next of 13 lengths from 8 to 128, then of 192, 256, 384, 512 and so on; at most `most`.
  static std::size_t PaddedLength(std::size_t length, std::size_t most);

 private:
  std::vector<std::uint32_t> order_;
  std::vector<std::uint64_t> cost_;  // Of the texts from here on in order_, at best.
  std::vector<std::uint8_t> rows_;   // Of the first batch that does so.
  std::vector<Batch> batches_;
};

}  // namespace hb::neural
