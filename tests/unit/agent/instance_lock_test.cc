#include "agent/instance_lock.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

UniqueFd BindSocket(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

TEST(InstanceLock, IsHeldByOneAtATimeAndNamesTheHolder) {
  TempDir dir;
  std::optional<InstanceLock> first = InstanceLock::Acquire(dir.File("lock"), "the folder").value();
  const absl::Status second = InstanceLock::Acquire(dir.File("lock"), "the folder").status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.message()), HasSubstr("the folder"));
  EXPECT_THAT(std::string(second.message()), HasSubstr(absl::StrCat("pid ", getpid())));
  first.reset();
  EXPECT_TRUE(InstanceLock::Acquire(dir.File("lock"), "the folder").ok());
}

TEST(InstanceLock, IsNotDeterredByTheFileOfADeadHolder) {
  TempDir dir;
  std::ofstream(dir.File("lock")) << "123456789\n";
  EXPECT_TRUE(InstanceLock::Acquire(dir.File("lock"), "the folder").ok());
}

TEST(UnixSocket, GetsAFolderThatIsOnlyOurs) {
  TempDir dir;
  ASSERT_TRUE(AcquireUnixSocket(dir.File("run/agent.sock")).ok());
  struct stat folder {};
  ASSERT_EQ(stat(dir.File("run").c_str(), &folder), 0);
  EXPECT_EQ(folder.st_mode & 0777, 0700u);
}

TEST(UnixSocket, IsRemovedWhenNobodyListens) {
  TempDir dir;
  BindSocket(dir.File("s")).Reset();
  ASSERT_TRUE(std::filesystem::exists(dir.File("s")));
  EXPECT_TRUE(AcquireUnixSocket(dir.File("s")).ok());
  EXPECT_FALSE(std::filesystem::exists(dir.File("s")));
}

TEST(UnixSocket, IsLeftToWhoeverListens) {
  TempDir dir;
  const UniqueFd listener = BindSocket(dir.File("s"));
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const absl::Status status = AcquireUnixSocket(dir.File("s")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("pid ", getpid())));
  EXPECT_TRUE(std::filesystem::exists(dir.File("s")));
}

TEST(UnixSocket, IsLeftToWhoeverIsAboutToListen) {
  TempDir dir;
  const auto first = AcquireUnixSocket(dir.File("s"));
  ASSERT_TRUE(first.ok());
  const UniqueFd bound = BindSocket(dir.File("s"));  // and does not listen yet
  EXPECT_EQ(AcquireUnixSocket(dir.File("s")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(dir.File("s")));
}

TEST(UnixSocket, DoesNotReplaceAnotherFile) {
  TempDir dir;
  std::ofstream(dir.File("s")) << "precious";
  EXPECT_EQ(AcquireUnixSocket(dir.File("s")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(dir.File("s")));
}

}  // namespace
}  // namespace edgebench::agent
