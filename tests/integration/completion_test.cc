#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/file.h"
#include "db/result_store.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Minutes(1);

// A user whose shell has read the script, in a folder with some files.
class ShellCompletion : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(Folder() + "/photos");
    for (const char* const name : {"my.pt", "notes.txt", "two words.txt"})
      ASSERT_TRUE(WriteFileAtomically(absl::StrCat(Folder(), "/", name), "").ok());
  }

  std::string Folder() const { return bench_.File("here"); }

  void AddDevice() {
    std::filesystem::create_directories(bench_.File("share/edgebench"));
    auto store = db::ResultStore::Open(bench_.Database());
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->AddDevice({"pi4", "127.0.0.1:7700", absl::Now()}).ok());
  }

  Subprocess Start(std::vector<std::string> argv, bool on_terminal) {
    return Subprocess({std::move(argv),
                       {absl::StrCat("HOME=", bench_.folder()),
                        absl::StrCat("XDG_DATA_HOME=", bench_.File("share")),
                        absl::StrCat("XDG_RUNTIME_DIR=", bench_.File("run")),
                        absl::StrCat("PATH=", EDGEBENCH_BIN_DIR, ":/usr/bin:/bin"),
                        "LC_ALL=C.UTF-8", "TERM=xterm"},
                       bench_.File("shell"),
                       on_terminal});
  }

  // What a script of a shell prints.
  std::string OutputOf(const std::string& shell, const std::string& script) {
    Subprocess process =
        Start({"/usr/bin/env", shell, "-c", absl::StrCat("cd ", Folder(), "\n", script)}, false);
    const auto state = process.Wait(kPatience);
    EXPECT_TRUE(state.has_value() && state->code == 0) << process.errors();
    EXPECT_EQ(process.errors(), "");
    return process.output();
  }

  // What bash would offer for the words, as it parts them.
  std::string InBash(const std::string& words) {
    return OutputOf("bash", absl::StrCat("source <(edgebench completion bash)\n"
                                         "COMP_WORDS=(edgebench ",
                                         words,
                                         ") COMP_TYPE=9\n"
                                         "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                         "_edgebench edgebench\n"
                                         "printf '%s|' \"${COMPREPLY[@]}\"\n"));
  }

  std::string InFish(const std::string& line) {
    return OutputOf("fish", absl::StrCat("edgebench completion fish | source\n"
                                         "complete -C '",
                                         line, "'\n"));
  }

  // Types a line and TAB, and has the shell print what became of the line.
  void ExpectTyped(const std::vector<std::string>& argv, const std::string& setup,
                   const std::vector<std::pair<std::string, std::string>>& lines) {
    Subprocess shell = Start(argv, true);
    shell.Type(absl::StrCat("cd ", Folder(), "; ", setup, "; echo REA''DY\r"));
    ASSERT_TRUE(shell.WaitForText("READY", kPatience)) << shell.output();
    for (const auto& [typed, completed] : lines) {
      constexpr char kToBeginningOfLine[] = "\x01";
      shell.Type(absl::StrCat(typed, "\t", kToBeginningOfLine, "echo AN''SWER \r"));
      EXPECT_TRUE(shell.WaitForText(absl::StrCat("ANSWER ", completed, "\r\n"), kPatience))
          << typed << "\n"
          << shell.output();
    }
    shell.Type("exit\r");
    EXPECT_TRUE(shell.Wait(kPatience).has_value());
  }

  Workbench bench_;
};

TEST_F(ShellCompletion, BashOffersCommandsFlagsAndValues) {
  AddDevice();
  EXPECT_EQ(InBash("be"), "bench|");
  EXPECT_EQ(InBash("bench --precis"), "--precision|");
  EXPECT_EQ(InBash("bench --precision fp32,int8-s"), "fp32,int8-static|");
  EXPECT_EQ(InBash("bench --device l"), "local|");
  EXPECT_EQ(InBash("device remove ''"), "local|pi4|");
}

TEST_F(ShellCompletion, BashPutsTogetherTheWordsThatItParts) {
  EXPECT_EQ(InBash("bench --precision = fp32,int8-s"), "fp32,int8-static|");
  EXPECT_EQ(InBash("bench --precision = "), InBash("bench --precision = ''"));
  EXPECT_EQ(InBash("bench --target cuda : ''"), "0|");
  EXPECT_EQ(InBash("profile m --trace = not"), "notes.txt|");
}

TEST_F(ShellCompletion, BashOffersFilesWhereAPathIsExpected) {
  EXPECT_THAT(InBash("bench ''"),
              AllOf(HasSubstr("my.pt|"), HasSubstr("photos|"), Not(HasSubstr("notes.txt"))));
  EXPECT_EQ(InBash("profile m --trace two"), "two words.txt|");
  EXPECT_EQ(InBash("man ''"), "photos|");
}

