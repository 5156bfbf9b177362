#include "agent/artifact_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/digest.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

v1::Digest DigestOf(const std::string& content) {
  v1::Digest digest;
  digest.set_sha256(Sha256Hex(content));
  digest.set_size_bytes(static_cast<int64_t>(content.size()));
  return digest;
}

class ArtifactStoreTest : public ::testing::Test {
 protected:
  ArtifactStoreTest() { Open(); }

  void Open() {
    store_ = ArtifactStore::Open({.folder = dir_.File("store"),
                                  .max_bytes = 100,
                                  .reserve_bytes = 10,
                                  .pinned = [this] { return pinned_; },
                                  .free_bytes = [this](const std::string&) { return free_; }})
                 .value();
  }

  absl::Status Put(const std::string& content) {
    auto upload = store_->StartUpload(DigestOf(content), 0);
    if (!upload.ok()) return upload.status();
    if (absl::Status status = (*upload)->Append(content); !status.ok()) return status;
    return (*upload)->Finish().status();
  }

  bool Has(const std::string& content) { return store_->PathOf(DigestOf(content)).ok(); }

  // As if it had last been used so long ago.
  void Age(const std::string& content, int seconds) {
    const std::string path = store_->PathOf(DigestOf(content)).value();
    const timespec then{time(nullptr) - seconds, 0};
    const timespec times[] = {then, then};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  TempDir dir_;
  std::vector<std::string> pinned_;
  int64_t free_ = 1'000'000;
  std::unique_ptr<ArtifactStore> store_;
};

TEST_F(ArtifactStoreTest, KeepsWhatWasUploaded) {
  EXPECT_THAT(store_->FindMissing({DigestOf("model")}).value(), SizeIs(1));
  ASSERT_TRUE(Put("model").ok());
  EXPECT_THAT(store_->FindMissing({DigestOf("model")}).value(), SizeIs(0));
  std::ifstream file(store_->PathOf(DigestOf("model")).value());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "model");
}

TEST_F(ArtifactStoreTest, KeepsAnEmptyArtifact) {
  ASSERT_TRUE(Put("").ok());
  EXPECT_TRUE(Has(""));
}

TEST_F(ArtifactStoreTest, StillHasItAfterARestart) {
  ASSERT_TRUE(Put("model").ok());
  Open();
  EXPECT_TRUE(Has("model"));
}

TEST_F(ArtifactStoreTest, ContinuesAnUploadThatBroke) {
  const v1::Digest digest = DigestOf("0123456789");
  ASSERT_TRUE(store_->StartUpload(digest, 0).value()->Append("0123").ok());  // and goes away
  Open();
  EXPECT_EQ(store_->GetUploadStatus(digest).value().committed_bytes, 4);
  auto upload = store_->StartUpload(digest, 4).value();
  ASSERT_TRUE(upload->Append("456789").ok());
  EXPECT_EQ(upload->Finish().value(), 10);
  EXPECT_TRUE(store_->GetUploadStatus(digest).value().complete);
  EXPECT_TRUE(Has("0123456789"));
}

TEST_F(ArtifactStoreTest, SaysHowMuchThereIsWhenAnUploadEndsEarly) {
  auto upload = store_->StartUpload(DigestOf("0123456789"), 0).value();
  ASSERT_TRUE(upload->Append("012").ok());
  EXPECT_EQ(upload->Finish().value(), 3);
  EXPECT_FALSE(Has("0123456789"));
}

TEST_F(ArtifactStoreTest, RefusesAnUploadAtAnotherOffsetAndNamesTheRightOne) {
  const absl::Status status = store_->StartUpload(DigestOf("0123456789"), 5).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()), HasSubstr("continues at offset 0"));
}

TEST_F(ArtifactStoreTest, ThrowsAwayContentThatHasAnotherDigest) {
  v1::Digest digest = DigestOf("right");
  auto upload = store_->StartUpload(digest, 0).value();
  ASSERT_TRUE(upload->Append("wrong").ok());
  EXPECT_EQ(upload->Finish().status().code(), absl::StatusCode::kDataLoss);
  upload = nullptr;
  EXPECT_EQ(store_->GetUploadStatus(digest).value().committed_bytes, 0);
  EXPECT_TRUE(Put("right").ok());
}

