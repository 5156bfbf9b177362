#pragma once

#include <string>
#include <vector>

#include "edgebench/v1/result.pb.h"

namespace edgebench::agent {

// What the conditions of a measurement say of it; docs/measuring.md has the rules and
// where the thresholds are from.
struct Verdict {
  // Why it is not valid, each a code and a detail:
  //   throttled     the firmware's bits, or counters that grew, or a temperature at the trip point
  //   clock changed by more than kMostClockChange while measuring
  //   foreign load  others used more than ForeignLoadLimit cores, or what is not told apart from it
  //   steal         more than kMostSteal of the processors' time
  std::vector<std::string> reasons;
  // What could not be looked at: "throttling", "temperature", "clock", "foreign load", "steal".
  std::vector<std::string> unknown;
  // What would make figures steadier; each with a command.
  std::vector<std::string> hints;
};

// Of a result that is complete but for its verdict: telemetry, conditions, cpu_use, threads,
// environment. Pure.
Verdict Judge(const v1::JobResult& result);

// Adds the verdict to a result that has latencies; others stay as they are.
void AddVerdict(v1::JobResult& result);

// Shares of 1.
inline constexpr double kMostClockChange = 0.10;
inline constexpr double kMostSteal = 0.02;

// How many cores other processes may use while a job with so many threads has so many cores:
// a tenth of all, but no more than the job leaves free; a tenth of one core in any case.
double ForeignLoadLimit(int cores, int threads);

}  // namespace edgebench::agent
