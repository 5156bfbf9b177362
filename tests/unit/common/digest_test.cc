#include "common/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;

// FIPS 180-4 and NIST's example values for SHA-256.
constexpr char kEmpty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kTwoBlocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr char kMillionA[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

v1::Digest DigestOf(const std::string& sha256, int64_t size = 0) {
  v1::Digest digest;
  digest.set_sha256(sha256);
  digest.set_size_bytes(size);
  return digest;
}

TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), kEmpty);
  EXPECT_EQ(Sha256Hex("abc"), kAbc);
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), kTwoBlocks);
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')), kMillionA);
}

TEST(Sha256, DoesNotDependOnHowTheDataIsCut) {
  const std::string data(1'000'000, 'a');
  Sha256 hash;
  size_t done = 0;
  for (size_t piece = 1; done < data.size(); piece = piece * 3 + 1) {
    const size_t size = std::min(piece, data.size() - done);
    hash.Update(data.data() + done, size);
    done += size;
  }
  EXPECT_EQ(hash.FinishHex(), kMillionA);
}

TEST(Sha256, CanBeMovedInTheMiddle) {
  Sha256 first;
  first.Update("ab", 2);
  Sha256 second = std::move(first);
  second.Update("c", 1);
  EXPECT_EQ(second.FinishHex(), kAbc);
}

TEST(DigestFile, TellsDigestAndSize) {
  TempDir folder;
  const std::string path = folder.File("model.pt");
  ASSERT_TRUE(WriteFileAtomically(path, std::string(1'000'000, 'a')).ok());
  const auto digest = DigestFile(path);
  ASSERT_TRUE(digest.ok()) << digest.status();
  EXPECT_EQ(digest->sha256(), kMillionA);
  EXPECT_EQ(digest->size_bytes(), 1'000'000);
}

TEST(DigestFile, NamesAFileThatIsNotThere) {
  TempDir folder;
  const auto digest = DigestFile(folder.File("gone.pt"));
  EXPECT_EQ(digest.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(digest.status().message()), HasSubstr(folder.File("gone.pt")));
}

TEST(DigestFile, RefusesAFolder) {
  TempDir folder;
  const auto digest = DigestFile(folder.path());
  EXPECT_EQ(digest.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(digest.status().message()), HasSubstr(folder.path()));
}

TEST(ValidateDigest, TakesLowerCaseHexadecimalOfTheRightLengthOnly) {
  EXPECT_TRUE(ValidateDigest(DigestOf(kAbc)).ok());
  const std::string upper = "B" + std::string(kAbc).substr(1);
  for (const std::string& bad :
       {std::string(), std::string("abc"), upper, std::string(kAbc) + "0",
        "g" + std::string(kAbc).substr(1), "../" + std::string(kAbc).substr(3)}) {
    EXPECT_EQ(ValidateDigest(DigestOf(bad)).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(ValidateDigest, RefusesANegativeSize) {
  EXPECT_EQ(ValidateDigest(DigestOf(kAbc, -1)).code(), absl::StatusCode::kInvalidArgument);
}

TEST(ShortDigest, IsTheFirstTwelveDigits) {
  EXPECT_EQ(ShortDigest(DigestOf(kAbc)), "ba7816bf8f01");
}

}  // namespace
}  // namespace edgebench
