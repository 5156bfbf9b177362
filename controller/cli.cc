#include "controller/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/command_line/config_file.h"
#include "common/command_line/help.h"
#include "common/suggest.h"
#include "common/version.h"
#include "controller/commands/commands.h"
#include "controller/completion/completion.h"
#include "controller/completion/names.h"
#include "controller/paths.h"

namespace edgebench::controller {
namespace {

constexpr char kDescription[] =
    "measures neural networks on this machine and on edge devices.\n"
    "Which model, at which precision, on which device? No set-up is needed for this machine, the "
    "device 'local'.";

void AddHelpPage(CLI::App& app) {
  UseHelpPages(app);
  app.set_help_flag("-h,--help", "show this page");
  AddExamples(
      app, {{"What can be measured by name", "edgebench model list"},
            {"A model in two precisions, and how they compare",
             "edgebench bench resnet18 --precision fp32,int8-static\nedgebench compare resnet18"},
            {"A TorchScript file, in batches of 1 and 8",
             "edgebench bench my.pt --input 'float32[N,3,H,W]' --image-size 224 --batch 1,8"},
            {"The same model on another device, behind ssh -L 7700:127.0.0.1:7700 pi",
             "edgebench device add pi 127.0.0.1:7700\n"
             "edgebench bench resnet18 --device local,pi"}});
  AddSection(app, {"Exit status",
                   {{"0", "done"},
                    {"1", "a finding, such as figures that cannot be compared fairly"},
                    {"2", "usage: the call, or a file that it names, is wrong"},
                    {"3", "the agent of a device cannot be reached"},
                    {"4", "not authorized"},
                    {"5", "fault of the device or the agent"},
                    {"6", "fault of the model"},
                    {"7", "time is over"},
                    {"130", "interrupted"}},
                   /*of_all_commands=*/true});
  AddSection(app,
             {"Configuration file",
              {{"db = \"/data/lab.db\"", "as --db /data/lab.db"},
               {"[bench]", "of this command only"},
               {"device = [\"local\", \"pi\"]", "as --device local,pi; a flag that is typed wins"},
               {"max-time = \"60s\"", "as --max-time 60s"}}});
  AddSection(app, {"Environment",
                   {{"XDG_CONFIG_HOME",
                     "parent of the folder edgebench/ below; default: "
                     "~/.config"},
                    {"XDG_DATA_HOME",
                     "parent of the folder edgebench/ below; default: "
                     "~/.local/share"},
                    {"XDG_RUNTIME_DIR",
                     "parent of the folder edgebench/ of the socket of 'local'; where it is not "
                     "set, the socket is below the folder of the database"},
                    {"EDGEBENCH_AGENT",
                     "the program edgebench-agent that is started for 'local'; "
                     "default: beside edgebench, else on PATH"},
                    {"NO_COLOR", "not empty: no colors, as with TERM=dumb"},
                    {"TZ", "the time zone that times are shown in"}}});
  AddSection(app, {"Files",
                   {{"$XDG_CONFIG_HOME/edgebench/config.toml",
                     "defaults of flags, unless --config names "
                     "another file"},
                    {"$XDG_DATA_HOME/edgebench/results.db",
                     "all results, unless --db names "
                     "another file"},
                    {"$XDG_DATA_HOME/edgebench/agent/",
                     "jobs, models and log of the agent of "
                     "'local'"},
                    {"$XDG_RUNTIME_DIR/edgebench/agent.sock", "where that agent listens"}}});
}

// The command that was being parsed when it went wrong.
const CLI::App& InnermostParsed(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : InnermostParsed(*parsed.front());
}

std::vector<std::string> KnownWords(const CLI::App& app, bool flags) {
  std::vector<std::string> words;
  if (flags) {
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    return words;
  }
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(subcommand->get_name());
  return words;
}

// " Did you mean --precision?" for what the parser could not place.
std::string SuggestionFor(const CLI::App& root) {
  const CLI::App& app = InnermostParsed(root);
  constexpr bool kRecurse = true;
  for (const std::string& word : root.remaining(kRecurse)) {
    const bool flag = absl::StartsWith(word, "-");
    const std::string name = word.substr(0, word.find('='));
    if (std::string hint = DidYouMean(name, KnownWords(app, flag)); !hint.empty()) return hint;
  }
  return "";
}

std::string WordsOf(const CLI::App& root, const CLI::ParseError& error) {
  constexpr bool kRecurse = true;
  const std::vector<std::string> unknown = root.remaining(kRecurse);
  const CLI::App& app = InnermostParsed(root);
  const std::vector<std::string> commands = KnownWords(app, /*flags=*/false);
  const bool lacks_command = unknown.empty() && !commands.empty() && app.get_subcommands().empty();
  if (lacks_command && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return absl::StrCat("'", FullName(app), "' needs one of: ", absl::StrJoin(commands, ", "));
  if (unknown.empty()) return error.what();
  const bool flag = absl::StartsWith(unknown.front(), "-");
  if (flag) return absl::StrCat("there is no flag ", unknown.front(), ".");
  return absl::StrCat(!commands.empty() ? "there is no command '" : "one argument too many: '",
                      unknown.front(), "'.");
}

// "" unless the first unknown word is a command that is still to come.
std::string PlannedText(const CLI::App& root) {
  constexpr bool kRecurse = true;
  const std::vector<std::string> unknown = root.remaining(kRecurse);
  if (unknown.empty() || !root.get_subcommands().empty()) return "";
  for (const PlannedCommand& planned : PlannedCommands()) {
    if (unknown.front() != planned.name) continue;
    return absl::StrCat("'", planned.name, "' is planned and not in version ", kVersion,
                        ".\nMeanwhile: ", planned.instead);
  }
  return "";
}

ExitCode ReportUsageError(const CLI::App& root, const CLI::ParseError& error,
                          const ConfigFile& config, Session& session) {
  const std::string planned = PlannedText(root);
  session.Tell(absl::StrCat(
      "edgebench: ",
      planned.empty() ? config.Locate(WordsOf(root, error)) + SuggestionFor(root) : planned,
      "\nSee: ", FullName(InnermostParsed(root)), " --help"));
  return ExitCode::kUsage;
}

ExitCode ReportError(const absl::Status& status, const ConfigFile& config, Session& session) {
  session.Tell(absl::StrCat("edgebench: ", config.Locate(status.message())));
  return ExitCodeOf(status);
}

struct Parser {
  CLI::App app{kDescription, "edgebench"};
  std::string database_path;
  bool version = false;
  std::shared_ptr<ConfigFile> config = std::make_shared<ConfigFile>(app);
  std::vector<std::pair<CLI::App*, CommandBody>> bodies;

  Parser() {
    AddHelpPage(app);
    app.add_option("--db", database_path, "the database of results, instead of the user's")
        ->type_name("FILE");
    app.set_config("--config", "", "a file with defaults of flags, instead of the user's")
        ->type_name("FILE");
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.config_formatter(config);
    app.add_flag("--version", version, "print the version")->configurable(false);
    for (const Command& command : Commands()) {
      CLI::App* const subcommand = app.add_subcommand(command.name, command.help);
      // --db may stand behind the command as well.
      subcommand->fallthrough();
      bodies.emplace_back(subcommand, command.define(*subcommand));
      for (CLI::App* const nested :
           subcommand->get_subcommands([](const CLI::App*) { return true; }))
        nested->fallthrough();
    }
    // Last, because subcommands inherit what is set when they are added.
    app.footer("More about a command: edgebench COMMAND --help, or man edgebench-COMMAND.");
  }
};

bool IsFlag(absl::string_view argument, absl::string_view flag) {
  return absl::ConsumePrefix(&argument, flag) && (argument.empty() || argument.front() == '=');
}

// Whether the user's file is to be read: it is there, no other is named, and nobody asks for help,
// which a mistake in it must not prevent.
bool TakesUsersConfig(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h" || IsFlag(argument, "--config")) return false;
  }
  std::error_code ignored;
  return std::filesystem::exists(DefaultConfigPath(), ignored);
}

// Last first, as the parser wants them. `help COMMAND` is `COMMAND --help`.
std::vector<std::string> ReversedArguments(int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (TakesUsersConfig(arguments))
    arguments.insert(arguments.begin(), {"--config", DefaultConfigPath()});
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

// What the scripts of `completion` ask, as `edgebench __complete -- WORDS...`. Says nothing else:
// it would appear in the middle of what somebody types.
constexpr absl::string_view kComplete = "__complete";

ExitCode ShowCompletion(const CLI::App& program, std::vector<std::string> words,
                        const World& world) {
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  world.out << CompletionText(Complete(program, words, NamesAtHand(world.connector)));
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunProgram(int argc, const char* const* argv, const World& world) {
  Session session(world);
  Parser parser;
  if (argc > 1 && argv[1] == kComplete)
    return ShowCompletion(parser.app, {argv + 2, argv + argc}, world);
  try {
    parser.app.parse(ReversedArguments(argc, argv));
  } catch (const CLI::Success& help) {
    parser.app.exit(help, world.out, world.err);
    return ExitCode::kOk;
  } catch (const CLI::FileError& error) {
    session.Tell(absl::StrCat("edgebench: --config: ", parser.config->WhyUnreadable(error)));
    return ExitCode::kUsage;
  } catch (const CLI::ParseError& error) {
    return ReportUsageError(parser.app, error, *parser.config, session);
  }
  session.set_database_path(parser.database_path);
  if (parser.version) {
    world.out << "edgebench " << kVersion << "\n";
    return ExitCode::kOk;
  }
  for (const auto& [command, body] : parser.bodies) {
    if (!command->parsed()) continue;
    const absl::StatusOr<ExitCode> code = body(session);
    return code.ok() ? *code : ReportError(code.status(), *parser.config, session);
  }
  world.err << parser.app.help();
  return ExitCode::kUsage;
}

}  // namespace edgebench::controller
