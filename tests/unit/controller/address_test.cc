#include "controller/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;

TEST(Address, IsWrittenInOneForm) {
  EXPECT_EQ(*NormalizeAddress(" pi4.local:50051 "), "pi4.local:50051");
  EXPECT_EQ(*NormalizeAddress("unix:/run/agent.sock"), "unix:/run/agent.sock");
  EXPECT_EQ(*NormalizeAddress("unix:///run/agent.sock"), "unix:/run/agent.sock");
  EXPECT_EQ(*NormalizeAddress("/run/agent.sock"), "unix:/run/agent.sock");
  EXPECT_EQ(*NormalizeAddress("[2001:db8::1]:50051"), "[2001:db8::1]:50051");
}

TEST(Address, SaysWhatIsMissing) {
  const auto message = [](const char* text) {
    const auto address = NormalizeAddress(text);
    EXPECT_TRUE(absl::IsInvalidArgument(address.status())) << text;
    return std::string(address.status().message());
  };
  EXPECT_THAT(message("pi4.local"), HasSubstr("has no port"));
  EXPECT_THAT(message("[::1]"), HasSubstr("has no port"));
  EXPECT_THAT(message(":50051"), HasSubstr("has no host"));
  EXPECT_THAT(message("pi4:http"), HasSubstr("port from 1 to 65535"));
  EXPECT_THAT(message("pi4:65536"), HasSubstr("port from 1 to 65535"));
  EXPECT_THAT(message("::1:50051"), HasSubstr("brackets"));
  EXPECT_THAT(message("http://pi4:1"), HasSubstr("IPv6"));
  EXPECT_THAT(message("unix:agent.sock"), HasSubstr("absolute path"));
  EXPECT_THAT(message(("unix:/" + std::string(200, 'a')).c_str()), HasSubstr("longer than"));
}

}  // namespace
}  // namespace edgebench::controller
