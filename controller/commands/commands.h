#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/command_line/help.h"
#include "controller/exit_code.h"
#include "controller/session.h"

namespace edgebench::controller {

// Runs after the call was parsed.
using CommandBody = std::function<absl::StatusOr<ExitCode>(Session&)>;

// To add a command: write commands/<verb>.cc with a function that adds the
// flags, the group and the examples (common/command_line/help.h) and answers the
// body, declare it below, add a row in commands.cc.
struct Command {
  const char* name;
  const char* help;
  CommandBody (*define)(CLI::App& command);
};

const std::vector<Command>& Commands();

// What commands are good for, which is how --help groups them: CLI::App::group().
inline constexpr char kMeasuring[] = "Measure";
inline constexpr char kLookingAtResults[] = "Look at results";
inline constexpr char kDevicesAndJobs[] = "Devices, models and jobs";
inline constexpr char kThisInstallation[] = "This installation";

// A command that is announced and does not exist yet, and what to use meanwhile.
struct PlannedCommand {
  const char* name;
  const char* instead;
};

const std::vector<PlannedCommand>& PlannedCommands();

CommandBody DefineBench(CLI::App& command);
CommandBody DefineRun(CLI::App& command);
CommandBody DefineWatch(CLI::App& command);
CommandBody DefineQuantize(CLI::App& command);
CommandBody DefineProfile(CLI::App& command);
CommandBody DefineRoofline(CLI::App& command);
CommandBody DefineEnergy(CLI::App& command);
CommandBody DefineCompare(CLI::App& command);
CommandBody DefineResults(CLI::App& command);
CommandBody DefineReport(CLI::App& command);
CommandBody DefineQuery(CLI::App& command);
CommandBody DefineExport(CLI::App& command);
CommandBody DefineDb(CLI::App& command);
CommandBody DefineDevice(CLI::App& command);
CommandBody DefineModel(CLI::App& command);
CommandBody DefineJob(CLI::App& command);
CommandBody DefineDoctor(CLI::App& command);
CommandBody DefineCompletion(CLI::App& command);
CommandBody DefineMan(CLI::App& command);
CommandBody DefineVersion(CLI::App& command);

// Adds --json to a command that reads.
void AddJsonFlag(CLI::App& command, bool& json);

// The body of a command with subcommands: that of the one that was called.
CommandBody Dispatch(CLI::App& command, std::vector<std::pair<CLI::App*, CommandBody>> bodies);

}  // namespace edgebench::controller
