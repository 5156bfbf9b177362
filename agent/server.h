#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/instance_lock.h"
#include "agent/listen_address.h"
#include "grpcpp/channel.h"
#include "grpcpp/server.h"

namespace edgebench::agent {

// The gRPC server: the given services plus health and reflection, on unix
// sockets and TCP.
class Server {
 public:
  struct NamedService {
    const char* name;  // "edgebench.v1.AgentService": what a health check asks for
    grpc::Service* service;
  };

  // FAILED_PRECONDITION: an address is taken, and by whom where that can be
  // known. The services must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const std::vector<ListenAddress>& addresses,
                                                       const std::vector<NamedService>& services);
  // Shuts down at once.
  ~Server();

  // With the real port where 0 was asked for.
  const std::vector<ListenAddress>& addresses() const { return addresses_; }

  // Calls through the server's own threads, but through no socket.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Health checks say NOT_SERVING from now on; calls are still answered.
  void AnnounceEnd();

  // Refuses new calls, gives those in flight `grace`, then breaks them off.
  // Never from a signal handler.
  void Shutdown(absl::Duration grace);

 private:
  Server() = default;

  std::vector<ListenAddress> addresses_;
  std::vector<InstanceLock> socket_locks_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace edgebench::agent
