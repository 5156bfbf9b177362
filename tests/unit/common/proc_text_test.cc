#include "common/proc_text.h"

#include <gtest/gtest.h>

namespace edgebench {
namespace {

constexpr char kStatus[] =
    "Name:\tedgebench-worker\n"
    "VmHWM:\t  204800 kB\n"
    "VmRSS:\t  102400 kB\n"
    "Threads:\t3\n"
    "VmSwap:\tmany kB\n";

TEST(ProcText, BytesCountTheKernelsKilobytes) {
  EXPECT_EQ(ProcBytes(kStatus, "VmRSS:"), 104857600);
  EXPECT_EQ(ProcBytes("MemTotal:       16384 kB", "MemTotal:"), 16777216);
}

TEST(ProcText, ANumberStandsAfterItsKey) {
  EXPECT_EQ(ProcNumber(kStatus, "Threads:"), 3);
  EXPECT_EQ(ProcNumber("pswpin 7\npswpout 12\n", "pswpout"), 12);
}

TEST(ProcText, AKeyIsAWholeWord) {
  EXPECT_EQ(ProcBytes(kStatus, "VmRS"), std::nullopt);
  EXPECT_EQ(ProcNumber("pswpout_more 12", "pswpout"), std::nullopt);
}

TEST(ProcText, WhatIsMissingOrNoNumberIsUnknown) {
  EXPECT_EQ(ProcBytes(kStatus, "VmPeak:"), std::nullopt);
  EXPECT_EQ(ProcBytes(kStatus, "VmSwap:"), std::nullopt);
  EXPECT_EQ(ProcNumber(kStatus, "Name:"), std::nullopt);
  EXPECT_EQ(ProcNumber("", "Threads:"), std::nullopt);
}

TEST(ProcText, ANumberWithoutKilobytesIsNoSizeInBytes) {
  EXPECT_EQ(ProcBytes(kStatus, "Threads:"), std::nullopt);
}

}  // namespace
}  // namespace edgebench
