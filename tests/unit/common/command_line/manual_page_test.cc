#include "common/command_line/manual_page.h"

#include <gmock/gmock.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <string>

#include "common/command_line/help.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ManualPages : public ::testing::Test {
 protected:
  ManualPages() {
    UseHelpPages(program_);
    program_.set_help_flag("-h,--help", "show this page");
    AddSection(program_, {"Exit status", {{"0", "done"}}, /*of_all_commands=*/true});
    AddSection(program_, {"Files", {{"~/.pantry", "what is there"}}});
    cook_ = program_.add_subcommand("cook", "cook dishes");
    cook_->add_option("--salt", salt_, "grams of 'salt'")->type_name("N");
    AddExamples(*cook_, {{"A dish", "kitchen cook \\\n.soup"}});
  }

  CLI::App program_{"prepares meals", "kitchen"};
  CLI::App* cook_ = nullptr;
  int salt_ = 0;
  bool lid_ = false;
  const Manual manual_{1, "kitchen 2.0", "2023-05-01", {"chef(8)"}};
};

TEST_F(ManualPages, OfACommandHoldsWhatItsHelpPageSays) {
  EXPECT_EQ(ManualPageName(*cook_), "kitchen-cook");
  const std::string page = ManualPage(*cook_, manual_);
  EXPECT_THAT(page, HasSubstr(".TH KITCHEN\\-COOK 1 2023-05-01 \"kitchen 2.0\"\n"));
  EXPECT_THAT(page, HasSubstr(".SH NAME\nkitchen\\-cook \\- cook dishes\n"));
  EXPECT_THAT(page, HasSubstr(".SH SYNOPSIS\n\\fBkitchen\\fR \\fBcook\\fR \\fI[OPTIONS]\\fR\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-salt\\fR \\fIN\\fR\ngrams of \\(aqsalt\\(aq\n"));
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n.TP\n\\fB0\\fR\ndone\n"));
  EXPECT_THAT(page, Not(HasSubstr("FILES"))) << "they are on the page of the program";
  EXPECT_THAT(page, HasSubstr("\\fBkitchen\\fR(1),\n\\fBchef\\fR(8)\n"));
}

TEST_F(ManualPages, KeepTheTextsFromBeingTakenForRequests) {
  EXPECT_THAT(ManualPage(*cook_, manual_), HasSubstr("kitchen cook \\e\n  .soup\n"));
  program_.footer(".profile is read first");
  EXPECT_THAT(ManualPage(program_, manual_), HasSubstr("\n\\&.profile is read first\n"));
}

TEST_F(ManualPages, OfAProgramRefersToThoseOfItsCommands) {
  const std::string page = ManualPage(program_, manual_);
  EXPECT_THAT(page, HasSubstr(".TP\n\\fBkitchen\\-cook\\fR(1)\nCook dishes.\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\(ti/.pantry\\fR"));
}

TEST_F(ManualPages, OfACommandWithCommandsDescribesThemAll) {
  CLI::App* const box = program_.add_subcommand("box", "boxes");
  box->add_subcommand("open", "open a box")->add_flag("--lid", lid_, "take off the lid");
  const std::string page = ManualPage(*box, manual_);
  EXPECT_THAT(page, HasSubstr(".SS \\fBkitchen\\fR \\fBbox\\fR \\fBopen\\fR \\fI[OPTIONS]\\fR\n"
                              "Open a box.\n.TP\n\\fB\\-\\-lid\\fR\ntake off the lid\n"));
}

TEST(ManualDate, IsThatOfAReproducibleBuild) {
  setenv("SOURCE_DATE_EPOCH", "1682899200", /*overwrite=*/1);
  EXPECT_EQ(ManualDate(), "2023-05-01");
  unsetenv("SOURCE_DATE_EPOCH");
  EXPECT_THAT(ManualDate(), StartsWith("2"));
}

}  // namespace
}  // namespace edgebench
