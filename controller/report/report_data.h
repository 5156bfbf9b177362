#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/report/comparability.h"
#include "controller/report/roofline_report.h"
#include "db/result_store.h"

namespace edgebench::controller {

// How the samples of a measurement are distributed: counts between edges, in nanoseconds.
struct Histogram {
  std::vector<double> edges;  // one more than counts
  std::vector<int64_t> counts;
  int64_t beyond = 0;  // slower than the last edge
};

// Up to `most_bins` bins of equal width from the fastest sample to the 99th percentile, or to the
// slowest where that is not further away than the others are wide. nullopt below 2 samples.
std::optional<Histogram> HistogramOf(std::vector<int64_t> samples, size_t most_bins);

// A benchmark beside fp32 of the same device and settings.
struct ReportEntry {
  const db::Measurement* measurement = nullptr;
  std::string variant;  // what tells otherwise equal ones apart: "qnnpack", "pinned to 0-1"
  std::optional<size_t> baseline;  // index of the fp32 entry
  std::optional<SpeedUp> speed_up;
  std::vector<std::string> forbidding;  // why there is no speed-up
  size_t environment = 0;               // index of ReportData::environments
};

// A sentence on what the entries say.
struct ReportSentence {
  enum class Kind { kFastest, kSmallest, kTradeOff, kEnergy, kFailure, kCaution };
  Kind kind = Kind::kCaution;
  std::string text;
  std::string model, device, precision;  // what it speaks of; empty: of several
  std::vector<size_t> entries;           // what it rests on
};

struct ReportEnvironment {
  std::string device;
  v1::Environment environment;
};

// What a report shows, whatever it looks like.
struct ReportData {
  std::string title;
  absl::Time generated;
  std::vector<std::string> selection;  // phrases; empty: everything
  std::vector<ReportSentence> summary;
  std::vector<ReportEntry> entries;
  std::vector<ReportEnvironment> environments;  // by device
  struct Roofline {
    const db::Measurement* peaks = nullptr;
    std::vector<ModelRoofline> models;
  };
  std::vector<Roofline> rooflines;
};

// Of the newest measurement of each cell, of all kinds, in any order. Benchmarks are entries, in
// the order of reports, profiles and peaks make rooflines. `measurements` outlive it.
ReportData BuildReport(const std::vector<db::Measurement>& measurements, std::string title,
                       std::vector<std::string> selection, absl::Time now);

// "batch 4, image 224, 2 threads": the settings of an entry but its device, model and precision.
std::string SettingText(const db::Measurement& measurement);

}  // namespace edgebench::controller
