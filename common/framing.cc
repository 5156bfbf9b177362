#include "common/framing.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/status_macros.h"

namespace edgebench {
namespace {

constexpr size_t kHeaderBytes = 4;

// A frame's length is not believed before its bytes are there: the buffer
// grows by at most this much at a time.
constexpr size_t kReadStep = 1u << 20;

void PutLittleEndian(uint32_t value, char* out) {
  for (size_t i = 0; i < kHeaderBytes; ++i) out[i] = static_cast<char>((value >> (8 * i)) & 0xff);
}

uint32_t GetLittleEndian(const char* in) {
  uint32_t value = 0;
  for (size_t i = 0; i < kHeaderBytes; ++i) {
    value |= static_cast<uint32_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  }
  return value;
}

// Reads until `size` bytes are there or the stream ends; the number read.
absl::StatusOr<size_t> ReadUpTo(int fd, char* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t count = read(fd, out + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::InternalError(ErrnoStatus(errno, "cannot read a frame").message());
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

absl::StatusOr<std::string> ReadBody(int fd, size_t length) {
  std::string body;
  while (body.size() < length) {
    const size_t before = body.size();
    const size_t step = std::min(kReadStep, length - before);
    body.resize(before + step);
    EDGEBENCH_ASSIGN_OR_RETURN(const size_t count, ReadUpTo(fd, body.data() + before, step));
    if (count < step) {
      return absl::DataLossError(absl::StrCat("the stream ended inside a frame: ", before + count,
                                              " of ", length, " bytes"));
    }
  }
  return body;
}

}  // namespace

absl::Status WriteFrame(int fd, const google::protobuf::MessageLite& message) {
  const size_t length = message.ByteSizeLong();
  if (length > kMaxFrameBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a message of ", length,
                                                   " bytes does not fit in a frame of at most ",
                                                   kMaxFrameBytes, " bytes"));
  }
  std::string frame(kHeaderBytes + length, '\0');
  PutLittleEndian(static_cast<uint32_t>(length), frame.data());
  if (!message.SerializeToArray(frame.data() + kHeaderBytes, static_cast<int>(length))) {
    return absl::InternalError(absl::StrCat("cannot serialize ", message.GetTypeName()));
  }
  for (size_t done = 0; done < frame.size();) {
    const ssize_t count = write(fd, frame.data() + done, frame.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EPIPE) {
      return absl::UnavailableError("the other side of the pipe is gone");
    }
    if (count < 0) return absl::InternalError(ErrnoStatus(errno, "cannot write a frame").message());
    done += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

absl::Status ReadFrame(int fd, google::protobuf::MessageLite* message) {
  char header[kHeaderBytes];
  EDGEBENCH_ASSIGN_OR_RETURN(const size_t count, ReadUpTo(fd, header, kHeaderBytes));
  if (count == 0) return absl::OutOfRangeError("the stream ended");
  if (count < kHeaderBytes) {
    return absl::DataLossError(absl::StrCat("the stream ended inside a frame's length: ", count,
                                            " of ", kHeaderBytes, " bytes"));
  }
  const uint32_t length = GetLittleEndian(header);
  if (length > kMaxFrameBytes) {
    return absl::DataLossError(absl::StrCat("a frame announces ", length, " bytes; at most ",
                                            kMaxFrameBytes, " are allowed"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string body, ReadBody(fd, length));
  if (!message->ParseFromString(body)) {
    return absl::DataLossError(
        absl::StrCat("a frame of ", length, " bytes is no ", message->GetTypeName()));
  }
  return absl::OkStatus();
}

}  // namespace edgebench
