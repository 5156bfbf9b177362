#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench::agent {

// One place to listen on.
struct ListenAddress {
  std::string unix_path;  // empty: TCP
  std::string host;       // numeric, after resolution
  int port = 0;
  bool loopback = false;  // reachable from this machine only

  // For gRPC and for people: "unix:/path", "127.0.0.1:7777", "[::1]:7777".
  std::string ToString() const;
};

// Reads "unix:PATH", "HOST:PORT" or "[IPV6]:PORT", and resolves a name.
//   INVALID_ARGUMENT  malformed, an unknown name, or a path longer than the
//                     kernel takes; says what is accepted
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// INVALID_ARGUMENT for an address that other machines reach, unless `insecure`
// was said; names the next step.
absl::Status CheckPlaintextAllowed(const ListenAddress& address, bool insecure);

}  // namespace edgebench::agent
