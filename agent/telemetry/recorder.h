#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agent/telemetry/channel_source.h"
#include "edgebench/v1/telemetry.pb.h"

namespace edgebench::agent {

// Collects rows of what sources say. Holds at most kMostRows: when they are full, every
// second row goes and the period doubles, so that a run of any length has its course.
// Used by one thread at a time.
class Recorder {
 public:
  static constexpr size_t kMostRows = 2048;

  // Offsets count from `start_nanos`, as all times of Clock::NowNanos.
  Recorder(std::vector<std::unique_ptr<ChannelSource>> sources, int64_t start_nanos,
           int64_t period_nanos);

  void AddRow(int64_t now_nanos);
  void MarkMeasureStart(int64_t now_nanos) { measure_start_nanos_ = now_nanos; }

  // Grows when rows are thinned out.
  int64_t period_nanos() const { return period_nanos_; }
  size_t rows() const { return offsets_.size(); }

  v1::Telemetry ToProto() const;

 private:
  void ThinOut();

  const std::vector<std::unique_ptr<ChannelSource>> sources_;
  const int64_t start_nanos_;
  int64_t period_nanos_;
  std::optional<int64_t> measure_start_nanos_;
  size_t width_ = 0;  // channels of all sources
  std::vector<int64_t> offsets_;
  std::vector<double> values_;  // row by row
};

}  // namespace edgebench::agent
