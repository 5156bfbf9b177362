#include "agent/worker/torch/onednn_guard.h"

#include <ATen/Version.h>

#include <cstdlib>
#include <string>

#include "absl/strings/match.h"

namespace edgebench::worker {

void KeepOneDnnFromFaultyKernels() {
#if defined(__x86_64__)
  const bool is_version_2 = absl::StrContains(at::get_mkldnn_version(), "DNN v2.");
  const bool user_chose =
      std::getenv("ONEDNN_MAX_CPU_ISA") != nullptr || std::getenv("DNNL_MAX_CPU_ISA") != nullptr;
  // oneDNN reads it once, when its first primitive is made.
  if (is_version_2 && !user_chose) ::setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", 0);
#endif
}

}  // namespace edgebench::worker
