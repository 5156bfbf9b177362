#include "agent/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/host_info.h"
#include "common/command_line/config_file.h"
#include "common/command_line/help.h"
#include "common/command_line/manual_page.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "common/version.h"

namespace edgebench::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kUsageError = 2;

// The flags as they are typed.
struct Raw {
  std::vector<std::string> listen;
  std::string data, name, worker;
  std::string cache_max = "4GB";
  std::string job_memory = "80%";
  std::string warm_worker = "300s";
  std::string exit_when_idle = "0";
  std::string grace = "30s";
  std::string power = "auto";
  std::string power_command;
  std::string power_idle = "2s";
  int64_t max_queue = 1000;
  bool insecure = false;
  bool manual_page = false;
};

// For whoever installs the program; no flag of the service.
void AddManualFlag(CLI::App& app, Raw& raw) {
  app.add_flag("--manual-page", raw.manual_page)->group("")->configurable(false);
}

void AddHelpPage(CLI::App& app) {
  UseHelpPages(app);
  app.set_help_flag("-h,--help", "Show this page");
  AddExamples(app, {{"For clients that come through ssh -L 7700:127.0.0.1:7700",
                     "edgebench-agent --listen 127.0.0.1:7700 --data ~/edgebench"},
                    {"With flags in a file", "edgebench-agent --config agent.conf"},
                    {"With a meter of your own",
                     "edgebench-agent --listen 127.0.0.1:7700 --power command \\\n"
                     "--power-command 'while read-watts; do sleep 0.1; done'"}});
  AddSection(app,
             {"Configuration file",
              {{"listen = [\"127.0.0.1:7700\"]", "as --listen 127.0.0.1:7700"},
               {"cache-max = \"2GB\"", "as --cache-max 2GB; the flag wins where both are given"}}});
  AddSection(app, {"Signals", {{"SIGTERM, SIGINT", "end it, after --grace at the latest"}}});
  AddSection(app, {"Exit status",
                   {{"0", "it was told to end"},
                    {"1", "it could not start, or go on"},
                    {"2", "usage: a flag, or a line of the file, is wrong"}}});
  AddSection(app, {"Environment",
                   {{"STATE_DIRECTORY", "the data folder without --data, as systemd sets it"},
                    {"XDG_DATA_HOME", "else its edgebench/agent is; default: ~/.local/share"},
                    {"PATH", "where edgebench-worker is looked for, if not beside the agent"},
                    {"NOTIFY_SOCKET, WATCHDOG_USEC",
                     "of systemd: it says when it is ready, and "
                     "that it is alive"}}});
  AddSection(app, {"Files",
                   {{"/var/lib/edgebench", "the data of the service edgebench-agent.service"},
                    {"DIR/agent.sock", "where it listens without --listen"}}});
  app.footer("It goes on when its terminal or ssh session closes; SIGTERM ends it.");
}

void AddServingFlags(CLI::App& app, Raw& raw) {
  app.add_option("--listen", raw.listen,
                 "Where to serve: unix:PATH or HOST:PORT, repeatable; port 0 chooses a free one")
      ->type_name("ADDRESS");
  app.add_flag("--insecure", raw.insecure,
               "Allow unencrypted, unauthenticated access from other machines");
  app.add_option("--name", raw.name, "Name of this device; default: the host's name")
      ->type_name("NAME");
  app.add_option("--exit-when-idle", raw.exit_when_idle,
                 "Exit when no client and no job needed this agent for so long; 0: never")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--grace", raw.grace, "On SIGTERM or Ctrl-C, how long the running job may go on")
      ->type_name("DURATION")
      ->capture_default_str();
}

void AddStorageFlags(CLI::App& app, Raw& raw) {
  app.add_option("--data", raw.data, "Folder for jobs, results and artifacts")->type_name("DIR");
  app.add_option("--cache-max", raw.cache_max, "Disk space for artifacts")
      ->type_name("SIZE")
      ->capture_default_str();
}

void AddJobFlags(CLI::App& app, Raw& raw) {
  app.add_option("--job-memory", raw.job_memory,
                 "Memory of a job at most: a size, or a share of this device's")
      ->type_name("SIZE|PERCENT")
      ->capture_default_str();
  app.add_option("--max-queue", raw.max_queue, "Jobs that may wait")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}).description(""))
      ->capture_default_str();
  app.add_option("--warm-worker", raw.warm_worker,
                 "How long an idle worker with LibTorch loaded is kept; 0: never")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--worker", raw.worker,
                 "The worker program; default: edgebench-worker beside this one, or on PATH")
      ->type_name("FILE");
}

void AddPowerFlags(CLI::App& app, Raw& raw) {
  app.add_option("--power", raw.power,
                 "What measures the energy of jobs: auto, none, rapl, ina3221, rpi5-pmic, nvml:N, "
                 "battery, hwmon:CHIP, hwmon:CHIP/SENSOR or command")
      ->type_name("SOURCE")
      ->capture_default_str();
  app.add_option("--power-command", raw.power_command,
                 "A meter of your own: a shell command that prints watts, a number a line")
      ->type_name("COMMAND");
  app.add_option("--power-idle", raw.power_idle,
                 "How long the idle device is measured before a job; 0: not at all")
      ->type_name("DURATION")
      ->capture_default_str();
}

