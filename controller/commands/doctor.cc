#include <sys/statvfs.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/file.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/long_work.h"
#include "controller/report/findings.h"
#include "controller/report/measurement_json.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string device = kLocalDevice;
  bool verbose = false;
  bool json = false;
};

// Of the disk that a file lies on, or will lie on.
std::optional<int64_t> FreeBytesAt(const std::string& path) {
  struct statvfs disk {};
  if (statvfs(ParentOf(path).c_str(), &disk) != 0) return std::nullopt;
  return static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

// What the device finds, and when by its clock; an agent that cannot look says so.
absl::StatusOr<v1::DiagnoseResponse> Ask(AgentClient& client) {
  absl::StatusOr<v1::DiagnoseResponse> response = client.Diagnose();
  if (!absl::IsUnimplemented(response.status())) return response;
  v1::DiagnoseResponse older;
  v1::Finding& finding = *older.add_findings();
  finding.set_code("diagnosis");
  finding.set_severity(v1::SEVERITY_UNKNOWN);
  finding.set_cause("the device itself: its agent is too old to look; update it");
  return older;
}

absl::StatusOr<ExitCode> RunDoctor(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const ConnectedDevice device, session.Connect(options.device));
  v1::DiagnoseResponse response;
  {
    const LongWork work(session, absl::StrCat("watching ", DeviceLabel(device.device)));
    EDGEBENCH_ASSIGN_OR_RETURN(response, Ask(*device.client));
  }
  Encounter encounter;
  encounter.capabilities = device.capabilities;
  // Taken last on the device, so only the way back lies between.
  if (response.has_now()) encounter.clock_skew = FromProto(response.now()) - absl::Now();
  encounter.skew_resolution = absl::Seconds(1);
  encounter.database = session.DatabasePath();
  encounter.database_free_bytes = FreeBytesAt(encounter.database);
  std::vector<v1::Finding> findings(response.findings().begin(), response.findings().end());
  for (v1::Finding& finding : FindingsOf(encounter)) findings.push_back(std::move(finding));
  SortFindings(findings);
  const bool spoils = AnySpoils(findings);
  if (options.json) {
    session.world().out << Serialize(FindingsDocument(options.device, findings));
  } else {
    session.world().out << FindingsText(findings, options.verbose);
    if (!spoils) {
      session.Tell(
          absl::StrCat("nothing was found that spoils numbers of ", DeviceLabel(device.device)));
    }
  }
  return spoils ? ExitCode::kFinding : ExitCode::kOk;
}

}  // namespace

CommandBody DefineDoctor(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kDevicesAndJobs);
  AddExamples(command, {{"What would spoil figures of this machine", "edgebench doctor"},
                        {"All that was looked at on another device",
                         "edgebench doctor --device pi --verbose"}});
  command.footer("Exit status 1: something was found that spoils figures.");
  command.add_option("--device", options->device, "the one to look at; default: local")
      ->type_name("DEVICE");
  command.add_flag("--verbose", options->verbose, "also what is fine");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunDoctor(*options, session); };
}

}  // namespace edgebench::controller
