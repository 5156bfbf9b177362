#include "controller/run_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

RunView TwoDevices() {
  RunView view;
  view.id = "8e781608-c831-4fde-83a8-da0868227a21";
  view.name = "vision";
  view.started = absl::FromUnixSeconds(1'700'000'000);
  view.devices = {{"local", 2, 8, "resnet18 fp32: measuring, 45 %", absl::Seconds(50), 61.4},
                  {"pi", 0, 8, "does not answer", std::nullopt, std::nullopt}};
  view.ended = {{"local", "resnet18 fp32 batch 1", "8.51 ms ± 1.2 %, ok"},
                {"local", "resnet18 fp32 batch 8", "oom in load"}};
  return view;
}

TEST(RunViewOfARun, ShowsEachDeviceAndTheNewestResults) {
  EXPECT_EQ(RenderRunView(TwoDevices(), {}, absl::UTCTimeZone()),
            "run 8e781608 vision, begun 22:13: 2 of 16 measurements, goes on\n"
            "\n"
            "device  done  now                                   left  °C\n"
            "local    2/8  resnet18 fp32: measuring, 45 %  about 50 s  61\n"
            "pi       0/8  does not answer                          -   -\n"
            "\n"
            "last results\n"
            "  local: resnet18 fp32 batch 1: 8.51 ms ± 1.2 %, ok\n"
            "  local: resnet18 fp32 batch 8: oom in load\n");
}

TEST(RunViewOfARun, FitsTheWidthOfATerminal) {
  RunView view = TwoDevices();
  view.name = std::string(300, 'n');
  view.ended[0].cell = std::string(300, 'c');
  const std::string text = RenderRunView(view, {60, false}, absl::UTCTimeZone());
  for (size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    EXPECT_LE(end - at, 66u) << text.substr(at, end - at) << ": 60 columns, some of 2 bytes";
}

TEST(RunViewOfARun, SaysHowToGoOnWithOneThatWasCutOff) {
  RunView view = TwoDevices();
  view.cut_off = true;
  EXPECT_THAT(RenderRunView(view, {}, absl::UTCTimeZone()),
              HasSubstr("cut off; to go on: edgebench run --resume " + view.id));
}

TEST(RunViewOfARun, ShowsNoControlCharactersOfNames) {
  RunView view = TwoDevices();
  view.name = "a\033[31mb\nc";
  view.devices[0].now = "x\ty";
  EXPECT_THAT(RenderRunView(view, {}, absl::UTCTimeZone()),
              AllOf(HasSubstr("a?[31mb?c"), Not(HasSubstr("\033"))));
}

TEST(RunViewOfARun, InAPipeIsALineOfWhatGoesOn) {
  RunView view = TwoDevices();
  EXPECT_EQ(StateLine(view), "[2/16] local: resnet18 fp32: measuring, 45 % | pi: does not answer");
  view.devices[1].left = absl::Seconds(30);
  view.devices[0].ended = 8;
  EXPECT_EQ(StateLine(view), "[8/16] pi: does not answer · about 30 s left") << "local is done";
}

TEST(RunViewOfARun, InAPipeIsALineForEachNewResult) {
  RunView before = TwoDevices(), now = TwoDevices();
  EXPECT_THAT(NewLines(before, now), IsEmpty());
  before.ended.resize(1);
  EXPECT_THAT(NewLines(before, now),
              ElementsAre("[2/16] local: resnet18 fp32 batch 8: oom in load"));
  now.finished = true;
  before = now;
  before.finished = false;
  EXPECT_THAT(NewLines(before, now), ElementsAre("run " + now.id + " finished"));
}

}  // namespace
}  // namespace edgebench::controller
