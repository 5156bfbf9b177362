#include "tests/contract/agent_client_contract.h"

namespace edgebench::controller {
namespace {

class FakeUnderTest final : public ClientUnderTest {
 public:
  AgentClient& client() override { return *client_; }
  FakeAgent& agent() override { return agent_; }
  void SwitchOff() override { agent_.SetReachable(false); }

 private:
  FakeAgent agent_;
  std::unique_ptr<AgentClient> client_ = NewFakeAgentClient(agent_);
};

INSTANTIATE_TEST_SUITE_P(Fake, AgentClientContract,
                         ::testing::Values([] { return std::make_unique<FakeUnderTest>(); }));

}  // namespace
}  // namespace edgebench::controller
