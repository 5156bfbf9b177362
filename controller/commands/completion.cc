#include "controller/completion/completion.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>

#include "controller/commands/commands.h"

namespace edgebench::controller {

CommandBody DefineCompletion(CLI::App& command) {
  const auto shell = std::make_shared<std::string>();
  command.group(kThisInstallation);
  AddExamples(
      command,
      {{"In bash, from ~/.bashrc", "source <(edgebench completion bash)"},
       {"In zsh, from ~/.zshrc, behind compinit", "source <(edgebench completion zsh)"},
       {"In fish, once", "edgebench completion fish > ~/.config/fish/completions/edgebench.fish"}});
  command.footer(
      "An installed edgebench is completed without these. The script asks edgebench what may "
      "follow: commands, flags, and the devices, models, jobs and runs that there are.");
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->type_name("bash|zsh|fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
  return [shell](Session& session) -> absl::StatusOr<ExitCode> {
    session.world().out << (*shell == "bash"  ? kBashCompletion
                            : *shell == "zsh" ? kZshCompletion
                                              : kFishCompletion);
    return ExitCode::kOk;
  };
}

}  // namespace edgebench::controller
