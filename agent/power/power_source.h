#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/power_trace.h"

namespace edgebench::agent {

// What a source is; the same as long as it lives.
struct PowerSourceInfo {
  // Kind and counted rails: "rapl:package-0", "ina3221:VDD_IN". Never empty.
  std::string name;
  std::vector<PowerRail> rails;
  // What it does not see, for people.
  std::vector<std::string> notes;
  // Reading more often tells nothing new, or costs what is to be measured.
  absl::Duration period = absl::Milliseconds(100);
};

// Something on this device that measures power or energy. One thread at a time.
class PowerSource {
 public:
  virtual ~PowerSource() = default;

  const PowerSourceInfo& info() const { return info_; }

  // What every rail says now. `now_nanos` is the time of the reading, unless the source
  // knows a better one: then two readings may have the same.
  virtual PowerSample Read(int64_t now_nanos) = 0;

  // Why the last reading lacks something; empty when it does not.
  virtual std::string Trouble() const { return ""; }

 protected:
  explicit PowerSource(PowerSourceInfo info) : info_(std::move(info)) {}

  PowerSourceInfo info_;
};

// "KIND:RAIL" with all counted rails, joined by "+".
std::string NameOfSource(const std::string& kind, const std::vector<PowerRail>& rails);

// Counts each rail that is part of none of the others.
void CountTotals(std::vector<PowerRail>& rails);

}  // namespace edgebench::agent
