#include "controller/completion/completion.h"

#include <gmock/gmock.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>
#include <vector>

#include "common/command_line/help.h"
#include "controller/commands/commands.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Files = Completion::Files;

// The commands as they are, and names that are made up.
class Completing : public ::testing::Test {
 protected:
  Completing() {
    UseHelpPages(program_);
    program_.add_option("--db", db_, "the database")->type_name("FILE");
    for (const Command& command : Commands()) {
      CLI::App* const added = program_.add_subcommand(command.name, command.help);
      added->fallthrough();
      bodies_.push_back(command.define(*added));
      for (CLI::App* const nested : added->get_subcommands([](const CLI::App*) { return true; }))
        nested->fallthrough();
    }
  }

  Completion Complete(const std::vector<std::string>& words) {
    return controller::Complete(program_, words,
                                [this](NameKind kind, const std::string& database) {
                                  asked_.push_back(kind);
                                  database_ = database;
                                  return NamesOf(kind);
                                });
  }

  std::vector<std::string> WordsFor(const std::vector<std::string>& words) {
    std::vector<std::string> candidates;
    for (const Candidate& candidate : Complete(words).candidates)
      candidates.push_back(candidate.word);
    return candidates;
  }

  static std::vector<Candidate> NamesOf(NameKind kind) {
    switch (kind) {
      case NameKind::kDevices:
        return {{"local", "this machine"}, {"pi", "127.0.0.1:7700"}};
      case NameKind::kModels:
        return {{"mobilenet_v2", ""}, {"resnet18", ""}, {"resnet50", ""}};
      case NameKind::kMeasuredModels:
        return {{"my.pt", "measured before"}};
      case NameKind::kJobs:
        return {{"aaaa-1", "resnet18 fp32"}, {"bbbb-2", "resnet18 int8-static"}};
      case NameKind::kPendingJobs:
        return {{"bbbb-2", "resnet18 int8-static"}};
      case NameKind::kRuns:
        return {{"cccc-3", "resnet18"}};
      case NameKind::kTags:
        return {{"nightly", ""}};
    }
    return {};
  }

  CLI::App program_{"measures", "edgebench"};
  std::string db_, database_;
  std::vector<CommandBody> bodies_;  // they hold what the flags are read into
  std::vector<NameKind> asked_;
};

TEST_F(Completing, CommandsByTheirBeginning) {
  EXPECT_THAT(WordsFor({"be"}), ElementsAre("bench"));
  EXPECT_THAT(WordsFor({""}), AllOf(Contains("bench"), Contains("device"), Contains("help")));
  EXPECT_THAT(WordsFor({"device", ""}), ElementsAre("add", "list", "show", "remove"));
  EXPECT_THAT(WordsFor({"help", "quan"}), ElementsAre("quantize"));
}

TEST_F(Completing, FlagsOfTheCommandAndThoseOfTheProgram) {
  EXPECT_THAT(WordsFor({"bench", "--prec"}), ElementsAre("--precision"));
  EXPECT_THAT(WordsFor({"results", "--"}), AllOf(Contains("--latest"), Contains("--db")));
  EXPECT_THAT(WordsFor({"--ver"}), IsEmpty()) << "this program has no such flag";
}

TEST_F(Completing, AFlagOnceUnlessItTakesSeveralValues) {
  EXPECT_THAT(WordsFor({"results", "--latest", "--la"}), IsEmpty());
  EXPECT_THAT(WordsFor({"bench", "--input", "float32[N]", "--inp"}), ElementsAre("--input"));
}

TEST_F(Completing, ElementsOfAListBehindAComma) {
  EXPECT_THAT(WordsFor({"bench", "--precision", "fp32,int8-s"}), ElementsAre("fp32,int8-static"));
  EXPECT_THAT(WordsFor({"bench", "--device", "pi,"}), ElementsAre("pi,local"))
      << "pi is there already";
  EXPECT_TRUE(Complete({"bench", "--precision", "f"}).goes_on);
  EXPECT_FALSE(Complete({"quantize", "m", "--precision", "f"}).goes_on);
}

TEST_F(Completing, TheValueInTheSameWordAsItsFlag) {
  EXPECT_THAT(WordsFor({"bench", "--precision=fp32,fp"}), ElementsAre("--precision=fp32,fp16"));
  EXPECT_THAT(WordsFor({"bench", "--huge-pages=o"}),
              ElementsAre("--huge-pages=on", "--huge-pages=off"));
}

TEST_F(Completing, WordsThatAFlagTakes) {
  const struct {
    std::vector<std::string> words;
    std::vector<std::string> candidates;
  } cases[] = {
      {{"bench", "--optimize", ""}, {"none", "freeze", "full"}},
      {{"bench", "--engine", "on"}, {"onednn"}},
      {{"bench", "--engine", "al"}, {"all"}},
      {{"bench", "--observer", "m"}, {"min-max", "moving-average", "mse"}},
      {{"bench", "--weight-scheme", ""}, {"per-channel", "per-tensor"}},
      {{"bench", "--embeddings", ""}, {"int8", "fp32"}},
      {{"bench", "--optimizer", ""}, {"adam", "sgd"}},
      {{"bench", "--target", "cu"}, {"cuda:0"}},
      {{"bench", "--batch", ""}, {}},
      {{"compare", "--across", "t"}, {"target", "threads"}},
      {{"completion", ""}, {"bash", "zsh", "fish"}},
      {{"query", "--format", ""}, {"table", "csv", "json"}},
      {{"results", "--tag", "n"}, {"nightly"}},
      {{"doctor", "--device", "p"}, {"pi"}},
      {{"model", "show", "--device", "l"}, {"local"}},
      {{"energy", "--device", "p"}, {"pi"}},
  };
  for (const auto& one : cases) {
    EXPECT_THAT(WordsFor(one.words), ::testing::ElementsAreArray(one.candidates))
        << one.words[0] << " " << one.words[1];
  }
}

