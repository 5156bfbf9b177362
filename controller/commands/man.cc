#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/command_line/manual_page.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "controller/commands/commands.h"

namespace edgebench::controller {
namespace {

absl::StatusOr<ExitCode> WritePages(const CLI::App& program, const std::string& folder,
                                    Session& session) {
  const Manual manual{
      1, absl::StrCat("edgebench ", kVersion), ManualDate(), {"edgebench-agent(8)"}};
  EDGEBENCH_RETURN_IF_ERROR(WithExitCode(MakeDirectories(folder, 0755), ExitCode::kUsage));
  std::vector<const CLI::App*> commands = {&program};
  for (const CommandGroup& group : CommandGroupsOf(program))
    commands.insert(commands.end(), group.commands.begin(), group.commands.end());
  for (const CLI::App* const command : commands) {
    const std::string path =
        absl::StrCat(folder, "/", ManualPageName(*command), ".", manual.section);
    EDGEBENCH_RETURN_IF_ERROR(
        WithExitCode(WriteFileAtomically(path, ManualPage(*command, manual)), ExitCode::kUsage));
  }
  session.Tell(absl::StrCat("wrote ", commands.size(), " pages to ", folder,
                            "; read one with: man -l ", folder, "/edgebench.1"));
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineMan(CLI::App& command) {
  const auto folder = std::make_shared<std::string>();
  command.group(kThisInstallation);
  AddExamples(command, {{"The page of a command without installing",
                         "edgebench man /tmp/man && man -l /tmp/man/edgebench-bench.1"},
                        {"For the user's own man",
                         "edgebench man ~/.local/share/man/man1 && man edgebench"}});
  AddSection(
      command,
      {"Environment",
       {{"SOURCE_DATE_EPOCH", "the date of the pages, in seconds since 1970; default: today"}}});
  command.footer("cmake --install installs them, and that of edgebench-agent.");
  command.add_option("DIR", *folder, "the folder for them; made if it is not there")
      ->type_name("")
      ->required();
  return [folder, &program = *command.get_parent()](Session& session) {
    return WritePages(program, *folder, session);
  };
}

}  // namespace edgebench::controller
