#include "controller/address.h"

#include <sys/un.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace edgebench::controller {
namespace {

constexpr char kExamples[] = "write HOST:PORT, for example pi4.local:50051, or unix:/PATH";

absl::Status Malformed(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the address '", text, "' ", what, ": ", kExamples));
}

absl::StatusOr<std::string> NormalizeUnix(absl::string_view text, absl::string_view path) {
  if (!absl::StartsWith(path, "/")) return Malformed(text, "needs an absolute path");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the socket path '", path, "' is longer than the ",
                     sizeof(sockaddr_un::sun_path) - 1, " bytes that the system allows"));
  }
  return absl::StrCat("unix:", path);
}

absl::Status CheckHost(absl::string_view text, absl::string_view host) {
  if (host.empty()) return Malformed(text, "has no host");
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (bracketed) return absl::OkStatus();
  if (absl::StrContains(host, ":"))
    return Malformed(text, "looks like IPv6, which needs brackets ([::1]:50051)");
  for (const char c : host) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '-' && c != '_')
      return Malformed(text, absl::StrCat("has '", std::string(1, c), "' in its host"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> NormalizeAddress(absl::string_view text) {
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  if (absl::ConsumePrefix(&rest, "unix:")) {
    absl::ConsumePrefix(&rest, "//");
    return NormalizeUnix(text, rest);
  }
  if (absl::StartsWith(rest, "/")) return NormalizeUnix(text, rest);
  const size_t colon = rest.rfind(':');
  if (colon == absl::string_view::npos || absl::EndsWith(rest, "]"))
    return Malformed(text, "has no port");
  EDGEBENCH_RETURN_IF_ERROR(CheckHost(text, rest.substr(0, colon)));
  int port = 0;
  if (!absl::SimpleAtoi(rest.substr(colon + 1), &port) || port < 1 || port > 65535)
    return Malformed(text, "needs a port from 1 to 65535");
  return absl::StrCat(rest.substr(0, colon), ":", port);
}

std::string GrpcTarget(const std::string& address) {
  return absl::StartsWith(address, "unix:") ? address : absl::StrCat("dns:///", address);
}

}  // namespace edgebench::controller
