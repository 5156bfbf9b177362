#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/connect.h"
#include "controller/exit_code.h"
#include "controller/job_options.h"
#include "controller/long_work.h"
#include "controller/moment.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"
#include "controller/terminal.h"
#include "db/maintenance.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

// What goes wrong with a file is for the user to mend.
template <typename T>
absl::StatusOr<T> OrUsageError(absl::StatusOr<T> answer) {
  if (answer.ok()) return answer;
  return WithExitCode(answer.status(), ExitCode::kUsage);
}

db::StepProgress Teller(LongWork& work) {
  return [&work](const std::string& step, std::optional<double> done) { work.Tell(step, done); };
}

std::string Counted(int64_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// --- info ---

std::string Moment(const std::optional<absl::Time>& time) {
  return time ? absl::FormatTime("%Y-%m-%d %H:%M", *time, absl::LocalTimeZone()) : "-";
}

Json InfoJson(const std::string& path, const db::DatabaseInfo& info) {
  const auto time = [](const std::optional<absl::Time>& t) {
    return t ? Json(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", *t, absl::UTCTimeZone()))
             : Json(nullptr);
  };
  return {{"schema_version", kJsonSchemaVersion},
          {"path", path},
          {"database_schema_version", info.schema_version},
          {"file_bytes", info.file_bytes},
          {"runs", info.runs},
          {"measurements", info.measurements},
          {"processes", info.processes},
          {"samples", info.samples},
          {"environments", info.environments},
          {"pending_jobs", info.pending_jobs},
          {"devices", info.devices},
          {"models", info.models},
          {"first_stored_time", time(info.first_stored)},
          {"last_stored_time", time(info.last_stored)}};
}

absl::StatusOr<ExitCode> RunInfo(bool json, Session& session) {
  const std::string path = session.DatabasePath();
  EDGEBENCH_ASSIGN_OR_RETURN(const db::DatabaseInfo info, OrUsageError(db::DescribeDatabase(path)));
  if (json) {
    session.world().out << Serialize(InfoJson(path, info));
    return ExitCode::kOk;
  }
  session.world().out << "database      " << Printable(path) << "\n"
                      << "schema        " << info.schema_version << "\n"
                      << "size          " << FormatBytes(info.file_bytes) << "\n"
                      << "measurements  " << info.measurements << " in "
                      << Counted(info.runs, "run", "runs") << ": "
                      << Counted(info.processes, "process", "processes") << ", "
                      << Counted(info.samples, "sample", "samples") << "\n"
                      << "stored        " << Moment(info.first_stored) << " to "
                      << Moment(info.last_stored) << "\n"
                      << "awaited       " << Counted(info.pending_jobs, "job", "jobs") << "\n"
                      << "devices       " << Printable(absl::StrJoin(info.devices, ", ")) << "\n"
                      << "models        " << Printable(absl::StrJoin(info.models, ", ")) << "\n";
  return ExitCode::kOk;
}

CommandBody DefineInfo(CLI::App& command) {
  AddExamples(command, {{"What the database holds", "edgebench db info"}});
  const auto json = std::make_shared<bool>(false);
  AddJsonFlag(command, *json);
  return [json](Session& session) { return RunInfo(*json, session); };
}

// --- check ---

absl::StatusOr<ExitCode> RunCheck(bool json, Session& session) {
  const std::string path = session.DatabasePath();
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<std::string> faults, [&] {
    LongWork work(session, "checking " + path);
    return OrUsageError(db::CheckDatabase(path, Teller(work)));
  }());
  if (json) {
    session.world().out << Serialize({{"schema_version", kJsonSchemaVersion},
                                      {"path", path},
                                      {"sound", faults.empty()},
                                      {"faults", faults}});
  } else if (faults.empty()) {
    session.world().out << "sound: " << Printable(path) << "\n";
  } else {
    for (const std::string& fault : faults) session.world().out << Printable(fault) << "\n";
    session.Tell(
        "edgebench: the database is damaged. What can still be read: edgebench export --format "
        "jsonl;\na copy from before: edgebench db backup makes them, and PATH.v*.bak are from "
        "before migrations");
  }
  return faults.empty() ? ExitCode::kOk : ExitCode::kFinding;
}

CommandBody DefineCheck(CLI::App& command) {
  AddExamples(command,
              {{"Whether the file is sound, after the disk was full", "edgebench db check"}});
  const auto json = std::make_shared<bool>(false);
  AddJsonFlag(command, *json);
  return [json](Session& session) { return RunCheck(*json, session); };
}

// --- backup ---

struct BackupOptions {
  std::string path;
  bool force = false;
};

absl::StatusOr<ExitCode> RunBackup(const BackupOptions& options, Session& session) {
  const absl::Status status = [&] {
    LongWork work(session, "copying " + session.DatabasePath());
    return db::BackUpDatabase(session.DatabasePath(), options.path, options.force, Teller(work));
  }();
  EDGEBENCH_RETURN_IF_ERROR(WithExitCode(status, ExitCode::kUsage));
  EDGEBENCH_ASSIGN_OR_RETURN(const db::DatabaseInfo info,
                             OrUsageError(db::DescribeDatabase(options.path)));
  session.Tell(absl::StrCat("wrote ", options.path, ": ",
                            Counted(info.measurements, "measurement", "measurements"), ", ",
                            FormatBytes(info.file_bytes)));
  return ExitCode::kOk;
}

CommandBody DefineBackup(CLI::App& command) {
  const auto options = std::make_shared<BackupOptions>();
  AddExamples(command,
              {{"A copy from before something is tried", "edgebench db backup before.db"}});
  command.add_option("FILE", options->path, "where to")->type_name("")->required();
  command.add_flag("--force", options->force, "overwrite a file that is there");
  return [options](Session& session) { return RunBackup(*options, session); };
}

// --- merge ---

struct MergeOptions {
  std::string other;
  std::vector<std::string> renames;
  bool dry_run = false;
  bool json = false;
};

absl::StatusOr<std::map<std::string, std::string>> RenamesOf(
    const std::vector<std::string>& texts) {
  std::map<std::string, std::string> renames;
  for (const std::string& text : texts) {
    const std::vector<std::string> parts = absl::StrSplit(text, '=');
    if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--rename '", text, "' is no OLD=NEW, as in --rename local=annas-laptop"));
    }
    renames[parts[0]] = parts[1];
  }
  return renames;
}

