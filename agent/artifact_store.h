#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/digest.h"
#include "common/file.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::agent {

// Files by the SHA-256 of their content, in a folder of the agent's:
//   ab/ab01...   complete and verified; the time of last use is the file's mtime
//   partial/     uploads that have not ended, by the digest they announce
//   output/      what running jobs write
// There is no index beside the files, so nothing can disagree with them.
// Thread-safe.
class ArtifactStore {
 public:
  struct Options {
    std::string folder;
    int64_t max_bytes = int64_t{4} << 30;
    // Of the disk, never filled.
    int64_t reserve_bytes = int64_t{256} << 20;
    // SHA-256 of what must not be evicted.
    std::function<absl::StatusOr<std::vector<std::string>>()> pinned = nullptr;
    // Free bytes of the disk below a folder; a seam for tests.
    std::function<int64_t(const std::string& folder)> free_bytes = nullptr;
  };

  // Makes the folders, and removes what jobs of an earlier process left behind.
  static absl::StatusOr<std::unique_ptr<ArtifactStore>> Open(Options options);

  // Free bytes of the file system for us; 0 when it cannot be asked.
  static int64_t FreeBytes(const std::string& folder);

  // Those that are there count as used now. INVALID_ARGUMENT: malformed.
  absl::StatusOr<std::vector<v1::Digest>> FindMissing(const std::vector<v1::Digest>& digests);

  struct UploadStatus {
    int64_t committed_bytes = 0;
    bool complete = false;
  };
  absl::StatusOr<UploadStatus> GetUploadStatus(const v1::Digest& digest);

  // One upload. What was appended stays when the object goes without Finish.
  class Upload {
   public:
    ~Upload();
    // INVALID_ARGUMENT: more bytes than announced. RESOURCE_EXHAUSTED: disk full.
    absl::Status Append(absl::string_view chunk);
    // Publishes the artifact when it is complete, and otherwise only says how
    // much there is. DATA_LOSS: the content has another digest; it is removed.
    absl::StatusOr<int64_t> Finish();

   private:
    friend class ArtifactStore;
    Upload(ArtifactStore& store, v1::Digest digest, UniqueFd file);
    absl::Status Resume(int64_t committed);
    void StartWriteback();

    ArtifactStore& store_;
    const v1::Digest digest_;
    UniqueFd file_;
    Sha256 hash_;
    int64_t committed_ = 0;
    int64_t written_back_ = 0;  // what the kernel was asked to write to disk
  };

  // Codes of ArtifactService.UploadArtifact. The store must outlive the upload.
  absl::StatusOr<std::unique_ptr<Upload>> StartUpload(const v1::Digest& digest, int64_t offset)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Where the artifact lies; it counts as used now. FAILED_PRECONDITION: not
  // here, or of another size.
  absl::StatusOr<std::string> PathOf(const v1::Digest& digest);

  // A new path for a job's output, and its end.
  std::string TemporaryPath(const std::string& job_id) const;
  void RemoveTemporary(const std::string& path) const;
  // Takes a finished file in, which is then gone from its path. Room is made,
  // but a result is never thrown away for the cap's sake. It is held, and so not
  // evicted, until Unhold: by then the journal is to name it.
  absl::StatusOr<v1::Digest> Adopt(const std::string& path) ABSL_LOCKS_EXCLUDED(mutex_);
  void Unhold(const v1::Digest& digest) ABSL_LOCKS_EXCLUDED(mutex_);

  int64_t max_bytes() const { return options_.max_bytes; }

 private:
  explicit ArtifactStore(Options options) : options_(std::move(options)) {}

  std::string PathFor(const std::string& sha256) const;
  std::string PartialPathFor(const std::string& sha256) const;
  bool Has(const v1::Digest& digest) const;
  absl::Status Publish(const std::string& from, const v1::Digest& digest);
  // What gives way for a new file, and how it is when that is gone.
  struct Room {
    std::vector<std::string> evicted;  // paths
    int64_t stored_bytes = 0;
    int64_t free_bytes = 0;      // of the disk
    int64_t promised_bytes = 0;  // that other uploads have yet to write
  };
  // Checks offset and room, and claims the digest for one upload.
  absl::StatusOr<UploadStatus> ReserveUpload(const v1::Digest& digest, int64_t offset)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The longest unused files that must go so that `bytes` more fit; all that may
  // go when they do not fit even so.
  absl::StatusOr<Room> FindRoom(int64_t bytes, const std::string& for_sha256)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool FitsCache(int64_t bytes, const Room& room) const;
  bool FitsDisk(int64_t bytes, const Room& room) const;
  // Evicts until `bytes` more fit. RESOURCE_EXHAUSTED when they cannot; then
  // nothing is evicted.
  absl::Status MakeRoom(int64_t bytes, const std::string& for_sha256)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the uploads in progress have yet to write.
  int64_t PromisedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndUpload(const std::string& sha256) ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  absl::Mutex mutex_;
  // The announced sizes of uploads in progress, by SHA-256.
  std::map<std::string, int64_t> uploading_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> held_ ABSL_GUARDED_BY(mutex_);  // by SHA-256
};

}  // namespace edgebench::agent
