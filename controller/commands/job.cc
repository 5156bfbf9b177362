#include <map>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/commands/job_end.h"
#include "controller/commands/job_search.h"
#include "controller/job_options.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"
#include "controller/report/measurement_table.h"
#include "controller/report/phrases.h"
#include "controller/report/table.h"
#include "controller/run_cells.h"

namespace edgebench::controller {
namespace {

constexpr char kLost[] = "lost";

struct Options {
  std::string job_id, output, device;
  bool force = false;
  int limit = 20;
  bool json = false;
};

absl::StatusOr<std::optional<db::Measurement>> FindMeasurement(SharedStore& store,
                                                               const db::SubmittedJob& job) {
  db::MeasurementFilter filter;
  filter.job_id = job.job_id;
  EDGEBENCH_ASSIGN_OR_RETURN(auto measurements, store.Use([&](db::ResultStore& results) {
    return results.Measurements(filter);
  }));
  if (measurements.empty()) return std::nullopt;
  return std::move(measurements.front());
}

// What the agents say of the jobs that are pending, by id.
std::map<std::string, std::string> AskStates(Session& session,
                                             const std::vector<db::SubmittedJob>& jobs) {
  std::map<std::string, std::string> states;
  std::map<std::string, absl::StatusOr<ConnectedDevice>> devices;
  for (const db::SubmittedJob& job : jobs) {
    if (job.status != kPending) continue;
    auto found = devices.find(job.device + "\n" + job.address);
    if (found == devices.end()) {
      found =
          devices.emplace(job.device + "\n" + job.address, ConnectTo(session, job, kBriefTimeouts))
              .first;
    }
    if (!found->second.ok()) {
      states[job.job_id] = "unreachable";
      continue;
    }
    const auto known = found->second->client->GetJob(job.job_id);
    states[job.job_id] =
        known.ok() ? absl::AsciiStrToLower(JobStateName(known->state())) : std::string(kPending);
  }
  return states;
}

std::string StateText(const db::SubmittedJob& job,
                      const std::map<std::string, std::string>& states) {
  const auto found = states.find(job.job_id);
  return found != states.end() ? found->second : job.status;
}

nlohmann::ordered_json JobJson(const db::SubmittedJob& job, const std::string& state) {
  nlohmann::ordered_json json;
  json["job_id"] = job.job_id;
  json["run_id"] = job.run_id;
  json["device"] = job.device;
  json["kind"] = JobKindName(job.settings.kind());
  json["model"] = OrNull(job.settings.model().display_name());
  json["precision"] = OrNull(PrecisionName(job.settings.precision()));
  json["submitted_time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", job.submitted_time, absl::UTCTimeZone());
  json["state"] = state;
  return json;
}

absl::StatusOr<ExitCode> List(const Options& options, Session& session) {
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto jobs, store->Use([&](db::ResultStore& results) {
    return results.ListJobs(options.limit);
  }));
  const auto states = AskStates(session, jobs);
  if (options.json) {
    nlohmann::ordered_json document;
    document["schema_version"] = kJsonSchemaVersion;
    document["jobs"] = nlohmann::ordered_json::array();
    for (const db::SubmittedJob& job : jobs)
      document["jobs"].push_back(JobJson(job, StateText(job, states)));
    session.world().out << Serialize(document);
    return ExitCode::kOk;
  }
  if (jobs.empty()) {
    session.Tell("no jobs yet; start some with: edgebench bench mobilenet_v2");
    return ExitCode::kOk;
  }
  Table table({{"job"}, {"submitted"}, {"device"}, {"kind"}, {"what"}, {"state"}});
  for (const db::SubmittedJob& job : jobs) {
    table.AddRow({job.job_id.substr(0, 8),
                  absl::FormatTime("%Y-%m-%d %H:%M:%S", job.submitted_time, absl::LocalTimeZone()),
                  job.device, JobKindName(job.settings.kind()), CellLabel(job.settings),
                  StateText(job, states)});
  }
  session.world().out << table.Render(session.table_style());
  return ExitCode::kOk;
}

std::string Describe(const db::SubmittedJob& job, const std::string& state,
                     const std::optional<db::Measurement>& measurement) {
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) absl::StrAppendFormat(&text, "%-10s %s\n", name, Printable(value));
  };
  line("job", job.job_id);
  line("run", job.run_id);
  line("device", DeviceLabel({job.device, job.address, absl::UnixEpoch()}));
  line("kind", JobKindName(job.settings.kind()));
  line("what", CellLabel(job.settings));
  line("submitted",
       absl::FormatTime("%Y-%m-%d %H:%M:%S", job.submitted_time, absl::LocalTimeZone()));
  line("output", job.output_path);
  line("state", state);
  if (!measurement) return text;
  line("verdict", VerdictText(*measurement));
  if (measurement->latency.median_ns) line("latency", LatencyText(*measurement));
  line("engine", measurement->result.engine());
  for (const std::string& note : NotesOf(*measurement)) line("note", note);
  if (!measurement->result.log_tail().empty()) {
    absl::StrAppend(&text, "the worker's last words:\n",
                    PrintableLines(measurement->result.log_tail()), "\n");
  }
  return text;
}

