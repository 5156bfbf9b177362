#include "controller/terminal.h"

#include <gtest/gtest.h>

namespace edgebench::controller {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("8.51 ms"), 7);
  EXPECT_EQ(DisplayWidth("912 µs ± 1.2 %"), 14);
  EXPECT_EQ(DisplayWidth("模型"), 4);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1) << "a letter and a combining accent";
}

TEST(DisplayWidth, CountsWhatIsNoTextAsOneColumnAByte) {
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);
  EXPECT_EQ(DisplayWidth("\xe6\xa8"), 2) << "the beginning of a character";
}

TEST(CutToWidth, LeavesWhatFits) { EXPECT_EQ(CutToWidth("abc", 3), "abc"); }

TEST(CutToWidth, MarksWhatItCut) {
  EXPECT_EQ(CutToWidth("abcdef", 4), "abc…");
  EXPECT_EQ(CutToWidth("模型abc", 4), "模…") << "half of a wide character is no character";
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(WrapWords, BreaksBetweenWordsByTheWidthThatIsSeen) {
  EXPECT_EQ(WrapWords("ab cd 模型 e", 5), (std::vector<std::string>{"ab cd", "模型", "e"}));
}

TEST(WrapWords, NeverBreaksAWord) {
  EXPECT_EQ(WrapWords("a unconverged b", 4), (std::vector<std::string>{"a", "unconverged", "b"}));
  EXPECT_TRUE(WrapWords("", 4).empty());
}

TEST(Printable, KeepsEscapeSequencesFromTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc"), "a?[31mb?c");
  EXPECT_EQ(Printable("µ\xff"), "µ?");
}

}  // namespace
}  // namespace edgebench::controller
