#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <istream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench {

// The file that --config names: NAME=VALUE lines in TOML, the names those of the flags without
// their dashes. What stands below [COMMAND] is for that command only. A flag on the command line
// wins.
class ConfigFile : public CLI::ConfigTOML {
 public:
  explicit ConfigFile(const CLI::App& app) : app_(app) {}

  // Throws CLI::ConfigError, as the parser expects of it, for a name that is no
  // flag or command; the error names the file, the name and the nearest ones.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  // What is wrong, in the words of the command line ("--grace: ..."), said of
  // the file where the value came from there.
  std::string Locate(absl::string_view error) const;

  // What to say of a file that cannot be read.
  std::string WhyUnreadable(const CLI::FileError& error) const;

  // "" when no file is named.
  std::string Path() const;

 private:
  const CLI::App& CommandOf(const CLI::ConfigItem& item) const;
  const CLI::Option& FlagOf(const CLI::App& command, const CLI::ConfigItem& item) const;

  const CLI::App& app_;
  mutable std::set<std::string> given_here_;  // from_config is const in the base
};

}  // namespace edgebench