absl::StatusOr<ExitCode> Show(const Options& options, Session& session) {
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto job, FindJob(*store, options.job_id));
  EDGEBENCH_ASSIGN_OR_RETURN(const auto measurement, FindMeasurement(*store, job));
  const std::string state = StateText(job, AskStates(session, {job}));
  if (!options.json) {
    session.world().out << Describe(job, state, measurement);
    return ExitCode::kOk;
  }
  nlohmann::ordered_json document;
  document["schema_version"] = kJsonSchemaVersion;
  document.update(JobJson(job, state));
  document["measurement"] =
      measurement ? MeasurementJson(*measurement) : nlohmann::ordered_json(nullptr);
  session.world().out << Serialize(document);
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ShowMeasured(Session& session, const RunOutcome& outcome,
                                      const std::string& run_id, bool json) {
  // RunCells has told how to go on.
  if (outcome.interrupted && !outcome.reports.front().measurement) return outcome.exit_code;
  session.world().out << (json ? Serialize(BenchDocument(run_id, outcome.reports))
                               : RenderBenchTable(outcome.reports, session.table_style()));
  return outcome.exit_code;
}

// Where the model of a quantize job is to be written now.
void SetOutput(const Options& options, const db::SubmittedJob& job, DeviceRun::Options& run) {
  const bool elsewhere = !options.output.empty();
  run.output_path = elsewhere ? options.output : job.output_path;
  run.overwrite = options.force || (job.overwrite && !elsewhere);
}

absl::StatusOr<ExitCode> Watch(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto job, FindJob(*store, options.job_id));
  EDGEBENCH_ASSIGN_OR_RETURN(auto measurement, FindMeasurement(*store, job));
  if (measurement) {
    if (!options.output.empty()) {
      session.Warn(absl::StrCat("the result was fetched before; ", options.output,
                                " is not written, see ", job.output_path));
    }
    CellReport report;
    report.device = job.device;
    report.cell.settings = job.settings;
    report.job_id = job.job_id;
    report.state = CellReport::State::kMeasured;
    report.measurement = std::move(measurement);
    return ShowMeasured(session, {{std::move(report)}, false}, job.run_id, options.json);
  }
  // Another agent may have answered at the address of the one that has a lost job.
  if (job.status != kPending && job.status != kLost) {
    return WithExitCode(
        absl::NotFoundError(absl::StrCat("job ", job.job_id, " has no result: it is ", job.status)),
        ExitCode::kDeviceFault);
  }
  EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, ConnectTo(session, job, ConnectTimeouts()));
  DeviceRun::Options run;
  run.run_id = job.run_id;
  SetOutput(options, job, run);
  EDGEBENCH_ASSIGN_OR_RETURN(const RunOutcome outcome,
                             RunCells(session, *store, {{&device, {}, {job}}}, run));
  return ShowMeasured(session, outcome, job.run_id, options.json);
}

absl::StatusOr<ExitCode> Cancel(const Options& options, Session& session) {
  return CancelJob(session, options.job_id);
}

absl::StatusOr<ExitCode> Finish(const Options& options, Session& session) {
  return FinishJob(session, options.job_id, options.device);
}

}  // namespace

CommandBody DefineJob(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  const auto bind = [options](absl::StatusOr<ExitCode> (*body)(const Options&, Session&)) {
    return [options, body](Session& session) { return body(*options, session); };
  };
  command.group(kDevicesAndJobs);
  AddExamples(command, {{"What was submitted from here, and how far it is", "edgebench job list"},
                        {"Wait for the newest job, and fetch its result", "edgebench job watch"}});
  CLI::App* const list = command.add_subcommand("list", "jobs, the newest first");
  list->add_option("--limit", options->limit, "how many; default: 20")
      ->type_name("N")
      ->check(UpTo(1 << 20));
  CLI::App* const show = command.add_subcommand("show", "everything about one job");
  CLI::App* const watch = command.add_subcommand("watch", "wait for a job and fetch its result");
  CLI::App* const cancel = command.add_subcommand("cancel", "end a job");
  CLI::App* const finish = command.add_subcommand(
      "finish", "end a training after its present step, and keep what was learned");
  AddExamples(*list, {{"The last three jobs", "edgebench job list --limit 3"}});
  AddExamples(*show, {{"The newest job", "edgebench job show"},
                      {"One by the beginning of its id", "edgebench job show 0f8fad5b"}});
  AddExamples(*watch, {{"Wait for a model to be quantized, and write it elsewhere",
                        "edgebench job watch 0f8fad5b --output resnet18-int8.pt"}});
  AddExamples(*cancel, {{"End a job whose result is not needed", "edgebench job cancel 0f8fad5b"}});
  AddExamples(*finish,
              {{"Keep what a long training has learned", "edgebench job finish 0f8fad5b"}});
  for (CLI::App* const subcommand : {list, show, watch}) AddJsonFlag(*subcommand, options->json);
  for (CLI::App* const subcommand : {show, watch}) {
    subcommand
        ->add_option("JOB", options->job_id, "its id, or the beginning of it; default: the newest")
        ->type_name("");
  }
  watch->add_option("--output", options->output, "where to write the model of a quantize job")
      ->type_name("FILE");
  watch->add_flag("--force", options->force, "overwrite that file");
  for (CLI::App* const subcommand : {cancel, finish}) {
    subcommand->add_option("JOB", options->job_id, "its id, or the beginning of it")
        ->type_name("PENDING")
        ->required();
  }
  finish
      ->add_option("--device", options->device,
                   "where it runs, if it was not submitted from here; then JOB is the whole id")
      ->type_name("DEVICE");
  return Dispatch(command, {{list, bind(List)},
                            {show, bind(Show)},
                            {watch, bind(Watch)},
                            {cancel, bind(Cancel)},
                            {finish, bind(Finish)}});
}

}  // namespace edgebench::controller
