#pragma once

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace edgebench {

// What the name of a device's BLAS, TorchInfo.blas, says of it.

// The end of the name of an OpenBLAS that was built with threads of its own.
inline constexpr char kOwnThreads[] = " (pthreads)";

// Many times slower than any other.
inline bool IsReferenceBlas(absl::string_view blas) { return absl::StartsWith(blas, "reference"); }

// Its threads wait by spinning beside those of OpenMP that LibTorch's other operators use, which
// wait by spinning as well: where there is no core for both, they take turns at the kernel's ticks.
inline bool CompetesWithOpenMp(absl::string_view blas) { return absl::EndsWith(blas, kOwnThreads); }

}  // namespace edgebench
