#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/energy_import.h"
#include "controller/report/measurement_json.h"
#include "controller/report/measurement_table.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::vector<std::string> logs;
  std::string device = kLocalDevice;
  std::string time_zone;
  bool replace = false;
  bool json = false;
};

std::string Processes(size_t count) {
  return absl::StrCat(count, count == 1 ? " process" : " processes");
}

absl::StatusOr<absl::TimeZone> ZoneOf(const Options& options) {
  absl::TimeZone zone = absl::LocalTimeZone();
  if (options.time_zone.empty() || absl::LoadTimeZone(options.time_zone, &zone)) return zone;
  return absl::InvalidArgumentError(absl::StrCat("--time-zone: there is no time zone '",
                                                 options.time_zone,
                                                 "'; for example UTC or Europe/Zurich"));
}

// Each process by itself, of jobs that the log may be of.
absl::StatusOr<std::vector<db::Measurement>> MeasurementsOn(SharedStore& store,
                                                            const std::string& device,
                                                            const PowerLog& log) {
  return store.Use([&](db::ResultStore& results) -> absl::StatusOr<std::vector<db::Measurement>> {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<db::SubmittedJob> jobs, results.ListJobs(0));
    std::vector<db::Measurement> measurements;
    for (const db::SubmittedJob& job : jobs) {
      // A job may wait for days; a clock that is a day off is no clock.
      const bool may_be_in_log = job.submitted_time <= log.entries.back().time + absl::Hours(24);
      if (job.device != device || job.status != "ok" || !may_be_in_log ||
          job.settings.kind() != v1::JOB_KIND_BENCHMARK)
        continue;
      db::MeasurementFilter filter;
      filter.job_id = job.job_id;
      EDGEBENCH_ASSIGN_OR_RETURN(std::vector<db::Measurement> found, results.Measurements(filter));
      for (db::Measurement& measurement : found) measurements.push_back(std::move(measurement));
    }
    return measurements;
  });
}

// The runs that have energy now, with all processes of a cell together.
absl::StatusOr<std::vector<db::Measurement>> RunsOf(
    SharedStore& store, const std::string& device, const std::vector<db::Measurement>& measurements,
    const EnergyImport& imported) {
  std::set<std::string> runs;
  for (const db::Measurement& measurement : measurements)
    if (imported.by_job.count(measurement.job_id) != 0) runs.insert(measurement.run_id);
  std::vector<db::Measurement> all;
  for (const std::string& run : runs) {
    db::MeasurementFilter filter;
    filter.run_id = run;
    filter.devices = {device};
    EDGEBENCH_ASSIGN_OR_RETURN(
        std::vector<db::Measurement> found,
        store.Use([&](db::ResultStore& results) { return results.Measurements(filter); }));
    for (db::Measurement& measurement : found) all.push_back(std::move(measurement));
  }
  return all;
}

absl::Status NothingFound(const PowerLog& log, const EnergyImport& imported,
                          const Options& options) {
  const auto text = [](absl::Time time) {
    return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
  };
  if (imported.have_energy > 0) {
    return WithExitCode(
        absl::FailedPreconditionError(absl::StrCat(
            "what was measured within the log has energy already (",
            Processes(imported.have_energy), "); --replace puts the log's in its place")),
        ExitCode::kUsage);
  }
  return absl::NotFoundError(absl::StrCat(
      "no measurement on ", options.device, " lies within the log, which is from ",
      text(log.entries.front().time), " to ", text(log.entries.back().time),
      ". Are the clocks of the meter and the device equal, and is the log's time zone right? "
      "--time-zone UTC, for example, says another"));
}

absl::StatusOr<ExitCode> RunImport(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(options));
  EDGEBENCH_ASSIGN_OR_RETURN(const PowerLog log, ReadPowerLog(options.logs, zone));
  EDGEBENCH_RETURN_IF_ERROR(session.FindDevice(options.device).status());
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<db::Measurement> measurements,
                             MeasurementsOn(*store, options.device, log));
  const std::string name = std::filesystem::path(options.logs.front()).filename().string();
  const EnergyImport imported = EnergyFromLog(log, name, measurements, options.replace);
  if (imported.by_job.empty()) return NothingFound(log, imported, options);
  EDGEBENCH_RETURN_IF_ERROR(
      store->Use([&](db::ResultStore& results) { return results.SetEnergy(imported.by_job); }));
  for (const std::string& note : log.notes) session.Warn(note);
  EDGEBENCH_ASSIGN_OR_RETURN(const auto updated,
                             RunsOf(*store, options.device, measurements, imported));
  session.world().out << (options.json ? Serialize(MeasurementsDocument(updated, Series::kSummary))
                                       : RenderResultsTable(updated, session.table_style(),
                                                            absl::LocalTimeZone()));
  session.Tell(absl::StrCat("stored the energy of ", Processes(imported.by_job.size()), ", from ",
                            log.entries.size(), " readings of ", log.column));
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineEnergy(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(command, {{"What a meter in the supply of another device has logged",
                         "edgebench energy meter.csv --device pi"},
                        {"A log whose times are in UTC and do not say so",
                         "edgebench energy jtop.csv --device nano --time-zone UTC"},
                        {"The reports that powertop --csv wrote on this machine",
                         "edgebench energy power-20230501-1234*.csv"}});
  command.footer(
      "Let the log begin some seconds before edgebench bench: that is taken for the idle "
      "device. docs/energy.md says what else to look at.");
  command
      .add_option("LOG", options->logs,
                  "what the meter wrote while edgebench measured: CSV with "
                  "'time' and 'watts', of jtop, or reports of powertop --csv")
      ->type_name("")
      ->required();
  command.add_option("--device", options->device, "whose power it is; default: local")
      ->type_name("DEVICE");
  command
      .add_option("--time-zone", options->time_zone,
                  "of times that say none; default: this computer's")
      ->type_name("ZONE");
  command.add_flag("--replace", options->replace,
                   "also where a sensor of the device measured the energy");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunImport(*options, session); };
}

}  // namespace edgebench::controller
