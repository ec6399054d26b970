// base/lazy.h - a value that is made when it is first asked for.
#pragma once

#include <mutex>
#include <optional>

namespace hb {

/// Holds a T that is default-constructed by the first look at it: what costs time and memory to
/// make costs nothing where nobody asks.
///
/// Threads  Any: the first makes it, others that come meanwhile wait.
template <typename T>
class Lazy {
 public:
  const T& operator*() const {
    std::call_once(once_, [this] { value_.emplace(); });
    return *value_;
  }
  const T* operator->() const { return &**this; }

 private:
  mutable std::once_flag once_;
  mutable std::optional<T> value_;
};

}  // namespace hb
