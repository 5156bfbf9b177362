#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench::controller {

// Checks where an agent listens and writes it in one form: "unix:/path" or
// "host:port" ("[2001:db8::1]:50051" for IPv6).
//   INVALID_ARGUMENT  says what is missing, with an example
absl::StatusOr<std::string> NormalizeAddress(absl::string_view text);

// The name by which gRPC resolves a normalized address.
std::string GrpcTarget(const std::string& address);

}  // namespace edgebench::controller