void AddFlags(CLI::App& app, Raw& raw) {
  InGroup(app, "Serving", [&] { AddServingFlags(app, raw); });
  InGroup(app, "Storage", [&] { AddStorageFlags(app, raw); });
  InGroup(app, "Jobs", [&] { AddJobFlags(app, raw); });
  InGroup(app, "Energy", [&] { AddPowerFlags(app, raw); });
  InGroup(app, "General", [&] {
    app.set_config("--config", "", "Read flags from a file: one NAME=VALUE per line")
        ->type_name("FILE");
    app.set_version_flag("--version", absl::StrCat("edgebench-agent ", kVersion),
                         "Show the version");
  });
  app.allow_config_extras(CLI::config_extras_mode::error);
}

// "0" and "0s" turn something off; ParseSeconds wants more than nothing.
absl::StatusOr<absl::Duration> ParseDurationOrZero(const std::string& text) {
  if (text == "0" || text == "0s") return absl::ZeroDuration();
  return ParseSeconds(text);
}

template <typename Value>
absl::Status Set(const char* flag, absl::StatusOr<Value> parsed, Value& place) {
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": ", parsed.status().message()));
  }
  place = *std::move(parsed);
  return absl::OkStatus();
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The worker beside this program, else the first on PATH, else the former's path.
std::string FindWorker() {
  constexpr char kWorker[] = "edgebench-worker";
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / kWorker;
  if (access(beside.c_str(), X_OK) == 0) return beside.string();
  for (absl::string_view folder : absl::StrSplit(Environment("PATH"), ':', absl::SkipEmpty())) {
    std::string candidate = absl::StrCat(folder, "/", kWorker);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return beside.string();
}

std::string DefaultDataFolder() {
  // systemd's StateDirectory= comes first: it is what the unit's author meant.
  for (const auto& [variable, suffix] :
       {std::pair{"STATE_DIRECTORY", ""}, std::pair{"XDG_DATA_HOME", "/edgebench/agent"},
        std::pair{"HOME", "/.local/share/edgebench/agent"}}) {
    const std::string base = Environment(variable);
    if (!base.empty()) return absl::StrCat(base, suffix);
  }
  return "";
}

absl::StatusOr<Options> Resolve(const Raw& raw) {
  Options options;
  options.listen = raw.listen;
  options.name = raw.name;
  options.insecure = raw.insecure;
  options.max_queued = raw.max_queue;
  options.data_folder = raw.data.empty() ? DefaultDataFolder() : raw.data;
  if (options.data_folder.empty()) {
    return absl::InvalidArgumentError("--data: HOME is not set; name a folder");
  }
  if (options.listen.empty()) {
    options.listen = {absl::StrCat("unix:", options.data_folder, "/agent.sock")};
  }
  EDGEBENCH_RETURN_IF_ERROR(Set("--cache-max", ParseBytes(raw.cache_max), options.cache_bytes));
  const int64_t memory = UsableMemoryBytes("").value_or(0);
  EDGEBENCH_RETURN_IF_ERROR(
      Set("--job-memory", ParseBytesOrPercent(raw.job_memory, memory), options.job_memory_bytes));
  if (options.job_memory_bytes <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--job-memory is ", raw.job_memory, "; give more than 0, such as 2GB"));
  }
  EDGEBENCH_RETURN_IF_ERROR(
      Set("--warm-worker", ParseDurationOrZero(raw.warm_worker), options.keep_worker));
  EDGEBENCH_RETURN_IF_ERROR(
      Set("--exit-when-idle", ParseDurationOrZero(raw.exit_when_idle), options.exit_when_idle));
  EDGEBENCH_RETURN_IF_ERROR(Set("--grace", ParseDurationOrZero(raw.grace), options.grace));
  options.power.source = raw.power;
  options.power.command = raw.power_command;
  if (absl::Status status = CheckPowerChoice(options.power); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--power: ", status.message()));
  }
  EDGEBENCH_RETURN_IF_ERROR(
      Set("--power-idle", ParseDurationOrZero(raw.power_idle), options.power_idle));
  options.worker_path = fs::absolute(raw.worker.empty() ? FindWorker() : raw.worker).string();
  return options;
}

// " Did you mean --listen?" for a flag that the parser could not place.
std::string SuggestFlag(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const std::string& word : app.remaining()) {
    if (absl::StartsWith(word, "-")) return DidYouMean(word.substr(0, word.find('=')), known);
  }
  return "";
}

CommandLine UsageError(absl::string_view what) {
  CommandLine line;
  line.text = absl::StrCat("edgebench-agent: ", what, "\nSee: edgebench-agent --help\n");
  line.exit_code = kUsageError;
  return line;
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app("runs benchmark jobs on this device for edgebench", "edgebench-agent");
  Raw raw;
  AddHelpPage(app);
  AddFlags(app, raw);
  AddManualFlag(app, raw);
  const auto file = std::make_shared<ConfigFile>(app);
  app.config_formatter(file);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    CommandLine line;
    std::ostringstream out;
    line.exit_code = app.exit(request, out, out);
    line.text = out.str();
    return line;
  } catch (const CLI::FileError& error) {
    return UsageError(file->WhyUnreadable(error));
  } catch (const CLI::ParseError& error) {
    return UsageError(file->Locate(absl::StrCat(error.what(), SuggestFlag(app))));
  }
  if (raw.manual_page) {
    constexpr int kSystemAdministration = 8;
    CommandLine line;
    line.text = ManualPage(app, {kSystemAdministration,
                                 absl::StrCat("edgebench ", kVersion),
                                 ManualDate(),
                                 {"edgebench(1)", "systemd.service(5)"}});
    line.exit_code = 0;
    return line;
  }
  absl::StatusOr<Options> options = Resolve(raw);
  if (!options.ok()) return UsageError(file->Locate(options.status().message()));
  CommandLine line;
  line.options = *std::move(options);
  return line;
}

}  // namespace edgebench::agent