// `local` is always on the list, whoever it is in the other database.
void TellOfNewDevices(std::vector<std::string> devices, Session& session) {
  devices.erase(std::remove(devices.begin(), devices.end(), kLocalDevice), devices.end());
  if (devices.empty()) return;
  session.world().out << "among them results of "
                      << (devices.size() == 1 ? "a device that is" : "devices that are")
                      << " not on your list: " << Printable(absl::StrJoin(devices, ", ")) << "\n";
}

void TellOfMerge(const MergeOptions& options, const db::MergeReport& report, Session& session) {
  if (options.json) {
    session.world().out << Serialize({{"schema_version", kJsonSchemaVersion},
                                      {"dry_run", options.dry_run},
                                      {"measurements", report.measurements},
                                      {"processes", report.processes},
                                      {"known", report.known},
                                      {"runs", report.runs},
                                      {"devices", report.devices.size()},
                                      {"pending", report.pending}});
    return;
  }
  session.world().out << (options.dry_run ? "would bring " : "brought ")
                      << Counted(report.measurements, "measurement", "measurements") << " of "
                      << Counted(report.runs, "new run", "new runs") << "; " << report.known
                      << (report.known == 1 ? " was" : " were") << " here already\n";
  TellOfNewDevices(report.devices, session);
  if (report.pending > 0) {
    session.world().out << Counted(report.pending, "job", "jobs")
                        << " of the other database without a result stay there\n";
  }
}

absl::StatusOr<ExitCode> RunMerge(const MergeOptions& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const auto renames, RenamesOf(options.renames));
  EDGEBENCH_ASSIGN_OR_RETURN(const db::MergeReport report, [&] {
    LongWork work(session, "merging " + options.other);
    return OrUsageError(db::MergeDatabase(session.DatabasePath(), options.other, renames,
                                          options.dry_run, Teller(work)));
  }());
  TellOfMerge(options, report, session);
  return ExitCode::kOk;
}

CommandBody DefineMerge(CLI::App& command) {
  const auto options = std::make_shared<MergeOptions>();
  AddExamples(command, {{"The results of a colleague, whose machine is no more 'local' here",
                         "edgebench db merge anna.db --rename local=annas-laptop"}});
  command.add_option("OTHER", options->other, "the database of a colleague, which stays as it is")
      ->type_name("FILE")
      ->required();
  AddList(command, "--rename", options->renames, "another name here for a device there")
      ->type_name("OLD=NEW,..");
  command.add_flag("--dry-run", options->dry_run, "only say what it would bring");
  AddJsonFlag(command, options->json);
  command.footer("A second time brings nothing: results are known by their job.");
  return [options](Session& session) { return RunMerge(*options, session); };
}

