#include "controller/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "tests/unit/controller/typed_input.h"

namespace edgebench::controller {
namespace {

using Event = InterruptMonitor::Event;

constexpr absl::Duration kLong = absl::Seconds(30);

TEST(InterruptMonitor, TellsAnInterruptFromAHangUp) {
  auto monitor = InterruptMonitor::Create();
  ASSERT_TRUE(monitor.ok());
  raise(SIGINT);
  EXPECT_EQ(monitor->Wait(kLong), Event::kInterrupt);
  raise(SIGHUP);
  EXPECT_EQ(monitor->Wait(kLong), Event::kHangUp);
  raise(SIGTERM);
  EXPECT_EQ(monitor->Wait(kLong), Event::kHangUp);
}

TEST(InterruptMonitor, CanBeWokenByAThread) {
  auto monitor = InterruptMonitor::Create();
  ASSERT_TRUE(monitor.ok());
  std::thread waker([&] { monitor->Wake(); });
  EXPECT_EQ(monitor->Wait(kLong), Event::kWoken);
  waker.join();
}

TEST(InterruptMonitor, LosesNoSignalToAWakingThread) {
  auto monitor = InterruptMonitor::Create();
  ASSERT_TRUE(monitor.ok());
  raise(SIGINT);
  monitor->Wake();
  EXPECT_EQ(monitor->Wait(kLong), Event::kInterrupt);
}

TEST(InterruptMonitor, EndsWaitingAfterTheTimeout) {
  auto monitor = InterruptMonitor::Create();
  ASSERT_TRUE(monitor.ok());
  EXPECT_EQ(monitor->Wait(absl::Milliseconds(1)), Event::kTimeout);
}

TEST(InterruptMonitor, AQuestionEndsWithAKeyASignalOrTheEndOfWhatItIsAbout) {
  auto monitor = InterruptMonitor::Create();
  ASSERT_TRUE(monitor.ok());
  TypedInput input;
  input.Type("Leave\n");
  EXPECT_EQ(*monitor->AskForKey(), 'l');
  monitor->Wake();
  EXPECT_TRUE(absl::IsAborted(monitor->AskForKey().status()));
  monitor->Wake();
  raise(SIGINT);
  EXPECT_TRUE(absl::IsCancelled(monitor->AskForKey().status())) << "no signal is lost";
  input.Close();
  EXPECT_TRUE(absl::IsOutOfRange(monitor->AskForKey().status()));
}

TEST(InterruptMonitor, PutsTheFormerHandlerBack) {
  struct sigaction before {
  }, after{};
  sigaction(SIGINT, nullptr, &before);
  { auto monitor = InterruptMonitor::Create(); }
  sigaction(SIGINT, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

}  // namespace
}  // namespace edgebench::controller
