#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/report/markdown/reproduction.h"
#include "controller/report/markdown/text.h"

namespace edgebench::controller {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

TEST(MarkdownText, NamesOfModelsStayAsTheyAre) {
  for (const char* name :
       {"mobilenet_v2", "int8-static", "1.13.1", "8.51 ms ± 1.2 %", "--processes 3 tells",
        "onednn, qnnpack", "rapl:package-0", "oom: no memory"})
    EXPECT_EQ(MarkdownText(name), name);
}

TEST(MarkdownText, NothingInItIsMarkup) {
  EXPECT_EQ(MarkdownText("a|b"), "a\\|b");
  EXPECT_EQ(MarkdownText("`x`"), "\\`x\\`");
  EXPECT_EQ(MarkdownText("a\nb\r\x1b"), "a?b??");
  EXPECT_EQ(MarkdownText("<script>&amp;"), "&lt;script&gt;&amp;amp;");
  EXPECT_EQ(MarkdownText("# title"), "\\# title");
  EXPECT_EQ(MarkdownText("- item"), "\\- item");
  EXPECT_EQ(MarkdownText("---"), "\\---");
  EXPECT_EQ(MarkdownText("1. item"), "1\\. item");
  EXPECT_EQ(MarkdownText("2) item"), "2\\) item");
  EXPECT_EQ(MarkdownText("_a_ *b* ~c~"), "\\_a\\_ \\*b\\* \\~c\\~");
  EXPECT_EQ(MarkdownText("![x](http://y)"), "!\\[x\\](http\\://y)");
  EXPECT_EQ(MarkdownText("$x$ @you :tada: www.x"), "\\$x\\$ \\@you \\:tada: www\\.x");
  EXPECT_EQ(MarkdownText("a\\"), "a\\\\");
}

TEST(MarkdownText, TextThatWouldTurnTheWordsBesideItIsShown) {
  EXPECT_EQ(MarkdownText("a\u202eb\u2066c"), "a?b?c");
  EXPECT_EQ(MarkdownText("a\xed\xa0\x80"), "a?");
}

TEST(MarkdownText, ALongNameEndsWithDots) {
  const std::string name = MarkdownName(std::string(4096, 'x'));
  EXPECT_THAT(name, EndsWith("x…"));
  EXPECT_LT(name.size(), 70u);
  std::string marks = "x";
  for (int i = 0; i < 4096; ++i) marks += "\u0301";
  EXPECT_LT(MarkdownName(marks).size(), 1000u);
}

TEST(MarkdownCode, IsOneBlockWhateverIsInIt) {
  EXPECT_EQ(MarkdownCode({"a\n```\nb"}), "```sh\na?` ` `?b\n```\n\n");
}

TEST(MarkdownTable, HasAsManyLinesAsRows) {
  MarkdownTable table({"model", "size"});
  EXPECT_TRUE(table.empty());
  table.AddRow({"a", "1"});
  EXPECT_EQ(table.Render(1), "| model | size |\n| --- | ---: |\n| a | 1 |\n\n");
}

TEST(ShellWord, IsQuotedWhereAShellWouldReadIt) {
  EXPECT_EQ(ShellWord("mobilenet_v2"), "mobilenet_v2");
  EXPECT_EQ(ShellWord("Lab 2"), "'Lab 2'");
  EXPECT_EQ(ShellWord("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace edgebench::controller
