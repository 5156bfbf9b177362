#include "controller/report/table.h"

#include <gtest/gtest.h>

namespace edgebench::controller {
namespace {

Table Example() {
  Table table({{"model"},
               {"latency", Table::Align::kRight},
               {"size", Table::Align::kRight, 1},
               {"samples", Table::Align::kRight, 2}});
  table.AddRow({"resnet18", "912 µs", "46.9 MB", "100"});
  table.AddRow({"m", "1.20 s", "-", "5"});
  return table;
}

TEST(Table, AlignsByTheWidthThatIsSeen) {
  EXPECT_EQ(Example().Render({}),
            "model     latency     size  samples\n"
            "resnet18   912 µs  46.9 MB      100\n"
            "m          1.20 s        -        5\n");
}

TEST(Table, LeavesOutTheMostExpendableColumnsWhereItIsTooWide) {
  EXPECT_EQ(Example().Render({30, false}),
            "model     latency     size\n"
            "resnet18   912 µs  46.9 MB\n"
            "m          1.20 s        -\n"
            "(no room for: samples; a wider\n"
            "terminal or --json shows them)\n");
  EXPECT_EQ(Example().Render({18, false}),
            "model     latency\n"
            "resnet18   912 µs\n"
            "m          1.20 s\n"
            "(no room for:\n"
            "size, samples; a\n"
            "wider terminal or\n"
            "--json shows them)\n");
}

Table WithVerdicts() {
  Table table({{"precision"}, {"size", Table::Align::kRight, 1}, {"verdict"}});
  table.AddRow({"fp32", "14.3 MB", "ok"});
  table.AddHeading("resnet18");
  table.AddRow({"int8", "3.90 MB", "changed nothing [1-3]"});
  return table;
}

TEST(Table, PutsAHeadingAboveTheRowsThatFollow) {
  EXPECT_EQ(WithVerdicts().Render({}),
            "precision     size  verdict\n"
            "fp32       14.3 MB  ok\n"
            "resnet18\n"
            "int8       3.90 MB  changed nothing [1-3]\n");
}

TEST(Table, WrapsTheLastColumnBeforeTheLastExpendableOneGoes) {
  EXPECT_EQ(WithVerdicts().Render({33, false}),
            "precision     size  verdict\n"
            "fp32       14.3 MB  ok\n"
            "resnet18\n"
            "int8       3.90 MB  changed\n"
            "                    nothing [1-3]\n");
  EXPECT_EQ(WithVerdicts().Render({25, false}),
            "precision  verdict\n"
            "fp32       ok\n"
            "resnet18\n"
            "int8       changed\n"
            "           nothing\n"
            "           [1-3]\n"
            "(no room for: size; a\n"
            "wider terminal or --json\n"
            "shows them)\n");
}

TEST(Table, KnowsWhetherItFitsWithoutWrapping) {
  EXPECT_TRUE(WithVerdicts().FitsUnwrapped(41));
  EXPECT_FALSE(WithVerdicts().FitsUnwrapped(40));
  EXPECT_TRUE(WithVerdicts().FitsUnwrapped(0)) << "no limit";
  EXPECT_TRUE(Example().FitsUnwrapped(26)) << "without samples";
}

TEST(Table, HasEscapeCodesOnlyWhereColorIsWanted) {
  EXPECT_EQ(Example().Render({}).find('\x1b'), std::string::npos);
  EXPECT_EQ(Example().Render({0, true}).rfind("\x1b[1mmodel", 0), 0u);
}

TEST(Table, LetsNoCellWriteControlCharacters) {
  Table table({{"name"}});
  table.AddRow({"a\x1b[2Jb\n"});
  EXPECT_EQ(table.Render({}), "name\na?[2Jb?\n");
}

}  // namespace
}  // namespace edgebench::controller
