#include "controller/report/measurement_json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/job_result.h"
#include "common/names.h"
#include "controller/report/conditions_json.h"
#include "controller/report/course.h"
#include "controller/report/energy_json.h"
#include "controller/report/json_values.h"
#include "controller/report/phrases.h"
#include "controller/report/profile_json.h"
#include "controller/report/quantization_json.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

Json LatencyJson(const LatencySummary& latency) {
  if (latency.samples == 0) return nullptr;
  Json json;
  json["median"] = OrNull(latency.median_ns);
  json["mean"] = OrNull(latency.mean_ns);
  json["stddev"] = OrNull(latency.stddev_ns);
  json["p90"] = OrNull(latency.p90_ns);
  json["p99"] = OrNull(latency.p99_ns);
  json["min"] = OrNull(latency.min_ns);
  json["ci95_low"] = latency.ci95_ns ? Json(latency.ci95_ns->low) : Json(nullptr);
  json["ci95_high"] = latency.ci95_ns ? Json(latency.ci95_ns->high) : Json(nullptr);
  json["samples"] = latency.samples;
  json["processes"] = latency.processes;
  return json;
}

Json StagesJson(const v1::JobResult& result) {
  Json json = Json::array();
  for (const v1::StageReport& stage : result.stages()) {
    json.push_back(
        {{"name", StageName(stage.stage())},
         {"duration_ns", stage.duration_ns()},
         {"peak_rss_bytes", OrNull(stage.has_peak_rss_bytes(), stage.peak_rss_bytes())}});
  }
  return json;
}

Json ValidityJson(const v1::JobResult& result) {
  if (!result.has_validity()) return nullptr;
  Json json;
  json["valid"] = result.validity().valid();
  json["reasons"] = Json::array();
  for (const std::string& reason : result.validity().reasons()) json["reasons"].push_back(reason);
  return json;
}

Json ColdJson(const v1::JobResult& result) {
  if (!result.has_cold()) return nullptr;
  const v1::ColdStart& cold = result.cold();
  return {{"start_ns", cold.start_ns()},
          {"load_ns", cold.load_ns()},
          {"first_ns", cold.first_ns()},
          {"second_ns", cold.second_ns()}};
}

Json ThroughputJson(const v1::JobResult& result) {
  if (!result.has_throughput()) return nullptr;
  const v1::Throughput& throughput = result.throughput();
  Json json;
  json["streams"] = throughput.streams();
  json["inferences"] = throughput.inferences();
  json["window_ns"] = throughput.window_ns();
  json["per_second"] = throughput.per_second();
  json["per_second_low"] = OrNull(throughput.has_per_second_low(), throughput.per_second_low());
  json["per_second_high"] = OrNull(throughput.has_per_second_high(), throughput.per_second_high());
  return json;
}

Json ServerJson(const v1::JobResult& result) {
  if (!result.has_server()) return nullptr;
  const v1::ServerReport& server = result.server();
  Json json;
  json["latency_bound_ns"] = server.latency_bound_ns();
  json["streams"] = server.streams();
  json["rate_per_second"] = OrNull(server.has_rate_per_second(), server.rate_per_second());
  json["failing_rate_per_second"] =
      OrNull(server.has_failing_rate_per_second(), server.failing_rate_per_second());
  json["trials"] = Json::array();
  for (const v1::ServerReport::Trial& trial : server.trials()) {
    json["trials"].push_back({{"rate_per_second", trial.rate_per_second()},
                              {"queries", trial.queries()},
                              {"overruns", trial.overruns()},
                              {"held", trial.held()},
                              {"median_ns", OrNull(trial.has_median_ns(), trial.median_ns())},
                              {"p99_ns", OrNull(trial.has_p99_ns(), trial.p99_ns())}});
  }
  return json;
}

Json CourseJson(const db::Measurement& measurement) {
  const std::vector<CoursePart> course = CourseOf(measurement);
  if (course.empty()) return nullptr;
  Json json = Json::array();
  for (const CoursePart& part : course) {
    json.push_back({{"from_ns", part.from_ns},
                    {"to_ns", part.to_ns},
                    {"median_ns", part.median_ns},
                    {"clock_hz", OrNull(part.clock_hz)},
                    {"temperature_degc", OrNull(part.temperature_degc)}});
  }
  return json;
}

// As asked, where a device has not answered: what it was to choose is null.
Json DecodingJson(const v1::JobSettings& settings) {
  if (!settings.has_decoding()) return nullptr;
  const v1::Decoding& decoding = settings.decoding();
  Json json;
  json["ctc_weight"] = OrNull(decoding.has_ctc_weight(), decoding.ctc_weight());
  json["lm_weight"] = OrNull(decoding.has_lm_weight(), decoding.lm_weight());
  json["beam"] = OrNull(decoding.has_beam(), decoding.beam());
  return json;
}

