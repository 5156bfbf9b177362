#include "controller/connect.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "controller/exit_code.h"
#include "controller/grpc_agent_client.h"
#include "controller/local_agent.h"
#include "controller/paths.h"

namespace edgebench::controller {
namespace {

class GrpcConnector final : public AgentConnector {
 public:
  absl::StatusOr<std::unique_ptr<AgentClient>> Connect(const db::Device& device,
                                                       absl::Duration timeout) override {
    if (device.name != kLocalDevice) return ConnectGrpc(device.address, timeout);
    LocalAgent agent;
    agent.socket_path = LocalSocketPath();
    agent.data_folder = LocalAgentFolder();
    EDGEBENCH_RETURN_IF_ERROR(EnsureRunning(agent));
    return ConnectGrpc("unix:" + agent.socket_path, timeout);
  }

  std::unique_ptr<AgentClient> RunningLocal() override {
    return LocalIsRunning() ? NewGrpcClient("unix:" + LocalSocketPath()) : nullptr;
  }

  bool LocalIsRunning() override { return IsListening(LocalSocketPath()); }
};

std::string WhatToLookAt(const db::Device& device) {
  if (device.name == kLocalDevice)
    return absl::StrCat("its log is ", LocalAgentFolder(), "/agent.log");
  if (absl::StartsWith(device.address, "unix:"))
    return "is edgebench-agent running, and is the socket yours?";
  return absl::StrCat(
      "is the device on, is the address right (edgebench device list), and does the agent run? "
      "On the device: systemctl status edgebench-agent");
}

absl::Status Unreachable(const db::Device& device, const absl::Status& why) {
  return WithExitCode(
      absl::Status(why.code(), absl::StrCat(DeviceLabel(device), ": ", why.message(), "\n",
                                            WhatToLookAt(device))),
      ExitCode::kUnreachable);
}

}  // namespace

std::unique_ptr<AgentConnector> NewGrpcConnector() { return std::make_unique<GrpcConnector>(); }

db::Device LocalDevice() { return {kLocalDevice, "", absl::UnixEpoch()}; }

std::string DeviceLabel(const db::Device& device) {
  if (device.address.empty()) return device.name;
  return absl::StrCat(device.name, " (", device.address, ")");
}

absl::Status CheckApiVersion(const db::Device& device, const v1::Capabilities& capabilities) {
  if (capabilities.api_major() == kApiMajor) return absl::OkStatus();
  const bool agent_is_older = capabilities.api_major() < kApiMajor;
  std::string remedy = agent_is_older ? "update the agent on the device" : "update edgebench here";
  if (device.name == kLocalDevice && agent_is_older) {
    remedy =
        absl::StrCat("an older agent still runs; end it with: kill ", capabilities.agent_pid());
  }
  return WithExitCode(
      absl::FailedPreconditionError(
          absl::StrCat(DeviceLabel(device), ": the agent (version ", capabilities.agent_version(),
                       ") speaks API ", capabilities.api_major(), ", this edgebench (version ",
                       kVersion, ") speaks API ", kApiMajor, ": ", remedy)),
      ExitCode::kDeviceFault);
}

absl::StatusOr<ConnectedDevice> ConnectDevice(AgentConnector& connector, const db::Device& device,
                                              const ConnectTimeouts& timeouts) {
  ConnectedDevice connected{device, nullptr, {}};
  auto client = connector.Connect(device, timeouts.connect);
  if (absl::IsUnavailable(client.status())) return Unreachable(device, client.status());
  EDGEBENCH_RETURN_IF_ERROR(client.status());
  connected.client = *std::move(client);
  auto capabilities = connected.client->GetCapabilities(timeouts.capabilities);
  if (absl::IsUnavailable(capabilities.status()) || absl::IsDeadlineExceeded(capabilities.status()))
    return Unreachable(device, capabilities.status());
  if (absl::IsUnimplemented(capabilities.status())) {
    return WithExitCode(absl::UnavailableError(absl::StrCat(
                            DeviceLabel(device), ": what answers there is no edgebench-agent")),
                        ExitCode::kUnreachable);
  }
  EDGEBENCH_RETURN_IF_ERROR(capabilities.status());
  connected.capabilities = *std::move(capabilities);
  EDGEBENCH_RETURN_IF_ERROR(CheckApiVersion(device, connected.capabilities));
  return connected;
}

}  // namespace edgebench::controller
