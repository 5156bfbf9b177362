#include "controller/commands/commands.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>

namespace edgebench::controller {

const std::vector<Command>& Commands() {
  static const auto* const commands = new std::vector<Command>{
      {"bench", "measure models: precisions, batches, sizes, devices", DefineBench},
      {"run", "measure what a plan says, or go on with a run that was cut off", DefineRun},
      {"watch", "look at a run that goes on, from another terminal", DefineWatch},
      {"quantize", "quantize a model on a device and fetch the file", DefineQuantize},
      {"profile", "time every operator of models", DefineProfile},
      {"roofline", "how near models come to what a device can do", DefineRoofline},
      {"energy", "add what a power meter has logged to stored measurements", DefineEnergy},
      {"compare", "set measurements side by side", DefineCompare},
      {"results", "list stored measurements", DefineResults},
      {"report", "write measurements as one page that opens anywhere", DefineReport},
      {"query", "ask the database in SQL", DefineQuery},
      {"export", "write measurements as CSV, JSON and other forms", DefineExport},
      {"db", "look at, check, copy, merge, prune the database", DefineDb},
      {"device", "add, list, show, remove devices", DefineDevice},
      {"model", "list and show the models a device can build", DefineModel},
      {"job", "list, show, watch, cancel, finish jobs", DefineJob},
      {"doctor", "find what would spoil figures of a device, and how to mend it", DefineDoctor},
      {"completion", "print the script that completes commands in a shell", DefineCompletion},
      {"man", "write the manual pages", DefineMan},
      {"version", "print versions", DefineVersion},
  };
  return *commands;
}

const std::vector<PlannedCommand>& PlannedCommands() {
  static const auto* const commands = new std::vector<PlannedCommand>{
      {"evaluate",
       "the parity of int8 with fp32: edgebench bench MODEL --precision fp32,int8-static"},
  };
  return *commands;
}

void AddJsonFlag(CLI::App& command, bool& json) {
  InGroup(command, "Output", [&] { command.add_flag("--json", json, "print one JSON document"); });
}

CommandBody Dispatch(CLI::App& command, std::vector<std::pair<CLI::App*, CommandBody>> bodies) {
  command.require_subcommand(1);
  return [bodies = std::move(bodies)](Session& session) -> absl::StatusOr<ExitCode> {
    for (const auto& [subcommand, body] : bodies)
      if (subcommand->parsed()) return body(session);
    return absl::InternalError("no subcommand was parsed");
  };
}

}  // namespace edgebench::controller