TEST_F(ArtifactStoreTest, RefusesMoreBytesThanAnnounced) {
  auto upload = store_->StartUpload(DigestOf("abc"), 0).value();
  EXPECT_EQ(upload->Append("abcd").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ArtifactStoreTest, RefusesASecondUploadOfTheSameWhileOneRuns) {
  const auto first = store_->StartUpload(DigestOf("abc"), 0).value();
  EXPECT_EQ(store_->StartUpload(DigestOf("abc"), 0).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(store_->StartUpload(DigestOf("xyz"), 0).ok());
}

TEST_F(ArtifactStoreTest, TakesAnUploadOfWhatItHasAsDone) {
  ASSERT_TRUE(Put("abc").ok());
  auto upload = store_->StartUpload(DigestOf("abc"), 3).value();
  EXPECT_EQ(upload->Finish().value(), 3);
}

TEST_F(ArtifactStoreTest, RefusesAMalformedDigest) {
  v1::Digest digest;
  digest.set_sha256("../../etc/passwd");
  EXPECT_EQ(store_->StartUpload(digest, 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->PathOf(digest).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->FindMissing({digest}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ArtifactStoreTest, EvictsWhatWasLongestUnused) {
  const std::string a(40, 'a'), b(40, 'b'), c(40, 'c');
  ASSERT_TRUE(Put(a).ok());
  ASSERT_TRUE(Put(b).ok());
  Age(a, 100);
  Age(b, 200);
  ASSERT_TRUE(Put(c).ok());
  EXPECT_TRUE(Has(a));
  EXPECT_FALSE(Has(b));
}

TEST_F(ArtifactStoreTest, CountsFindingAnArtifactAsUse) {
  const std::string a(40, 'a'), b(40, 'b'), c(40, 'c');
  ASSERT_TRUE(Put(a).ok());
  ASSERT_TRUE(Put(b).ok());
  Age(b, 100);
  Age(a, 200);
  ASSERT_TRUE(store_->FindMissing({DigestOf(a)}).ok());
  ASSERT_TRUE(Put(c).ok());
  EXPECT_TRUE(Has(a));
  EXPECT_FALSE(Has(b));
}

TEST_F(ArtifactStoreTest, NeverEvictsWhatIsPinned) {
  const std::string a(40, 'a'), b(40, 'b'), c(40, 'c');
  ASSERT_TRUE(Put(a).ok());
  ASSERT_TRUE(Put(b).ok());
  pinned_ = {Sha256Hex(a), Sha256Hex(b)};
  const absl::Status status = Put(c);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--cache-max"));
  EXPECT_TRUE(Has(a) && Has(b));
}

TEST_F(ArtifactStoreTest, RefusesWhatIsLargerThanTheCacheAndEvictsNothingForIt) {
  ASSERT_TRUE(Put("small").ok());
  EXPECT_EQ(Put(std::string(101, 'x')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Has("small"));
}

TEST_F(ArtifactStoreTest, RefusesWhatTheDiskHasNoRoomFor) {
  free_ = 25;  // 10 of which are left alone
  const absl::Status status = Put(std::string(20, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("25 B can be had"));
}

TEST_F(ArtifactStoreTest, LeavesTheDiskToWhatOtherUploadsWillStillWrite) {
  const std::string first(40, 'a'), second(15, 'b');
  free_ = 60;  // 10 of which are left alone
  {
    const auto upload = store_->StartUpload(DigestOf(first), 0).value();
    const absl::Status status = store_->StartUpload(DigestOf(second), 0).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(status.message()), HasSubstr("40 B are for other uploads"));
    ASSERT_TRUE(upload->Append(first.substr(0, 30)).ok());
    free_ = 35;  // 30 were taken, 5 given back elsewhere: 10 are still to be written
    EXPECT_TRUE(store_->StartUpload(DigestOf(second), 0).ok());
  }
  free_ = 25;
  EXPECT_TRUE(store_->StartUpload(DigestOf(second), 0).ok()) << "the first has been given up";
}

TEST_F(ArtifactStoreTest, LeavesTheCacheToWhatOtherUploadsWillStillWrite) {
  const auto upload = store_->StartUpload(DigestOf(std::string(60, 'a')), 0).value();
  EXPECT_EQ(store_->StartUpload(DigestOf(std::string(41, 'b')), 0).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(store_->StartUpload(DigestOf(std::string(40, 'c')), 0).ok());
}

TEST_F(ArtifactStoreTest, EvictsNothingForWhatItRefusesAllTheSame) {
  const std::string pinned(60, 'p'), old(20, 'o');
  ASSERT_TRUE(Put(pinned).ok());
  ASSERT_TRUE(Put(old).ok());
  pinned_ = {Sha256Hex(pinned)};
  EXPECT_EQ(Put(std::string(41, 'x')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Has(old));
  free_ = 10;
  EXPECT_EQ(Put(std::string(30, 'y')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Has(old));
}

TEST_F(ArtifactStoreTest, EvictsForTheDiskAsMuchAsThatTakes) {
  const std::string older(30, 'a'), newer(30, 'b');
  ASSERT_TRUE(Put(older).ok());
  ASSERT_TRUE(Put(newer).ok());
  Age(older, 200);
  Age(newer, 100);
  free_ = 10;  // with the older one 40, of which 10 are left alone
  EXPECT_TRUE(Put(std::string(30, 'x')).ok());
  EXPECT_FALSE(Has(older));
  EXPECT_TRUE(Has(newer));
}

TEST_F(ArtifactStoreTest, TakesInWhatAJobWrote) {
  const std::string path = store_->TemporaryPath("job-1");
  std::ofstream(path) << "quantized";
  const v1::Digest digest = store_->Adopt(path).value();
  EXPECT_EQ(digest.sha256(), Sha256Hex("quantized"));
  EXPECT_TRUE(Has("quantized"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ArtifactStoreTest, KeepsAResultEvenWhenTheCacheIsFull) {
  const std::string pinned(90, 'p');
  ASSERT_TRUE(Put(pinned).ok());
  pinned_ = {Sha256Hex(pinned)};
  const std::string path = store_->TemporaryPath("job-1");
  std::ofstream(path) << std::string(50, 'q');
  EXPECT_TRUE(store_->Adopt(path).ok());
  EXPECT_TRUE(Has(std::string(50, 'q')));
}

TEST_F(ArtifactStoreTest, EvictsNoResultThatTheJournalDoesNotNameYet) {
  const std::string path = store_->TemporaryPath("job-1");
  const std::string result(60, 'q');
  std::ofstream(path) << result;
  const v1::Digest digest = store_->Adopt(path).value();
  EXPECT_EQ(Put(std::string(50, 'x')).code(), absl::StatusCode::kResourceExhausted);
  store_->Unhold(digest);
  EXPECT_TRUE(Put(std::string(50, 'x')).ok());
  EXPECT_FALSE(Has(result));
}

TEST_F(ArtifactStoreTest, RemovesOutputsOfAnEarlierProcessWhenItOpens) {
  const std::string path = store_->TemporaryPath("job-1");
  std::ofstream(path) << "left behind";
  Open();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace edgebench::agent
