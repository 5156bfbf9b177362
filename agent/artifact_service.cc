#include "agent/artifact_service.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/upload_writer.h"
#include "common/file.h"
#include "common/status_grpc.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr int kMaxDigests = 1000;
constexpr size_t kChunkBytes = 1 << 20;

using UploadReader = grpc::ServerReader<v1::UploadArtifactRequest>;
using DownloadWriter = grpc::ServerWriter<v1::DownloadArtifactResponse>;

absl::StatusOr<int64_t> Receive(ArtifactStore& store, UploadReader& reader) {
  v1::UploadArtifactRequest message;
  if (!reader.Read(&message) || !message.has_header()) {
    return absl::InvalidArgumentError("the first message of an upload must be its header");
  }
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::unique_ptr<ArtifactStore::Upload> upload,
      store.StartUpload(message.header().digest(), message.header().offset()));
  UploadWriter writer(*upload);
  while (reader.Read(&message)) {
    if (!message.has_chunk()) {
      return absl::InvalidArgumentError("an upload has one header, at its beginning");
    }
    if (!writer.Push(std::move(*message.mutable_chunk()))) break;
  }
  EDGEBENCH_RETURN_IF_ERROR(writer.Drain());
  return upload->Finish();
}

absl::StatusOr<UniqueFd> OpenAt(ArtifactStore& store, const v1::DownloadArtifactRequest& request) {
  EDGEBENCH_RETURN_IF_ERROR(ValidateDigest(request.digest()));
  const auto path = store.PathOf(request.digest());
  if (!path.ok()) return absl::NotFoundError(path.status().message());
  if (request.offset() < 0 || request.offset() > request.digest().size_bytes()) {
    return absl::OutOfRangeError(absl::StrCat("offset ", request.offset(), " lies beyond the ",
                                              request.digest().size_bytes(), " bytes of ",
                                              ShortDigest(request.digest())));
  }
  UniqueFd file(open(path->c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(errno, absl::StrCat("opening ", *path));
  return file;
}

absl::Status Send(ArtifactStore& store, const v1::DownloadArtifactRequest& request,
                  DownloadWriter& writer) {
  EDGEBENCH_ASSIGN_OR_RETURN(const UniqueFd file, OpenAt(store, request));
  v1::DownloadArtifactResponse response;
  std::string& chunk = *response.mutable_chunk();
  int64_t offset = request.offset();
  while (true) {
    chunk.resize(kChunkBytes);
    const ssize_t count = pread(file.get(), chunk.data(), chunk.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, "reading an artifact");
    if (count == 0) return absl::OkStatus();
    chunk.resize(static_cast<size_t>(count));
    if (!writer.Write(response)) return absl::CancelledError("the client is gone");
    offset += count;
  }
}

}  // namespace

grpc::Status ArtifactService::FindMissingArtifacts(grpc::ServerContext*,
                                                   const v1::FindMissingArtifactsRequest* request,
                                                   v1::FindMissingArtifactsResponse* response) {
  const Activity::Call call(activity_);
  if (request->digests_size() > kMaxDigests) {
    return ToGrpcStatus(absl::InvalidArgumentError(
        absl::StrCat(request->digests_size(), " digests in one call; at most ", kMaxDigests)));
  }
  auto missing = store_.FindMissing({request->digests().begin(), request->digests().end()});
  if (missing.ok()) {
    for (v1::Digest& digest : *missing) *response->add_missing() = std::move(digest);
  }
  return ToGrpcStatus(missing.status());
}

grpc::Status ArtifactService::GetUploadStatus(grpc::ServerContext*,
                                              const v1::GetUploadStatusRequest* request,
                                              v1::GetUploadStatusResponse* response) {
  const Activity::Call call(activity_);
  const auto status = store_.GetUploadStatus(request->digest());
  if (status.ok()) {
    response->set_committed_bytes(status->committed_bytes);
    response->set_complete(status->complete);
  }
  return ToGrpcStatus(status.status());
}

grpc::Status ArtifactService::UploadArtifact(grpc::ServerContext*, UploadReader* reader,
                                             v1::UploadArtifactResponse* response) {
  const Activity::Call call(activity_);
  const auto committed = Receive(store_, *reader);
  if (committed.ok()) response->set_committed_bytes(*committed);
  return ToGrpcStatus(committed.status());
}

grpc::Status ArtifactService::DownloadArtifact(grpc::ServerContext*,
                                               const v1::DownloadArtifactRequest* request,
                                               DownloadWriter* writer) {
  const Activity::Call call(activity_);
  return ToGrpcStatus(Send(store_, *request, *writer));
}

}  // namespace edgebench::agent
