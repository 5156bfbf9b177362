#include "common/command_line/help.h"

#include <gmock/gmock.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <vector>

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A program with two commands, one of which has a command within it.
class Help : public ::testing::Test {
 protected:
  Help() {
    UseHelpPages(program_);
    program_.set_help_flag("-h,--help", "show this page");
    program_.add_option("--db", db_, "the database")->type_name("FILE");
    cook_ = program_.add_subcommand("cook", "cook dishes");
    cook_->group("Work");
    cook_->fallthrough();
    cook_->add_option("DISH", dishes_, "names of dishes")->type_name("")->required();
    cook_->add_option("-o,--oven", oven_, "which oven")->type_name("OVEN")->required();
    InGroup(*cook_, "Taste", [&] {
      cook_->add_option("--salt", salt_, "grams of salt")->type_name("N")->capture_default_str();
    });
    AddExamples(*cook_, {{"Two dishes at once", "kitchen cook soup rice \\\n-o 1"},
                         {"Clean up", "kitchen clean\nkitchen clean again"}});
    CLI::App* const box = program_.add_subcommand("box", "boxes");
    box->group("Storage");
    box->add_subcommand("open", "open a box");
  }

  CLI::App program_{"prepares meals", "kitchen"};
  CLI::App* cook_ = nullptr;
  std::string db_, oven_;
  std::vector<std::string> dishes_;
  int salt_ = 3;
  bool hidden_ = false;
};

TEST_F(Help, ShowsExamplesFirstAndFlagsInGroupsWithInheritedOnesLast) {
  cook_->footer("Wash your hands.");
  EXPECT_EQ(cook_->help("kitchen"),
            "Cook dishes.\n"
            "\n"
            "Usage: kitchen cook DISH... -o OVEN [OPTIONS]\n"
            "\n"
            "Examples:\n"
            "  # Two dishes at once\n"
            "  kitchen cook soup rice \\\n"
            "    -o 1\n"
            "  # Clean up\n"
            "  kitchen clean\n"
            "  kitchen clean again\n"
            "\n"
            "Arguments:\n"
            "  DISH             names of dishes\n"
            "\n"
            "Options:\n"
            "  -o, --oven OVEN  which oven\n"
            "\n"
            "Taste:\n"
            "  --salt N         grams of salt; default: 3\n"
            "\n"
            "General:\n"
            "  --db FILE        the database\n"
            "  -h, --help       show this page\n"
            "\n"
            "Wash your hands.\n");
}

TEST_F(Help, GroupsCommandsByWhatTheyAreFor) {
  EXPECT_THAT(program_.help(), HasSubstr("\n\nWork:\n  cook        cook dishes\n"
                                         "\nStorage:\n  box         boxes\n"));
}

TEST_F(Help, CommandsWithinACommandNeedNoGroup) {
  EXPECT_THAT(program_.get_subcommand("box")->help("kitchen"),
              HasSubstr("\nCommands:\n  open        open a box\n"));
}

TEST_F(Help, HidesWhatHasNoGroup) {
  program_.add_subcommand("secret", "for scripts")->group("");
  program_.add_flag("--hidden", hidden_, "for scripts")->group("");
  EXPECT_THAT(program_.help(), Not(HasSubstr("for scripts")));
}

TEST_F(Help, WrapsAndGivesATermThatIsWideALineOfItsOwn) {
  program_
      .add_option("--a-flag-with-a-long-name", oven_,
                  "words words words words words words words words words words words")
      ->type_name("none|some|all");
  EXPECT_THAT(program_.help(),
              HasSubstr("  --a-flag-with-a-long-name none|some|all\n"
                        "              words words words words words words words words words "
                        "words words\n"));
}

TEST_F(Help, ShowsListsOfTerms) {
  AddSection(program_, {"Exit status", {{"0", "done"}, {"130", "interrupted"}}});
  EXPECT_THAT(program_.help(), HasSubstr("\nExit status:\n  0    done\n  130  interrupted\n"));
}

TEST(WrapText, BreaksAtSpacesAndKeepsLongWords) {
  EXPECT_THAT(WrapText("one two  three\nfour", 8), ElementsAre("one two", "three", "four"));
  EXPECT_THAT(WrapText("a-word-that-is-long b", 5), ElementsAre("a-word-that-is-long", "b"));
}

}  // namespace
}  // namespace edgebench
