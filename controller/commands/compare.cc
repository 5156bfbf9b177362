#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/commands/commands.h"
#include "controller/failure_condition.h"
#include "controller/job_options.h"
#include "controller/measurement_filter.h"
#include "controller/measuring_advice.h"
#include "controller/report/comparison.h"
#include "controller/report/comparison_table.h"
#include "controller/report/measurement_json.h"

namespace edgebench::controller {
namespace {

struct Options {
  MeasurementChoice choice;
  std::vector<int32_t> batches;
  std::optional<int32_t> threads;
  std::string target;
  std::string across;   // an axis; empty: precision, then device
  std::string fail_if;  // see failure_condition.h
  bool json = false;
};

bool Matches(const db::Measurement& measurement, const Options& options) {
  const v1::JobSettings& settings = measurement.result.settings();
  const bool batch_fits =
      options.batches.empty() || std::find(options.batches.begin(), options.batches.end(),
                                           settings.batch()) != options.batches.end();
  return settings.kind() == v1::JOB_KIND_BENCHMARK && batch_fits &&
         (!options.threads || ThreadsOf(measurement.result) == *options.threads) &&
         (options.target.empty() || settings.target() == options.target);
}

absl::StatusOr<std::vector<Axis>> AxesOf(const Options& options) {
  if (options.across.empty()) return std::vector<Axis>{Axis::kPrecision, Axis::kDevice};
  std::vector<std::string> names;
  for (const Axis axis :
       {Axis::kPrecision, Axis::kDevice, Axis::kTarget, Axis::kThreads, Axis::kRun}) {
    if (AxisName(axis) == options.across) return std::vector<Axis>{axis};
    names.push_back(AxisName(axis));
  }
  return absl::InvalidArgumentError(absl::StrCat("--across '", options.across, "' is none of ",
                                                 absl::StrJoin(names, ", "), ".",
                                                 DidYouMean(options.across, names)));
}

bool ComparesRuns(const Options& options) { return options.across == AxisName(Axis::kRun); }

absl::StatusOr<std::vector<db::Measurement>> Find(Session& session, const Options& options) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(db::MeasurementFilter filter,
                             MeasurementFilterFrom(options.choice, session));
  filter.latest_per_cell = !ComparesRuns(options);
  EDGEBENCH_ASSIGN_OR_RETURN(auto measurements, FindMeasurements(session, *store, filter));
  const auto other = [&](const db::Measurement& m) { return !Matches(m, options); };
  measurements.erase(std::remove_if(measurements.begin(), measurements.end(), other),
                     measurements.end());
  return measurements;
}

// As asked for, else local first and the others by name.
std::vector<std::string> DeviceOrder(const Options& options,
                                     const std::vector<db::Measurement>& measurements) {
  if (!options.choice.devices.empty()) return options.choice.devices;
  std::set<std::string> names;
  for (const db::Measurement& m : measurements) names.insert(m.device);
  std::vector<std::string> order(names.begin(), names.end());
  std::stable_partition(order.begin(), order.end(),
                        [](const std::string& name) { return name == kLocalDevice; });
  return order;
}

// Why nothing of what matches stands beside something else.
std::string NoPair(const Options& options) {
  if (ComparesRuns(options)) return "none of the same cell in two runs";
  return absl::StrCat("but no two differ in ",
                      options.across.empty() ? "precision or device" : options.across, " only");
}

// Says what is missing, and the commands that would make something to compare.
absl::Status NothingToCompare(const Options& options,
                              const std::vector<db::Measurement>& measurements, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string without_results,
                             ModelsWithoutResults(options.choice, session));
  // Where the other filters leave nothing, what is known of the models still helps.
  Options of_models;
  of_models.choice.models = options.choice.models;
  EDGEBENCH_ASSIGN_OR_RETURN(const auto of_any_setting, Find(session, of_models));
  const size_t count = measurements.size();
  const std::string found =
      count == 0 ? "no measurement matches"
                 : absl::StrCat(count, count == 1 ? " measurement matches" : " measurements match",
                                ", ", NoPair(options));
  return absl::NotFoundError(absl::StrCat(
      "nothing to compare: ", found, "\n", without_results, without_results.empty() ? "" : "\n",
      MeasuringAdvice(options.choice, count == 0 ? of_any_setting : measurements)));
}

