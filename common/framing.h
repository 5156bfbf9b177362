#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "google/protobuf/message_lite.h"

namespace edgebench {

// Messages on a byte stream: each is preceded by its length in bytes as a
// little-endian unsigned 32-bit number.

inline constexpr uint32_t kMaxFrameBytes = 256u << 20;

// Writes all of it, through short writes and EINTR. Never raises SIGPIPE's
// default action on its own account: the process must ignore SIGPIPE.
//   INVALID_ARGUMENT  the message is larger than kMaxFrameBytes
//   UNAVAILABLE       the other side is gone (EPIPE)
//   INTERNAL          any other error of write(2)
absl::Status WriteFrame(int fd, const google::protobuf::MessageLite& message);

//   OUT_OF_RANGE      the stream ended before a frame began
//   DATA_LOSS         the stream ended inside a frame, the length exceeds
//                     kMaxFrameBytes, or the bytes are no such message
//   INTERNAL          any other error of read(2)
absl::Status ReadFrame(int fd, google::protobuf::MessageLite* message);

}  // namespace edgebench
