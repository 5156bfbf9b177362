#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace edgebench {

// The one place where our statuses and gRPC's meet. Code and message survive
// the way there and back; the codes are the same numbers by specification.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace edgebench
