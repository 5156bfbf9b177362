#include "common/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/file.h"

namespace edgebench {
namespace {

// OpenSSL's digest calls fail only when memory is gone or the build lacks
// SHA-256: nothing to go on with.
void CheckOpenSsl(int result) {
  if (result != 1) std::abort();
}

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    CheckOpenSsl(context != nullptr);
    CheckOpenSsl(EVP_DigestInit_ex(context, EVP_sha256(), nullptr));
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(const void* data, size_t size) {
  CheckOpenSsl(EVP_DigestUpdate(state_->context, data, size));
}

std::string Sha256::FinishHex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CheckOpenSsl(EVP_DigestFinal_ex(state_->context, digest, &size));
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

std::string Sha256Hex(absl::string_view data) {
  Sha256 hash;
  hash.Update(data.data(), data.size());
  return hash.FinishHex();
}

absl::StatusOr<v1::Digest> DigestFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("cannot open ", path));
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
  if (S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is a folder, not a file"));
  }
  Sha256 hash;
  v1::Digest digest;
  std::vector<char> buffer(256 * 1024);
  while (true) {
    const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, absl::StrCat("cannot read ", path));
    if (count == 0) break;
    hash.Update(buffer.data(), static_cast<size_t>(count));
    digest.set_size_bytes(digest.size_bytes() + count);
  }
  digest.set_sha256(hash.FinishHex());
  return digest;
}

absl::Status ValidateDigest(const v1::Digest& digest) {
  const std::string& hex = digest.sha256();
  if (hex.size() != 64 || !std::all_of(hex.begin(), hex.end(), IsLowerHex)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::CEscape(hex.substr(0, 80)),
                     "\" is no SHA-256: 64 lower-case hexadecimal digits are expected"));
  }
  if (digest.size_bytes() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the size ", digest.size_bytes(), " of ", hex, " is negative"));
  }
  return absl::OkStatus();
}

std::string ShortDigest(const v1::Digest& digest) { return digest.sha256().substr(0, 12); }

}  // namespace edgebench
