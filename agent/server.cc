#include "agent/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "spdlog/spdlog.h"

namespace edgebench::agent {
namespace {

// A result carries every raw sample: 10 million of them are some 50 MB.
constexpr int kMaxSendBytes = 256 << 20;
// The largest message to us is an upload's chunk of 1 MiB.
constexpr int kMaxReceiveBytes = 4 << 20;
// What a client may send ahead of our reading, per connection. Left to itself,
// gRPC widens this on a fast line, and 6 to 7 MB then stayed resident for as long
// as a client that had uploaded was connected. The price: 10 MB/s where a round
// trip takes 100 ms.
constexpr int kReceiveWindowBytes = 1 << 20;

// gRPC's own log is for its developers; what matters comes as a status.
void LogAtDebugLevel(gpr_log_func_args* entry) { spdlog::debug("grpc: {}", entry->message); }

void Configure(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.SetMaxSendMessageSize(kMaxSendBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kReceiveWindowBytes);
  // Clients may ask every 10 s whether the line still stands, also between calls.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // And the server asks those that have calls, so that it notices a dead watcher.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  // Otherwise a second agent could share the port, and each got half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // One queue and few threads: a device serves a handful of clients, and an
  // idle agent must cost nothing. With more calls at once, more threads come.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  // How often an idle poller wakes up.
  builder.SetSyncServerOption(grpc::ServerBuilder::CQ_TIMEOUT_MSEC, 60'000);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const std::vector<ListenAddress>& addresses,
                                                      const std::vector<NamedService>& services) {
  std::unique_ptr<Server> server(new Server());
  server->addresses_ = addresses;
  gpr_set_log_function(LogAtDebugLevel);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  Configure(builder);
  std::vector<int> ports(addresses.size(), 0);
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::string& path = addresses[i].unix_path;
    if (!path.empty()) {
      // gRPC would take a socket over from whoever listens on it.
      EDGEBENCH_ASSIGN_OR_RETURN(InstanceLock lock, AcquireUnixSocket(path));
      server->socket_locks_.push_back(std::move(lock));
    }
    builder.AddListeningPort(addresses[i].ToString(), grpc::InsecureServerCredentials(), &ports[i]);
  }
  for (const NamedService& named : services) builder.RegisterService(named.service);
  server->server_ = builder.BuildAndStart();
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (ports[i] == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot listen on ", addresses[i].ToString(),
                       ": the address is taken or not of this machine; is another "
                       "edgebench-agent running?"));
    }
    if (addresses[i].unix_path.empty()) {
      server->addresses_[i].port = ports[i];
    } else if (chmod(addresses[i].unix_path.c_str(), 0600) != 0) {
      return ErrnoStatus(errno, addresses[i].unix_path);
    }
  }
  if (server->server_ == nullptr) return absl::InternalError("the gRPC server did not start");
  // gRPC itself knows only the health of the whole server.
  for (const NamedService& named : services)
    server->server_->GetHealthCheckService()->SetServingStatus(named.name, true);
  return server;
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

std::shared_ptr<grpc::Channel> Server::InProcessChannel() { return server_->InProcessChannel({}); }

void Server::AnnounceEnd() { server_->GetHealthCheckService()->SetServingStatus(false); }

void Server::Shutdown(absl::Duration grace) {
  if (server_ == nullptr) return;
  AnnounceEnd();
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
  server_->Wait();
  server_ = nullptr;
  for (const ListenAddress& address : addresses_) {
    if (!address.unix_path.empty()) unlink(address.unix_path.c_str());
  }
}

}  // namespace edgebench::agent
