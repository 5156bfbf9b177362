#include "controller/report/energy_json.h"

#include <gtest/gtest.h>

namespace edgebench::controller {
namespace {

TEST(EnergyJson, IsNullWithoutAFigure) {
  v1::Energy energy;
  EXPECT_TRUE(EnergyJson(energy).is_null());
  energy.set_source("rapl:package-0");
  energy.set_reason("too few readings");
  EXPECT_TRUE(EnergyJson(energy).is_null());
}

TEST(EnergyJson, HasTheFigureItsIntervalAndItsSource) {
  v1::Energy energy;
  energy.set_source("ina3221:VDD_IN");
  energy.set_inferences(40);
  energy.set_joules_gross(60);
  energy.set_joules_net(40);
  energy.set_joules_per_inference(1);
  energy.set_joules_per_inference_low(0.9);
  energy.set_joules_per_inference_high(1.1);
  energy.set_mean_watts(6);
  energy.set_peak_watts(7);
  energy.set_idle_watts(2);
  energy.set_idle_watts_spread(0.1);
  v1::Energy::Rail& rail = *energy.add_rails();
  rail.set_name("VDD_IN");
  rail.set_counted(true);
  rail.set_watts_mean(6);
  energy.add_notes("the whole module, without its carrier board");
  EXPECT_EQ(EnergyJson(energy).dump(),
            "{\"joules_per_inference\":1.0,\"joules_per_inference_low\":0.9,"
            "\"joules_per_inference_high\":1.1,\"source\":\"ina3221:VDD_IN\","
            "\"inferences\":40,\"joules_gross\":60.0,\"joules_net\":40.0,\"mean_watts\":6.0,"
            "\"peak_watts\":7.0,\"idle_watts\":2.0,\"idle_watts_spread\":0.1,"
            "\"rails\":[{\"name\":\"VDD_IN\",\"counted\":true,\"mean_watts\":6.0,"
            "\"idle_watts\":null}],"
            "\"notes\":[\"the whole module, without its carrier board\"]}");
}

TEST(EnergyJson, HasNullsForWhatIsUnknown) {
  v1::Energy energy;
  energy.set_joules_gross(60);
  const auto json = EnergyJson(energy);
  EXPECT_EQ(json["joules_gross"], 60.0);
  EXPECT_TRUE(json["joules_per_inference"].is_null());
  EXPECT_TRUE(json["joules_net"].is_null());
  EXPECT_TRUE(json["idle_watts"].is_null());
}

}  // namespace
}  // namespace edgebench::controller
