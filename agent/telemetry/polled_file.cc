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

int64_t PolledFile::Fill() {
  int64_t size = 0;
  const auto capacity = static_cast<int64_t>(buffer_.size());
  while (size < capacity) {
    const ssize_t count = pread(file_.get(), buffer_.data() + size,
                                static_cast<size_t>(capacity - size), static_cast<off_t>(size));
    if (count < 0) return -1;
    if (count == 0) break;
    size += count;
  }
  return size;
}

absl::string_view PolledFile::Read() {
  if (!file_.valid()) return "";
  int64_t size = Fill();
  // From the beginning again, so that all of the text is of one moment.
  while (size == static_cast<int64_t>(buffer_.size()) && buffer_.size() < kMostBytes) {
    buffer_.resize(buffer_.size() * 4);
    size = Fill();
  }
  return size > 0 ? absl::string_view(buffer_.data(), static_cast<size_t>(size)) : "";
}

std::optional<int64_t> PolledFile::ReadInteger() {
  int64_t number = 0;
  if (!absl::SimpleAtoi(Read(), &number)) return std::nullopt;
  return number;
}

}  // namespace edgebench::agent
