// base/mutex.h - a std::mutex that Clang's thread-safety analysis understands.
#pragma once

#include <mutex>

#if defined(__clang__)
#define HB_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define HB_THREAD_ANNOTATION_(x)
#endif

/// The member may be touched only while `m` is held.
#define HB_GUARDED_BY(m) HB_THREAD_ANNOTATION_(guarded_by(m))
/// The caller must hold `m`.
#define HB_REQUIRES(m) HB_THREAD_ANNOTATION_(requires_capability(m))

namespace hb {

class HB_THREAD_ANNOTATION_(capability("mutex")) Mutex {
 public:
  void lock() HB_THREAD_ANNOTATION_(acquire_capability()) { mutex_.lock(); }
  void unlock() HB_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope. Works with std::condition_variable_any (lock/unlock).
class HB_THREAD_ANNOTATION_(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HB_THREAD_ANNOTATION_(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() HB_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  void lock() HB_THREAD_ANNOTATION_(acquire_capability()) { mutex_.lock(); }
  void unlock() HB_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace hb
