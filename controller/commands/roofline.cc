#include "controller/report/roofline.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/profile_run.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/roofline_report.h"
#include "controller/uuid.h"

namespace edgebench::controller {
namespace {

constexpr int kTop = 10;

struct Options {
  ProfileOptions profile;
  bool remeasure = false;
  bool json = false;
};

bool HoldForAll(const db::Measurement& peaks, const std::vector<const db::Measurement*>& profiles) {
  return std::all_of(profiles.begin(), profiles.end(), [&](const db::Measurement* profile) {
    return PeaksHoldFor(peaks.result, profile->result);
  });
}

// The newest ones, if any.
absl::StatusOr<std::optional<db::Measurement>> StoredPeaks(
    SharedStore& store, const std::string& device,
    const std::vector<const db::Measurement*>& profiles) {
  db::MeasurementFilter filter;
  filter.devices = {device};
  filter.kinds = {JobKindName(v1::JOB_KIND_ROOFLINE)};
  EDGEBENCH_ASSIGN_OR_RETURN(
      std::vector<db::Measurement> stored,
      store.Use([&](db::ResultStore& results) { return results.Measurements(filter); }));
  const auto newest = std::find_if(stored.rbegin(), stored.rend(),
                                   [&](const auto& peaks) { return HoldForAll(peaks, profiles); });
  if (newest == stored.rend()) return std::nullopt;
  return std::move(*newest);
}

// One of the job's engine, or the device's best.
Cell PeaksCell(const Options& options, int threads) {
  const JobOptions& job = options.profile.job;
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_ROOFLINE);
  settings.set_threads(threads);
  if (!job.engines.empty()) settings.set_engine(job.engines.front());
  return Cell{std::move(settings), "", "", ""};
}

absl::StatusOr<db::Measurement> MeasurePeaks(const Options& options, Session& session,
                                             SharedStore& store, ProfileRun& run, int threads) {
  session.Tell(absl::StrCat("measuring the peaks of ", options.profile.device, " with ", threads,
                            threads == 1 ? " thread" : " threads",
                            "; they are stored and used from then on"));
  DeviceRun::Options how;
  how.run_id = NewUuid();
  how.submitter = Submitter();
  EDGEBENCH_ASSIGN_OR_RETURN(
      RunOutcome outcome,
      RunCells(session, store, {{&run.device, {PeaksCell(options, threads)}}}, std::move(how)));
  CellReport& report = outcome.reports.front();
  if (report.state == CellReport::State::kRefused) return report.status;
  if (report.measurement && report.measurement->result.outcome() == v1::OUTCOME_OK)
    return *std::move(report.measurement);
  return WithExitCode(absl::FailedPreconditionError(
                          absl::StrCat("the peaks of ", report.device, ": ", DescribeEnd(report))),
                      ExitCodeOf(report));
}

absl::StatusOr<db::Measurement> PeaksFor(const Options& options, Session& session,
                                         ProfileRun& run) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  const std::vector<const db::Measurement*> profiles = run.Profiles();
  if (!options.remeasure) {
    EDGEBENCH_ASSIGN_OR_RETURN(std::optional<db::Measurement> stored,
                               StoredPeaks(*store, options.profile.device, profiles));
    if (stored) return *std::move(stored);
  }
  return MeasurePeaks(options, session, *store, run, profiles.front()->result.threads());
}

absl::StatusOr<ExitCode> RunRoofline(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(ProfileRun run, RunProfiles(session, options.profile));
  TellOfMissing(session, run.outcome);
  const ExitCode code = run.outcome.exit_code;
  if (run.Profiles().empty()) return code;
  EDGEBENCH_ASSIGN_OR_RETURN(const db::Measurement peaks, PeaksFor(options, session, run));
  std::vector<ModelRoofline> models;
  for (const db::Measurement* const profile : run.Profiles()) {
    const Roof roof = RoofOf(peaks.result.peaks(), profile->result.threads());
    models.push_back(PlaceModel(*profile, roof, options.profile.top));
  }
  if (options.json) {
    session.world().out << Serialize(RooflineDocument(peaks, models));
  } else {
    session.world().out << RooflineText(peaks, models, session.table_style()) << std::flush;
  }
  return code;
}

}  // namespace

CommandBody DefineRoofline(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(command, {{"How near two models come to the limits of this machine",
                         "edgebench roofline mobilenet_v2 resnet18 --precision fp32,int8-static"},
                        {"The same of one core of another device",
                         "edgebench roofline resnet18 --device pi --threads 1"}});
  command.footer("docs/profiling.md says what each figure is.");
  AddProfileFlags(command, kTop, options->profile);
  command.add_flag(
      "--remeasure", options->remeasure,
      "measure the device's peaks again; else stored ones of the same machine are used");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunRoofline(*options, session); };
}

}  // namespace edgebench::controller
