#include "common/framing.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "common/file.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;

// A pipe as between daemon and worker.
struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    reading.Reset(ends[0]);
    writing.Reset(ends[1]);
  }
  void Put(const std::string& bytes) {
    ASSERT_EQ(write(writing.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  UniqueFd reading, writing;
};

v1::WorkerMessage Warning(const std::string& text) {
  v1::WorkerMessage message;
  message.set_warning(text);
  return message;
}

std::string Frame(const v1::WorkerMessage& message) {
  const std::string body = message.SerializeAsString();
  return std::string{static_cast<char>(body.size()), 0, 0, 0} + body;
}

TEST(Framing, WritesTheLengthLittleEndianBeforeTheMessage) {
  Pipe pipe;
  ASSERT_TRUE(WriteFrame(pipe.writing.get(), Warning("hi")).ok());
  char bytes[16];
  ASSERT_EQ(read(pipe.reading.get(), bytes, sizeof(bytes)), 8);
  // Field 5 (warning), wire type 2, two bytes.
  EXPECT_EQ(std::string(bytes, 8), std::string("\x04\0\0\0\x2a\x02hi", 8));
}

TEST(Framing, ReadsSeveralMessagesInOrder) {
  Pipe pipe;
  for (const char* text : {"first", "", "third"}) {
    ASSERT_TRUE(WriteFrame(pipe.writing.get(), Warning(text)).ok());
  }
  pipe.writing.Reset();
  for (const char* text : {"first", "", "third"}) {
    v1::WorkerMessage message;
    ASSERT_TRUE(ReadFrame(pipe.reading.get(), &message).ok());
    EXPECT_EQ(message.warning(), text);
  }
  v1::WorkerMessage message;
  EXPECT_EQ(ReadFrame(pipe.reading.get(), &message).code(), absl::StatusCode::kOutOfRange);
}

TEST(Framing, PutsTogetherAFrameThatArrivesByteByByte) {
  Pipe pipe;
  std::thread writer([&pipe] {
    for (const char byte : Frame(Warning("slow"))) pipe.Put(std::string(1, byte));
  });
  v1::WorkerMessage message;
  const absl::Status status = ReadFrame(pipe.reading.get(), &message);
  writer.join();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(message.warning(), "slow");
}

TEST(Framing, CarriesAMessageMuchLargerThanThePipe) {
  Pipe pipe;
  const std::string text(5'000'000, 'x');
  absl::Status written;
  std::thread writer([&] { written = WriteFrame(pipe.writing.get(), Warning(text)); });
  v1::WorkerMessage message;
  const absl::Status status = ReadFrame(pipe.reading.get(), &message);
  writer.join();
  ASSERT_TRUE(written.ok()) << written;
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(message.warning(), text);
}

TEST(Framing, SaysWhenTheStreamEndsInsideALength) {
  Pipe pipe;
  pipe.Put(std::string("\x04\0", 2));
  pipe.writing.Reset();
  v1::WorkerMessage message;
  EXPECT_EQ(ReadFrame(pipe.reading.get(), &message).code(), absl::StatusCode::kDataLoss);
}

TEST(Framing, SaysWhenTheStreamEndsInsideAMessage) {
  Pipe pipe;
  pipe.Put(Frame(Warning("cut off")).substr(0, 7));
  pipe.writing.Reset();
  v1::WorkerMessage message;
  const absl::Status status = ReadFrame(pipe.reading.get(), &message);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("3 of 9 bytes"));
}

TEST(Framing, RefusesALengthBeyondTheLimitWithoutReadingOn) {
  Pipe pipe;
  pipe.Put("\x01\x02\x03\x7f");  // two gigabytes; the pipe stays open
  v1::WorkerMessage message;
  const absl::Status status = ReadFrame(pipe.reading.get(), &message);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("268435456"));
}

TEST(Framing, RefusesBytesThatAreNoSuchMessage) {
  Pipe pipe;
  pipe.Put(std::string("\x02\0\0\0\xff\xff", 6));
  v1::WorkerMessage message;
  EXPECT_EQ(ReadFrame(pipe.reading.get(), &message).code(), absl::StatusCode::kDataLoss);
}

TEST(Framing, SaysWhenTheReaderIsGone) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reading.Reset();
  EXPECT_EQ(WriteFrame(pipe.writing.get(), Warning("x")).code(), absl::StatusCode::kUnavailable);
  std::signal(SIGPIPE, before);
}

TEST(Framing, SaysWhenTheDescriptorIsBad) {
  v1::WorkerMessage message;
  EXPECT_EQ(ReadFrame(-1, &message).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(WriteFrame(-1, message).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace edgebench
