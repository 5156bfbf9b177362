#include "agent/listen_address.h"

#include <gmock/gmock.h>

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, ReadsAUnixSocket) {
  const ListenAddress address = ParseListenAddress("unix:/run/a.sock").value();
  EXPECT_EQ(address.unix_path, "/run/a.sock");
  EXPECT_EQ(address.ToString(), "unix:/run/a.sock");
  EXPECT_TRUE(address.loopback);
}

TEST(ListenAddress, ReadsHostAndPort) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:7700").value().ToString(), "127.0.0.1:7700");
  EXPECT_EQ(ParseListenAddress("[::1]:0").value().ToString(), "[::1]:0");
}

TEST(ListenAddress, KnowsLocalhostWithoutAskingAResolver) {
  EXPECT_EQ(ParseListenAddress("localhost:1").value().host, "127.0.0.1");
}

TEST(ListenAddress, KnowsWhatOtherMachinesReach) {
  for (const char* local : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(ParseListenAddress(local).value().loopback) << local;
  }
  for (const char* open : {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1"}) {
    EXPECT_FALSE(ParseListenAddress(open).value().loopback) << open;
  }
}

TEST(ListenAddress, RefusesPlaintextToOtherMachinesUnlessToldOtherwise) {
  const ListenAddress open = ParseListenAddress("0.0.0.0:7700").value();
  const absl::Status refused = CheckPlaintextAllowed(open, /*insecure=*/false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--insecure"));
  EXPECT_TRUE(CheckPlaintextAllowed(open, /*insecure=*/true).ok());
  const ListenAddress local = ParseListenAddress("127.0.0.1:7700").value();
  EXPECT_TRUE(CheckPlaintextAllowed(local, /*insecure=*/false).ok());
}

TEST(ListenAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "localhost", "unix:", ":80", "localhost:", "localhost:http",
                           "localhost:-1", "localhost:65536", "no.such.host.invalid:1"}) {
    const absl::Status status = ParseListenAddress(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("unix:PATH")) << text;
  }
}

TEST(ListenAddress, RefusesASocketPathTheKernelCannotTake) {
  EXPECT_TRUE(ParseListenAddress("unix:/" + std::string(106, 'x')).ok());
  const absl::Status status = ParseListenAddress("unix:/" + std::string(107, 'x')).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("108 characters"));
}

}  // namespace
}  // namespace edgebench::agent
