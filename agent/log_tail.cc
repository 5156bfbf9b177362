#include "agent/log_tail.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace edgebench::agent {

LogTail::LogTail(UniqueFd pipe, size_t capacity)
    : pipe_(std::move(pipe)), capacity_(capacity), reader_([this] { ReadToEnd(); }) {}

LogTail::~LogTail() { WaitForEnd(); }

void LogTail::WaitForEnd() {
  if (reader_.joinable()) reader_.join();
}

std::string LogTail::Text() const {
  absl::MutexLock lock(&mutex_);
  const size_t start = text_.size() > capacity_ ? text_.size() - capacity_ : 0;
  std::string tail = text_.substr(start);
  if (truncated_ || start > 0) {
    const size_t line_end = tail.find('\n');
    if (line_end != std::string::npos && line_end + 1 < tail.size()) tail.erase(0, line_end + 1);
  }
  return tail;
}

void LogTail::ReadToEnd() {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = read(pipe_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    Append(absl::string_view(buffer.data(), static_cast<size_t>(count)));
  }
}

void LogTail::Append(absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  text_.append(bytes.data(), bytes.size());
  // Shifting only when twice the size has gathered keeps the cost per byte constant.
  if (text_.size() <= 2 * capacity_) return;
  text_.erase(0, text_.size() - capacity_);
  truncated_ = true;
}

}  // namespace edgebench::agent
