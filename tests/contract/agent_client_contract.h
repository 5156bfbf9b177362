#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "controller/agent_client.h"
#include "controller/testing/fake_agent.h"

namespace edgebench::controller {

// A client of some kind, and the agent behind it.
class ClientUnderTest {
 public:
  virtual ~ClientUnderTest() = default;
  virtual AgentClient& client() = 0;
  virtual FakeAgent& agent() = 0;
  // The agent goes away, as when its device is switched off.
  virtual void SwitchOff() = 0;
};

using MakeClientUnderTest = std::function<std::unique_ptr<ClientUnderTest>()>;

// The suite that every AgentClient has to pass.
class AgentClientContract : public ::testing::TestWithParam<MakeClientUnderTest> {
 protected:
  AgentClientContract() : subject_(GetParam()()) {}

  AgentClient& client() { return subject_->client(); }
  FakeAgent& agent() { return subject_->agent(); }

  std::unique_ptr<ClientUnderTest> subject_;
};

}  // namespace edgebench::controller
