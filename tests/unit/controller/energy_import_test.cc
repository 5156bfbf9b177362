#include "controller/energy_import.h"

#include <gmock/gmock.h>

#include <fstream>

#include "common/proto_time.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// 2 W for five seconds, then 5 W for ten: a reading each tenth of a second.
PowerLog IdleThenBusy() {
  PowerLog log;
  log.column = "watts";
  for (int tenth = 0; tenth <= 150; ++tenth)
    log.entries.push_back({kStart + tenth * absl::Milliseconds(100), tenth < 50 ? 2.0 : 5.0});
  return log;
}

// 40 inferences from `from` to `to`, both in seconds of the log, in a job that began a second
// before.
db::Measurement Measured(const std::string& job, double from, double to) {
  v1::JobResult result =
      MakeResult(SettingsOf("resnet18", v1::PRECISION_FP32), std::vector<int64_t>(40, 100'000'000));
  *result.mutable_started_time() = ToProto(kStart + absl::Seconds(from - 1));
  *result.mutable_finished_time() = ToProto(kStart + absl::Seconds(to));
  *result.mutable_energy()->mutable_window_start_time() = ToProto(kStart + absl::Seconds(from));
  *result.mutable_energy()->mutable_window_end_time() = ToProto(kStart + absl::Seconds(to));
  result.mutable_energy()->set_reason("no source of power");
  db::Measurement measurement = MeasurementFrom(std::move(result));
  measurement.job_id = job;
  return measurement;
}

TEST(EnergyFromLog, IsThatOfTheWindowLessTheIdlePowerBeforeTheFirstJob) {
  const EnergyImport imported =
      EnergyFromLog(IdleThenBusy(), "meter.csv", {Measured("a", 6, 10), Measured("b", 11, 14)},
                    /*replace=*/false);
  ASSERT_EQ(imported.by_job.size(), 2u);
  const v1::Energy& energy = imported.by_job.at("a");
  EXPECT_EQ(energy.source(), "csv:meter.csv");
  EXPECT_DOUBLE_EQ(energy.mean_watts(), 5);
  EXPECT_DOUBLE_EQ(energy.idle_watts(), 2);
  EXPECT_NEAR(energy.joules_per_inference(), (5.0 - 2.0) * 4 / 40, 1e-9);
  EXPECT_EQ(FromProto(energy.window_start_time()), kStart + absl::Seconds(6));
}

TEST(EnergyFromLog, KnowsNoNetEnergyWhereTheLogBeganTooLate) {
  const EnergyImport imported =
      EnergyFromLog(IdleThenBusy(), "meter.csv", {Measured("a", 0.5, 10)}, /*replace=*/false);
  const v1::Energy& energy = imported.by_job.at("a");
  EXPECT_TRUE(energy.has_joules_gross());
  EXPECT_FALSE(energy.has_joules_per_inference());
  EXPECT_NE(energy.reason(), "");
}

TEST(EnergyFromLog, LeavesOutWhatTheLogDoesNotCover) {
  db::Measurement older_agent = Measured("c", 6, 10);
  older_agent.result.mutable_energy()->clear_window_start_time();
  const EnergyImport imported =
      EnergyFromLog(IdleThenBusy(), "meter.csv",
                    {Measured("a", 14, 16), Measured("b", -3, 1), older_agent}, /*replace=*/false);
  EXPECT_TRUE(imported.by_job.empty());
  EXPECT_EQ(imported.outside, 3);
}

TEST(EnergyFromLog, ReplacesWhatASensorMeasuredOnlyWhenTold) {
  db::Measurement by_sensor = Measured("a", 6, 10);
  by_sensor.result.mutable_energy()->set_joules_gross(1);
  EXPECT_EQ(EnergyFromLog(IdleThenBusy(), "m", {by_sensor}, false).have_energy, 1);
  EXPECT_EQ(EnergyFromLog(IdleThenBusy(), "m", {by_sensor}, true).by_job.size(), 1u);
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST(ReadPowerLog, ReadsATableAndReportsOfPowertop) {
  TempDir folder;
  Write(folder.File("meter.csv"), "time,watts\n1700000000,2.5\n1700000001,3.5\n");
  const auto table = ReadPowerLog({folder.File("meter.csv")}, absl::UTCTimeZone());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->entries.size(), 2u);
  const std::string report = "The battery reports a discharge rate of: 7.10 W;\n";
  Write(folder.File("p-20231114-221320.csv"), report);
  Write(folder.File("p-20231114-221321.csv"), report);
  const auto powertop =
      ReadPowerLog({folder.File("p-20231114-221321.csv"), folder.File("p-20231114-221320.csv")},
                   absl::UTCTimeZone());
  ASSERT_TRUE(powertop.ok()) << powertop.status();
  ASSERT_EQ(powertop->entries.size(), 2u);
  EXPECT_LT(powertop->entries[0].time, powertop->entries[1].time);
  EXPECT_DOUBLE_EQ(powertop->entries[0].watts, 7.1);
}

TEST(ReadPowerLog, NamesTheFileThatIsNone) {
  TempDir folder;
  Write(folder.File("notes.csv"), "a,b\n1,2\n");
  const auto log = ReadPowerLog({folder.File("notes.csv")}, absl::UTCTimeZone());
  EXPECT_EQ(log.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("notes.csv: "));
  EXPECT_THAT(
      std::string(ReadPowerLog({folder.File("none.csv")}, absl::UTCTimeZone()).status().message()),
      HasSubstr("none.csv"));
}

}  // namespace
}  // namespace edgebench::controller
