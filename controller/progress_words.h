#pragma once

#include <cstdint>
#include <string>

#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// How far a job is, in words.

// "measuring", "quantizing".
std::string StageWords(v1::Stage stage);
// ", 120 samples ± 2.1 %, 45 %"; empty where nothing is known.
std::string ProgressWords(const v1::Progress& progress);
// "12 s", "3 min 05 s", "1 h 20 min".
std::string ShortDuration(int64_t nanos);

}  // namespace edgebench::controller
