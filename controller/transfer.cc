#include "controller/transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

bool IsWorthAnotherTry(const absl::Status& status) {
  // ABORTED: our own earlier call has not ended on the agent's side yet.
  // OUT_OF_RANGE: more of it had arrived than the agent had said.
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status) || absl::IsOutOfRange(status);
}

// One attempt. `committed` is what the agent held before it.
absl::Status UploadRest(AgentClient& client, const v1::Digest& digest, const std::string& path,
                        int64_t& committed, const AgentClient::OnSent& on_sent) {
  EDGEBENCH_ASSIGN_OR_RETURN(const auto missing, client.FindMissingArtifacts({digest}));
  if (missing.empty()) return absl::OkStatus();
  EDGEBENCH_ASSIGN_OR_RETURN(committed, client.GetCommittedBytes(digest));
  on_sent(committed);
  return client.UploadArtifact(digest, path, committed, on_sent);
}

// An error of this machine's file, which the user is to mend: never NOT_FOUND,
// which is what the agent says of things that it lacks.
absl::Status OfFile(absl::Status error) {
  if (absl::IsNotFound(error)) error = absl::FailedPreconditionError(error.message());
  return WithExitCode(std::move(error), ExitCode::kUsage);
}

bool HasContent(const std::string& path, const v1::Digest& digest) {
  const auto existing = DigestFile(path);
  return existing.ok() && existing->sha256() == digest.sha256();
}

absl::Status MoveTo(const std::string& path, const std::string& beside, const v1::Digest& digest,
                    bool overwrite) {
  if (!overwrite) {
    const absl::Status moved = RenameWithoutReplacing(beside, path);
    // Another command that collects may have fetched the same result meanwhile.
    if (absl::IsAlreadyExists(moved) && HasContent(path, digest)) return absl::OkStatus();
    if (absl::IsAlreadyExists(moved)) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, " exists already: move it away, or add --force or --output OTHER"));
    }
    EDGEBENCH_RETURN_IF_ERROR(moved);
  } else if (std::rename(beside.c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, path);
  }
  // The agent drops its copy as soon as it hears that this one is here.
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

absl::Status DownloadInto(AgentClient& client, const v1::Digest& digest, int fd,
                          const std::string& path, const RetryPolicy& policy) {
  Sha256 hash;
  int64_t received = 0;
  Backoff backoff(policy);
  while (received < digest.size_bytes()) {
    absl::Status status = client.DownloadArtifact(digest, received, [&](absl::string_view chunk) {
      EDGEBENCH_RETURN_IF_ERROR(OfFile(WriteAll(fd, chunk, path)));
      hash.Update(chunk.data(), chunk.size());
      received += static_cast<int64_t>(chunk.size());
      backoff.Reset();
      return absl::OkStatus();
    });
    if (status.ok()) break;
    if (!absl::IsUnavailable(status) || !backoff.WaitForNext()) return status;
  }
  if (received != digest.size_bytes() || hash.FinishHex() != digest.sha256()) {
    return absl::DataLossError(absl::StrCat("what the agent sent for ", path,
                                            " does not have the digest ", ShortDigest(digest), ": ",
                                            received, " of ", digest.size_bytes(), " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EnsureUploaded(AgentClient& client, const v1::Digest& digest, const std::string& path,
                            const RetryPolicy& policy, const std::function<void()>& on_lost,
                            const AgentClient::OnSent& on_sent) {
  Backoff backoff(policy);
  int64_t committed = 0;
  while (true) {
    const int64_t committed_before = committed;
    absl::Status status = UploadRest(client, digest, path, committed, on_sent);
    if (status.ok() || !IsWorthAnotherTry(status)) return status;
    if (committed > committed_before) backoff.Reset();
    if (!backoff.WaitForNext()) return status;
    on_lost();
  }
}

absl::Status FetchArtifact(AgentClient& client, const v1::Digest& digest, const std::string& path,
                           bool overwrite, const RetryPolicy& policy) {
  if (HasContent(path, digest)) return absl::OkStatus();
  std::string beside = TemporaryBeside(path);
  UniqueFd fd(mkostemp(beside.data(), O_CLOEXEC));
  if (!fd.valid()) return OfFile(ErrnoStatus(errno, path));
  absl::Cleanup remove = [&] { unlink(beside.c_str()); };
  EDGEBENCH_RETURN_IF_ERROR(DownloadInto(client, digest, fd.get(), path, policy));
  // mkostemp made it private; a model is an ordinary file.
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd.get(), 0666 & ~mask) != 0 || fsync(fd.get()) != 0)
    return OfFile(ErrnoStatus(errno, path));
  return OfFile(MoveTo(path, beside, digest, overwrite));
}

}  // namespace edgebench::controller