void AddSettings(const v1::JobResult& result, Json& json) {
  const v1::JobSettings& settings = result.settings();
  json["target"] = OrNull(settings.target());
  json["engine"] = OrNull(result.engine());
  json["threads"] = OrNull(result.threads() > 0, result.threads());
  json["pin_cpus"] = OrNull(settings.pin_cpus());
  json["nice"] = OrNull(settings.has_niceness(), settings.niceness());
  json["huge_pages"] = OrNull(HugePagesName(settings.huge_pages()));
  json["batch"] = OrNull(settings.has_batch(), settings.batch());
  json["image_size"] = OrNull(settings.has_image_size(), settings.image_size());
  json["seq_len"] = OrNull(settings.has_seq_len(), settings.seq_len());
  json["frames"] = OrNull(settings.has_frames(), settings.frames());
  json["decoding"] = DecodingJson(settings);
  json["optimize"] = OrNull(OptimizeName(result.optimize()));
  json["scenario"] = OrNull(ScenarioName(settings.scenario()));
  json["seed"] = OrNull(settings.has_seed(), settings.seed());
}

Json WeightsJson(const v1::JobSettings& settings) {
  if (!settings.has_weights()) return nullptr;
  return {{"name", settings.weights_name()}, {"sha256", settings.weights().sha256()}};
}

Json NotMeasuredJson(const CellReport& report) {
  const v1::JobSettings& settings = report.cell.settings;
  static constexpr const char* kStates[] = {"not_run", "measured", "skipped", "refused",
                                            "left_running"};
  const bool skipped = report.state == CellReport::State::kSkipped;
  Json json;
  json["device"] = report.device;
  json["model"] = settings.model().display_name();
  json["precision"] = OrNull(PrecisionName(settings.precision()));
  json["engine"] = OrNull(settings.engine());
  json["threads"] = OrNull(settings.has_threads(), settings.threads());
  json["batch"] = OrNull(settings.has_batch(), settings.batch());
  json["image_size"] = OrNull(settings.has_image_size(), settings.image_size());
  json["seq_len"] = OrNull(settings.has_seq_len(), settings.seq_len());
  json["frames"] = OrNull(settings.has_frames(), settings.frames());
  json["decoding"] = DecodingJson(settings);
  json["state"] = kStates[static_cast<int>(report.state)];
  json["job_id"] = OrNull(report.job_id);
  json["reason"] = skipped ? report.skipped_because : std::string(report.status.message());
  return json;
}

Json NewDocument() {
  Json document;
  document["schema_version"] = kJsonSchemaVersion;
  return document;
}

Json HostJson(const v1::HostInfo& host) {
  Json json;
  json["hostname"] = OrNull(host.hostname());
  json["architecture"] = OrNull(host.architecture());
  json["cpu_model"] = OrNull(host.cpu_model());
  json["physical_cores"] = OrNull(host.has_physical_cores(), host.physical_cores());
  json["logical_cores"] = OrNull(host.has_logical_cores(), host.logical_cores());
  json["usable_cores"] = OrNull(host.has_usable_cores(), host.usable_cores());
  json["memory_bytes"] = OrNull(host.has_memory_bytes(), host.memory_bytes());
  json["memory_available_bytes"] =
      OrNull(host.has_memory_available_bytes(), host.memory_available_bytes());
  json["swap_bytes"] = OrNull(host.has_swap_bytes(), host.swap_bytes());
  json["kernel"] = OrNull(host.kernel());
  json["os"] = OrNull(host.os());
  json["free_disk_bytes"] = OrNull(host.has_free_disk_bytes(), host.free_disk_bytes());
  json["governor"] = OrNull(host.governor());
  AddProcessorFacts(host, json);
  return json;
}

Json TorchJson(const v1::TorchInfo& torch) {
  Json json;
  json["version"] = OrNull(torch.version());
  json["build"] = OrNull(torch.build());
  json["blas"] = OrNull(torch.blas());
  json["blas_path"] = OrNull(torch.blas_path());
  json["quantized_engines"] = Json::array();
  for (const std::string& engine : torch.quantized_engines())
    json["quantized_engines"].push_back(engine);
  json["default_engine"] = OrNull(torch.default_engine());
  json["cpu_capability"] = OrNull(torch.cpu_capability());
  json["built_with_cuda"] = torch.built_with_cuda();
  json["cuda_devices"] = Json::array();
  for (const v1::CudaDevice& cuda : torch.cuda_devices()) {
    json["cuda_devices"].push_back(
        {{"index", cuda.index()},
         {"name", OrNull(cuda.name())},
         {"memory_bytes", OrNull(cuda.memory_bytes() > 0, cuda.memory_bytes())},
         {"compute_capability", OrNull(cuda.compute_capability())}});
  }
  return json;
}

}  // namespace

