#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench {

// Incremental SHA-256 (FIPS 180-4).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(const void* data, size_t size);
  // 64 lower-case hexadecimal digits. The object is used up.
  std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(absl::string_view data);

// Digest and size of a file, read in bounded memory.
//   NOT_FOUND, PERMISSION_DENIED, or FAILED_PRECONDITION for a directory; the
//   message names the path
absl::StatusOr<v1::Digest> DigestFile(const std::string& path);

// INVALID_ARGUMENT unless sha256 is 64 lower-case hexadecimal digits and the
// size is not negative.
absl::Status ValidateDigest(const v1::Digest& digest);

// The first twelve digits, for people.
std::string ShortDigest(const v1::Digest& digest);

}  // namespace edgebench