// --- prune ---

struct PruneOptions {
  std::string older_than;
  db::PruneFilter filter;
  bool yes = false;
  bool json = false;
};

void TellOfPruning(const PruneOptions& options, const db::PruneReport& report, Session& session) {
  if (options.json) {
    session.world().out << Serialize({{"schema_version", kJsonSchemaVersion},
                                      {"removed", options.yes},
                                      {"measurements", report.measurements},
                                      {"processes", report.processes},
                                      {"samples", report.samples},
                                      {"runs", report.runs},
                                      {"unacknowledged", report.unacknowledged}});
    return;
  }
  session.world().out << (options.yes ? "removed " : "would remove ")
                      << Counted(report.measurements, "measurement", "measurements") << " ("
                      << Counted(report.processes, "process", "processes") << ", "
                      << Counted(report.samples, "sample", "samples") << "), and "
                      << Counted(report.runs, "run", "runs") << " of which nothing is left\n"
                      << std::flush;
  if (report.unacknowledged > 0) {
    session.Tell(absl::StrCat(
        Counted(report.unacknowledged, "process stays", "processes stay"),
        " until the agent knows that its result is stored: edgebench results tells it"));
  }
}

absl::StatusOr<ExitCode> RunPrune(PruneOptions options, Session& session) {
  if (!options.older_than.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(options.filter.before,
                               ParseMoment(options.older_than, absl::Now(), absl::LocalTimeZone()));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const db::PruneReport report, [&] {
    LongWork work(session, "pruning " + session.DatabasePath());
    return OrUsageError(db::PruneDatabase(session.DatabasePath(), options.filter,
                                          /*dry_run=*/!options.yes, Teller(work)));
  }());
  TellOfPruning(options, report, session);
  if (!options.yes && report.measurements > 0)
    session.Tell("nothing was removed yet: that is done with --yes");
  return ExitCode::kOk;
}

CommandBody DefinePrune(CLI::App& command) {
  const auto options = std::make_shared<PruneOptions>();
  AddExamples(command, {{"What is old and was measured again since: only say what would go",
                         "edgebench db prune --older-than 90d --superseded"},
                        {"Remove the runs that were tagged as trials",
                         "edgebench db prune --tag trial --yes"}});
  command.add_option("--older-than", options->older_than, "stored before: 90d ago, 2026-01-01")
      ->type_name("WHEN");
  command.add_flag("--superseded", options->filter.superseded_only,
                   "a newer run has measured the same cell");
  command.add_flag("--failed", options->filter.failed_only, "did not end well");
  AddList(command, "--model", options->filter.models, "of these models");
  AddList(command, "--device", options->filter.devices, "of these devices");
  AddList(command, "--run", options->filter.runs, "of these runs, by their ids");
  AddList(command, "--tag", options->filter.tags, "of runs with one of these tags");
  command.add_flag("--yes", options->yes, "remove them; without it, only say what would go");
  AddJsonFlag(command, options->json);
  command.footer("Conditions add up: what goes fulfils all of them.");
  return [options](Session& session) { return RunPrune(*options, session); };
}

}  // namespace

CommandBody DefineDb(CLI::App& command) {
  command.group(kThisInstallation);
  AddExamples(command, {{"What the database holds", "edgebench db info"},
                        {"Bring in the results of a colleague",
                         "edgebench db merge anna.db --rename local=annas-laptop"}});
  std::vector<std::pair<CLI::App*, CommandBody>> bodies;
  const auto add = [&](const char* name, const char* help, CommandBody (*define)(CLI::App&)) {
    CLI::App* const subcommand = command.add_subcommand(name, help);
    bodies.emplace_back(subcommand, define(*subcommand));
  };
  add("info", "what the database holds", DefineInfo);
  add("check", "whether it is sound", DefineCheck);
  add("backup", "copy it, also while it is in use", DefineBackup);
  add("merge", "bring in the results of another database, each once", DefineMerge);
  add("prune", "remove measurements, after a preview", DefinePrune);
  return Dispatch(command, std::move(bodies));
}

}  // namespace edgebench::controller
