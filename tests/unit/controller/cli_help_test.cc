#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/command_line/help.h"
#include "common/file.h"
#include "controller/commands/commands.h"
#include "controller/completion/completion.h"
#include "controller/terminal.h"
#include "tests/unit/controller/cli_fixture.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CliHelp : public Cli {
 protected:
  // The words of every call that has a help page: {}, {"bench"}, {"device", "add"}.
  std::vector<std::vector<std::string>> AllCommands() {
    std::vector<std::vector<std::string>> all = {{}};
    for (const Command& command : Commands()) {
      all.push_back({command.name});
      CLI::App app("", "edgebench");
      CLI::App* const defined = app.add_subcommand(command.name, "");
      command.define(*defined);
      for (const CLI::App* nested : defined->get_subcommands([](const CLI::App*) { return true; }))
        all.push_back({command.name, nested->get_name()});
    }
    return all;
  }

  std::string HelpOf(std::vector<std::string> words) {
    words.push_back("--help");
    EXPECT_EQ(Run(words), ExitCode::kOk) << err_;
    return out_;
  }
};

TEST_F(CliHelp, OfEveryCommandFitsInEightyColumnsAndAnyCharacterSet) {
  for (const auto& words : AllCommands()) {
    for (const absl::string_view line : absl::StrSplit(HelpOf(words), '\n')) {
      EXPECT_LE(DisplayWidth(line), 80) << absl::StrJoin(words, " ") << ": " << line;
      EXPECT_TRUE(std::all_of(line.begin(), line.end(), absl::ascii_isascii)) << line;
    }
  }
}

TEST_F(CliHelp, OfEveryCommandShowsExamplesBeforeFlags) {
  for (const auto& words : AllCommands()) {
    const std::string help = HelpOf(words);
    const std::string call = absl::StrJoin(words, " ");
    EXPECT_THAT(help, HasSubstr("\nUsage: edgebench")) << call;
    const size_t examples = help.find("\nExamples:\n");
    ASSERT_NE(examples, std::string::npos) << call;
    EXPECT_LT(examples, help.find("-h, --help")) << call;
    EXPECT_THAT(help, HasSubstr(absl::StrCat("  edgebench ", call))) << call;
  }
}

TEST_F(CliHelp, PutsEveryCommandInAGroup) {
  const std::string help = HelpOf({});
  EXPECT_THAT(help, Not(HasSubstr("\nCommands:\n")))
      << "a command sets its group: see controller/commands/commands.h";
  for (const char* const group :
       {kMeasuring, kLookingAtResults, kDevicesAndJobs, kThisInstallation})
    EXPECT_THAT(help, HasSubstr(absl::StrCat("\n", group, ":\n")));
  EXPECT_THAT(help, AllOf(HasSubstr("\nExit status:\n"), HasSubstr("\nEnvironment:\n"),
                          HasSubstr("\nFiles:\n"), HasSubstr("EDGEBENCH_AGENT")));
}

TEST_F(CliHelp, NamesWhatACallNeeds) {
  EXPECT_THAT(HelpOf({"quantize"}),
              HasSubstr("Usage: edgebench quantize MODEL --precision PRECISION -o FILE [OPTIONS]"));
  EXPECT_THAT(HelpOf({"job", "show"}), HasSubstr("Usage: edgebench job show [JOB] [OPTIONS]"));
  EXPECT_THAT(HelpOf({"device"}), HasSubstr("Usage: edgebench device COMMAND [OPTIONS]"));
}

TEST_F(CliHelp, ManualPagesAreWrittenForEveryCommand) {
  ASSERT_EQ(Run({"man", folder_.File("man")}), ExitCode::kOk) << err_;
  EXPECT_THAT(*ReadFile(folder_.File("man/edgebench.1")), HasSubstr("edgebench\\-bench\\fR(1)"));
  for (const Command& command : Commands()) {
    const auto page = ReadFile(folder_.File(absl::StrCat("man/edgebench-", command.name, ".1")));
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_THAT(*page, AllOf(HasSubstr(".SH SYNOPSIS\n"), HasSubstr(".SH EXAMPLES\n"),
                             HasSubstr(".SH EXIT STATUS\n")));
  }
}

TEST_F(CliHelp, AFolderForManualPagesThatCannotBeMadeIsAUsageError) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("file"), "").ok());
  EXPECT_EQ(Run({"man", folder_.File("file/man")}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("file"));
}

TEST_F(CliHelp, CompletionPrintsTheScriptOfAShell) {
  EXPECT_EQ(Run({"completion", "bash"}), ExitCode::kOk);
  EXPECT_EQ(out_, kBashCompletion);
  EXPECT_EQ(Run({"completion", "zsh"}), ExitCode::kOk);
  EXPECT_THAT(out_, StartsWith("#compdef edgebench\n"));
  EXPECT_EQ(Run({"completion", "fish"}), ExitCode::kOk);
  EXPECT_EQ(out_, kFishCompletion);
  EXPECT_EQ(Run({"completion", "tcsh"}), ExitCode::kUsage);
}

TEST_F(CliHelp, WhatCompletesSaysNothingElseAndMakesNoDatabase) {
  const char* const asked[] = {"edgebench",     "__complete", "--",       "--db",
                               "/nowhere/x.db", "bench",      "--device", "l"};
  std::ostringstream out, err;
  RealClock clock;
  EXPECT_EQ(RunProgram(8, asked, {out, err, Terminal(), connector_, clock}), ExitCode::kOk);
  EXPECT_EQ(out.str(), "local\tthis machine\n:nospace\n");
  EXPECT_THAT(err.str(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists("/nowhere"));
}

}  // namespace
}  // namespace edgebench::controller
