#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/job_options.h"
#include "controller/measurement_filter.h"
#include "controller/output_file.h"
#include "controller/output_folder.h"
#include "controller/report/markdown/reproduction.h"
#include "controller/report/measurement_json.h"
#include "controller/report/page/page.h"
#include "controller/report/report_data.h"
#include "controller/report/report_json.h"
#include "controller/report/report_markdown.h"

namespace edgebench::controller {
namespace {

constexpr char kHtml[] = "html";
constexpr char kJson[] = "json";
constexpr char kMarkdown[] = "markdown";
constexpr char kTitle[] = "edgebench report";

struct Options {
  MeasurementChoice choice;
  std::string format = kHtml;
  std::string output;
  std::string title = kTitle;
  bool force = false;
};

absl::StatusOr<std::vector<db::Measurement>> Find(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(db::MeasurementFilter filter,
                             MeasurementFilterFrom(options.choice, session));
  filter.latest_per_cell = true;
  return FindMeasurements(session, *store, filter);
}

// An empty page would say nothing.
absl::Status CheckHasEntries(const Options& options, const ReportData& report, Session& session) {
  if (!report.entries.empty()) return absl::OkStatus();
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string without_results,
                             ModelsWithoutResults(options.choice, session));
  const bool chosen = !DescribeChoice(options.choice).empty();
  return absl::NotFoundError(absl::StrCat(
      without_results, without_results.empty() ? "" : "\n",
      chosen ? "nothing to report: no benchmark matches; all of them: edgebench results"
             : "nothing to report: no benchmarks yet; make some with: edgebench bench mobilenet_v2 "
               "--precision fp32,int8-static"));
}

// The call that makes this report, wherever it is written.
std::string CommandText(const Options& options) {
  std::vector<std::string> words = {"edgebench", "report"};
  const MeasurementChoice& choice = options.choice;
  for (const std::string& model : choice.models) words.push_back(ShellWord(model));
  const auto add = [&words](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, ShellWord(value)});
  };
  add("--device", absl::StrJoin(choice.devices, ","));
  add("--precision", absl::StrJoin(choice.precisions, ","));
  add("--tag", absl::StrJoin(choice.tags, ","));
  add("--since", choice.since);
  add("--until", choice.until);
  add("--run", choice.run);
  if (choice.valid_only) words.emplace_back("--valid");
  if (options.title != kTitle) add("--title", options.title);
  add("--format", options.format);
  words.insert(words.end(), {"-o", "DIR"});
  return absl::StrJoin(words, " ");
}

absl::Status CheckOutput(const Options& options) {
  if (options.output.empty() && options.format == kJson) return absl::OkStatus();
  if (options.output.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "name what to write: -o ", options.format == kMarkdown ? "FOLDER" : "report.html"));
  }
  if (options.format == kMarkdown) return CheckOutputFolder("-o", options.output, options.force);
  return CheckOutputFile("-o", options.output, options.force);
}

struct Written {
  size_t bytes = 0;
  std::string how_to_read;
};

absl::StatusOr<Written> WriteMarkdown(const Options& options, const ReportData& report) {
  const std::vector<FolderFile> files = MarkdownReport(report, CommandText(options));
  EDGEBENCH_RETURN_IF_ERROR(WriteFolder(options.output, files));
  Written written;
  for (const FolderFile& file : files) written.bytes += file.content.size();
  written.how_to_read = absl::StrCat("; README.md, which GitHub shows, and ", files.size() - 1,
                                     files.size() == 2 ? " figure" : " figures");
  return written;
}

absl::StatusOr<Written> WriteOneFile(const Options& options, const ReportData& report) {
  const nlohmann::ordered_json document = ReportDocument(report);
  const bool json = options.format == kJson;
  const std::string content =
      json ? Serialize(document)
           : ReportPage(
                 document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  EDGEBENCH_RETURN_IF_ERROR(WriteOutputFile(options.output, content));
  return Written{content.size(), json ? "" : "; any browser opens it, without a network"};
}

absl::StatusOr<ExitCode> RunReport(const Options& options, Session& session) {
  EDGEBENCH_RETURN_IF_ERROR(CheckOutput(options));
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<db::Measurement> measurements,
                             Find(options, session));
  const ReportData report =
      BuildReport(measurements, options.title, DescribeChoice(options.choice), absl::Now());
  EDGEBENCH_RETURN_IF_ERROR(CheckHasEntries(options, report, session));
  if (options.output.empty()) {
    session.world().out << Serialize(ReportDocument(report)) << std::flush;
    return ExitCode::kOk;
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const Written written, options.format == kMarkdown
                                                        ? WriteMarkdown(options, report)
                                                        : WriteOneFile(options, report));
  session.Tell(absl::StrCat("wrote ", options.output, ": ", report.entries.size(),
                            report.entries.size() == 1 ? " measurement, " : " measurements, ",
                            FormatBytes(static_cast<int64_t>(written.bytes)), written.how_to_read));
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineReport(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kLookingAtResults);
  AddExamples(command,
              {{"A page of all that was measured", "edgebench report -o report.html"},
               {"Of two models on a device, with a heading",
                "edgebench report mobilenet_v2 resnet18 --device pi -o pi.html --title 'Lab 2'"},
               {"A write-up with figures, for a repository",
                "edgebench report --format markdown -o docs/lab2"}});
  command
      .add_option("-o,--output", options->output,
                  "where to; of markdown a folder; default of json: stdout")
      ->type_name("FILE");
  command
      .add_option("--format", options->format,
                  "one page, a folder with README.md and figures, or the data;\ndefault: html")
      ->type_name(absl::StrCat(kHtml, "|", kMarkdown, "|", kJson))
      ->check(CLI::IsMember({kHtml, kMarkdown, kJson}).description(""));
  command.add_option("--title", options->title, "the heading")->type_name("TEXT");
  command.add_flag("--force", options->force,
                   "overwrite what is there; in a folder, what is made anew");
  AddChoiceFlags(command, options->choice);
  command.footer("Of each cell the newest measurement is shown.");
  return [options](Session& session) { return RunReport(*options, session); };
}

}  // namespace edgebench::controller
