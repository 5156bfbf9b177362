#include "controller/report/export.h"

#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/stats.h"
#include "controller/report/csv.h"
#include "controller/report/measurement_json.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

constexpr ExportColumn kSampleColumns[] = {{"measurement", "int64", ""},
                                           {"process", "int64", ""},
                                           {"position", "int64", ""},
                                           {"ns", "int64", ""},
                                           {"job_id", "string", ""}};

// "" for null.
std::string FieldOf(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return CsvField(value.get_ref<const std::string&>());
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const Json& part : value)
      parts.push_back(part.is_string() ? part.get<std::string>() : part.dump());
    return parts.empty() ? "" : CsvField(absl::StrJoin(parts, "; "));
  }
  return value.dump();
}

std::string FieldAt(const Json& measurement, const ExportColumn& column) {
  const Json::json_pointer at(column.at);
  return measurement.contains(at) ? FieldOf(measurement.at(at)) : "";
}

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// "resnet18/int8-static/onednn/batch:4/image_size:224/threads:2/local": as names of Google
// Benchmark, whose parts are set apart by slashes.
std::string BenchmarkName(const db::Measurement& measurement) {
  const v1::JobSettings& settings = measurement.result.settings();
  std::vector<std::string> parts = {settings.model().display_name(),
                                    PrecisionName(PrecisionOf(measurement.result))};
  if (!measurement.result.engine().empty()) parts.push_back(measurement.result.engine());
  parts.push_back(absl::StrCat("batch:", settings.batch()));
  if (settings.has_image_size())
    parts.push_back(absl::StrCat("image_size:", settings.image_size()));
  if (settings.has_seq_len()) parts.push_back(absl::StrCat("seq_len:", settings.seq_len()));
  if (settings.has_frames()) parts.push_back(absl::StrCat("frames:", settings.frames()));
  if (const auto threads = ThreadsOf(measurement.result))
    parts.push_back(absl::StrCat("threads:", *threads));
  parts.push_back(measurement.device);
  return absl::StrJoin(parts, "/");
}

Json BenchmarkEntry(const std::string& name, const std::string& run_type, size_t repetitions,
                    double nanos, int64_t iterations) {
  Json entry;
  entry["name"] = name;
  entry["run_name"] = name;
  entry["run_type"] = run_type;
  entry["repetitions"] = repetitions;
  entry["threads"] = 1;
  entry["iterations"] = iterations;
  entry["real_time"] = nanos;
  entry["cpu_time"] = nanos;
  entry["time_unit"] = "ns";
  return entry;
}

void AddAggregate(const std::string& name, const char* aggregate, size_t repetitions,
                  std::optional<double> nanos, Json& entries) {
  if (!nanos) return;
  Json entry =
      BenchmarkEntry(name, "aggregate", repetitions, *nanos, static_cast<int64_t>(repetitions));
  entry["name"] = absl::StrCat(name, "_", aggregate);
  entry["aggregate_name"] = aggregate;
  entries.push_back(std::move(entry));
}

void AddBenchmark(const db::Measurement& measurement, Json& entries) {
  const std::string name = BenchmarkName(measurement);
  const size_t repetitions = measurement.processes.size();
  for (size_t process = 0; process < repetitions; ++process) {
    const std::vector<int64_t>& samples = measurement.processes[process];
    const std::optional<double> median = Median(samples);
    if (!median) continue;
    Json entry = BenchmarkEntry(name, "iteration", repetitions, *median,
                                static_cast<int64_t>(samples.size()));
    entry["repetition_index"] = process;
    entries.push_back(std::move(entry));
  }
  AddAggregate(name, "mean", repetitions, measurement.latency.mean_ns, entries);
  AddAggregate(name, "median", repetitions, measurement.latency.median_ns, entries);
  AddAggregate(name, "stddev", repetitions, measurement.latency.stddev_ns, entries);
}

Json SchemaOf(const ExportColumn* columns, size_t count) {
  Json schema = Json::array();
  for (size_t i = 0; i < count; ++i)
    schema.push_back({{"name", columns[i].name}, {"type", columns[i].type}, {"nullable", true}});
  return schema;
}

}  // namespace

