#include "common/proto_time.h"

#include <gtest/gtest.h>

namespace edgebench {
namespace {

TEST(ProtoTime, CarriesTimesBeforeAndAfterTheEpoch) {
  const auto after = ToProto(absl::FromUnixNanos(1'500'000'000));
  EXPECT_EQ(after.seconds(), 1);
  EXPECT_EQ(after.nanos(), 500'000'000);
  const auto before = ToProto(absl::FromUnixNanos(-500'000'000));
  EXPECT_EQ(before.seconds(), -1);
  EXPECT_EQ(before.nanos(), 500'000'000) << "nanos count forward, see timestamp.proto";
}

TEST(ProtoTime, CarriesNanosecondsThereAndBack) {
  for (const absl::Time time :
       {absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789),
        absl::UnixEpoch() - absl::Nanoseconds(1)}) {
    EXPECT_EQ(FromProto(ToProto(time)), time);
  }
}

TEST(ProtoTime, CarriesDurationsThereAndBack) {
  for (const absl::Duration duration : {absl::ZeroDuration(), absl::Milliseconds(1500),
                                        absl::Hours(100), absl::Milliseconds(-250)}) {
    EXPECT_EQ(FromProto(ToProto(duration)), duration);
  }
}

}  // namespace
}  // namespace edgebench
