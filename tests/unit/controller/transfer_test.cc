#include "controller/transfer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "common/digest.h"
#include "common/file.h"
#include "controller/testing/fake_agent.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

constexpr RetryPolicy kAtOnce = {3, absl::Milliseconds(1), absl::Milliseconds(1)};

class Transfer : public ::testing::Test {
 protected:
  Transfer() {
    for (int i = 0; i < 5'000; ++i) content_.push_back(static_cast<char>(i * 31 % 251));
    digest_.set_sha256(Sha256Hex(content_));
    digest_.set_size_bytes(static_cast<int64_t>(content_.size()));
  }
  std::string Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_.File(name), std::ios::binary) << content;
    return folder_.File(name);
  }
  size_t FilesInFolder() const {
    const std::filesystem::directory_iterator begin(folder_.path()), end;
    return static_cast<size_t>(std::distance(begin, end));
  }

  TempDir folder_;
  FakeAgent agent_;
  std::unique_ptr<AgentClient> client_ = NewFakeAgentClient(agent_);
  std::string content_;
  v1::Digest digest_;
};

TEST_F(Transfer, SendsNothingASecondTime) {
  const std::string path = Write("model.pt", content_);
  ASSERT_TRUE(EnsureUploaded(*client_, digest_, path, kAtOnce).ok());
  ASSERT_TRUE(EnsureUploaded(*client_, digest_, path, kAtOnce).ok());
  EXPECT_EQ(agent_.received_bytes(), digest_.size_bytes());
}

TEST_F(Transfer, SendsOnlyTheRestAfterABrokenLine) {
  agent_.BreakNextTransferAfter(2'000);
  ASSERT_TRUE(EnsureUploaded(*client_, digest_, Write("model.pt", content_), kAtOnce).ok());
  EXPECT_EQ(agent_.received_bytes(), digest_.size_bytes());
}

TEST_F(Transfer, TellsOfAFileThatChangedMeanwhile) {
  const std::string path = Write("model.pt", "changed");
  EXPECT_TRUE(absl::IsDataLoss(EnsureUploaded(*client_, digest_, path, kAtOnce)));
}

TEST_F(Transfer, FetchesTheWholeThroughABrokenLine) {
  agent_.PutArtifact(content_);
  agent_.BreakNextTransferAfter(2'500);
  const std::string path = folder_.File("out.pt");
  ASSERT_TRUE(FetchArtifact(*client_, digest_, path, false, kAtOnce).ok());
  EXPECT_EQ(*ReadFile(path), content_);
  EXPECT_EQ(FilesInFolder(), 1u) << "nothing is left beside it";
}

TEST_F(Transfer, AFolderThatIsNotThereIsNotSaidToBeMissingOnTheAgent) {
  agent_.PutArtifact(content_);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      FetchArtifact(*client_, digest_, folder_.File("gone/out.pt"), false, kAtOnce)));
}

TEST_F(Transfer, AsksAgainWhenTheLineIsDownBeforeTheFirstByte) {
  agent_.SetReachable(false);
  const std::string path = Write("model.pt", content_);
  EXPECT_TRUE(
      EnsureUploaded(*client_, digest_, path, kAtOnce, [&] { agent_.SetReachable(true); }).ok());
}

TEST_F(Transfer, EveryByteThatArrivesRenewsThePatience) {
  const std::string path = Write("model.pt", content_);
  int losses = 0;
  agent_.BreakNextTransferAfter(500);
  EXPECT_TRUE(EnsureUploaded(*client_, digest_, path, kAtOnce, [&] {
                if (++losses < 6) agent_.BreakNextTransferAfter(500);
              }).ok());
  EXPECT_EQ(losses, 6);
}

TEST_F(Transfer, KeepsAnotherFileUnlessToldOtherwise) {
  agent_.PutArtifact(content_);
  const std::string path = Write("out.pt", "mine");
  EXPECT_TRUE(absl::IsAlreadyExists(FetchArtifact(*client_, digest_, path, false, kAtOnce)));
  EXPECT_EQ(*ReadFile(path), "mine");
  ASSERT_TRUE(FetchArtifact(*client_, digest_, path, true, kAtOnce).ok());
  EXPECT_EQ(*ReadFile(path), content_);
}

TEST_F(Transfer, CountsAFileWithTheContentAsFetched) {
  const std::string path = Write("out.pt", content_);
  EXPECT_TRUE(FetchArtifact(*client_, digest_, path, false, kAtOnce).ok())
      << "the agent does not even have it";
}

TEST_F(Transfer, AnotherCommandMayFetchTheSameFileAtTheSameMoment) {
  agent_.PutArtifact(content_);
  agent_.DuringNextDownload([&] { Write("out.pt", content_); });
  const absl::Status fetched =
      FetchArtifact(*client_, digest_, folder_.File("out.pt"), false, kAtOnce);
  EXPECT_TRUE(fetched.ok()) << fetched;
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(Transfer, AnotherFileThatCameMeanwhileIsKept) {
  agent_.PutArtifact(content_);
  agent_.DuringNextDownload([&] { Write("out.pt", "mine"); });
  const std::string path = folder_.File("out.pt");
  EXPECT_TRUE(absl::IsAlreadyExists(FetchArtifact(*client_, digest_, path, false, kAtOnce)));
  EXPECT_EQ(*ReadFile(path), "mine");
}

TEST_F(Transfer, TellsHowMuchOfTheWholeIsSentThroughABrokenLine) {
  agent_.BreakNextTransferAfter(2'000);
  std::vector<int64_t> told;
  ASSERT_TRUE(EnsureUploaded(
                  *client_, digest_, Write("model.pt", content_), kAtOnce, [] {},
                  [&](int64_t sent) { told.push_back(sent); })
                  .ok());
  EXPECT_EQ(told, (std::vector<int64_t>{0, 2'000, 2'000, 5'000}));
}

TEST_F(Transfer, LeavesNoFileWhenTheContentIsWrong) {
  agent_.PutArtifact(content_);
  v1::Digest longer = digest_;
  longer.set_size_bytes(digest_.size_bytes() + 1);
  const std::string path = folder_.File("out.pt");
  EXPECT_TRUE(absl::IsDataLoss(FetchArtifact(*client_, longer, path, false, kAtOnce)));
  EXPECT_EQ(FilesInFolder(), 0u);
}

TEST_F(Transfer, MakesAnOrdinaryFile) {
  agent_.PutArtifact(content_);
  const std::string path = folder_.File("out.pt");
  ASSERT_TRUE(FetchArtifact(*client_, digest_, path, false, kAtOnce).ok());
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  const mode_t mask = umask(0);
  umask(mask);
  EXPECT_EQ(status.st_mode & 0777, 0666 & ~mask);
}

}  // namespace
}  // namespace edgebench::controller
