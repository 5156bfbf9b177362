#include "controller/report/export.h"

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/job_options.h"
#include "controller/long_work.h"
#include "controller/measurement_filter.h"
#include "controller/output_file.h"
#include "controller/report/measurement_json.h"

namespace edgebench::controller {
namespace {

constexpr char kParquetReady[] = "parquet-ready";

struct Options {
  MeasurementChoice choice;
  std::string format;
  std::string output;
  bool latest = false;
  bool force = false;
};

std::string Render(const Options& options, const std::vector<db::Measurement>& measurements) {
  if (options.format == "csv") return MeasurementsCsv(measurements);
  if (options.format == "jsonl") return MeasurementsJsonLines(measurements);
  if (options.format == "gbench")
    return Serialize(GoogleBenchmarkDocument(measurements, absl::Now()));
  return Serialize(MeasurementsDocument(measurements, Series::kWhole));
}

// The folder appears with the first file; each file is whole or not there.
absl::Status WriteTables(const Options& options, const std::vector<db::Measurement>& measurements) {
  EDGEBENCH_RETURN_IF_ERROR(WithExitCode(MakeDirectories(options.output, 0755), ExitCode::kUsage));
  const auto write = [&](const char* name, const std::string& content) -> absl::Status {
    const std::string path = absl::StrCat(options.output, "/", name);
    EDGEBENCH_RETURN_IF_ERROR(CheckOutputFile("-o", path, options.force));
    return WriteOutputFile(path, content);
  };
  EDGEBENCH_RETURN_IF_ERROR(write("measurements.csv", MeasurementsCsv(measurements)));
  std::ostringstream samples;
  WriteSamplesCsv(measurements, samples);
  EDGEBENCH_RETURN_IF_ERROR(write("samples.csv", samples.str()));
  return write("schema.json", Serialize(TableSchemas()));
}

absl::Status CheckOutput(const Options& options) {
  if (options.format == kParquetReady) {
    if (!options.output.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "--format parquet-ready makes three files: name a folder for them, with -o FOLDER");
  }
  if (options.output.empty()) return absl::OkStatus();
  return CheckOutputFile("-o", options.output, options.force);
}

absl::StatusOr<ExitCode> RunExport(const Options& options, Session& session) {
  EDGEBENCH_RETURN_IF_ERROR(CheckOutput(options));
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(db::MeasurementFilter filter,
                             MeasurementFilterFrom(options.choice, session));
  filter.latest_per_cell = options.latest;
  EDGEBENCH_ASSIGN_OR_RETURN(const auto measurements, FindMeasurements(session, *store, filter));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string without_results,
                             ModelsWithoutResults(options.choice, session));
  if (!without_results.empty()) session.Tell(without_results);
  if (options.format == kParquetReady) {
    const LongWork work(session, absl::StrCat("writing ", options.output));
    EDGEBENCH_RETURN_IF_ERROR(WriteTables(options, measurements));
  } else if (options.output.empty()) {
    session.world().out << Render(options, measurements) << std::flush;
    return ExitCode::kOk;
  } else {
    const LongWork work(session, absl::StrCat("writing ", options.output));
    EDGEBENCH_RETURN_IF_ERROR(WriteOutputFile(options.output, Render(options, measurements)));
  }
  session.Tell(absl::StrCat("wrote ", measurements.size(),
                            measurements.size() == 1 ? " measurement to " : " measurements to ",
                            options.output));
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineExport(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kLookingAtResults);
  AddExamples(
      command,
      {{"All that was measured, for a spreadsheet", "edgebench export --format csv -o results.csv"},
       {"A model's figures of the last week, one a line",
        "edgebench export resnet18 --since 7d --format jsonl"},
       {"Tables for pandas or DuckDB", "edgebench export --format parquet-ready -o tables"}});
  command
      .add_option("--format", options->format,
                  "csv: one row per measurement, figures in columns; json: the document of results "
                  "--json --telemetry; jsonl: one measurement a line; gbench: for tools of Google "
                  "Benchmark; parquet-ready: a folder with measurements.csv, samples.csv and the "
                  "types of their columns, schema.json")
      ->type_name("csv|json|jsonl|gbench|parquet-ready")
      ->required()
      ->check(CLI::IsMember({"csv", "json", "jsonl", "gbench", kParquetReady}).description(""));
  command.add_option("-o,--output", options->output, "file or folder; default: stdout")
      ->type_name("FILE");
  command.add_flag("--force", options->force, "overwrite files that are there");
  command.add_flag("--latest", options->latest, "only the newest of every cell");
  AddChoiceFlags(command, options->choice);
  command.footer("Recipes for pandas, DuckDB, Datasette and Grafana: docs/recipes.md");
  return [options](Session& session) { return RunExport(*options, session); };
}

}  // namespace edgebench::controller
