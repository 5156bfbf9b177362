#include "common/power_log.h"

#include <gmock/gmock.h>

#include "common/energy_meter.h"

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As jetson-stats' examples/jtop_logger.py writes it: csv.DictWriter over jtop.stats.
constexpr char kJtopLog[] =
    "time,uptime,CPU1,CPU2,RAM,SWAP,EMC,GPU,APE,Fan pwmfan0,Temp CPU,Temp GPU,"
    "Power VDD_CPU_GPU_CV,Power VDD_SOC,Power TOT,jetson_clocks,nvp model\r\n"
    "2024-05-17 14:03:12.104501,\"1 day, 2:11:40.120000\",12,9,0.41,0.0,0.03,0,174,45.2,"
    "49.8,48.1,617,1432,4973,OFF,15W\r\n"
    "2024-05-17 14:03:13.106113,\"1 day, 2:11:41.130000\",97,96,0.47,0.0,0.05,0,174,45.2,"
    "50.9,48.3,3481,1633,8264,OFF,15W\r\n"
    "2024-05-17 14:03:14,\"1 day, 2:11:42.130000\",98,97,0.47,0.0,0.05,0,174,45.2,"
    "51.1,48.4,3502,1633,8305,OFF,15W\r\n";

TEST(PowerLog, ReadsTheTotalOfAJtopLog) {
  const absl::TimeZone zone = absl::FixedTimeZone(2 * 60 * 60);
  const auto log = ParsePowerLog(kJtopLog, zone);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->column, "Power TOT");
  ASSERT_EQ(log->entries.size(), 3u);
  EXPECT_EQ(log->entries[0].time,
            absl::FromCivil(absl::CivilSecond(2024, 5, 17, 12, 3, 12), absl::UTCTimeZone()) +
                absl::Microseconds(104501));
  EXPECT_DOUBLE_EQ(log->entries[0].watts, 4.973);
  EXPECT_DOUBLE_EQ(log->entries[2].watts, 8.305);
  EXPECT_EQ(log->rows_left_out, 0);
}

TEST(PowerLog, ReadsTheColumnOfOlderJtops) {
  const auto log = ParsePowerLog("time,power cur,power avg\n2020-01-01 00:00:00.5,2500,2400\n",
                                 absl::UTCTimeZone());
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->column, "power cur");
  EXPECT_DOUBLE_EQ(log->entries[0].watts, 2.5);
}

TEST(PowerLog, ReadsWattsOfAMeterOfOnesOwn) {
  const auto log = ParsePowerLog("time,watts\n1682944496.5,7.25\n2023-05-01T12:34:57.5Z,7.5\n",
                                 absl::FixedTimeZone(3600));
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->column, "watts");
  EXPECT_EQ(log->entries[0].time, absl::FromUnixMillis(1682944496500));
  EXPECT_EQ(log->entries[1].time, absl::FromUnixMillis(1682944497500));
}

TEST(PowerLog, LeavesOutRowsThatWereCutOff) {
  const auto log =
      ParsePowerLog("time,watts\n10,1\n11,\n12\n,3\n13,nan\n14,2\n1", absl::UTCTimeZone());
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->entries.size(), 2u);
  EXPECT_EQ(log->rows_left_out, 5);
  EXPECT_THAT(TraceOf(*log, "log.csv", absl::UnixEpoch()).notes,
              ElementsAre("5 rows of the log were left out"));
}

TEST(PowerLog, NamesTheColumnsWhereItsOwnAreMissing) {
  const auto log = ParsePowerLog("timestamp,gpu_w\n1,2\n", absl::UTCTimeZone());
  EXPECT_TRUE(absl::IsInvalidArgument(log.status()));
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("\"timestamp\", \"gpu_w\""));
  EXPECT_TRUE(absl::IsInvalidArgument(ParsePowerLog("", absl::UTCTimeZone()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ParsePowerLog("time,watts\n", absl::UTCTimeZone()).status()));
}