Json EnvironmentJson(const v1::Environment& environment) {
  Json json;
  json["agent_version"] = OrNull(environment.agent_version());
  json["hostname"] = OrNull(environment.host().hostname());
  json["architecture"] = OrNull(environment.host().architecture());
  json["cpu_model"] = OrNull(environment.host().cpu_model());
  json["kernel"] = OrNull(environment.host().kernel());
  json["os"] = OrNull(environment.host().os());
  json["governor"] = OrNull(environment.host().governor());
  json["libtorch"] = OrNull(environment.torch().version());
  json["blas"] = OrNull(environment.torch().blas());
  AddProcessorFacts(environment.host(), json);
  return json;
}

Json MeasurementJson(const db::Measurement& measurement, Series series) {
  const v1::JobResult& result = measurement.result;
  const v1::ModelFacts& model = result.model();
  Json json;
  json["job_id"] = measurement.job_id;
  json["run_id"] = measurement.run_id;
  json["run_name"] = OrNull(measurement.labels.name);
  json["tags"] = measurement.labels.tags;
  json["note"] = OrNull(measurement.labels.note);
  json["trial"] = measurement.labels.trial;
  json["stored_time"] = Rfc3339(measurement.stored_time);
  json["kind"] = OrNull(JobKindName(result.settings().kind()));
  json["device"] = measurement.device;
  json["model"] = OrNull(result.settings().model().display_name());
  json["model_digest"] = OrNull(result.settings().model().artifact().sha256());
  json["weights"] = WeightsJson(result.settings());
  json["precision"] = OrNull(PrecisionName(PrecisionOf(result)));
  AddSettings(result, json);
  json["outcome"] = OutcomeName(result.outcome());
  json["stage"] = OrNull(StageName(result.stage()));
  json["message"] = OrNull(result.message());
  json["verdict"] = VerdictText(measurement);
  json["model_bytes"] = OrNull(model.has_model_bytes(), model.model_bytes());
  json["fp32_model_bytes"] = OrNull(model.has_fp32_model_bytes(), model.fp32_model_bytes());
  json["parameters"] = OrNull(model.has_parameters(), model.parameters());
  json["flops"] = OrNull(model.has_flops(), model.flops());
  json["peak_rss_bytes"] = OrNull(result.has_peak_rss_bytes(), result.peak_rss_bytes());
  json["model_memory_bytes"] = OrNull(ModelMemoryBytes(result));
  json["job_peak_rss_bytes"] = OrNull(result.has_job_peak_rss_bytes(), result.job_peak_rss_bytes());
  json["huge_page_bytes"] = OrNull(result.has_huge_page_bytes(), result.huge_page_bytes());
  json["quantize_duration_ns"] =
      OrNull(result.has_quantize_duration_ns(), result.quantize_duration_ns());
  json["stages"] = StagesJson(result);
  json["latency_ns"] = LatencyJson(measurement.latency);
  json["cold"] = ColdJson(result);
  json["throughput"] = ThroughputJson(result);
  json["server"] = ServerJson(result);
  json["course"] = CourseJson(measurement);
  json["audio_ns"] = OrNull(model.has_audio_ns(), model.audio_ns());
  json["real_time_factor"] = OrNull(RealTimeFactor(measurement));
  json["energy"] = EnergyJson(result.energy());
  json["energy_reason"] = OrNull(result.energy().reason());
  json["parity"] = ParityJson(result);
  json["validity"] = ValidityJson(result);
  json["coverage"] = CoverageJson(result);
  AddQuantization(result, json);
  json["notes"] = Json::array();
  for (const std::string& note : result.notes()) json["notes"].push_back(note);
  json["profile"] = result.has_profile() ? ProfileJson(measurement) : Json(nullptr);
  json["peaks"] = PeaksJson(result.peaks());
  json["environment"] = EnvironmentJson(result.environment());
  AddConditions(result, series == Series::kWhole, json);
  return json;
}

Json MeasurementsDocument(const std::vector<db::Measurement>& measurements, Series series) {
  Json document = NewDocument();
  document["measurements"] = Json::array();
  for (const db::Measurement& measurement : measurements)
    document["measurements"].push_back(MeasurementJson(measurement, series));
  return document;
}

