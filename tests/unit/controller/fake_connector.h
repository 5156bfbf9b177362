#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "controller/connect.h"
#include "controller/testing/fake_agent.h"

namespace edgebench::controller {

// Connects to agents in memory by the names of their devices.
class FakeConnector final : public AgentConnector {
 public:
  void Put(const std::string& device, FakeAgent& agent) { agents_[device] = &agent; }
  // Happens at each connecting.
  void OnConnect(std::function<void()> happens) { on_connect_ = std::move(happens); }
  void SetReachable(bool reachable) { reachable_ = reachable; }

  absl::StatusOr<std::unique_ptr<AgentClient>> Connect(const db::Device& device,
                                                       absl::Duration) override {
    on_connect_();
    const auto found = agents_.find(device.name);
    if (!reachable_ || found == agents_.end())
      return absl::UnavailableError("no agent answers at " + device.address);
    return NewFakeAgentClient(*found->second);
  }
  std::unique_ptr<AgentClient> RunningLocal() override {
    return LocalIsRunning() ? NewFakeAgentClient(*agents_[kLocalDevice]) : nullptr;
  }
  bool LocalIsRunning() override { return reachable_ && agents_.count(kLocalDevice) > 0; }

 private:
  std::map<std::string, FakeAgent*> agents_;
  std::function<void()> on_connect_ = [] {};
  std::atomic<bool> reachable_{true};
};

}  // namespace edgebench::controller
