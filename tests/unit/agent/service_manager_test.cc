#include "agent/service_manager.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace edgebench::agent {
namespace {

TEST(ServiceManager, LooksAgainSoonAfterACheckThatWentWrong) {
  setenv("WATCHDOG_USEC", "300000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const ServiceManager systemd;
  EXPECT_EQ(systemd.watchdog_period(), absl::Minutes(5));
  EXPECT_EQ(systemd.UntilNextCheck(/*well=*/true), absl::Seconds(150));
  EXPECT_EQ(systemd.UntilNextCheck(/*well=*/false), absl::Seconds(30));
}

TEST(ServiceManager, KeepsQuietWithoutSystemd) {
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  ServiceManager systemd;
  systemd.Ready();
  EXPECT_EQ(systemd.watchdog_period(), absl::InfiniteDuration());
  EXPECT_EQ(systemd.UntilNextCheck(/*well=*/false), absl::InfiniteDuration());
}

}  // namespace
}  // namespace edgebench::agent
