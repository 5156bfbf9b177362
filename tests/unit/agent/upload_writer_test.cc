#include "agent/upload_writer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <memory>
#include <string>

#include "common/digest.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

constexpr size_t kChunkBytes = 64 << 10;

// What this process may write into one file, so that a write really fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : ignored_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, ignored_);
  }

 private:
  rlimit before_{};
  sighandler_t ignored_;
};

class UploadWriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<ArtifactStore::Upload> Begin(const std::string& content) {
    digest_.set_sha256(Sha256Hex(content));
    digest_.set_size_bytes(static_cast<int64_t>(content.size()));
    return store_->StartUpload(digest_, 0).value();
  }

  TempDir dir_;
  v1::Digest digest_;
  const std::unique_ptr<ArtifactStore> store_ =
      ArtifactStore::Open({.folder = dir_.File("store"),
                           .reserve_bytes = 0,
                           .pinned = [] { return std::vector<std::string>(); }})
          .value();
};

TEST_F(UploadWriterTest, AppendsWhatIsPushedInItsOrder) {
  const std::string content = "0123456789";
  const auto upload = Begin(content);
  UploadWriter writer(*upload);
  for (const char digit : content) EXPECT_TRUE(writer.Push(std::string(1, digit)));
  EXPECT_TRUE(writer.Drain().ok());
  EXPECT_EQ(upload->Finish().value(), 10) << "with the digest announced";
}

TEST_F(UploadWriterTest, TakesNoMoreAndSaysWhyWhenAWriteFailsMidway) {
  constexpr int kChunks = 100;
  const auto upload = Begin(std::string(kChunks * kChunkBytes, 'm'));
  absl::Status drained;
  int pushed = 0;
  {
    const FileSizeLimit limit(3 * kChunkBytes);
    UploadWriter writer(*upload);
    while (pushed < kChunks && writer.Push(std::string(kChunkBytes, 'm'))) ++pushed;
    EXPECT_FALSE(writer.Push("more"));
    drained = writer.Drain();
  }
  EXPECT_LT(pushed, kChunks);
  EXPECT_EQ(drained.code(), absl::StatusCode::kInternal) << drained;
  EXPECT_EQ(store_->GetUploadStatus(digest_).value().committed_bytes, 3 * kChunkBytes)
      << "it goes on from there";
}

}  // namespace
}  // namespace edgebench::agent
