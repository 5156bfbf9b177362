#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/digest.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/quantization_method.h"
#include "common/stats.h"
#include "common/status_macros.h"
#include "db/cell_results.h"
#include "db/connection.h"
#include "db/measurement_rows.h"
#include "db/profile_rows.h"
#include "db/sqlite_values.h"
#include "db/telemetry_rows.h"

namespace edgebench::db {
namespace {

using Samples = google::protobuf::RepeatedField<int64_t>;

// The value of an optional proto field, or nullopt when it is unset.
#define EDGEBENCH_OPTIONAL(message, field) \
  ((message).has_##field() ? std::make_optional((message).field()) : std::nullopt)

std::string ModelName(const v1::ModelReference& model) {
  if (!model.display_name().empty()) return model.display_name();
  if (!model.zoo_name().empty()) return model.zoo_name();
  return ShortDigest(model.artifact());
}

v1::Optimize OptimizeOf(const v1::JobResult& result) {
  const bool said = result.optimize() != v1::OPTIMIZE_UNSPECIFIED;
  return said ? result.optimize() : result.settings().optimize();
}

std::string TextOrDash(std::optional<int64_t> value) { return value ? absl::StrCat(*value) : "-"; }

// "|observer=histogram;keep fp32=fc"; nothing where nothing is said, so that an fp32
// cell is called as ever.
std::string MethodText(const v1::JobSettings& settings) {
  std::vector<std::string> said;
  for (const MethodSetting& setting : MethodOf(settings))
    if (!setting.value.empty()) said.push_back(absl::StrCat(setting.name, "=", setting.value));
  return said.empty() ? "" : absl::StrCat("|", absl::StrJoin(said, ";"));
}

// Of speech; nothing for others, so that their cells are called as ever.
std::string SpeechText(const v1::JobSettings& settings) {
  std::string text;
  if (settings.has_frames()) absl::StrAppend(&text, "|frames=", settings.frames());
  if (settings.has_decoding()) {
    const v1::Decoding& decoding = settings.decoding();
    absl::StrAppend(&text, "|decoding=", decoding.ctc_weight(), ";", decoding.lm_weight(), ";",
                    decoding.beam());
  }
  return text;
}

// Nothing for the steady state, so that its cells are called as ever.
std::string ScenarioText(const v1::JobSettings& settings) {
  if (settings.scenario() == v1::SCENARIO_UNSPECIFIED || settings.scenario() == v1::SCENARIO_STEADY)
    return "";
  std::string text = absl::StrCat("|scenario=", ScenarioName(settings.scenario()));
  if (settings.has_streams()) absl::StrAppend(&text, ";streams=", settings.streams());
  if (settings.has_latency_bound())
    absl::StrAppend(&text, ";bound=", absl::FormatDuration(FromProto(settings.latency_bound())));
  return text;
}

// Nothing where nothing was asked, so that these cells are called as ever.
std::string PlacementText(const v1::JobSettings& settings) {
  std::string text;
  if (!settings.pin_cpus().empty()) absl::StrAppend(&text, "|pin=", settings.pin_cpus());
  if (settings.has_niceness()) absl::StrAppend(&text, "|nice=", settings.niceness());
  if (settings.huge_pages() != v1::HUGE_PAGES_UNSPECIFIED)
    absl::StrAppend(&text, "|huge_pages=", HugePagesName(settings.huge_pages()));
  return text;
}

// "|weights=SHA": as the digest of a model file. With "+" where what it lacks is random.
std::string WeightsText(const v1::JobSettings& settings) {
  if (!settings.has_weights()) return "";
  return absl::StrCat("|weights=", settings.weights().sha256(),
                      settings.allow_missing_weights() ? "+" : "");
}

// By what was asked, not by what was used: a job that failed before it chose an
// engine answers the same question as one that succeeded. With the digest of a
// file, because files of one name lie in many folders.
std::string CellOf(const std::string& device, const v1::JobSettings& settings) {
  const std::string inputs = absl::StrJoin(settings.input_specs(), ";");
  return absl::StrCat(
      absl::StrJoin({device, JobKindName(settings.kind()), ModelName(settings.model()),
                     settings.model().artifact().sha256(), PrecisionName(settings.precision()),
                     settings.target(), settings.engine(), OptimizeName(settings.optimize()),
                     TextOrDash(EDGEBENCH_OPTIONAL(settings, threads)),
                     TextOrDash(EDGEBENCH_OPTIONAL(settings, batch)),
                     TextOrDash(EDGEBENCH_OPTIONAL(settings, image_size)),
                     TextOrDash(EDGEBENCH_OPTIONAL(settings, seq_len)), inputs},
                    "|"),
      WeightsText(settings), SpeechText(settings), ScenarioText(settings), PlacementText(settings),
      MethodText(settings));
}

// Of a new one as well.
int64_t CellIdOf(Connection& connection, const std::string& name) {
  CachedStatement select(connection, "SELECT id FROM cell WHERE name = :name");
  BindText(select, ":name", name);
  if (select.executeStep()) return select.getColumn(0).getInt64();
  CachedStatement insert(connection, "INSERT INTO cell (name) VALUES (:name)");
  BindText(insert, ":name", name);
  insert.exec();
  return connection.getLastInsertRowid();
}

// What differs from job to job on the same machine stays with the result.
v1::Environment WithoutMomentary(v1::Environment environment) {
  environment.mutable_host()->clear_memory_available_bytes();
  environment.mutable_host()->clear_free_disk_bytes();
  return environment;
}

std::optional<int64_t> FindEnvironment(Connection& connection, const std::string& fingerprint) {
  CachedStatement select(connection, "SELECT id FROM device_environment WHERE fingerprint = :it");
  BindText(select, ":it", fingerprint);
  if (!select.executeStep()) return std::nullopt;
  return select.getColumn(0).getInt64();
}

int64_t InsertEnvironment(Connection& connection, const std::string& fingerprint,
                          const v1::Environment& environment) {
  CachedStatement insert(
      connection,
      "INSERT INTO device_environment (fingerprint, agent_version, hostname, architecture, "
      "cpu_model,"
      " physical_cores, logical_cores, memory_bytes, kernel, os, governor, torch_version, blas,"
      " cpu_capability, usable_cores, cpu_flags, frequency_max_hz, turbo, smt_active,"
      " virtualization, container, power_mode, clock_source, transparent_huge_pages, content) "
      "VALUES (:fingerprint,"
      " :agent_version, :hostname, :architecture, :cpu_model, :physical_cores, :logical_cores,"
      " :memory_bytes, :kernel, :os, :governor, :torch_version, :blas, :cpu_capability,"
      " :usable_cores, :cpu_flags, :frequency_max_hz, :turbo, :smt_active, :virtualization,"
      " :container, :power_mode, :clock_source, :transparent_huge_pages, :content)");
  const v1::HostInfo& host = environment.host();
  BindText(insert, ":fingerprint", fingerprint);
  BindText(insert, ":agent_version", environment.agent_version());
  BindTextOrNull(insert, ":hostname", host.hostname());
  BindTextOrNull(insert, ":architecture", host.architecture());
  BindTextOrNull(insert, ":cpu_model", host.cpu_model());
  BindInteger(insert, ":physical_cores", EDGEBENCH_OPTIONAL(host, physical_cores));
  BindInteger(insert, ":logical_cores", EDGEBENCH_OPTIONAL(host, logical_cores));
  BindInteger(insert, ":memory_bytes", EDGEBENCH_OPTIONAL(host, memory_bytes));
  BindTextOrNull(insert, ":kernel", host.kernel());
  BindTextOrNull(insert, ":os", host.os());
  BindTextOrNull(insert, ":governor", host.governor());
  BindTextOrNull(insert, ":torch_version", environment.torch().version());
  BindTextOrNull(insert, ":blas", environment.torch().blas());
  BindTextOrNull(insert, ":cpu_capability", environment.torch().cpu_capability());
  BindSurroundings(insert, host);
  BindMessage(insert, ":content", environment);
  insert.exec();
  return connection.getLastInsertRowid();
}

std::optional<int64_t> StoreEnvironment(Connection& connection, const v1::JobResult& result) {
  if (!result.has_environment()) return std::nullopt;
  const v1::Environment environment = WithoutMomentary(result.environment());
  const std::string fingerprint = Sha256Hex(environment.SerializeAsString());
  if (const auto known = FindEnvironment(connection, fingerprint)) return known;
  return InsertEnvironment(connection, fingerprint, environment);
}

// The result without what the tables environment, sample_list and telemetry hold.
v1::JobResult Remainder(v1::JobResult result) {
  if (result.has_environment()) {
    v1::Environment momentary;
    const v1::HostInfo& host = result.environment().host();
    if (host.has_memory_available_bytes()) {
      momentary.mutable_host()->set_memory_available_bytes(host.memory_available_bytes());
    }
    if (host.has_free_disk_bytes()) {
      momentary.mutable_host()->set_free_disk_bytes(host.free_disk_bytes());
    }
    *result.mutable_environment() = momentary;
  }
  if (result.has_latency()) {
    result.mutable_latency()->clear_warm_up_ns();
    result.mutable_latency()->clear_measured_ns();
  }
  if (result.has_telemetry()) ClearTelemetryRows(*result.mutable_telemetry());
  return result;
}

std::string ListText(const Samples& samples) {
  return absl::StrCat("[", absl::StrJoin(samples, ","), "]");
}

void InsertSamples(Connection& connection, int64_t measurement_id,
                   const v1::LatencySamples& latency) {
  if (latency.warm_up_ns().empty() && latency.measured_ns().empty()) return;
  CachedStatement insert(connection,
                         "INSERT INTO sample_list (measurement_id, warm_up_ns, measured_ns)"
                         " VALUES (:id, :warm_up, :measured)");
  insert.bind(":id", measurement_id);
  BindText(insert, ":warm_up", ListText(latency.warm_up_ns()));
  BindText(insert, ":measured", ListText(latency.measured_ns()));
  insert.exec();
}

void BindWhatWasAsked(SQLite::Statement& insert, const v1::JobResult& result) {
  const v1::JobSettings& settings = result.settings();
  BindText(insert, ":kind", JobKindName(settings.kind()));
  BindText(insert, ":model", ModelName(settings.model()));
  BindTextOrNull(insert, ":precision", PrecisionName(PrecisionOf(result)));
  BindTextOrNull(insert, ":target", settings.target());
  BindTextOrNull(insert, ":engine", result.engine());
  BindInteger(insert, ":threads", ThreadsOf(result));
  BindTextOrNull(insert, ":pin_cpus", settings.pin_cpus());
  BindInteger(insert, ":niceness", EDGEBENCH_OPTIONAL(settings, niceness));
  BindTextOrNull(insert, ":huge_pages", HugePagesName(settings.huge_pages()));
  BindInteger(insert, ":batch", EDGEBENCH_OPTIONAL(settings, batch));
  BindInteger(insert, ":image_size", EDGEBENCH_OPTIONAL(settings, image_size));
  BindInteger(insert, ":seq_len", EDGEBENCH_OPTIONAL(settings, seq_len));
  BindInteger(insert, ":frames", EDGEBENCH_OPTIONAL(settings, frames));
  const v1::Decoding& decoding = settings.decoding();
  BindReal(insert, ":ctc_weight", EDGEBENCH_OPTIONAL(decoding, ctc_weight));
  BindReal(insert, ":lm_weight", EDGEBENCH_OPTIONAL(decoding, lm_weight));
  BindInteger(insert, ":beam", EDGEBENCH_OPTIONAL(decoding, beam));
  BindTextOrNull(insert, ":weights", settings.weights_name());
  BindTextOrNull(insert, ":weights_sha256", settings.weights().sha256());
  BindTextOrNull(insert, ":optimize", OptimizeName(OptimizeOf(result)));
}

void BindWhatHappened(SQLite::Statement& insert, const v1::JobResult& result) {
  BindText(insert, ":outcome", OutcomeName(result.outcome()));
  BindTextOrNull(insert, ":stage", StageName(result.stage()));
  BindTextOrNull(insert, ":message", result.message());
  BindTextOrNull(insert, ":signal", result.signal_name());
  std::optional<int64_t> valid, converged;
  if (result.has_validity()) valid = result.validity().valid();
  if (result.has_latency()) converged = result.latency().converged();
  BindInteger(insert, ":valid", valid);
  BindInteger(insert, ":converged", converged);
  BindInteger(insert, ":peak_rss_bytes", EDGEBENCH_OPTIONAL(result, peak_rss_bytes));
  BindInteger(insert, ":job_peak_rss_bytes", EDGEBENCH_OPTIONAL(result, job_peak_rss_bytes));
  BindInteger(insert, ":huge_page_bytes", EDGEBENCH_OPTIONAL(result, huge_page_bytes));
}

void BindModelFigures(SQLite::Statement& insert, const v1::JobResult& result) {
  const v1::ModelFacts& model = result.model();
  BindInteger(insert, ":model_bytes", EDGEBENCH_OPTIONAL(model, model_bytes));
  BindInteger(insert, ":fp32_model_bytes", EDGEBENCH_OPTIONAL(model, fp32_model_bytes));
  BindInteger(insert, ":parameters", EDGEBENCH_OPTIONAL(model, parameters));
  BindInteger(insert, ":flops", EDGEBENCH_OPTIONAL(model, flops));
  BindInteger(insert, ":audio_ns", EDGEBENCH_OPTIONAL(model, audio_ns));
  const v1::Parity& parity = result.parity();
  BindReal(insert, ":sqnr_db", EDGEBENCH_OPTIONAL(parity, sqnr_db));
  BindReal(insert, ":cosine", EDGEBENCH_OPTIONAL(parity, cosine));
  BindReal(insert, ":top1_agreement", EDGEBENCH_OPTIONAL(parity, top1_agreement));
  BindInteger(insert, ":top1_rows", EDGEBENCH_OPTIONAL(parity, top1_rows));
  std::optional<int64_t> int8_ops, covered_ops, total_ops;
  if (result.has_coverage()) {
    int8_ops = result.coverage().int8_ops();
    // Older agents count the former only.
    covered_ops = std::max(result.coverage().covered_ops(), result.coverage().int8_ops());
    total_ops = result.coverage().total_ops();
  }
  BindInteger(insert, ":int8_ops", int8_ops);
  BindInteger(insert, ":covered_ops", covered_ops);
  BindInteger(insert, ":total_ops", total_ops);
  BindInteger(insert, ":quantize_duration_ns", EDGEBENCH_OPTIONAL(result, quantize_duration_ns));
  BindTextOrNull(insert, ":artifact_sha256", result.artifact().sha256());
}

void BindEnergy(SQLite::Statement& insert, const v1::Energy& energy) {
  BindTextOrNull(insert, ":energy_source", energy.source());
  BindReal(insert, ":joules_per_inference", EDGEBENCH_OPTIONAL(energy, joules_per_inference));
  BindReal(insert, ":joules_per_inference_low",
           EDGEBENCH_OPTIONAL(energy, joules_per_inference_low));
  BindReal(insert, ":joules_per_inference_high",
           EDGEBENCH_OPTIONAL(energy, joules_per_inference_high));
  BindReal(insert, ":mean_watts", EDGEBENCH_OPTIONAL(energy, mean_watts));
  BindReal(insert, ":idle_watts", EDGEBENCH_OPTIONAL(energy, idle_watts));
}

void BindScenario(SQLite::Statement& insert, const v1::JobResult& result) {
  const v1::JobSettings& settings = result.settings();
  BindTextOrNull(insert, ":scenario", ScenarioName(settings.scenario()));
  BindInteger(insert, ":streams", EDGEBENCH_OPTIONAL(settings, streams));
  std::optional<int64_t> bound_ns, start_ns, load_ns, second_ns;
  if (settings.has_latency_bound())
    bound_ns = absl::ToInt64Nanoseconds(FromProto(settings.latency_bound()));
  if (result.has_cold()) {
    start_ns = result.cold().start_ns();
    load_ns = result.cold().load_ns();
    second_ns = result.cold().second_ns();
  }
  BindInteger(insert, ":latency_bound_ns", bound_ns);
  BindInteger(insert, ":start_ns", start_ns);
  BindInteger(insert, ":load_ns", load_ns);
  BindInteger(insert, ":second_ns", second_ns);
  const v1::Throughput& throughput = result.throughput();
  std::optional<double> per_second = EDGEBENCH_OPTIONAL(result.server(), rate_per_second);
  if (result.has_throughput()) per_second = throughput.per_second();
  BindReal(insert, ":per_second", per_second);
  BindReal(insert, ":per_second_low", EDGEBENCH_OPTIONAL(throughput, per_second_low));
  BindReal(insert, ":per_second_high", EDGEBENCH_OPTIONAL(throughput, per_second_high));
}

void BindLatency(SQLite::Statement& insert, const LatencySummary& latency) {
  insert.bind(":samples", latency.samples);
  BindReal(insert, ":median_ns", latency.median_ns);
  BindReal(insert, ":mean_ns", latency.mean_ns);
  BindReal(insert, ":stddev_ns", latency.stddev_ns);
  BindReal(insert, ":p90_ns", latency.p90_ns);
  BindReal(insert, ":p99_ns", latency.p99_ns);
  BindInteger(insert, ":min_ns", latency.min_ns);
  std::optional<int64_t> low, high;
  if (latency.ci95_ns) {
    low = latency.ci95_ns->low;
    high = latency.ci95_ns->high;
  }
  BindInteger(insert, ":ci95_low_ns", low);
  BindInteger(insert, ":ci95_high_ns", high);
}

constexpr char kInsert[] =
    "INSERT INTO measurement (job_id, environment_id, stored_at, cell_id, kind, model, precision,"
    " target, engine, threads, pin_cpus, niceness, huge_pages, huge_page_bytes, batch,"
    " image_size, seq_len, frames, ctc_weight, lm_weight, beam,"
    " audio_ns, weights, weights_sha256, optimize, outcome, stage, message,"
    " signal, valid, converged, model_bytes, fp32_model_bytes, parameters, flops, peak_rss_bytes,"
    " job_peak_rss_bytes, samples, median_ns, mean_ns, stddev_ns, p90_ns, p99_ns, min_ns,"
    " ci95_low_ns, ci95_high_ns, sqnr_db, cosine, top1_agreement, top1_rows, int8_ops,"
    " covered_ops, total_ops, quantize_duration_ns, artifact_sha256, invalid_because,"
    " unknown_conditions, cpu_others, cpu_stolen, celsius_before, celsius_after,"
    " telemetry_offsets_ns, telemetry_measure_start_ns, energy_source,"
    " joules_per_inference, joules_per_inference_low, joules_per_inference_high, mean_watts,"
    " idle_watts, scenario, streams, latency_bound_ns, per_second, per_second_low,"
    " per_second_high, start_ns, load_ns, second_ns, result) VALUES (:job_id, "
    ":environment_id, :stored_at,"
    " :cell, :kind, :model, :precision, :target, :engine, :threads, :pin_cpus, :niceness,"
    " :huge_pages, :huge_page_bytes, :batch, :image_size, :seq_len,"
    " :frames, :ctc_weight, :lm_weight, :beam, :audio_ns, :weights, :weights_sha256,"
    " :optimize, :outcome, :stage, :message, :signal, :valid, :converged, :model_bytes,"
    " :fp32_model_bytes, :parameters, :flops, :peak_rss_bytes, :job_peak_rss_bytes, :samples,"
    " :median_ns, :mean_ns, :stddev_ns, :p90_ns, :p99_ns, :min_ns, :ci95_low_ns, :ci95_high_ns,"
    " :sqnr_db, :cosine, :top1_agreement, :top1_rows, :int8_ops, :covered_ops, :total_ops,"
    " :quantize_duration_ns,"
    " :artifact_sha256, :invalid_because, :unknown_conditions, :cpu_others, :cpu_stolen,"
    " :celsius_before, :celsius_after, :telemetry_offsets_ns, :telemetry_measure_start_ns,"
    " :energy_source, :joules_per_inference, :joules_per_inference_low,"
    " :joules_per_inference_high, :mean_watts, :idle_watts, :scenario, :streams,"
    " :latency_bound_ns, :per_second, :per_second_low, :per_second_high, :start_ns, :load_ns,"
    " :second_ns, :result)";

}  // namespace

absl::Status InsertMeasurement(Connection& connection, const std::string& device,
                               const v1::JobResult& result, absl::Time now) {
  const std::optional<int64_t> environment_id = StoreEnvironment(connection, result);
  CachedStatement insert(connection, kInsert);
  BindText(insert, ":job_id", result.job_id());
  BindInteger(insert, ":environment_id", environment_id);
  BindText(insert, ":stored_at", TextOfTime(now));
  insert.bind(":cell", CellIdOf(connection, CellOf(device, result.settings())));
  BindWhatWasAsked(insert, result);
  BindWhatHappened(insert, result);
  BindModelFigures(insert, result);
  BindScenario(insert, result);
  const auto& measured = result.latency().measured_ns();
  const LatencySummary latency = Summarize({measured.begin(), measured.end()});
  BindLatency(insert, latency);
  BindConditions(insert, result);
  BindEnergy(insert, result.energy());
  BindMessage(insert, ":result", Remainder(result));
  insert.exec();
  const int64_t id = connection.getLastInsertRowid();
  InsertSamples(connection, id, result.latency());
  InsertTelemetry(connection, id, result.telemetry());
  InsertProfileRows(connection, id, result);
  return RefreshCellResult(connection, result.job_id(), &result, &latency);
}

absl::Status UpdateEnergy(Connection& connection, const std::string& job_id,
                          const v1::Energy& energy) {
  CachedStatement select(connection, "SELECT result FROM measurement WHERE job_id = :id");
  BindText(select, ":id", job_id);
  if (!select.executeStep())
    return absl::NotFoundError(absl::StrCat("no result of job ", job_id, " is stored here"));
  v1::JobResult result;
  EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(0), &result));
  *result.mutable_energy() = energy;
  CachedStatement update(
      connection,
      "UPDATE measurement SET energy_source = :energy_source,"
      " joules_per_inference = :joules_per_inference,"
      " joules_per_inference_low = :joules_per_inference_low,"
      " joules_per_inference_high = :joules_per_inference_high, mean_watts = :mean_watts,"
      " idle_watts = :idle_watts, result = :result WHERE job_id = :id");
  BindEnergy(update, energy);
  BindMessage(update, ":result", result);
  BindText(update, ":id", job_id);
  update.exec();
  return RefreshCellResult(connection, job_id);
}

}  // namespace edgebench::db