// The command that measures what is missing beside a column of another target.
std::vector<std::string> AdviceOnTargets(const std::vector<ComparisonBlock>& blocks,
                                         const Options& options) {
  std::vector<std::string> advice;
  for (const ComparisonBlock& block : blocks) {
    for (const db::Measurement* lonely : WithoutBaselineOnTheirTarget(block)) {
      const std::string command = BaselineCommand(*lonely, options.choice);
      if (std::find(advice.begin(), advice.end(), command) == advice.end())
        advice.push_back(command);
    }
  }
  return advice;
}

void TellUnmatched(int count, Session& session) {
  if (count == 0) return;
  session.Tell(absl::StrCat(
      count, count == 1 ? " cell was" : " cells were",
      " measured on one device only, and left out of the comparison of devices; a plan measures "
      "the same on each: edgebench run PLAN --missing"));
}

// What stands against what a script asked for; kOk where nothing does.
ExitCode TellFindings(const std::vector<ComparisonBlock>& blocks, const Options& options,
                      const std::optional<FailureCondition>& condition, Session& session) {
  ExitCode exit_code = ExitCode::kOk;
  for (const ComparisonBlock& block : blocks) {
    if (!block.has_finding()) continue;
    session.Tell(
        "edgebench: some of these cannot be compared; see \"not comparable\" above, and "
        "measure both sides with the same settings");
    exit_code = ExitCode::kFinding;
    break;
  }
  const std::vector<std::string> advice = AdviceOnTargets(blocks, options);
  if (!advice.empty()) {
    session.Tell(absl::StrCat(
        "fp32 on the same target would show what the precision does:\n  ",
        absl::StrJoin(advice, "\n  "),
        options.across.empty() ? "\ntargets side by side: edgebench compare --across target" : ""));
  }
  if (!condition) return exit_code;
  const Judgement judgement = Judge(*condition, blocks);
  for (const std::string& undecided : judgement.undecided)
    session.Tell(absl::StrCat("edgebench: not judged: ", undecided));
  for (const std::string& finding : judgement.findings)
    session.Tell(absl::StrCat("edgebench: failed, as it is '", options.fail_if, "': ", finding));
  return judgement.findings.empty() ? exit_code : ExitCode::kFinding;
}

absl::StatusOr<ExitCode> RunCompare(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<Axis> axes, AxesOf(options));
  std::optional<FailureCondition> condition;
  if (!options.fail_if.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(condition, ParseFailureCondition(options.fail_if));
  }
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(const auto measurements, Find(session, options));
  const std::vector<std::string> devices = DeviceOrder(options, measurements);
  std::vector<ComparisonBlock> blocks;
  for (const Axis axis : axes) {
    for (ComparisonBlock& block :
         BuildComparison(measurements, axis, devices, absl::LocalTimeZone()))
      blocks.push_back(std::move(block));
  }
  if (blocks.empty()) return NothingToCompare(options, measurements, session);
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string without_results,
                             ModelsWithoutResults(options.choice, session));
  if (!without_results.empty()) session.Tell(without_results);
  session.world().out << (options.json ? Serialize(ComparisonDocument(blocks))
                                       : RenderComparison(blocks, session.table_style()))
                      << std::flush;
  if (std::find(axes.begin(), axes.end(), Axis::kDevice) != axes.end())
    TellUnmatched(CountUnmatchedCells(measurements, devices), session);
  return TellFindings(blocks, options, condition, session);
}

}  // namespace

CommandBody DefineCompare(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kLookingAtResults);
  AddExamples(
      command,
      {{"The precisions of a model side by side, then its devices", "edgebench compare resnet18"},
       {"How much faster this machine is than another",
        "edgebench compare resnet18 --device pi,local"},
       {"int8 on the CPU beside fp32 on the GPU", "edgebench compare --across target"},
       {"In a script: fail when the newest run is slower than the one before",
        "edgebench compare --across run --fail-if 'slower than 5%'"}});
  command.footer(
      "Exit status 1: some of it cannot be compared fairly, and the table says why, or "
      "--fail-if holds.");
  AddChoiceFlags(command, options->choice);
  AddList(command, "--batch", options->batches, "batch sizes; default: all");
  command.add_option("--target", options->target, "cpu or cuda:N; default: all")
      ->type_name("TARGET");
  command.add_option("--threads", options->threads, "threads of LibTorch; default: all")
      ->type_name("N");
  command
      .add_option("--across", options->across,
                  "what the columns differ in: precision, device, target, threads, "
                  "run (the newest and the one before); default: precision, then device")
      ->type_name("AXIS");
  command
      .add_option("--fail-if", options->fail_if,
                  "exit status 1 where a column differs so from its baseline: "
                  "'slower than 5%'")
      ->type_name("CONDITION");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunCompare(*options, session); };
}

}  // namespace edgebench::controller
