#include "base/allocations.h"

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

namespace hb {
std::uint64_t ThreadAllocations() noexcept { return 0; }
}  // namespace hb

#else

namespace {

thread_local std::uint64_t allocations = 0;

void* Allocate(std::size_t bytes, std::size_t alignment) noexcept {
  ++allocations;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes == 0 ? 1 : bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* AllocateOrThrow(std::size_t bytes, std::size_t alignment) {
  if (void* memory = Allocate(bytes, alignment)) return memory;
  throw std::bad_alloc();  // What the language asks of operator new.
}

}  // namespace

// The replaceable forms of [new.delete]; the array and nothrow forms call these.
void* operator new(std::size_t bytes) { return AllocateOrThrow(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return AllocateOrThrow(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace hb {
std::uint64_t ThreadAllocations() noexcept { return allocations; }
}  // namespace hb

#endif
