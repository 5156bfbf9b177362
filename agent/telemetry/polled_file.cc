#include "agent/telemetry/polled_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

#include "absl/strings/numbers.h"

namespace edgebench::agent {
namespace {

// Most files hold one number; the processors' times of a large server some 20 KiB.
constexpr size_t kFirstBytes = 128;
constexpr size_t kMostBytes = 64 << 10;

}  // namespace

PolledFile::PolledFile(std::string path)
    : path_(std::move(path)),
      file_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)),
      buffer_(kFirstBytes, '\0') {}

absl::string_view PolledFile::Read() {
  if (!file_.valid()) return "";
  while (true) {
    // All of the text where there is room: a second call would make the kernel write it again.
    const ssize_t size = pread(file_.get(), buffer_.data(), buffer_.size(), 0);
    if (size <= 0) return "";
    const auto length = static_cast<size_t>(size);
    if (length < buffer_.size() || length >= kMostBytes) return {buffer_.data(), length};
    buffer_.resize(buffer_.size() * 4);
  }
}

std::optional<int64_t> PolledFile::ReadInteger() {
  int64_t number = 0;
  if (!absl::SimpleAtoi(Read(), &number)) return std::nullopt;
  return number;
}

}  // namespace edgebench::agent
