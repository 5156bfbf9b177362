#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/job_options.h"
#include "controller/measurement_filter.h"
#include "controller/output_file.h"
#include "controller/report/measurement_json.h"
#include "controller/report/page/page.h"
#include "controller/report/report_data.h"
#include "controller/report/report_json.h"

namespace edgebench::controller {
namespace {

constexpr char kHtml[] = "html";
constexpr char kJson[] = "json";

struct Options {
  MeasurementChoice choice;
  std::string format = kHtml;
  std::string output;
  std::string title = "edgebench report";
  bool force = false;
};

absl::StatusOr<std::vector<db::Measurement>> Find(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(db::MeasurementFilter filter,
                             MeasurementFilterFrom(options.choice, session));
  filter.latest_per_cell = true;
  const Session::SlowNotice notice(session, "reading measurements");
  return store->Use([&](db::ResultStore& results) { return results.Measurements(filter); });
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

absl::StatusOr<ExitCode> RunReport(const Options& options, Session& session) {
  EDGEBENCH_RETURN_IF_ERROR(CheckOutputFile("-o", options.output, options.force));
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<db::Measurement> measurements,
                             Find(options, session));
  const ReportData report =
      BuildReport(measurements, options.title, DescribeChoice(options.choice), absl::Now());
  EDGEBENCH_RETURN_IF_ERROR(CheckHasEntries(options, report, session));
  const nlohmann::ordered_json document = ReportDocument(report);
  const std::string content =
      options.format == kJson
          ? Serialize(document)
          : ReportPage(
                document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  EDGEBENCH_RETURN_IF_ERROR(WriteOutputFile(options.output, content));
  session.Tell(
      absl::StrCat("wrote ", options.output, ": ", report.entries.size(),
                   report.entries.size() == 1 ? " measurement, " : " measurements, ",
                   FormatBytes(static_cast<int64_t>(content.size())),
                   options.format == kHtml ? "; any browser opens it, without a network" : ""));
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineReport(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kLookingAtResults);
  AddExamples(command,
              {{"A page of all that was measured", "edgebench report -o report.html"},
               {"Of two models on a device, with a heading",
                "edgebench report mobilenet_v2 resnet18 --device pi -o pi.html --title 'Lab 2'"}});
  command.add_option("-o,--output", options->output, "where to")->type_name("FILE")->required();
  command.add_option("--format", options->format, "one page, or its data; default: html")
      ->type_name(absl::StrCat(kHtml, "|", kJson))
      ->check(CLI::IsMember({kHtml, kJson}).description(""));
  command.add_option("--title", options->title, "the heading")->type_name("TEXT");
  command.add_flag("--force", options->force, "overwrite what is there");
  AddChoiceFlags(command, options->choice);
  command.footer("Of each cell the newest measurement is shown.");
  return [options](Session& session) { return RunReport(*options, session); };
}

}  // namespace edgebench::controller
