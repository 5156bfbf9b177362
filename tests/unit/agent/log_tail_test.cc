#include "agent/log_tail.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace edgebench::agent {
namespace {

// What is kept of a text that is written and then closed.
std::string TailOf(const std::string& text, size_t capacity) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  LogTail tail(UniqueFd(ends[0]), capacity);
  EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  tail.WaitForEnd();
  return tail.Text();
}

TEST(LogTail, KeepsAShortTextWhole) { EXPECT_EQ(TailOf("one\ntwo", 100), "one\ntwo"); }

TEST(LogTail, KeepsNothingOfNothing) { EXPECT_EQ(TailOf("", 100), ""); }

TEST(LogTail, BeginsWithAWholeLineWhenItIsCut) {
  EXPECT_EQ(TailOf("first\nsecond\n", 9), "second\n");
}

TEST(LogTail, CutsALineThatIsLongerThanAll) { EXPECT_EQ(TailOf("abcdefgh", 3), "fgh"); }

TEST(LogTail, KeepsTheEndOfALongText) {
  const std::string text = std::string(30'000, 'x') + "\nend\n";
  EXPECT_EQ(TailOf(text, 100), "end\n");
}

}  // namespace
}  // namespace edgebench::agent
