// base/allocations.h - how often a thread has asked for memory, for the benchmark's account of each
// stage.
#pragma once

#include <cstdint>

namespace hb {

/// Calls of operator new by the calling thread so far; 0 in sanitizer builds, which bring their
/// own.
std::uint64_t ThreadAllocations() noexcept;

}  // namespace hb
