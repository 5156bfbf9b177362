#include "agent/worker/files/zip_directory.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace edgebench::worker {
namespace {

std::string Little(uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(number >> (8 * i)));
  return text;
}

struct Options {
  uint16_t method = 0;
  uint16_t flags = 0;
  uint64_t compressed = 5;
  uint64_t size = 5;
  uint64_t local_header = 0;
  std::string comment;
};

// An archive with one record "r/data/0" that holds "hello".
std::string Archive(const Options& options = {}) {
  const std::string name = "r/data/0";
  const std::string head = Little(options.flags, 2) + Little(options.method, 2) + Little(0, 8) +
                           Little(options.compressed, 4) + Little(options.size, 4) +
                           Little(name.size(), 2);
  const std::string local = "PK\3\4" + Little(20, 2) + head + Little(3, 2) + name + "xyz" + "hello";
  const std::string entry = "PK\1\2" + Little(20, 2) + Little(20, 2) + head + Little(0, 2) +
                            Little(0, 2) + Little(0, 8) + Little(options.local_header, 4) + name;
  const std::string end = "PK\5\6" + Little(0, 4) + Little(1, 2) + Little(1, 2) +
                          Little(entry.size(), 4) + Little(local.size(), 4) +
                          Little(options.comment.size(), 2) + options.comment;
  return local + entry + end;
}

std::optional<std::vector<ZipRecord>> Read(const std::string& archive) {
  return ReadZipDirectory(reinterpret_cast<const uint8_t*>(archive.data()), archive.size());
}

TEST(ReadZipDirectory, FindsTheContentOfRecords) {
  for (const std::string comment : {"", "made by hand"}) {
    Options options;
    options.comment = comment;
    const std::string archive = Archive(options);
    const auto records = Read(archive);
    ASSERT_TRUE(records.has_value());
    ASSERT_EQ(records->size(), 1U);
    const ZipRecord& record = records->front();
    EXPECT_EQ(record.name, "r/data/0");
    EXPECT_TRUE(record.stored);
    EXPECT_EQ(archive.substr(record.offset, record.size), "hello");
  }
}

TEST(ReadZipDirectory, TellsWhatIsNotStoredAsItIs) {
  Options compressed;
  compressed.method = 8;
  EXPECT_FALSE(Read(Archive(compressed))->front().stored);
  Options encrypted;
  encrypted.flags = 1;
  EXPECT_FALSE(Read(Archive(encrypted))->front().stored);
  Options other_size;
  other_size.size = 1000;
  EXPECT_FALSE(Read(Archive(other_size))->front().stored);
}

TEST(ReadZipDirectory, RefusesRecordsBeyondTheFile) {
  Options large;
  large.size = large.compressed = 1000;
  EXPECT_FALSE(Read(Archive(large)).has_value());
  Options far;
  far.local_header = 0xfffffff0;
  EXPECT_FALSE(Read(Archive(far)).has_value());
}

TEST(ReadZipDirectory, RefusesWhatIsNoArchive) {
  EXPECT_FALSE(Read("").has_value());
  EXPECT_FALSE(Read("hello").has_value());
  EXPECT_FALSE(Read(std::string(100, '\0')).has_value());
}

TEST(ReadZipDirectory, RefusesAnArchiveThatWasCutOff) {
  const std::string archive = Archive();
  for (size_t size = 0; size < archive.size(); ++size) {
    EXPECT_FALSE(Read(archive.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(Read(archive.substr(archive.size() - size)).has_value()) << size;
  }
}

TEST(ReadZipDirectory, StaysInTheFileWhateverItSays) {
  std::mt19937 generator(1);
  const std::string archive = Archive();
  for (int round = 0; round < 50000; ++round) {
    std::string damaged = archive;
    for (int byte = 0; byte < 3; ++byte) {
      damaged[generator() % damaged.size()] =
          static_cast<char>(generator() % 2 ? 0xff : generator());
    }
    for (const ZipRecord& record : Read(damaged).value_or(std::vector<ZipRecord>())) {
      if (!record.stored) continue;
      ASSERT_LE(record.offset, damaged.size());
      ASSERT_LE(record.size, damaged.size() - record.offset);
    }
  }
}

}  // namespace
}  // namespace edgebench::worker
