#include "common/precisions.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "common/names.h"

namespace edgebench {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Those(bool (*of_which)(v1::Precision)) {
  std::vector<std::string> names;
  for (const std::string& name : PrecisionNames())
    if (of_which(*ParsePrecision(name))) names.push_back(name);
  return names;
}

TEST(Precisions, ShareWhatSettingsApplyTo) {
  EXPECT_THAT(Those(IsInt8),
              ElementsAre("int8-dynamic", "int8-static", "int8-weight-only", "int8-qat"));
  EXPECT_THAT(Those(IsQuantizing), ElementsAre("fp16", "bf16", "int8-dynamic", "int8-static",
                                               "int8-weight-only", "int8-qat"));
  EXPECT_THAT(Those(IsCalibrated), ElementsAre("int8-static", "int8-qat"));
  EXPECT_THAT(Those(UsesEngine),
              ElementsAre("int8-dynamic", "int8-static", "int8-qat", "as-stored"));
  EXPECT_THAT(Those(TakesEmbeddings), ElementsAre("int8-dynamic", "int8-weight-only"));
}

}  // namespace
}  // namespace edgebench