const std::vector<ExportColumn>& ExportColumns() {
  static const auto* const columns = new std::vector<ExportColumn>{
      {"run_id", "string", "/run_id"},
      {"run_name", "string", "/run_name"},
      {"tags", "string", "/tags"},
      {"trial", "bool", "/trial"},
      {"job_id", "string", "/job_id"},
      {"stored_time", "string", "/stored_time"},
      {"kind", "string", "/kind"},
      {"device", "string", "/device"},
      {"model", "string", "/model"},
      {"model_digest", "string", "/model_digest"},
      {"precision", "string", "/precision"},
      {"target", "string", "/target"},
      {"engine", "string", "/engine"},
      {"threads", "int64", "/threads"},
      {"pin_cpus", "string", "/pin_cpus"},
      {"nice", "int64", "/nice"},
      {"huge_pages", "string", "/huge_pages"},
      {"batch", "int64", "/batch"},
      {"image_size", "int64", "/image_size"},
      {"seq_len", "int64", "/seq_len"},
      {"frames", "int64", "/frames"},
      {"ctc_weight", "float64", "/decoding/ctc_weight"},
      {"lm_weight", "float64", "/decoding/lm_weight"},
      {"beam", "int64", "/decoding/beam"},
      {"optimize", "string", "/optimize"},
      {"scenario", "string", "/scenario"},
      {"outcome", "string", "/outcome"},
      {"stage", "string", "/stage"},
      {"message", "string", "/message"},
      {"valid", "bool", "/validity/valid"},
      {"invalid_because", "string", "/validity/reasons"},
      {"latency_median_ns", "float64", "/latency_ns/median"},
      {"latency_ci95_low_ns", "int64", "/latency_ns/ci95_low"},
      {"latency_ci95_high_ns", "int64", "/latency_ns/ci95_high"},
      {"latency_mean_ns", "float64", "/latency_ns/mean"},
      {"latency_stddev_ns", "float64", "/latency_ns/stddev"},
      {"latency_min_ns", "int64", "/latency_ns/min"},
      {"latency_p90_ns", "float64", "/latency_ns/p90"},
      {"latency_p99_ns", "float64", "/latency_ns/p99"},
      {"samples", "int64", "/latency_ns/samples"},
      {"processes", "int64", "/latency_ns/processes"},
      {"real_time_factor", "float64", "/real_time_factor"},
      {"per_second", "float64", "/throughput/per_second"},
      {"per_second_low", "float64", "/throughput/per_second_low"},
      {"per_second_high", "float64", "/throughput/per_second_high"},
      {"cold_start_ns", "int64", "/cold/start_ns"},
      {"cold_load_ns", "int64", "/cold/load_ns"},
      {"cold_first_ns", "int64", "/cold/first_ns"},
      {"model_bytes", "int64", "/model_bytes"},
      {"fp32_model_bytes", "int64", "/fp32_model_bytes"},
      {"parameters", "int64", "/parameters"},
      {"flops", "int64", "/flops"},
      {"peak_rss_bytes", "int64", "/peak_rss_bytes"},
      {"model_memory_bytes", "int64", "/model_memory_bytes"},
      {"quantize_duration_ns", "int64", "/quantize_duration_ns"},
      {"sqnr_db", "float64", "/parity/sqnr_db"},
      {"cosine", "float64", "/parity/cosine"},
      {"top1_agreement", "float64", "/parity/top1_agreement"},
      {"covered_ops", "int64", "/coverage/covered_ops"},
      {"int8_ops", "int64", "/coverage/int8_ops"},
      {"total_ops", "int64", "/coverage/total_ops"},
      {"joules_per_inference", "float64", "/energy/joules_per_inference"},
      {"joules_per_inference_low", "float64", "/energy/joules_per_inference_low"},
      {"joules_per_inference_high", "float64", "/energy/joules_per_inference_high"},
      {"mean_watts", "float64", "/energy/mean_watts"},
      {"energy_source", "string", "/energy/source"},
      {"hostname", "string", "/environment/hostname"},
      {"architecture", "string", "/environment/architecture"},
      {"cpu_model", "string", "/environment/cpu_model"},
      {"kernel", "string", "/environment/kernel"},
      {"os", "string", "/environment/os"},
      {"governor", "string", "/environment/governor"},
      {"libtorch", "string", "/environment/libtorch"},
      {"blas", "string", "/environment/blas"},
      {"agent_version", "string", "/environment/agent_version"},
  };
  return *columns;
}

std::string MeasurementsCsv(const std::vector<db::Measurement>& measurements) {
  std::string csv = absl::StrJoin(
      ExportColumns(), ",", [](std::string* out, const auto& column) { out->append(column.name); });
  csv += '\n';
  for (const db::Measurement& measurement : measurements) {
    const Json json = MeasurementJson(measurement);
    absl::StrAppend(&csv,
                    absl::StrJoin(ExportColumns(), ",",
                                  [&json](std::string* out, const auto& column) {
                                    out->append(FieldAt(json, column));
                                  }),
                    "\n");
  }
  return csv;
}

std::string MeasurementsJsonLines(const std::vector<db::Measurement>& measurements) {
  std::string lines;
  for (const db::Measurement& measurement : measurements) {
    Json json = {{"schema_version", kJsonSchemaVersion}};
    json.update(MeasurementJson(measurement));
    lines += Line(json);
  }
  return lines;
}

Json GoogleBenchmarkDocument(const std::vector<db::Measurement>& measurements, absl::Time now) {
  Json document;
  Json& context = document["context"];
  context["date"] = absl::FormatTime(absl::RFC3339_sec, now, absl::LocalTimeZone());
  context["executable"] = "edgebench export";
  context["library_build_type"] = "release";
  context["cpu_time"] = "not measured: repeats real_time, which readers of this format need";
  document["benchmarks"] = Json::array();
  for (const db::Measurement& measurement : measurements) {
    if (measurement.result.outcome() == v1::OUTCOME_OK && measurement.latency.samples > 0)
      AddBenchmark(measurement, document["benchmarks"]);
  }
  return document;
}

void WriteSamplesCsv(const std::vector<db::Measurement>& measurements, std::ostream& out) {
  out << absl::StrJoin(kSampleColumns, ",", [](std::string* line, const auto& column) {
    line->append(column.name);
  }) << '\n';
  for (size_t row = 0; row < measurements.size(); ++row) {
    const db::Measurement& measurement = measurements[row];
    const std::string job_id = CsvField(measurement.job_id);
    for (size_t process = 0; process < measurement.processes.size(); ++process) {
      const std::vector<int64_t>& samples = measurement.processes[process];
      for (size_t i = 0; i < samples.size(); ++i)
        out << row << ',' << process << ',' << i << ',' << samples[i] << ',' << job_id << '\n';
    }
  }
}

Json TableSchemas() {
  Json document = {{"schema_version", kJsonSchemaVersion}};
  const auto& columns = ExportColumns();
  document["tables"] = Json::array();
  document["tables"].push_back(
      {{"file", "measurements.csv"}, {"columns", SchemaOf(columns.data(), columns.size())}});
  document["tables"].push_back(
      {{"file", "samples.csv"}, {"columns", SchemaOf(kSampleColumns, std::size(kSampleColumns))}});
  return document;
}

}  // namespace edgebench::controller
