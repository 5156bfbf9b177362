#include "agent/artifact_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/quantities.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

namespace fs = std::filesystem;

constexpr char kPartial[] = "partial";
constexpr char kOutput[] = "output";

int64_t SizeOf(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? -1 : static_cast<int64_t>(size);
}

// Failing to note a use makes an eviction less clever, no more.
void MarkUsed(const std::string& path) { utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

absl::Status SyncFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("opening ", path));
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, absl::StrCat("syncing ", path));
  return absl::OkStatus();
}

struct StoredFile {
  std::string path, sha256;
  int64_t bytes = 0;
  fs::file_time_type used;
};

// Everything in the store but jobs' outputs, longest unused first. Files that
// vanish meanwhile are left out.
std::vector<StoredFile> ListFiles(const std::string& folder) {
  std::vector<StoredFile> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  // Not a range-for: its ++ throws when a folder vanishes meanwhile.
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error)) {
    const fs::directory_entry& entry = *it;
    std::error_code ignored;
    if (!entry.is_regular_file(ignored) || entry.path().parent_path().filename() == kOutput) {
      continue;
    }
    const int64_t bytes = SizeOf(entry.path().string());
    const auto used = entry.last_write_time(ignored);
    if (bytes < 0 || ignored) continue;
    files.push_back({entry.path().string(), entry.path().filename().string(), bytes, used});
  }
  std::sort(files.begin(), files.end(),
            [](const StoredFile& a, const StoredFile& b) { return a.used < b.used; });
  return files;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ArtifactStore>> ArtifactStore::Open(Options options) {
  if (!options.free_bytes) options.free_bytes = FreeBytes;
  std::error_code ignored;
  fs::remove_all(fs::path(options.folder) / kOutput, ignored);
  for (const char* sub : {kPartial, kOutput}) {
    EDGEBENCH_RETURN_IF_ERROR(MakeDirectories(absl::StrCat(options.folder, "/", sub)));
  }
  return std::unique_ptr<ArtifactStore>(new ArtifactStore(std::move(options)));
}

int64_t ArtifactStore::FreeBytes(const std::string& folder) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return 0;
  return static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

std::string ArtifactStore::PathFor(const std::string& sha256) const {
  return absl::StrCat(options_.folder, "/", sha256.substr(0, 2), "/", sha256);
}

std::string ArtifactStore::PartialPathFor(const std::string& sha256) const {
  return absl::StrCat(options_.folder, "/", kPartial, "/", sha256);
}

bool ArtifactStore::Has(const v1::Digest& digest) const {
  return SizeOf(PathFor(digest.sha256())) == digest.size_bytes();
}

absl::StatusOr<std::vector<v1::Digest>> ArtifactStore::FindMissing(
    const std::vector<v1::Digest>& digests) {
  std::vector<v1::Digest> missing;
  for (const v1::Digest& digest : digests) {
    EDGEBENCH_RETURN_IF_ERROR(ValidateDigest(digest));
    if (Has(digest)) {
      MarkUsed(PathFor(digest.sha256()));
    } else {
      missing.push_back(digest);
    }
  }
  return missing;
}

absl::StatusOr<ArtifactStore::UploadStatus> ArtifactStore::GetUploadStatus(
    const v1::Digest& digest) {
  EDGEBENCH_RETURN_IF_ERROR(ValidateDigest(digest));
  if (Has(digest)) return UploadStatus{digest.size_bytes(), true};
  const int64_t partial = SizeOf(PartialPathFor(digest.sha256()));
  // More than was announced cannot become the artifact: it starts again.
  const bool usable = partial > 0 && partial <= digest.size_bytes();
  return UploadStatus{usable ? partial : 0, false};
}

absl::StatusOr<std::unique_ptr<ArtifactStore::Upload>> ArtifactStore::StartUpload(
    const v1::Digest& digest, int64_t offset) {
  EDGEBENCH_RETURN_IF_ERROR(ValidateDigest(digest));
  EDGEBENCH_ASSIGN_OR_RETURN(const UploadStatus status, ReserveUpload(digest, offset));
  if (status.complete) {
    return std::unique_ptr<Upload>(new Upload(*this, digest, UniqueFd()));
  }
  const std::string path = PartialPathFor(digest.sha256());
  const int truncate = status.committed_bytes == 0 ? O_TRUNC : 0;
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | truncate, 0600));
  if (!file.valid()) {
    const int error = errno;
    EndUpload(digest.sha256());
    return ErrnoStatus(error, absl::StrCat("opening ", path));
  }
  std::unique_ptr<Upload> upload(new Upload(*this, digest, std::move(file)));
  EDGEBENCH_RETURN_IF_ERROR(upload->Resume(status.committed_bytes));
  return upload;
}