Json BenchDocument(const std::string& run_id, const std::vector<CellReport>& reports) {
  Json document = NewDocument();
  document["run_id"] = run_id;
  document["measurements"] = Json::array();
  document["not_measured"] = Json::array();
  for (const CellReport& report : reports) {
    if (report.measurement) {
      document["measurements"].push_back(MeasurementJson(*report.measurement));
    } else {
      document["not_measured"].push_back(NotMeasuredJson(report));
    }
  }
  return document;
}

Json QuantizeDocument(const db::Measurement& measurement, const std::string& output_path) {
  const v1::JobResult& result = measurement.result;
  const v1::ModelFacts& model = result.model();
  Json document = NewDocument();
  document["job_id"] = measurement.job_id;
  document["device"] = measurement.device;
  document["model"] = result.settings().model().display_name();
  document["weights"] = WeightsJson(result.settings());
  document["precision"] = OrNull(PrecisionName(PrecisionOf(result)));
  document["engine"] = OrNull(result.engine());
  document["outcome"] = OutcomeName(result.outcome());
  document["message"] = OrNull(result.message());
  document["duration_ns"] =
      OrNull(result.has_quantize_duration_ns(), result.quantize_duration_ns());
  document["peak_rss_bytes"] = OrNull(result.has_peak_rss_bytes(), result.peak_rss_bytes());
  document["model_bytes"]["before"] =
      OrNull(model.has_fp32_model_bytes(), model.fp32_model_bytes());
  document["model_bytes"]["after"] = OrNull(model.has_model_bytes(), model.model_bytes());
  document["digest"] = OrNull(result.artifact().sha256());
  document["parity"] = ParityJson(result);
  document["coverage"] = CoverageJson(result);
  AddQuantization(result, document);
  document["output"] = OrNull(result.outcome() == v1::OUTCOME_OK, output_path);
  document["notes"] = Json::array();
  for (const std::string& note : result.notes()) document["notes"].push_back(note);
  return document;
}

Json CapabilitiesDocument(const std::string& device, const std::string& address,
                          const v1::Capabilities& capabilities) {
  Json document = NewDocument();
  document["device"] = device;
  document["address"] = OrNull(address);
  document["agent_version"] = OrNull(capabilities.agent_version());
  document["agent_name"] = OrNull(capabilities.device_name());
  document["agent_pid"] = OrNull(capabilities.agent_pid() > 0, capabilities.agent_pid());
  document["api_version"] = absl::StrCat(capabilities.api_major(), ".", capabilities.api_minor());
  document["host"] = HostJson(capabilities.host());
  document["torch"] = capabilities.has_torch() ? TorchJson(capabilities.torch()) : Json(nullptr);
  document["job_memory_limit_bytes"] =
      OrNull(capabilities.job_memory_limit_bytes() > 0, capabilities.job_memory_limit_bytes());
  document["cache_limit_bytes"] =
      OrNull(capabilities.cache_limit_bytes() > 0, capabilities.cache_limit_bytes());
  document["power_source"] = OrNull(capabilities.power_source());
  document["power_reason"] = OrNull(capabilities.power_reason());
  document["models"] = Json::array();
  for (const v1::ZooModel& model : capabilities.zoo()) document["models"].push_back(model.name());
  document["warnings"] = Json::array();
  for (const std::string& warning : capabilities.warnings())
    document["warnings"].push_back(warning);
  return document;
}

Json ZooModelJson(const v1::ZooModel& model) {
  Json json;
  json["name"] = model.name();
  json["family"] = OrNull(model.family());
  json["parameters"] = OrNull(model.has_parameters(), model.parameters());
  json["flops"] = OrNull(model.has_flops(), model.flops());
  json["model_bytes"] = OrNull(model.has_model_bytes(), model.model_bytes());
  json["inputs"] = Json::array();
  for (const std::string& input : model.inputs()) json["inputs"].push_back(input);
  json["default_image_size"] = OrNull(model.has_default_image_size(), model.default_image_size());
  json["default_seq_len"] = OrNull(model.has_default_seq_len(), model.default_seq_len());
  json["default_frames"] = OrNull(model.has_default_frames(), model.default_frames());
  json["min_image_size"] = OrNull(model.has_min_image_size(), model.min_image_size());
  json["max_seq_len"] = OrNull(model.has_max_seq_len(), model.max_seq_len());
  json["min_frames"] = OrNull(model.has_min_frames(), model.min_frames());
  json["sweepable"] = Json::array();
  for (const std::string& flag : model.sweepable()) json["sweepable"].push_back(flag);
  json["paper"] = OrNull(model.paper());
  json["description"] = OrNull(model.description());
  return json;
}

std::string Serialize(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace edgebench::controller
