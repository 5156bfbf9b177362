#pragma once

#include <string>

namespace edgebench::controller {

// Where the controller keeps things, after the XDG base directory
// specification: $XDG_DATA_HOME/edgebench, else ~/.local/share/edgebench.
std::string DataFolder();

// Defaults of flags, unless --config says otherwise: $XDG_CONFIG_HOME/edgebench/config.toml, else
// ~/.config/edgebench/config.toml.
std::string DefaultConfigPath();

// The results, unless --db says otherwise.
std::string DefaultDatabasePath();

// Where the agent of `local` listens: below $XDG_RUNTIME_DIR where that is a
// folder, else below the data folder.
std::string LocalSocketPath();

// The journal, cache and log of the agent of `local`.
std::string LocalAgentFolder();

}  // namespace edgebench::controller
