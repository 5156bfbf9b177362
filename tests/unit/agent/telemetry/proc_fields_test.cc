#include "agent/telemetry/proc_fields.h"

#include <gtest/gtest.h>

namespace edgebench::agent {
namespace {

TEST(ProcFields, ANameMayHoldBlanksAndParentheses) {
  const char* const stat = "42 (a ) b (c) R 1 1 1 0 -1 4 99 0 7 0 30 12 0 0 20 0";
  EXPECT_EQ(ProcessField(stat, kMajorFaults), 7);
  EXPECT_EQ(ProcessField(stat, kUserTicks), 30);
  EXPECT_EQ(ProcessField(stat, kSystemTicks), 12);
}

TEST(ProcFields, WhatIsCutOffIsUnknown) {
  EXPECT_EQ(ProcessField("", kUserTicks), std::nullopt);
  EXPECT_EQ(ProcessField("42 (a) R 1 1", kUserTicks), std::nullopt);
  EXPECT_EQ(ProcessField("no such process", kUserTicks), std::nullopt);
}

TEST(ProcFields, TextsAreTakenApartFromTheFront) {
  absl::string_view text = "first  1\n\nlast";
  absl::string_view line = NextLine(text);
  EXPECT_EQ(NextWord(line), "first");
  EXPECT_EQ(NextWord(line), "1");
  EXPECT_EQ(NextWord(line), "");
  EXPECT_EQ(NextLine(text), "");
  EXPECT_EQ(NextLine(text), "last");
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace edgebench::agent
