#include "agent/stop_signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace edgebench::agent {
namespace {

TEST(StopSignals, TellsOfATermination) {
  StopSignals signals;
  EXPECT_EQ(signals.Next(), "");
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.Next(), "SIGTERM");
}

TEST(StopSignals, LetsTheProcessGoOnWhenItsTerminalIsGone) {
  StopSignals signals;
  kill(getpid(), SIGHUP);
  EXPECT_EQ(signals.Next(), "");
}

TEST(StopSignals, HearsOfChildrenWhateverWasInherited) {
  signal(SIGCHLD, SIG_IGN);
  const StopSignals signals;
  struct sigaction now {};
  ASSERT_EQ(sigaction(SIGCHLD, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace edgebench::agent
