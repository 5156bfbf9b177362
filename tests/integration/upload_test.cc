#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "edgebench/v1/artifact.grpc.pb.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

constexpr size_t kChunk = 1 << 20;

// Every byte differs from its neighbours, so that a piece in the wrong place shows.
std::string Content(size_t size) {
  std::string content(size, '\0');
  uint32_t state = 1;
  for (char& byte : content) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return content;
}

v1::Digest DigestOf(const std::string& content) {
  v1::Digest digest;
  digest.set_sha256(Sha256Hex(content));
  digest.set_size_bytes(static_cast<int64_t>(content.size()));
  return digest;
}

// A client that speaks the API, without the care that the controller takes.
class Uploads : public ::testing::Test {
 protected:
  void SetUp() override { Restart({}); }

  void Restart(const std::vector<std::string>& flags) {
    agent_ = bench_.StartAgent(flags);
    ASSERT_NE(agent_, nullptr);
    stub_ = v1::ArtifactService::NewStub(
        grpc::CreateChannel(agent_->address(), grpc::InsecureChannelCredentials()));
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    context.set_wait_for_ready(true);
  }

  v1::GetUploadStatusResponse StatusOf(const v1::Digest& digest) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetUploadStatusRequest request;
    *request.mutable_digest() = digest;
    v1::GetUploadStatusResponse response;
    const grpc::Status status = stub_->GetUploadStatus(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // Sends content[offset, end) under the digest's name; `cut` breaks the call
  // off instead of ending it.
  grpc::Status Upload(const v1::Digest& digest, const std::string& content, size_t offset,
                      size_t end, bool cut = false) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::UploadArtifactResponse response;
    const auto writer = stub_->UploadArtifact(&context, &response);
    v1::UploadArtifactRequest message;
    *message.mutable_header()->mutable_digest() = digest;
    message.mutable_header()->set_offset(static_cast<int64_t>(offset));
    bool open = writer->Write(message);
    for (size_t at = offset; open && at < end; at += kChunk) {
      message.set_chunk(content.substr(at, std::min(kChunk, end - at)));
      open = writer->Write(message);
    }
    if (cut) {
      // Only what the agent has got can be kept by it.
      EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
        return StatusOf(digest).committed_bytes() > static_cast<int64_t>(offset);
      }));
      context.TryCancel();
    } else {
      writer->WritesDone();
    }
    return writer->Finish();
  }

  // Goes on from what the agent holds, as often as it says that the call that
  // broke off has not come to its end there.
  grpc::Status Resume(const v1::Digest& digest, const std::string& content) {
    grpc::Status status;
    Eventually(absl::Seconds(30), [&] {
      const auto committed = static_cast<size_t>(StatusOf(digest).committed_bytes());
      status = Upload(digest, content, committed, content.size());
      return status.error_code() != grpc::StatusCode::ABORTED;
    });
    return status;
  }

  std::string Download(const v1::Digest& digest, int64_t offset) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::DownloadArtifactRequest request;
    *request.mutable_digest() = digest;
    request.set_offset(offset);
    const auto reader = stub_->DownloadArtifact(&context, request);
    std::string content;
    v1::DownloadArtifactResponse response;
    while (reader->Read(&response)) content += response.chunk();
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return content;
  }

  bool IsMissing(const v1::Digest& digest) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::FindMissingArtifactsRequest request;
    *request.add_digests() = digest;
    v1::FindMissingArtifactsResponse response;
    EXPECT_TRUE(stub_->FindMissingArtifacts(&context, request, &response).ok());
    return response.missing_size() == 1;
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
  std::unique_ptr<v1::ArtifactService::Stub> stub_;
};

TEST_F(Uploads, WhatWasUploadedComesBack) {
  const std::string content = Content(3 * kChunk + 17);
  const v1::Digest digest = DigestOf(content);
  EXPECT_TRUE(IsMissing(digest));
  const grpc::Status status = Upload(digest, content, 0, content.size());
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_FALSE(IsMissing(digest));
  EXPECT_TRUE(StatusOf(digest).complete());
  EXPECT_EQ(Download(digest, 0), content);
  EXPECT_EQ(Download(digest, kChunk + 5), content.substr(kChunk + 5));
}

TEST_F(Uploads, OneThatIsCutInTheMiddleGoesOnWhereItStopped) {
  const std::string content = Content(8 * kChunk + 17);
  const v1::Digest digest = DigestOf(content);
  EXPECT_FALSE(Upload(digest, content, 0, 5 * kChunk, /*cut=*/true).ok());
  EXPECT_TRUE(IsMissing(digest));
  const int64_t kept = StatusOf(digest).committed_bytes();
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, digest.size_bytes());
  const grpc::Status status = Resume(digest, content);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Download(digest, 0), content);
}

TEST_F(Uploads, OneThatWasCutSurvivesTheDeathOfTheAgent) {
  const std::string content = Content(8 * kChunk);
  const v1::Digest digest = DigestOf(content);
  EXPECT_FALSE(Upload(digest, content, 0, 5 * kChunk, /*cut=*/true).ok());
  agent_->Kill();
  Restart({});
  const auto committed = static_cast<size_t>(StatusOf(digest).committed_bytes());
  EXPECT_GT(committed, 0u);
  const grpc::Status status = Upload(digest, content, committed, content.size());
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Download(digest, 0), content);
}

TEST_F(Uploads, AnOffsetThatLeavesAGapIsRefused) {
  const std::string content = Content(2 * kChunk);
  const v1::Digest digest = DigestOf(content);
  const grpc::Status status = Upload(digest, content, kChunk, content.size());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_TRUE(IsMissing(digest));
}

TEST_F(Uploads, ContentOfAnotherDigestIsThrownAway) {
  const std::string content = Content(kChunk);
  std::string damaged = content;
  damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
  const v1::Digest digest = DigestOf(content);
  EXPECT_EQ(Upload(digest, damaged, 0, damaged.size()).error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_TRUE(IsMissing(digest));
  EXPECT_EQ(StatusOf(digest).committed_bytes(), 0);
  EXPECT_TRUE(Upload(digest, content, 0, content.size()).ok());
}

TEST_F(Uploads, MoreBytesThanAnnouncedAreRefused) {
  const std::string content = Content(2 * kChunk);
  v1::Digest digest = DigestOf(content.substr(0, kChunk));
  EXPECT_EQ(Upload(digest, content, 0, content.size()).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(IsMissing(digest));
}

TEST_F(Uploads, AMalformedDigestCannotNameAPath) {
  v1::Digest digest = DigestOf("x");
  digest.set_sha256("../../../../etc/passwd");
  EXPECT_EQ(Upload(digest, "x", 0, 1).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Uploads, WhatIsLargerThanTheCacheIsRefused) {
  agent_->Kill();
  Restart({"--cache-max", "1MB"});
  const std::string content = Content(2 * kChunk);
  EXPECT_EQ(Upload(DigestOf(content), content, 0, content.size()).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Uploads, TheCacheDropsWhatWasUsedLongestAgo) {
  agent_->Kill();
  Restart({"--cache-max", "3MB"});
  std::vector<v1::Digest> digests;
  for (size_t i = 0; i < 4; ++i) {
    const std::string content = Content(kChunk - i);
    digests.push_back(DigestOf(content));
    const grpc::Status status = Upload(digests.back(), content, 0, content.size());
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_TRUE(IsMissing(digests[0]));
  EXPECT_FALSE(IsMissing(digests[3]));
}

}  // namespace
}  // namespace edgebench