TEST_F(ShellCompletion, BashCompletesWhatIsTyped) {
  ExpectTyped(
      {"/usr/bin/env", "bash", "--norc", "--noprofile", "-i"},
      "source <(edgebench completion bash)",
      {{"edgebench bench --precis", "edgebench bench --precision"},
       {"edgebench bench --precision=fp32,int8-s", "edgebench bench --precision=fp32,int8-static"},
       {"edgebench bench --target cuda:", "edgebench bench --target cuda:0"},
       {"edgebench profile m --trace two", "edgebench profile m --trace two words.txt"}});
}

TEST_F(ShellCompletion, ZshCompletesWhatIsTyped) {
  AddDevice();
  ExpectTyped(
      {"/usr/bin/env", "zsh", "-f", "-i"},
      "autoload -U compinit && compinit -u -D; source <(edgebench completion zsh)",
      {{"edgebench bench --precis", "edgebench bench --precision"},
       {"edgebench bench --precision fp32,int8-s", "edgebench bench --precision fp32,int8-static"},
       {"edgebench device remove pi", "edgebench device remove pi4"},
       {"edgebench bench --target cuda:", "edgebench bench --target cuda:0"},
       {"edgebench bench my", "edgebench bench my.pt"},
       {"edgebench profile m --trace=no", "edgebench profile m --trace=notes.txt"}});
}

TEST_F(ShellCompletion, ZshFindsTheInstalledScript) {
  std::filesystem::create_directories(bench_.File("functions"));
  OutputOf("zsh", absl::StrCat("edgebench completion zsh > ", bench_.File("functions/_edgebench")));
  ExpectTyped(
      {"/usr/bin/env", "zsh", "-f", "-i"},
      absl::StrCat("fpath+=", bench_.File("functions"), "; autoload -U compinit && compinit -u -D"),
      {{"edgebench bench --precis", "edgebench bench --precision"}});
}

TEST_F(ShellCompletion, FishOffersWordsWithWhatTheyMean) {
  AddDevice();
  EXPECT_EQ(InFish("edgebench device remove p"), "pi4\t127.0.0.1:7700\n");
  EXPECT_EQ(InFish("edgebench bench --precision fp32,int8-s"), "fp32,int8-static\n");
  EXPECT_THAT(InFish("edgebench bench --precis"), HasSubstr("--precision\tfp32 (default)"));
  EXPECT_THAT(InFish("edgebench bench my"), HasSubstr("my.pt"));
  EXPECT_THAT(InFish("edgebench bench n"), Not(HasSubstr("notes.txt")));
  EXPECT_EQ(InFish("edgebench profile m --trace=no"), "--trace=notes.txt\n");
}

TEST_F(ShellCompletion, NothingIsMadeOrStartedForIt) {
  const Finished models = bench_.Run({"__complete", "--", "bench", ""});
  EXPECT_EQ(models.out, ":models\n");
  EXPECT_EQ(bench_.Run({"__complete", "--", "job", "show", ""}).out, "");
  EXPECT_EQ(models.err, "");
  EXPECT_FALSE(std::filesystem::exists(bench_.Database()));
  EXPECT_FALSE(std::filesystem::exists(bench_.LocalData()));
  EXPECT_FALSE(std::filesystem::exists(bench_.LocalSocket()));
}

TEST_F(ShellCompletion, AnAgentThatDoesNotAnswerIsNotWaitedFor) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  agent->process().Signal(SIGSTOP);
  const Finished models = bench_.Run({"__complete", "--", "bench", ""});
  EXPECT_EQ(models.exit_code, 0);
  EXPECT_EQ(models.out, ":models\n");
  EXPECT_EQ(models.err, "");
}

// What man(1) would say of the pages.
class ManualPages : public ShellCompletion {};

TEST_F(ManualPages, AreWellFormed) {
  ASSERT_EQ(bench_.Run({"man", Folder() + "/man1"}).exit_code, 0);
  EXPECT_EQ(OutputOf("bash",
                     "edgebench-agent --manual-page > man1/edgebench-agent.8\n"
                     "for page in man1/*; do\n"
                     "  groff -man -ww -Tutf8 -z \"$page\"\n"
                     "  mandoc -T lint -W warning \"$page\"\n"
                     "done\n"),
            "");
  EXPECT_THAT(OutputOf("bash", "mandoc -T ascii man1/edgebench-bench.1 | col -b"),
              AllOf(HasSubstr("edgebench bench MODEL..."), HasSubstr("--precision PRECISION,..")));
}

}  // namespace
}  // namespace edgebench
