#include "controller/model_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;

TEST(CheckZooHas, NamesTheModelsOfADeviceThatLacksOne) {
  v1::Capabilities capabilities;
  capabilities.add_zoo()->set_name("resnet50");
  const absl::Status status = CheckZooHas(ChooseModel("resnet18").value(), "pi", capabilities);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Its models: resnet50"));
}

TEST(CheckZooHas, SaysWhatIsWrongWithADeviceThatHasNoModelsAtAll) {
  v1::Capabilities capabilities;
  capabilities.add_warnings(
      "the worker did not say what LibTorch can do here: libtorch.so missing");
  const absl::Status status = CheckZooHas(ChooseModel("resnet18").value(), "pi", capabilities);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kDeviceFault);
  EXPECT_THAT(std::string(status.message()), HasSubstr("libtorch.so missing"));
}

}  // namespace
}  // namespace edgebench::controller
