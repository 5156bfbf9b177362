#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/file.h"

namespace edgebench::agent {

// A file of /proc or /sys that is read again and again: opened once, and read from its
// beginning each time, which makes the kernel write its text anew. Allocates nothing
// once it has seen how long the text is.
class PolledFile {
 public:
  explicit PolledFile(std::string path);

  // The text as it is now, valid until the next call; "" when it cannot be read. What
  // is beyond the first 64 KiB is left out.
  absl::string_view Read();

  // The whole number that is all of the text.
  std::optional<int64_t> ReadInteger();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd file_;
  std::string buffer_;
};

}  // namespace edgebench::agent