absl::StatusOr<ArtifactStore::UploadStatus> ArtifactStore::ReserveUpload(const v1::Digest& digest,
                                                                         int64_t offset) {
  absl::MutexLock lock(&mutex_);
  if (uploading_.count(digest.sha256()) > 0) {
    return absl::AbortedError(absl::StrCat("another upload of ", ShortDigest(digest),
                                           " is under way; wait for it or try again"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const UploadStatus status, GetUploadStatus(digest));
  if (offset != status.committed_bytes) {
    return absl::OutOfRangeError(absl::StrCat("the upload of ", ShortDigest(digest),
                                              " continues at offset ", status.committed_bytes,
                                              ", not at ", offset));
  }
  if (status.complete) return status;
  EDGEBENCH_RETURN_IF_ERROR(
      MakeRoom(digest.size_bytes() - status.committed_bytes, digest.sha256()));
  uploading_[digest.sha256()] = digest.size_bytes();
  return status;
}

absl::StatusOr<std::string> ArtifactStore::PathOf(const v1::Digest& digest) {
  EDGEBENCH_RETURN_IF_ERROR(ValidateDigest(digest));
  std::string path = PathFor(digest.sha256());
  if (!Has(digest)) {
    return absl::FailedPreconditionError(
        absl::StrCat("artifact ", ShortDigest(digest), " is not on this agent; upload it first"));
  }
  MarkUsed(path);
  return path;
}

std::string ArtifactStore::TemporaryPath(const std::string& job_id) const {
  return absl::StrCat(options_.folder, "/", kOutput, "/", job_id);
}

void ArtifactStore::RemoveTemporary(const std::string& path) const { unlink(path.c_str()); }

absl::StatusOr<v1::Digest> ArtifactStore::Adopt(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(v1::Digest digest, DigestFile(path));
  EDGEBENCH_RETURN_IF_ERROR(SyncFile(path));
  absl::MutexLock lock(&mutex_);
  if (const auto room = FindRoom(digest.size_bytes(), digest.sha256()); room.ok()) {
    for (const std::string& evicted : room->evicted) unlink(evicted.c_str());
  }
  EDGEBENCH_RETURN_IF_ERROR(Publish(path, digest));
  held_.insert(digest.sha256());
  return digest;
}

void ArtifactStore::Unhold(const v1::Digest& digest) {
  absl::MutexLock lock(&mutex_);
  held_.erase(digest.sha256());
}

absl::Status ArtifactStore::Publish(const std::string& from, const v1::Digest& digest) {
  const std::string to = PathFor(digest.sha256());
  const std::string folder = ParentOf(to);
  EDGEBENCH_RETURN_IF_ERROR(MakeDirectories(folder));
  MarkUsed(from);
  if (rename(from.c_str(), to.c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("moving ", from, " to ", to));
  }
  return SyncFolder(folder);
}

int64_t ArtifactStore::PromisedBytes() const {
  int64_t promised = 0;
  for (const auto& [sha256, bytes] : uploading_) {
    if (SizeOf(PathFor(sha256)) == bytes) continue;  // it is published already
    promised += bytes - std::max<int64_t>(0, SizeOf(PartialPathFor(sha256)));
  }
  return promised;
}

bool ArtifactStore::FitsCache(int64_t bytes, const Room& room) const {
  return room.stored_bytes + room.promised_bytes + bytes <= options_.max_bytes;
}

bool ArtifactStore::FitsDisk(int64_t bytes, const Room& room) const {
  return room.free_bytes >= room.promised_bytes + bytes + options_.reserve_bytes;
}

absl::StatusOr<ArtifactStore::Room> ArtifactStore::FindRoom(int64_t bytes,
                                                            const std::string& for_sha256) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<std::string> pinned, options_.pinned());
  std::set<std::string> kept(pinned.begin(), pinned.end());
  for (const auto& [sha256, announced] : uploading_) kept.insert(sha256);
  kept.insert(held_.begin(), held_.end());
  kept.insert(for_sha256);
  const std::vector<StoredFile> files = ListFiles(options_.folder);
  Room room;
  room.free_bytes = options_.free_bytes(options_.folder);
  room.promised_bytes = PromisedBytes();
  for (const StoredFile& file : files) room.stored_bytes += file.bytes;
  for (const StoredFile& file : files) {
    if (FitsCache(bytes, room) && FitsDisk(bytes, room)) break;
    if (kept.count(file.sha256) > 0) continue;
    room.evicted.push_back(file.path);
    room.stored_bytes -= file.bytes;
    room.free_bytes += file.bytes;
  }
  return room;
}

