#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "controller/exit_code.h"
#include "db/result_store.h"

namespace edgebench::controller {

// The one connection to the results, lent to one thread at a time.
class SharedStore {
 public:
  explicit SharedStore(std::unique_ptr<db::ResultStore> store) : store_(std::move(store)) {}

  // Calls body(db::ResultStore&) and answers what it answers, a Status or a
  // StatusOr. Its errors have the exit code of usage: a full disk here is no
  // fault of the device.
  template <typename Body>
  auto Use(Body&& body) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    auto answer = std::forward<Body>(body)(*store_);
    if constexpr (std::is_same_v<decltype(answer), absl::Status>) {
      return WithExitCode(std::move(answer), ExitCode::kUsage);
    } else {
      if (!answer.ok()) answer = WithExitCode(answer.status(), ExitCode::kUsage);
      return answer;
    }
  }

 private:
  absl::Mutex mutex_;
  const std::unique_ptr<db::ResultStore> store_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace edgebench::controller
