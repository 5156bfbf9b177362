#include "agent/config_file.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/suggest.h"

namespace edgebench::agent {
namespace {

// A file that is none of ours may hold anything.
std::string Quoted(const std::string& text) {
  constexpr size_t kLongest = 60;
  const std::string end = text.size() > kLongest ? "..." : "";
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(text.substr(0, kLongest)), end, "'");
}

std::vector<std::string> KnownNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_configurable()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

}  // namespace

std::vector<CLI::ConfigItem> ConfigFile::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> settings = CLI::ConfigTOML::from_config(input);
  for (const CLI::ConfigItem& item : settings) {
    CheckName(item);
    const CLI::Option* const option = app_.get_option_no_throw("--" + item.name);
    if (option->empty()) given_here_.insert("--" + item.name);
  }
  return settings;
}

void ConfigFile::CheckName(const CLI::ConfigItem& item) const {
  if (!item.parents.empty()) {
    throw CLI::ConfigError(absl::StrCat(Path(), ": the section ", Quoted(item.parents.front()),
                                        " has no meaning here; write NAME=VALUE lines only"));
  }
  const CLI::Option* const option = app_.get_option_no_throw("--" + item.name);
  if (option == nullptr) {
    throw CLI::ConfigError(absl::StrCat(Path(), ": there is no setting ", Quoted(item.name), ".",
                                        DidYouMean(item.name, KnownNames(app_))));
  }
  if (!option->get_configurable()) {
    throw CLI::ConfigError(absl::StrCat(Path(), ": ", item.name, " is for the command line only"));
  }
}

std::string ConfigFile::Locate(absl::string_view error) const {
  for (const std::string& flag : given_here_) {
    if (absl::StrContains(error, flag)) return absl::StrCat(Path(), ": ", error);
  }
  return std::string(error);
}

std::string ConfigFile::Path() const {
  const CLI::Option* const option = app_.get_config_ptr();
  return option == nullptr || option->empty() ? "" : option->as<std::string>();
}

}  // namespace edgebench::agent
