#include <memory>
#include <string>

#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/sweep.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string run_id;
  bool resume = false;
  bool json = false;
};

absl::StatusOr<ExitCode> Run(const Options& options, Session& session) {
  if (!options.resume) {
    return absl::InvalidArgumentError(
        "say --resume, to go on with a run that was cut off; plans in files are not available yet "
        "in this version: edgebench bench MODEL... --precision P,.. --batch N,.. measures a grid");
  }
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  return ResumeSweep(session, *store, options.run_id, options.json);
}

}  // namespace

CommandBody DefineRun(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("RUN", options->run_id, "a run's id; default: the newest that was cut off")
      ->type_name("");
  command.add_flag("--resume", options->resume,
                   "measure what is left of a run that was cut off: by Ctrl-C, a\n"
                   "lost device, a power cut");
  command.footer(
      "Examples:\n"
      "  edgebench run --resume\n"
      "  edgebench run --resume 0f8fad5b-d9cb-469f-a165-70867728950e\n"
      "Nothing is measured twice: what was measured is in the database, and what a device still\n"
      "works on is awaited.");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return Run(*options, session); };
}

}  // namespace edgebench::controller