TEST(PowerLog, IsAlignedWithAMeasurementByTheCalendar) {
  std::string csv = "time,watts\n";
  for (int i = 0; i <= 40; ++i) {
    absl::StrAppend(&csv, 1700000000 + i, ",", i < 20 ? 3 : 5, "\n");
  }
  const auto log = ParsePowerLog(csv, absl::UTCTimeZone());
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::Time start = absl::FromUnixSeconds(1700000020);
  const PowerTrace trace = TraceOf(*log, "log.csv", start);
  const v1::Energy energy =
      MeasureEnergy(trace, TimeWindow{-15'000'000'000, -5'000'000'000}, {0, 20'000'000'000}, 100);
  EXPECT_EQ(energy.source(), "csv:log.csv");
  EXPECT_NEAR(energy.joules_gross(), 100, 1e-9);
  EXPECT_NEAR(energy.joules_net(), 40, 1e-9);
  EXPECT_NEAR(energy.joules_per_inference(), 0.4, 1e-9);
}

// The lines of `powertop --csv` that say a power, and some around them.
constexpr char kPowertopReport[] =
    "***PowerTOP Report***\n\nPowerTOP Version;2.14\nKernel Version;Linux version 6.1.0\n\n"
    "Target:;1 units/s;System: ;1933.1 wakeup/s;CPU: ;22.6% usage\n\n"
    "____________________________________________________________________\n"
    " *  *  *   Overview of Software Power Consumers   *  *  *\n\n"
    "Usage;Wakeups/s;GPU ops/s;Disk IO/s;GFX Wakeups/s;Category;Description;PW Estimate\n"
    " 21.9 ms/s; 99.9;;;;Process;[PID 5196] firefox;  817 mW\n\n"
    "The battery reports a discharge rate of: 7.10 W;\n"
    "The energy consumed was: 143 J;\n"
    "The system baseline power is estimated at:  5.43  W;\n\n"
    " *  *  *   Device Power Report   *  *  *\n";

TEST(PowertopReport, SaysTheBatterysDischarge) {
  const auto report = ParsePowertopReport(kPowertopReport);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->column, "The battery reports a discharge rate of");
  EXPECT_DOUBLE_EQ(report->watts, 7.10);
}

TEST(PowertopReport, SaysTheBaselineWithoutABattery) {
  const auto report = ParsePowertopReport("The system baseline power is estimated at:  817 m W;\n");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->column, "The system baseline power is estimated at");
  EXPECT_DOUBLE_EQ(report->watts, 0.817);
}

TEST(PowertopReport, MustSayAPower) {
  for (const char* text :
       {"", "PowerTOP Version;2.14\n", "The battery reports a discharge rate of: many W;\n",
        "The battery reports a discharge rate of: 5 V;\n"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParsePowertopReport(text).status())) << text;
  }
}

TEST(PowertopReport, HasItsTimeFromTheNameOfItsFile) {
  const auto time = TimeOfPowertopFile("run/pt-20230501-123456.csv", absl::UTCTimeZone());
  ASSERT_TRUE(time.ok()) << time.status();
  EXPECT_EQ(*time, absl::FromUnixSeconds(1682944496));
  EXPECT_TRUE(
      absl::IsInvalidArgument(TimeOfPowertopFile("powertop.csv", absl::UTCTimeZone()).status()));
}

TEST(PowertopReport, IsJoinedWithOthersToALog) {
  const absl::Time start = absl::FromUnixSeconds(1000);
  const auto log = JoinPowertopReports({{start, {"estimated", 4}},
                                        {start + absl::Seconds(2), {"estimated", 5}},
                                        {start + absl::Seconds(4), {"estimated", 6}}});
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->entries.size(), 3u);
  EXPECT_EQ(log->entries[0].time, start + absl::Seconds(1));
  EXPECT_EQ(log->entries[2].time, start + absl::Seconds(5));
  EXPECT_THAT(log->notes, ElementsAre(HasSubstr("estimate")));
  EXPECT_TRUE(absl::IsInvalidArgument(JoinPowertopReports({{start, {"a", 1}}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      JoinPowertopReports({{start, {"a", 1}}, {start + absl::Seconds(1), {"b", 1}}}).status()));
}

}  // namespace
}  // namespace edgebench
