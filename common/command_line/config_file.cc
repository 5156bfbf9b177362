#include "common/command_line/config_file.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/command_line/help.h"
#include "common/file.h"
#include "common/suggest.h"

namespace edgebench {
namespace {

// How the parser marks where a section begins and ends.
constexpr char kBegin[] = "++";
constexpr char kEnd[] = "--";

// A file that is none of ours may hold anything.
std::string Quoted(const std::string& text) {
  constexpr size_t kLongest = 60;
  const std::string end = text.size() > kLongest ? "..." : "";
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(text.substr(0, kLongest)), end, "'");
}

std::vector<std::string> KnownNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_configurable()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

std::vector<const CLI::App*> Subcommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> NamesOf(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

// "--batch" of "--batch: ..." and of "--batch is for ...", not of "--batches ...".
bool IsAbout(absl::string_view error, const std::string& flag) {
  if (!absl::ConsumePrefix(&error, flag)) return false;
  return error.empty() || error.front() == ':' || error.front() == ' ';
}

}  // namespace

std::vector<CLI::ConfigItem> ConfigFile::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> in_use;
  for (CLI::ConfigItem& item : CLI::ConfigTOML::from_config(input)) {
    const CLI::App& command = CommandOf(item);
    if (item.name == kBegin || item.name == kEnd) continue;
    const CLI::Option& flag = FlagOf(command, item);
    // A wrong value is for the command to refuse that it is meant for.
    if (&command != &app_ && !command.parsed()) continue;
    if (flag.empty()) given_here_.insert("--" + item.name);
    in_use.push_back(std::move(item));
  }
  return in_use;
}

const CLI::App& ConfigFile::CommandOf(const CLI::ConfigItem& item) const {
  const CLI::App* command = &app_;
  for (const std::string& name : item.parents) {
    const std::vector<const CLI::App*> known = Subcommands(*command);
    const CLI::App* found = nullptr;
    for (const CLI::App* candidate : known)
      if (candidate->get_name() == name) found = candidate;
    if (found == nullptr && Subcommands(app_).empty()) {
      throw CLI::ConfigError(absl::StrCat(Path(), ": the section ", Quoted(name),
                                          " has no meaning here; write NAME=VALUE lines only"));
    }
    if (found == nullptr) {
      throw CLI::ConfigError(absl::StrCat(Path(), ": there is no command ", Quoted(name),
                                          " to be a section.", DidYouMean(name, NamesOf(known))));
    }
    command = found;
  }
  return *command;
}

const CLI::Option& ConfigFile::FlagOf(const CLI::App& command, const CLI::ConfigItem& item) const {
  const CLI::Option* const option = command.get_option_no_throw("--" + item.name);
  if (option == nullptr) {
    const std::string where = &command == &app_ ? "" : absl::StrCat(" of ", FullName(command));
    throw CLI::ConfigError(absl::StrCat(Path(), ": there is no setting ", Quoted(item.name), where,
                                        ".", DidYouMean(item.name, KnownNames(command))));
  }
  if (!option->get_configurable()) {
    throw CLI::ConfigError(absl::StrCat(Path(), ": ", item.name, " is for the command line only"));
  }
  return *option;
}

std::string ConfigFile::Locate(absl::string_view error) const {
  for (const std::string& flag : given_here_)
    if (IsAbout(error, flag)) return absl::StrCat(Path(), ": ", error);
  return std::string(error);
}

std::string ConfigFile::WhyUnreadable(const CLI::FileError& error) const {
  const absl::Status status = ReadFile(Path()).status();
  return status.ok() ? error.what() : std::string(status.message());
}

std::string ConfigFile::Path() const {
  const CLI::Option* const option = app_.get_config_ptr();
  return option == nullptr || option->empty() ? "" : option->as<std::string>();
}

}  // namespace edgebench
