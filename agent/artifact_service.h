#pragma once

#include "agent/activity.h"
#include "agent/artifact_store.h"
#include "edgebench/v1/artifact.grpc.pb.h"

namespace edgebench::agent {

// The RPCs of artifact.proto over an ArtifactStore.
class ArtifactService final : public v1::ArtifactService::Service {
 public:
  // Both must outlive the service.
  ArtifactService(ArtifactStore& store, Activity& activity) : store_(store), activity_(activity) {}

  grpc::Status FindMissingArtifacts(grpc::ServerContext* context,
                                    const v1::FindMissingArtifactsRequest* request,
                                    v1::FindMissingArtifactsResponse* response) override;
  grpc::Status GetUploadStatus(grpc::ServerContext* context,
                               const v1::GetUploadStatusRequest* request,
                               v1::GetUploadStatusResponse* response) override;
  grpc::Status UploadArtifact(grpc::ServerContext* context,
                              grpc::ServerReader<v1::UploadArtifactRequest>* reader,
                              v1::UploadArtifactResponse* response) override;
  grpc::Status DownloadArtifact(grpc::ServerContext* context,
                                const v1::DownloadArtifactRequest* request,
                                grpc::ServerWriter<v1::DownloadArtifactResponse>* writer) override;

 private:
  ArtifactStore& store_;
  Activity& activity_;
};

}  // namespace edgebench::agent
