#include "controller/paths.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace edgebench::controller {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string HomeFolder() {
  if (std::string home = FromEnvironment("HOME"); !home.empty()) return home;
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_dir : "/";
}

// Our folder below a variable's or, without it, below one in the home.
std::string BaseFolder(const char* variable, const char* in_home) {
  std::string base = FromEnvironment(variable);
  // The specification: relative paths are invalid and to be ignored.
  if (base.empty() || base.front() != '/') base = HomeFolder() + in_home;
  return base + "/edgebench";
}

}  // namespace

std::string DataFolder() { return BaseFolder("XDG_DATA_HOME", "/.local/share"); }

std::string DefaultConfigPath() {
  return BaseFolder("XDG_CONFIG_HOME", "/.config") + "/config.toml";
}

std::string DefaultDatabasePath() { return DataFolder() + "/results.db"; }

std::string LocalSocketPath() {
  const std::string runtime = FromEnvironment("XDG_RUNTIME_DIR");
  std::error_code ignored;
  if (!runtime.empty() && std::filesystem::is_directory(runtime, ignored))
    return runtime + "/edgebench/agent.sock";
  return DataFolder() + "/run/agent.sock";
}

std::string LocalAgentFolder() { return DataFolder() + "/agent"; }

}  // namespace edgebench::controller
