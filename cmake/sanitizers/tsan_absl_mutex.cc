// Tells the thread sanitizer about absl::Mutex and absl::CondVar.
//
// Debian's Abseil is not built with the sanitizer, so whatever a Mutex guards
// looks like a race. These definitions take the place of the library's in programs
// that are built with the sanitizer, tell it who waits for whom, and call the
// library's. Conditions are evaluated by whichever thread unlocks, after it has said
// so: reads are ignored meanwhile.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>
#include <string>

#include "absl/base/options.h"
#include "absl/synchronization/mutex.h"

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

#define EDGEBENCH_TEXT(name) EDGEBENCH_TEXT_(name)
#define EDGEBENCH_TEXT_(name) #name

// The library's own function, by the part of its mangled name after the namespace.
template <typename Function>
Function TheLibrarys(const std::string& name) {
  const std::string inner = EDGEBENCH_TEXT(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string prefix = "_ZN4absl" + std::to_string(inner.size()) + inner;
  void* found = dlsym(RTLD_NEXT, (prefix + name).c_str());
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function>(found);
}

class IgnoreReads {
 public:
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static const auto real = TheLibrarys<void (*)(Mutex*)>("5Mutex4LockEv");
  real(this);
  __tsan_acquire(this);
}

void Mutex::ReaderLock() {
  static const auto real = TheLibrarys<void (*)(Mutex*)>("5Mutex10ReaderLockEv");
  real(this);
  __tsan_acquire(this);
}

bool Mutex::TryLock() {
  static const auto real = TheLibrarys<bool (*)(Mutex*)>("5Mutex7TryLockEv");
  if (!real(this)) return false;
  __tsan_acquire(this);
  return true;
}

void Mutex::Unlock() {
  static const auto real = TheLibrarys<void (*)(Mutex*)>("5Mutex6UnlockEv");
  __tsan_release(this);
  const IgnoreReads conditions;
  real(this);
}

void Mutex::ReaderUnlock() {
  static const auto real = TheLibrarys<void (*)(Mutex*)>("5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  const IgnoreReads conditions;
  real(this);
}

void Mutex::Await(const Condition& condition) {
  static const auto real =
      TheLibrarys<void (*)(Mutex*, const Condition&)>("5Mutex5AwaitERKNS0_9ConditionE");
  __tsan_release(this);
  {
    const IgnoreReads conditions;
    real(this, condition);
  }
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static const auto real = TheLibrarys<bool (*)(Mutex*, const Condition&, Duration)>(
      "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  bool holds = false;
  __tsan_release(this);
  {
    const IgnoreReads conditions;
    holds = real(this, condition, timeout);
  }
  __tsan_acquire(this);
  return holds;
}

void CondVar::Wait(Mutex* mutex) {
  static const auto real = TheLibrarys<void (*)(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  real(this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static const auto real = TheLibrarys<bool (*)(CondVar*, Mutex*, Duration)>(
      "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const auto real = TheLibrarys<bool (*)(CondVar*, Mutex*, Time)>(
      "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, deadline);
  __tsan_acquire(mutex);
  return timed_out;
}

ABSL_NAMESPACE_END
}  // namespace absl
