#include "agent/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  const in6_addr& ip = v6->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&ip) || (IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] == 127);
}

absl::Status Malformed(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("--listen ", text, ": ", why,
                   "; give unix:PATH or HOST:PORT, for example unix:/run/edgebench/agent.sock or "
                   "127.0.0.1:7700"));
}

absl::StatusOr<ListenAddress> ParseUnix(absl::string_view text, absl::string_view path) {
  constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return Malformed(text, "the path is missing");
  if (path.size() > kMaxPath) {
    return Malformed(text, absl::StrCat("the path has ", path.size(),
                                        " characters, and the kernel takes ", kMaxPath));
  }
  ListenAddress address;
  address.unix_path = std::string(path);
  address.loopback = true;
  return address;
}

// Takes the first address of a name, IPv4 before IPv6, so that what is printed
// is what every client can use.
absl::Status Resolve(absl::string_view text, const std::string& name, ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* raw = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &raw);
  if (error != 0) return Malformed(text, absl::StrCat(name, ": ", gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw, freeaddrinfo);
  const addrinfo* chosen = found.get();
  for (const addrinfo* it = found.get(); it != nullptr; it = it->ai_next) {
    if (it->ai_family == AF_INET) {
      chosen = it;
      break;
    }
  }
  std::array<char, NI_MAXHOST> host;
  if (getnameinfo(chosen->ai_addr, chosen->ai_addrlen, host.data(), host.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return Malformed(text, absl::StrCat(name, " has no numeric address"));
  }
  address.host = host.data();
  address.loopback = IsLoopback(chosen->ai_addr);
  return absl::OkStatus();
}

}  // namespace

std::string ListenAddress::ToString() const {
  if (!unix_path.empty()) return absl::StrCat("unix:", unix_path);
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) return ParseUnix(text, path);
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Malformed(text, "the port is missing");
  absl::string_view host = text.substr(0, colon);
  ListenAddress address;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &address.port) || address.port < 0 ||
      address.port > 65535) {
    return Malformed(text, "the port is not a number from 0 to 65535");
  }
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  if (host.empty()) return Malformed(text, "the host is missing");
  // Never asked of a resolver (RFC 6761, 6.3): a minimal system has no /etc/hosts.
  if (absl::EqualsIgnoreCase(host, "localhost")) host = "127.0.0.1";
  EDGEBENCH_RETURN_IF_ERROR(Resolve(text, std::string(host), address));
  return address;
}

absl::Status CheckPlaintextAllowed(const ListenAddress& address, bool insecure) {
  if (address.loopback || insecure) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--listen ", address.ToString(),
      ": other machines could reach this address, and whoever does could run jobs here: the "
      "connection is neither encrypted nor authenticated. Listen on 127.0.0.1 and use a tunnel "
      "(ssh -L 7700:127.0.0.1:7700 DEVICE), or say --insecure on a network you trust"));
}

}  // namespace edgebench::agent
