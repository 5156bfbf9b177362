#include "agent/worker/torch/page_release.h"

#include <memory>
#include <utility>

namespace edgebench::worker {

ReleaseAfterOperators::ReleaseAfterOperators(std::function<void()> release)
    : tally_{std::move(release)}, operators_(tally_, at::RecordFunctionCallback(OnStart, OnEnd)) {}

std::unique_ptr<at::ObserverContext> ReleaseAfterOperators::OnStart(const at::RecordFunction&) {
  ++Operators::Current().depth;
  return std::make_unique<Entered>();
}

void ReleaseAfterOperators::OnEnd(const at::RecordFunction&, at::ObserverContext*) {
  Tally& tally = Operators::Current();
  if (--tally.depth == 0) tally.release();
}

}  // namespace edgebench::worker
