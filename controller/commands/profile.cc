#include <memory>
#include <string>
#include <vector>

#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/output_file.h"
#include "controller/profile_run.h"
#include "controller/report/measurement_json.h"
#include "controller/report/profile_text.h"
#include "controller/report/trace_document.h"

namespace edgebench::controller {
namespace {

constexpr int kTop = 20;

struct Options {
  ProfileOptions profile;
  std::string trace;
  bool force = false;
  bool json = false;
};

absl::Status WriteTrace(const Options& options, const ProfileRun& run, Session& session) {
  if (options.trace.empty() || run.Profiles().empty()) return absl::OkStatus();
  // Compact: nobody reads it, and Perfetto is given megabytes less.
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  const std::string trace = TraceDocument(run.Profiles()).dump(-1, ' ', false, kReplace);
  EDGEBENCH_RETURN_IF_ERROR(WriteOutputFile(options.trace, trace + "\n"));
  session.Tell("wrote " + options.trace +
               "; open it at https://ui.perfetto.dev or in "
               "chrome://tracing");
  return absl::OkStatus();
}

void Show(const Options& options, const ProfileRun& run, Session& session) {
  if (options.json) {
    session.world().out << Serialize(BenchDocument(run.run_id, run.outcome.reports));
    return;
  }
  bool first = true;
  for (const db::Measurement* const profile : run.Profiles()) {
    session.world().out << (first ? "" : "\n")
                        << ProfileText(*profile, options.profile.top, session.table_style());
    first = false;
  }
  session.world().out << std::flush;
  TellOfMissing(session, run.outcome);
}

absl::StatusOr<ExitCode> RunProfile(const Options& options, Session& session) {
  if (!options.trace.empty())
    EDGEBENCH_RETURN_IF_ERROR(CheckOutputFile("--trace", options.trace, options.force));
  EDGEBENCH_ASSIGN_OR_RETURN(const ProfileRun run, RunProfiles(session, options.profile));
  Show(options, run, session);
  EDGEBENCH_RETURN_IF_ERROR(WriteTrace(options, run, session));
  return run.outcome.exit_code;
}

}  // namespace

CommandBody DefineProfile(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(command, {{"Where the time goes, and what int8 changes",
                         "edgebench profile mobilenet_v2 --precision fp32,int8-static"},
                        {"The ten slowest operators on another device, and a trace for Perfetto",
                         "edgebench profile resnet18 --device pi --top 10 --trace resnet18.json"}});
  command.footer("docs/profiling.md says what each figure is.");
  AddProfileFlags(command, kTop, options->profile);
  InGroup(command, "Output", [&] {
    command
        .add_option("--trace", options->trace,
                    "write one inference as a file for Perfetto and chrome://tracing")
        ->type_name("FILE");
    command.add_flag("--force", options->force, "overwrite the file of --trace");
  });
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunProfile(*options, session); };
}

}  // namespace edgebench::controller
