#include "controller/process_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = CellReport::State;

std::vector<Cell> CellsOf(const std::vector<std::string>& models, const std::vector<int>& batches,
                          int processes) {
  std::vector<Cell> cells;
  for (const std::string& model : models) {
    for (const int batch : batches) {
      cells.push_back({SettingsOf(model, v1::PRECISION_FP32, batch), ""});
      cells.back().processes = processes;
    }
  }
  return cells;
}

std::vector<size_t> PositionsOf(const std::vector<Cell>& schedule, int process) {
  std::vector<size_t> positions;
  for (const Cell& cell : schedule)
    if (cell.process == process) positions.push_back(cell.position);
  return positions;
}

TEST(ScheduleProcesses, KeepsTheOrderOfASingleRound) {
  const auto schedule = ScheduleProcesses(CellsOf({"a", "b", "c"}, {1}, 1), "run");
  EXPECT_THAT(PositionsOf(schedule, 1), ElementsAre(0u, 1u, 2u));
}

TEST(ScheduleProcesses, RunsEveryCellOnceInEachRound) {
  const auto schedule = ScheduleProcesses(CellsOf({"a", "b", "c", "d"}, {1, 2}, 3), "run");
  ASSERT_EQ(schedule.size(), 24u);
  for (size_t i = 0; i < schedule.size(); ++i) {
    EXPECT_EQ(schedule[i].process, static_cast<int>(i / 8) + 1) << "rounds follow each other";
    EXPECT_EQ(schedule[i].processes, 3);
  }
  for (const int process : {1, 2, 3}) {
    const auto positions = PositionsOf(schedule, process);
    EXPECT_EQ(std::set<size_t>(positions.begin(), positions.end()).size(), 8u);
  }
}

TEST(ScheduleProcesses, GivesEachCellAsManyProcessesAsItSays) {
  std::vector<Cell> cells = CellsOf({"a", "b"}, {1}, 1);
  cells[1].processes = 3;
  const auto schedule = ScheduleProcesses(cells, "run");
  ASSERT_EQ(schedule.size(), 4u);
  EXPECT_EQ(PositionsOf(schedule, 1).size(), 2u);
  EXPECT_THAT(PositionsOf(schedule, 2), ElementsAre(1u));
  EXPECT_THAT(PositionsOf(schedule, 3), ElementsAre(1u));
}

TEST(ScheduleProcesses, ShufflesEachRoundByTheSeed) {
  const auto cells = CellsOf({"a", "b", "c", "d", "e", "f", "g", "h"}, {1}, 2);
  const auto schedule = ScheduleProcesses(cells, "one");
  EXPECT_NE(PositionsOf(schedule, 1), PositionsOf(schedule, 2));
  EXPECT_NE(PositionsOf(schedule, 1), PositionsOf(ScheduleProcesses(cells, "other"), 1));
  EXPECT_EQ(PositionsOf(schedule, 2), PositionsOf(ScheduleProcesses(cells, "one"), 2));
}

TEST(ScheduleProcesses, TriesSmallerCellsFirstInTheFirstRound) {
  for (const char* seed : {"one", "two", "three", "four", "five"}) {
    const auto schedule = ScheduleProcesses(CellsOf({"a", "b"}, {1, 2, 4, 8}, 3), seed);
    std::map<std::string, int> largest;
    for (const Cell& cell : schedule) {
      if (cell.process > 1) break;
      int& before = largest[cell.settings.model().zoo_name()];
      EXPECT_GT(cell.settings.batch(), before) << seed;
      before = cell.settings.batch();
    }
  }
}

CellReport ReportOf(size_t position, int process, State state) {
  CellReport report;
  report.device = "local";
  report.cell = {SettingsOf("resnet18", v1::PRECISION_FP32), ""};
  report.cell.position = position;
  report.cell.process = process;
  report.cell.processes = 3;
  report.state = state;
  return report;
}

CellReport Measured(size_t position, int process, double median_ms) {
  CellReport report = ReportOf(position, process, State::kMeasured);
  report.measurement = TypicalMeasurement(v1::PRECISION_FP32, median_ms);
  report.measurement->processes.resize(1);
  report.measurement->latency = SummarizeProcesses(report.measurement->processes);
  return report;
}

TEST(MergeByCell, MakesOneMeasurementOfTheProcessesOfACell) {
  const auto merged = MergeByCell({Measured(1, 1, 8), Measured(0, 1, 4), Measured(0, 2, 4.1),
                                   Measured(1, 2, 8.2), Measured(1, 3, 8.1)});
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].measurement->latency.processes, 2);
  EXPECT_EQ(merged[1].measurement->latency.processes, 3);
  EXPECT_NEAR(*merged[1].measurement->latency.median_ns, 8.1e6, 1);
}

TEST(MergeByCell, KeepsWhatIsKnownOfACellThatDidNotFinish) {
  CellReport lost = ReportOf(0, 2, State::kNotRun);
  lost.status = absl::UnavailableError("no answer");
  const auto merged = MergeByCell({Measured(0, 1, 4), lost});
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0].state, State::kMeasured);
  EXPECT_EQ(merged[0].measurement->latency.processes, 1);
}

TEST(MergeByCell, TellsOfTheFirstProcessWhereNoneMeasured) {
  CellReport refused = ReportOf(0, 1, State::kRefused);
  refused.status = absl::InvalidArgumentError("no such engine");
  const auto merged = MergeByCell({refused, ReportOf(0, 2, State::kSkipped)});
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0].state, State::kRefused);
  EXPECT_THAT(std::string(merged[0].status.message()), HasSubstr("no such engine"));
}

TEST(MergeByCell, KeepsDevicesApart) {
  CellReport other = Measured(0, 1, 4);
  other.device = "pi";
  const auto merged = MergeByCell({Measured(0, 1, 8), other, Measured(0, 2, 8)});
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].device, "local");
  EXPECT_EQ(merged[0].measurement->latency.processes, 2);
  EXPECT_EQ(merged[1].device, "pi");
}

}  // namespace
}  // namespace edgebench::controller
