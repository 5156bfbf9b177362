#include "controller/report/report_data.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/stats.h"
#include "controller/report/comparison.h"
#include "controller/report/phrases.h"
#include "controller/report/report_order.h"
#include "controller/report/report_summary.h"
#include "controller/report/variants.h"

namespace edgebench::controller {
namespace {

// Operators of a profile with the largest shares.
constexpr int kOperators = 40;

// Everything that a reader of a matrix sees of an entry, but for its variant.
std::string KeyOf(const db::Measurement& m) {
  return absl::StrJoin({m.device, ModelText(m.result.settings()),
                        PrecisionName(PrecisionOf(m.result)), SettingText(m)},
                       "|");
}

// The engine and the method where entries differ in nothing else, then how it was placed.
void SetVariants(std::vector<ReportEntry>& entries) {
  std::map<std::string, std::vector<size_t>> alike;
  for (size_t i = 0; i < entries.size(); ++i) alike[KeyOf(*entries[i].measurement)].push_back(i);
  for (const auto& [key, indices] : alike) {
    if (indices.size() < 2) continue;
    std::vector<Variant> variants;
    for (const size_t index : indices)
      variants.push_back(VariantOf(entries[index].measurement->result));
    const std::vector<std::string> distinctions = Distinctions(variants);
    for (size_t i = 0; i < indices.size(); ++i) entries[indices[i]].variant = distinctions[i];
  }
}

std::vector<std::string> DevicesOf(const std::vector<db::Measurement>& measurements) {
  std::vector<std::string> devices;
  for (const db::Measurement& m : measurements) {
    if (std::find(devices.begin(), devices.end(), m.device) == devices.end())
      devices.push_back(m.device);
  }
  return devices;
}

// As `compare` computes them, so that both say the same.
void AddSpeedUps(const std::vector<db::Measurement>& benchmarks,
                 const std::map<int64_t, size_t>& by_id, std::vector<ReportEntry>& entries) {
  for (const ComparisonBlock& block :
       BuildComparison(benchmarks, Axis::kPrecision, DevicesOf(benchmarks))) {
    const auto baseline = std::find_if(block.columns.begin(), block.columns.end(),
                                       [](const ComparedColumn& c) { return c.is_baseline; });
    for (const ComparedColumn& column : block.columns) {
      const auto found = by_id.find(column.measurement.id);
      if (found == by_id.end() || column.is_baseline) continue;
      ReportEntry& entry = entries[found->second];
      entry.speed_up = column.speed_up;
      entry.forbidding = column.forbidding;
      if (baseline == block.columns.end()) continue;
      const auto base = by_id.find(baseline->measurement.id);
      if (base != by_id.end()) entry.baseline = base->second;
    }
  }
}

// Each content once for each device.
size_t EnvironmentIndex(const db::Measurement& m, std::vector<ReportEnvironment>& environments) {
  v1::Environment environment = m.result.environment();
  environment.mutable_host()->clear_memory_available_bytes();
  environment.mutable_host()->clear_free_disk_bytes();
  const std::string content = environment.SerializeAsString();
  for (size_t i = 0; i < environments.size(); ++i) {
    if (environments[i].device == m.device &&
        environments[i].environment.SerializeAsString() == content)
      return i;
  }
  environments.push_back({m.device, std::move(environment)});
  return environments.size() - 1;
}

void AddEnvironments(ReportData& report) {
  std::map<std::string, std::vector<ReportEntry*>> by_device;
  for (ReportEntry& entry : report.entries) by_device[entry.measurement->device].push_back(&entry);
  for (const auto& [device, entries] : by_device) {
    for (ReportEntry* const entry : entries)
      entry->environment = EnvironmentIndex(*entry->measurement, report.environments);
  }
}

void AddRooflines(const std::vector<const db::Measurement*>& measurements, ReportData& report) {
  for (const db::Measurement* const peaks : measurements) {
    if (peaks->result.settings().kind() != v1::JOB_KIND_ROOFLINE) continue;
    ReportData::Roofline roofline;
    roofline.peaks = peaks;
    for (const db::Measurement* const profile : measurements) {
      if (!profile->result.has_profile() || profile->device != peaks->device ||
          !PeaksHoldFor(peaks->result, profile->result))
        continue;
      const Roof roof = RoofOf(peaks->result.peaks(), profile->result.threads());
      roofline.models.push_back(PlaceModel(*profile, roof, kOperators));
    }
    if (!roofline.models.empty()) report.rooflines.push_back(std::move(roofline));
  }
}

}  // namespace

std::optional<Histogram> HistogramOf(std::vector<int64_t> samples, size_t most_bins) {
  if (samples.size() < 2 || most_bins == 0) return std::nullopt;
  std::sort(samples.begin(), samples.end());
  const auto low = static_cast<double>(samples.front());
  double high = *Quantile(samples, 0.99);
  const auto slowest = static_cast<double>(samples.back());
  // A tail that is no longer than the rest is wide belongs to the picture.
  if (slowest - low <= 2 * (high - low)) high = slowest;
  if (!(high > low)) high = low + 1;
  // As many bins as tell something of so many samples.
  const size_t bins =
      std::min(most_bins, std::max<size_t>(5, static_cast<size_t>(samples.size() / 4)));
  Histogram histogram;
  const double width = (high - low) / static_cast<double>(bins);
  for (size_t i = 0; i <= bins; ++i)
    histogram.edges.push_back(i == bins ? high : low + width * static_cast<double>(i));
  histogram.counts.assign(bins, 0);
  for (const int64_t sample : samples) {
    const auto value = static_cast<double>(sample);
    if (value > high) {
      ++histogram.beyond;
    } else {
      const auto bin = static_cast<size_t>((value - low) / width);
      ++histogram.counts[std::min(bin, bins - 1)];
    }
  }
  return histogram;
}

std::string SettingText(const db::Measurement& measurement) {
  const v1::JobSettings& settings = measurement.result.settings();
  std::vector<std::string> parts;
  const auto add = [&parts](const char* name, bool has, const auto& value) {
    if (has) parts.push_back(absl::StrCat(name, " ", value));
  };
  add("batch", settings.has_batch(), settings.batch());
  add("image", settings.has_image_size(), settings.image_size());
  add("length", settings.has_seq_len(), settings.seq_len());
  add("frames", settings.has_frames(), settings.frames());
  if (settings.has_decoding()) parts.push_back(DecodingText(settings));
  if (const auto threads = ThreadsOf(measurement.result))
    parts.push_back(absl::StrCat(*threads, *threads == 1 ? " thread" : " threads"));
  if (!settings.target().empty() && settings.target() != "cpu") parts.push_back(settings.target());
  for (std::string text : {ScenarioText(settings), PlacementText(settings)})
    if (!text.empty()) parts.push_back(std::move(text));
  return absl::StrJoin(parts, ", ");
}

ReportData BuildReport(const std::vector<db::Measurement>& measurements, std::string title,
                       std::vector<std::string> selection, absl::Time now) {
  ReportData report;
  report.title = std::move(title);
  report.selection = std::move(selection);
  report.generated = now;
  const std::vector<const db::Measurement*> ordered = InOrderOfReport(measurements);
  std::vector<db::Measurement> benchmarks;
  std::map<int64_t, size_t> by_id;
  for (const db::Measurement* const m : ordered) {
    if (m->result.settings().kind() != v1::JOB_KIND_BENCHMARK) continue;
    by_id[m->id] = report.entries.size();
    report.entries.emplace_back().measurement = m;
    benchmarks.push_back(*m);
  }
  AddEnvironments(report);
  SetVariants(report.entries);
  AddSpeedUps(benchmarks, by_id, report.entries);
  AddRooflines(ordered, report);
  report.summary = SummaryOf(report.entries, report.environments);
  return report;
}

}  // namespace edgebench::controller