TEST_F(Completing, ModelsAndTheirFiles) {
  EXPECT_THAT(WordsFor({"bench", "resn"}), ElementsAre("resnet18", "resnet50"));
  EXPECT_THAT(WordsFor({"bench", "resnet18", "resn"}), ElementsAre("resnet50"));
  EXPECT_EQ(Complete({"bench", "x"}).files, Files::kModels);
  EXPECT_THAT(WordsFor({"compare", ""}), ElementsAre("my.pt"));
  EXPECT_EQ(Complete({"compare", ""}).files, Files::kNone) << "results have names only";
}

TEST_F(Completing, FilesWhereAPathIsExpected) {
  EXPECT_EQ(Complete({"profile", "resnet18", "--trace", ""}).files, Files::kAny);
  EXPECT_EQ(Complete({"quantize", "resnet18", "-o", ""}).files, Files::kAny);
  EXPECT_EQ(Complete({"bench", "resnet18", "--calibration=ph"}).files, Files::kAny);
  EXPECT_EQ(Complete({"energy", "met"}).files, Files::kAny);
  EXPECT_EQ(Complete({"run", "vis"}).files, Files::kAny);
  EXPECT_EQ(Complete({"man", ""}).files, Files::kFolders);
  EXPECT_EQ(Complete({"device", "add", ""}).files, Files::kNone);
}

TEST_F(Completing, JobsThatTheCommandCanDoSomethingWith) {
  EXPECT_THAT(WordsFor({"job", "show", ""}), ElementsAre("aaaa-1", "bbbb-2"));
  EXPECT_THAT(WordsFor({"job", "cancel", ""}), ElementsAre("bbbb-2"));
  EXPECT_THAT(WordsFor({"run", "--resume", ""}), ElementsAre("cccc-3"));
  EXPECT_THAT(WordsFor({"results", "--run", ""}), ElementsAre("cccc-3"));
}

TEST_F(Completing, NoMoreArgumentsThanTheCommandTakes) {
  EXPECT_THAT(WordsFor({"device", "remove", ""}), ElementsAre("local", "pi"));
  EXPECT_THAT(WordsFor({"device", "remove", "pi", ""}),
              AllOf(Not(Contains("local")), Contains("--db")))
      << "flags may still follow";
}

TEST_F(Completing, BehindTwoDashesAreNoFlags) {
  EXPECT_THAT(WordsFor({"bench", "--", "--prec"}), IsEmpty());
  EXPECT_THAT(WordsFor({"bench", "--", "mob"}), ElementsAre("mobilenet_v2"));
}

TEST_F(Completing, TheDatabaseThatTheCallNamesIsAsked) {
  Complete({"--db", "/x.db", "doctor", "--device", ""});
  EXPECT_EQ(database_, "/x.db");
  Complete({"doctor", "--db=/y.db", "--device", ""});
  EXPECT_EQ(database_, "/y.db");
}

TEST_F(Completing, NobodyIsAskedForNamesWhereNoneCanStand) {
  Complete({"bench", "--prec"});
  Complete({"bench", "--precision", ""});
  Complete({""});
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(Completing, WordsThatMakeNoSenseAreNoError) {
  EXPECT_THAT(WordsFor({}), IsEmpty());
  EXPECT_THAT(WordsFor({"frobnicate", "--xyz", ""}), Not(Contains("--xyz")));
  EXPECT_THAT(WordsFor({"bench", "--nothing=", ""}), Contains("resnet18"));
  EXPECT_THAT(WordsFor({"bench", "--nothing="}), IsEmpty());
}

TEST(CompletionText, IsAWordALineWithWhatItMeansAndWhatTheShellAdds) {
  EXPECT_EQ(CompletionText({{{"pi", "127.0.0.1:7700"}, {"nano", ""}}, Files::kModels, true}),
            "pi\t127.0.0.1:7700\nnano\n:models\n:nospace\n");
}

TEST(CompletionText, LeavesOutNamesThatAreNoWord) {
  EXPECT_EQ(CompletionText({{{"a b", ""}, {"a\x1b[1m", ""}, {"a\nb", ""}}, Files::kNone, false}),
            "");
}

TEST(CompletionText, KeepsDescriptionsShortAndOnALine) {
  const std::string text =
      CompletionText({{{"a", "one\ttwo\nthree"}, {"b", std::string(200, 'x')}}, {}, false});
  EXPECT_THAT(text, ::testing::StartsWith("a\tone two three\nb\txxx"));
  EXPECT_LT(text.size(), 100u);
}

}  // namespace
}  // namespace edgebench::controller
