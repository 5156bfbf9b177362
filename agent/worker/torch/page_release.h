#pragma once

#include <functional>
#include <memory>

#include "agent/worker/torch/operator_tally.h"

namespace edgebench::worker {

// While it lives, `release` is called after each operator that this thread runs for
// itself, not for another one: of weights that lie in a file, only those of one layer
// then are in memory at a time.
class ReleaseAfterOperators {
 public:
  explicit ReleaseAfterOperators(std::function<void()> release);

 private:
  struct Tally {
    std::function<void()> release;
    int depth = 0;
  };
  using Operators = OperatorTally<Tally>;
  struct Entered final : at::ObserverContext {};

  static std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction&);
  static void OnEnd(const at::RecordFunction&, at::ObserverContext*);

  Tally tally_;
  Operators operators_;
};

}  // namespace edgebench::worker
