#include "controller/measuring_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

db::Measurement OfFile(const std::string& name, v1::Precision asked, v1::Precision ran) {
  db::Measurement m = TypicalMeasurement(ran, 8);
  v1::JobSettings& settings = *m.result.mutable_settings();
  settings.set_precision(asked);
  settings.clear_image_size();
  settings.mutable_model()->mutable_artifact()->set_sha256(std::string(64, 'a'));
  settings.mutable_model()->set_display_name(name);
  settings.add_input_specs("float32[N,8]");
  settings.add_input_specs("int64[N,4]:0..9");
  return m;
}

TEST(MeasuringAdvice, NamesTheModelsThatWereMeasuredByName) {
  MeasurementChoice choice;
  choice.devices = {"local", "pi"};
  EXPECT_EQ(MeasuringAdvice(choice, {TypicalMeasurement(v1::PRECISION_FP32, 8)}),
            "Measure some with: edgebench bench mobilenet_v2"
            " --precision fp32,int8-dynamic,int8-static --device local,pi");
}

TEST(MeasuringAdvice, MeasuresEachFileWithTheInputsItHad) {
  const auto file = OfFile("my model.pt", v1::PRECISION_FP32, v1::PRECISION_FP32);
  EXPECT_EQ(MeasuringAdvice({}, {TypicalMeasurement(v1::PRECISION_FP32, 8), file}),
            "Measure some with:\n"
            "  edgebench bench mobilenet_v2 --precision fp32,int8-dynamic,int8-static\n"
            "  edgebench bench 'PATH/my model.pt' --input 'float32[N,8]' --input 'int64[N,4]:0..9'"
            " --precision fp32,int8-dynamic,int8-static");
}

TEST(MeasuringAdvice, LetsAQuantizedFileRunAsItIsOnSeveralDevices) {
  const auto file = OfFile("q.pt", v1::PRECISION_AS_STORED, v1::PRECISION_INT8_STATIC);
  EXPECT_THAT(MeasuringAdvice({}, {file}),
              AllOf(HasSubstr(" --device DEVICE,DEVICE"), Not(HasSubstr("--precision"))));
}

TEST(MeasuringAdvice, NamesNoModelThatMayNotBeThere) {
  MeasurementChoice choice;
  choice.models = {"mobilenetv2"};
  EXPECT_THAT(MeasuringAdvice(choice, {}),
              AllOf(HasSubstr("edgebench model list"), Not(HasSubstr("mobilenetv2"))));
  EXPECT_THAT(MeasuringAdvice({}, {}), HasSubstr("edgebench bench mobilenet_v2 --precision"));
}

}  // namespace
}  // namespace edgebench::controller
