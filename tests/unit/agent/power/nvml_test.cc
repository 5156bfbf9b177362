#include "agent/power/nvml.h"

#include <gmock/gmock.h>

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Nvml, ReadsTheEnergyCounterOfACard) {
  const auto source = OpenNvml(FAKE_NVML_CARD, 0);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "nvml:0 NVIDIA Fake A");
  ASSERT_EQ((*source)->info().rails.size(), 1u);
  EXPECT_EQ((*source)->info().rails[0].quantity, PowerRail::Quantity::kJoules);
  const PowerSample first = (*source)->Read(5);
  const PowerSample second = (*source)->Read(6);
  EXPECT_EQ(first.time_nanos, 5);
  EXPECT_NEAR(*second.values[0] - *first.values[0], 0.5, 1e-9);
}

TEST(Nvml, ReadsThePowerOfACardWithoutTheCounter) {
  const auto source = OpenNvml(FAKE_NVML_CARD, 1);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->info().name, "nvml:1 NVIDIA Fake B");
  EXPECT_EQ((*source)->info().rails[0].quantity, PowerRail::Quantity::kWatts);
  EXPECT_THAT((*source)->Read(0).values, ElementsAre(87.25));
}

TEST(Nvml, ReadsThePowerWithADriverWithoutTheCounter) {
  const auto source = OpenNvml(FAKE_NVML_OLD_CARD, 0);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT((*source)->Read(0).values, ElementsAre(87.25));
}

TEST(Nvml, SaysWhichOrderItCountsCardsIn) {
  const auto source = OpenNvml(FAKE_NVML_CARD, 0);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT((*source)->info().notes.back(), HasSubstr("CUDA_DEVICE_ORDER=PCI_BUS_ID"));
}

TEST(Nvml, IsNotThereWithoutTheLibraryOrTheCard) {
  EXPECT_TRUE(absl::IsNotFound(OpenNvml("libno-such-nvml.so.1", 0).status()));
  const absl::Status no_card = OpenNvml(FAKE_NVML_CARD, 2).status();
  EXPECT_TRUE(absl::IsNotFound(no_card));
  EXPECT_THAT(std::string(no_card.message()), HasSubstr("no card 2; it has 2"));
  EXPECT_TRUE(absl::IsNotFound(OpenNvml(FAKE_NVML_CARD, -1).status()));
}

TEST(Nvml, SaysWhyItDoesNotStart) {
  const absl::Status status = OpenNvml(FAKE_NVML_BROKEN, 0).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Driver Not Loaded"));
}

}  // namespace
}  // namespace edgebench::agent
