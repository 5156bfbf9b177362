#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/agent_client.h"
#include "db/result_store.h"

namespace edgebench::controller {

inline constexpr char kLocalDevice[] = "local";

// Makes clients, so that tests need no network. Thread-safe.
class AgentConnector {
 public:
  virtual ~AgentConnector() = default;

  // Starts the agent of `local` where it does not run. UNAVAILABLE when
  // nobody answers within the timeout.
  virtual absl::StatusOr<std::unique_ptr<AgentClient>> Connect(const db::Device& device,
                                                               absl::Duration timeout) = 0;

  // A client of the agent of `local`, which is not waited for: its calls find out whether it
  // answers. nullptr where none runs, and none is started.
  virtual std::unique_ptr<AgentClient> RunningLocal() = 0;

  // Whether Connect would find an agent of `local` rather than start one.
  virtual bool LocalIsRunning() = 0;
};

// By gRPC, at the paths of paths.h.
std::unique_ptr<AgentConnector> NewGrpcConnector();

// The device that always exists.
db::Device LocalDevice();

// A device that answers and speaks our API.
struct ConnectedDevice {
  db::Device device;
  std::unique_ptr<AgentClient> client;
  v1::Capabilities capabilities;
};

struct ConnectTimeouts {
  absl::Duration connect = absl::Seconds(5);
  // The agent may first have to load LibTorch, from an SD card.
  absl::Duration capabilities = absl::Seconds(60);
};

// For a list of devices or jobs, which is looked at, not waited for.
inline constexpr ConnectTimeouts kBriefTimeouts = {absl::Seconds(2), absl::Seconds(5)};

// Connects, and checks that the agent's API is ours.
//   UNAVAILABLE          says what to look at on the device
//   FAILED_PRECONDITION  another major version of the API; says which of the two to update
absl::StatusOr<ConnectedDevice> ConnectDevice(AgentConnector& connector, const db::Device& device,
                                              const ConnectTimeouts& timeouts);

// FAILED_PRECONDITION as above.
absl::Status CheckApiVersion(const db::Device& device, const v1::Capabilities& capabilities);

// "pi4 (pi4.local:50051)", "local".
std::string DeviceLabel(const db::Device& device);

}  // namespace edgebench::controller
