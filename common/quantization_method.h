#pragma once

#include <string>
#include <vector>

#include "edgebench/v1/job.pb.h"

namespace edgebench {

// A setting by which two models of one precision differ, in the words of the
// command line.
struct MethodSetting {
  const char* name;   // "observer"
  std::string value;  // "histogram"; empty: does not apply, or the default
};

// All of them, always the same names in the same order. The engine is none: it
// runs a model, whoever made it.
std::vector<MethodSetting> MethodOf(const v1::JobSettings& settings);

}  // namespace edgebench
