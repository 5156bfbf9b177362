#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/job_options.h"
#include "controller/measurement_filter.h"
#include "controller/report/measurement_json.h"
#include "controller/report/measurement_table.h"

namespace edgebench::controller {
namespace {

struct Options {
  MeasurementChoice choice;
  bool latest = false;
  int limit = 0;
  bool json = false;
  bool telemetry = false;
};

absl::StatusOr<ExitCode> RunResults(const Options& options, Session& session) {
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(db::MeasurementFilter filter,
                             MeasurementFilterFrom(options.choice, session));
  filter.latest_per_cell = options.latest;
  filter.limit = options.limit;
  EDGEBENCH_ASSIGN_OR_RETURN(const auto measurements, FindMeasurements(session, *store, filter));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string without_results,
                             ModelsWithoutResults(options.choice, session));
  if (!without_results.empty()) session.Tell(without_results);
  if (options.json) {
    session.world().out << Serialize(
        MeasurementsDocument(measurements, options.telemetry ? Series::kWhole : Series::kSummary));
  } else if (measurements.empty()) {
    session.Tell(!DescribeChoice(options.choice).empty()
                     ? "no measurement matches; all of them: edgebench results"
                     : "no measurements yet; make some with: edgebench bench mobilenet_v2");
  } else {
    session.world().out << RenderResultsTable(measurements, session.table_style(),
                                              absl::LocalTimeZone());
  }
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineResults(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kLookingAtResults);
  AddExamples(command, {{"All that was measured", "edgebench results"},
                        {"The newest figures of a model, of every device and precision",
                         "edgebench results resnet18 --latest"},
                        {"Every sample of the last measurement, for a script",
                         "edgebench results --limit 1 --json --telemetry"}});
  AddChoiceFlags(command, options->choice);
  command.add_flag("--latest", options->latest, "only the newest of every cell");
  command.add_option("--limit", options->limit, "only the newest N")
      ->type_name("N")
      ->check(UpTo(1 << 20));
  AddJsonFlag(command, options->json);
  InGroup(command, "Output", [&] {
    command
        .add_flag("--telemetry", options->telemetry,
                  "with --json: every value that was sampled, not only a summary")
        ->needs("--json");
  });
  return [options](Session& session) { return RunResults(*options, session); };
}

}  // namespace edgebench::controller
