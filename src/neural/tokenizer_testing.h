// neural/tokenizer_testing.h - what the tests of every tokenizer ask.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/allocations.h"
#include "env/env.h"
#include "neural/tokenizer.h"

namespace hb::neural {

using Ids = std::vector<std::int32_t>;

inline Ids Encode(const Tokenizer& tokenizer, std::string_view text, std::size_t max_tokens = 128) {
  Ids ids{99};
  tokenizer.Encode(text, max_tokens, ids);
  return ids;
}

/// Nothing is allocated for a text that was seen before.
inline void ExpectNoAllocation(const Tokenizer& tokenizer, std::string_view text) {
  Ids ids = Encode(tokenizer, text);
  const std::uint64_t before = ThreadAllocations();
  for (int i = 0; i < 100; ++i) tokenizer.Encode(text, 128, ids);
  EXPECT_EQ(ThreadAllocations(), before);
}

/// 1 MiB of `unit` takes less than `bound_ns` of processor time, far more than a linear way needs.
/// `max_tokens` of n bytes: factor * n + extra.
inline void ExpectLinear(const Tokenizer& tokenizer, std::string_view unit, std::size_t factor,
                         std::size_t extra, std::uint64_t bound_ns) {
  std::string text;
  while (text.size() < (1u << 20)) text += unit;
  Ids ids;
  const std::uint64_t before = ThreadCpuNanoseconds();
  tokenizer.Encode(text, text.size() * factor + extra, ids);
  EXPECT_LT(ThreadCpuNanoseconds() - before, bound_ns) << unit;
}

}  // namespace hb::neural
