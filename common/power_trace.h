#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace edgebench {

// What a meter said over some time: the input of MeasureEnergy.

// One sensor of a meter.
struct PowerRail {
  enum class Quantity {
    kWatts,   // power at the moment, or averaged over a short time before it
    kJoules,  // a counter of energy since whenever
  };
  std::string name;  // as the kernel or the chip calls it
  Quantity quantity = Quantity::kWatts;
  // The rail whose figure includes this one; empty for a total.
  std::string part_of;
  // Added to the meter's figure. At most one of a total and its parts is.
  bool counted = false;
  // A counter that has reached this goes on from 0. 0: it does not wrap.
  double wraps_at_joules = 0;
};

// The readings of all rails at one moment. Absent: could not be read.
struct PowerSample {
  int64_t time_nanos = 0;  // on Clock::NowNanos
  std::vector<std::optional<double>> values;
};

struct PowerTrace {
  std::string source;  // "rapl:package-0"
  std::vector<PowerRail> rails;
  std::vector<PowerSample> samples;
  std::vector<std::string> notes;
  // What went wrong with the meter in the end; empty when nothing did.
  std::string trouble;
};

// A span on Clock::NowNanos.
struct TimeWindow {
  int64_t start_nanos = 0;
  int64_t end_nanos = 0;
  double seconds() const { return static_cast<double>(end_nanos - start_nanos) / 1e9; }
};

}  // namespace edgebench
