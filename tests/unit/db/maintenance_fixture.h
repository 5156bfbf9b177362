#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "db/maintenance.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench::db {

class Maintenance : public ::testing::Test {
 protected:
  static v1::JobResult Fp32(int64_t median_ns = 10'000'000, const std::string& host = "laptop") {
    return BenchmarkOf("resnet18", v1::PRECISION_FP32, median_ns, host);
  }

  // A copy as it lies on the disk, closed.
  std::string ClosedFile(const std::string& name, int measurements) {
    ResultsFile file(folder_.File(name));
    for (int i = 0; i < measurements; ++i)
      file.Store(absl::StrCat(name, i), Fp32(), absl::StrCat("run", i));
    return file.path();
  }

  TempDir folder_;
};

// The shares that a call tells of, by step, in the order of the steps.
class Told {
 public:
  StepProgress Listener() {
    return [this](const std::string& step, std::optional<double> done) {
      if (steps_.empty() || steps_.back() != step) steps_.push_back(step);
      if (done) shares_[step].push_back(*done);
    };
  }
  const std::vector<std::string>& steps() const { return steps_; }
  const std::vector<double>& SharesOf(const std::string& step) { return shares_[step]; }

 private:
  std::vector<std::string> steps_;
  std::map<std::string, std::vector<double>> shares_;
};

// Never back, never beyond the whole.
MATCHER(GrowsWithinTheWhole, "") {
  return !arg.empty() && std::is_sorted(arg.begin(), arg.end()) && arg.front() >= 0 &&
         arg.back() <= 1;
}

}  // namespace edgebench::db
