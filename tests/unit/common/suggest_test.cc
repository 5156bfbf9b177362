#include "common/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string>& Zoo() {
  static const auto* const zoo = new std::vector<std::string>{"mobilenet_v2", "mobilenet_v3_small",
                                                              "resnet18", "squeezenet1_0"};
  return *zoo;
}

TEST(Nearest, FindsAMistypedName) {
  EXPECT_THAT(Nearest("resnet81", Zoo()), ElementsAre("resnet18"));
  EXPECT_THAT(Nearest("squeeznet1_0", Zoo()), ElementsAre("squeezenet1_0"));
  EXPECT_THAT(Nearest("MobileNet-v2", Zoo()), ElementsAre("mobilenet_v2"));
}

TEST(Nearest, PutsTheBestFirst) {
  EXPECT_THAT(Nearest("cat", {"cart", "cat", "dog", "bat"}), ElementsAre("cat", "cart", "bat"));
}

TEST(Nearest, TakesABeginningForAMatch) {
  EXPECT_THAT(Nearest("mobilenet", Zoo()), ElementsAre("mobilenet_v2", "mobilenet_v3_small"));
}

TEST(Nearest, IsQuickWithANameAsLongAsAFile) {
  EXPECT_THAT(Nearest(std::string(1 << 24, 'r'), {"resnet18", "r"}), IsEmpty());
}

TEST(Nearest, GivesAtMostThree) {
  EXPECT_EQ(Nearest("aaaa", {"aaab", "aaac", "aaad", "aaae"}).size(), 3u);
}

TEST(Nearest, StaysSilentWhenNothingIsNear) {
  EXPECT_THAT(Nearest("bert", Zoo()), IsEmpty());
  EXPECT_THAT(Nearest("", Zoo()), IsEmpty());
  EXPECT_THAT(Nearest("resnet18", {}), IsEmpty());
}

TEST(DidYouMean, IsASentenceOrNothing) {
  EXPECT_EQ(DidYouMean("resnet81", Zoo()), " Did you mean resnet18?");
  EXPECT_EQ(DidYouMean("mobilenet", Zoo()), " Did you mean mobilenet_v2 or mobilenet_v3_small?");
  EXPECT_EQ(DidYouMean("bert", Zoo()), "");
}

}  // namespace
}  // namespace edgebench
