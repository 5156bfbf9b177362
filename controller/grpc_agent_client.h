#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/agent_client.h"

namespace edgebench::controller {

// Settings of the gRPC library that are read when it starts: a resolver that
// knows `.local` names, and no log lines of its own on stderr. What the user
// has set stays. Call before any other use of gRPC, with one thread running.
void PrepareGrpc();

// Connects to a normalized address (address.h).
//   UNAVAILABLE  nobody answers within the timeout; says what to look at
absl::StatusOr<std::unique_ptr<AgentClient>> ConnectGrpc(const std::string& address,
                                                         absl::Duration timeout);

// The same without waiting: the first call connects, or says why it cannot.
std::unique_ptr<AgentClient> NewGrpcClient(const std::string& address);

}  // namespace edgebench::controller