absl::Status ArtifactStore::MakeRoom(int64_t bytes, const std::string& for_sha256) {
  if (bytes > options_.max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(FormatBytes(bytes), " is more than the agent's cache of ",
                     FormatBytes(options_.max_bytes), "; start it with a larger --cache-max"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const Room room, FindRoom(bytes, for_sha256));
  if (!FitsCache(bytes, room)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        FormatBytes(bytes), " do not fit into the agent's cache of ",
        FormatBytes(options_.max_bytes), ": ", FormatBytes(room.stored_bytes + room.promised_bytes),
        " are needed by jobs, results and other uploads; fetch the results, or start it with a "
        "larger --cache-max"));
  }
  if (!FitsDisk(bytes, room)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        FormatBytes(bytes), " do not fit on the agent's disk: ", FormatBytes(room.free_bytes),
        " can be had below ", options_.folder, ", of which ", FormatBytes(options_.reserve_bytes),
        " are left alone and ", FormatBytes(room.promised_bytes), " are for other uploads"));
  }
  for (const std::string& path : room.evicted) unlink(path.c_str());
  return absl::OkStatus();
}

void ArtifactStore::EndUpload(const std::string& sha256) {
  absl::MutexLock lock(&mutex_);
  uploading_.erase(sha256);
}

ArtifactStore::Upload::Upload(ArtifactStore& store, v1::Digest digest, UniqueFd file)
    : store_(store), digest_(std::move(digest)), file_(std::move(file)) {}

ArtifactStore::Upload::~Upload() {
  if (file_.valid()) store_.EndUpload(digest_.sha256());
}

absl::Status ArtifactStore::Upload::Resume(int64_t committed) {
  std::array<char, 64 << 10> buffer;
  while (committed_ < committed) {
    const ssize_t count = pread(file_.get(), buffer.data(), buffer.size(), committed_);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return ErrnoStatus(count < 0 ? errno : EIO, "reading an upload's beginning");
    hash_.Update(buffer.data(), static_cast<size_t>(count));
    committed_ += count;
  }
  return absl::OkStatus();
}

void ArtifactStore::Upload::StartWriteback() {
  constexpr int64_t kWindow = int64_t{8} << 20;
  if (committed_ - written_back_ < kWindow) return;
  // Otherwise all of it would be left to Finish's fsync, while the disk idles now.
  sync_file_range(file_.get(), written_back_, committed_ - written_back_, SYNC_FILE_RANGE_WRITE);
  written_back_ = committed_;
}

absl::Status ArtifactStore::Upload::Append(absl::string_view chunk) {
  if (chunk.empty()) return absl::OkStatus();
  const int64_t announced = digest_.size_bytes();
  if (!file_.valid() || committed_ + static_cast<int64_t>(chunk.size()) > announced) {
    return absl::InvalidArgumentError(
        absl::StrCat("more bytes than the ", announced, " announced for ", ShortDigest(digest_)));
  }
  while (!chunk.empty()) {
    const ssize_t count = pwrite(file_.get(), chunk.data(), chunk.size(), committed_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, "writing an upload");
    hash_.Update(chunk.data(), static_cast<size_t>(count));
    committed_ += count;
    chunk.remove_prefix(static_cast<size_t>(count));
  }
  StartWriteback();
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ArtifactStore::Upload::Finish() {
  if (!file_.valid()) return digest_.size_bytes();  // it was complete before
  if (committed_ < digest_.size_bytes()) return committed_;
  const std::string path = store_.PartialPathFor(digest_.sha256());
  const std::string actual = hash_.FinishHex();
  if (actual != digest_.sha256()) {
    unlink(path.c_str());
    return absl::DataLossError(absl::StrCat("the content uploaded as ", digest_.sha256(),
                                            " has the digest ", actual,
                                            " and was thrown away; upload it again"));
  }
  if (fsync(file_.get()) != 0) return ErrnoStatus(errno, absl::StrCat("syncing ", path));
  EDGEBENCH_RETURN_IF_ERROR(store_.Publish(path, digest_));
  return committed_;
}

}  // namespace edgebench::agent
