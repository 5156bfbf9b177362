#include "controller/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

CellReport Report(const std::string& device, v1::Precision precision) {
  CellReport report;
  report.device = device;
  report.cell.settings = SettingsOf("resnet18", precision);
  return report;
}

CellReport Ended(CellReport report) {
  report.state = CellReport::State::kMeasured;
  report.measurement = TypicalMeasurement(report.cell.settings.precision(), 8, report.device);
  return report;
}

Terminal OfWidth(int width) {
  Terminal terminal;
  terminal.stderr_is_terminal = true;
  terminal.stderr_width = width;
  return terminal;
}

v1::JobEvent Measuring(int samples) {
  v1::JobEvent event;
  event.mutable_progress()->set_samples(samples);
  event.mutable_progress()->set_relative_ci(0.041);
  return event;
}

v1::JobEvent Entered(v1::Stage stage) {
  v1::JobEvent event;
  event.set_stage_entered(stage);
  return event;
}

v1::JobEvent Running() {
  v1::JobEvent event;
  event.set_state_changed(v1::JOB_STATE_RUNNING);
  return event;
}

TEST(Progress, InAPipeIsOneLineForEachCellThatEnded) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, Terminal(), clock, 2, 2);
  const CellReport report = Report("local", v1::PRECISION_FP32);
  progress.OnCellStarted(report);
  progress.OnEvent("local", Measuring(12));
  progress.Redraw();
  EXPECT_THAT(out.str(), IsEmpty());
  progress.OnCellEnded(Ended(report));
  EXPECT_THAT(out.str(), AllOf(HasSubstr("[1/2] local: resnet18 fp32 batch 1: 8.0 ms"),
                               EndsWith(", ok\n"), Not(HasSubstr("\r"))));
}

TEST(Progress, InAPipeBreaksTheSilenceOfALongCell) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, Terminal(), clock, 2, 2);
  progress.OnCellStarted(Report("local", v1::PRECISION_FP32));
  progress.OnEvent("local", Running());
  progress.OnEvent("local", Entered(v1::STAGE_MEASURE));
  progress.OnEvent("local", Measuring(12));
  clock.Advance(absl::Seconds(1));
  progress.Redraw();
  EXPECT_THAT(out.str(), IsEmpty());
  clock.Advance(absl::Milliseconds(800));
  progress.Redraw();
  progress.Redraw();
  EXPECT_EQ(out.str(), "[0/2] local: resnet18 fp32 batch 1 · measuring, 12 samples ± 4.1 %\n");
  clock.Advance(absl::Milliseconds(1800));
  progress.Redraw();
  const std::string said = out.str();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2);
}

TEST(Progress, OnATerminalSaysWhatRunsAndHowFar) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(100), clock, 2, 2);
  progress.OnCellStarted(Report("local", v1::PRECISION_FP32));
  progress.OnEvent("local", Running());
  progress.OnEvent("local", Entered(v1::STAGE_MEASURE));
  progress.OnEvent("local", Measuring(12));
  out.str("");
  progress.Redraw();
  EXPECT_THAT(out.str(),
              HasSubstr("\r[0/2] local: resnet18 fp32 batch 1 · measuring, 12 samples ± 4.1 %"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

TEST(Progress, EstimatesWhatIsLeftFromWhatHasEnded) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 3, 3);
  const CellReport report = Report("local", v1::PRECISION_FP32);
  progress.OnCellStarted(report);
  clock.Advance(absl::Seconds(40));
  progress.OnCellEnded(Ended(report));
  progress.OnCellStarted(report);
  EXPECT_THAT(out.str(), HasSubstr("about 1 min 20 s left"));
  clock.Advance(absl::Minutes(5));
  out.str("");
  progress.Redraw();
  EXPECT_THAT(out.str(), Not(HasSubstr("left"))) << "an estimate that was wrong is not repeated";
}

v1::JobEvent At(int seconds, v1::JobEvent event) {
  event.mutable_time()->set_seconds(1'700'000'000 + seconds);
  return event;
}

v1::JobEvent Done(double fraction) {
  v1::JobEvent event;
  event.mutable_progress()->set_fraction(fraction);
  return event;
}

TEST(Progress, EstimatesAnOnlyCellFromTheShareThatIsMeasured) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 1, 1);
  progress.OnCellStarted(Report("local", v1::PRECISION_FP32));
  progress.OnEvent("local", At(0, Running()));
  progress.OnEvent("local", At(5, Entered(v1::STAGE_MEASURE)));
  progress.Redraw();
  EXPECT_THAT(out.str(), Not(HasSubstr("left")));
  progress.OnEvent("local", At(15, Done(0.25)));
  clock.Advance(absl::Seconds(10));
  progress.Redraw();
  EXPECT_THAT(out.str(), HasSubstr("25 % · about 20 s left"));
}

TEST(Progress, EstimatesTheFirstOfSeveralCellsAsWell) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 3, 3);
  progress.OnCellStarted(Report("local", v1::PRECISION_FP32));
  progress.OnEvent("local", At(0, Running()));
  progress.OnEvent("local", At(5, Entered(v1::STAGE_MEASURE)));
  progress.OnEvent("local", At(10, Done(0.5)));
  progress.Redraw();
  EXPECT_THAT(out.str(), HasSubstr("about 35 s left")) << "5 s of this one, and two of 15 s";
}

v1::JobEvent Trained(int step, double loss, double fraction) {
  v1::JobEvent event;
  event.mutable_progress()->set_step(step);
  event.mutable_progress()->set_loss(loss);
  event.mutable_progress()->set_fraction(fraction);
  return event;
}

TEST(Progress, TellsStepAndLossOfATraining) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 1, 1);
  CellReport report = Report("local", v1::PRECISION_INT8_QAT);
  report.cell.settings.set_kind(v1::JOB_KIND_QUANTIZE);
  progress.OnCellStarted(report);
  progress.OnEvent("local", At(0, Running()));
  progress.OnEvent("local", At(0, Entered(v1::STAGE_TRAIN)));
  progress.OnEvent("local", At(10, Trained(25, 0.0123, 0.25)));
  progress.Redraw();
  EXPECT_THAT(out.str(), HasSubstr("· training, step 25, loss 0.0123, 25 % · about 30 s left"));
}

TEST(Progress, GuessesNothingFromATrainingBeforeAMeasurement) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 1, 1);
  progress.OnCellStarted(Report("local", v1::PRECISION_INT8_QAT));
  progress.OnEvent("local", At(0, Running()));
  progress.OnEvent("local", At(0, Entered(v1::STAGE_TRAIN)));
  progress.OnEvent("local", At(10, Trained(25, 0.0123, 0.25)));
  progress.Redraw();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("25 %"), Not(HasSubstr("left"))));
}

TEST(Progress, IsNeverSilentWhileAModelIsSentOrTheAgentIsAway) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 1, 1);
  CellReport report = Report("pi", v1::PRECISION_FP32);
  report.cell.settings.mutable_model()->set_display_name("resnet.pt");
  progress.OnSubmitting(report);
  EXPECT_THAT(out.str(), HasSubstr("[0/1] pi: resnet.pt fp32 batch 1 · submitting"));
  progress.OnFileSent(report, "resnet.pt", 41'200'000, 120'000'000);
  progress.Redraw();
  EXPECT_THAT(out.str(), HasSubstr("· uploading resnet.pt 41 of 120 MB"));
  progress.OnAgentLost("pi");
  EXPECT_THAT(out.str(), HasSubstr("· no answer, calling again"));
  progress.OnFileSent(report, "resnet.pt", 300'000, 1'400'000);
  progress.Redraw();
  EXPECT_THAT(out.str(), HasSubstr("· uploading resnet.pt 0.3 of 1.40 MB"));
  progress.OnCellStarted(report);
  EXPECT_THAT(out.str(), HasSubstr("· waiting in the device's queue"));
  v1::JobEvent ended;
  ended.set_state_changed(v1::JOB_STATE_SUCCEEDED);
  progress.OnEvent("pi", ended);
  progress.Redraw();
  EXPECT_THAT(out.str(), HasSubstr("· fetching the result"));
}

TEST(Progress, SaysNothingDuringAPauseAndAllOfItAfterwards) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(200), clock, 2, 2);
  const CellReport report = Report("local", v1::PRECISION_FP32);
  progress.OnCellStarted(report);
  v1::JobEvent warning;
  warning.set_warning("it is hot");
  progress.OnEvent("local", warning);
  progress.Pause();
  out.str("");
  progress.OnCellEnded(Ended(report));
  progress.OnCellStarted(report);
  progress.Redraw();
  EXPECT_EQ(out.str(), "");
  progress.Resume();
  EXPECT_THAT(out.str(), AllOf(StartsWith("warning: resnet18 fp32 batch 1 on local: it is hot\n"),
                               HasSubstr("\r[1/2] local")));
}

TEST(Progress, FitsTheTerminal) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, OfWidth(20), clock, 1, 1);
  progress.OnCellStarted(Report("local", v1::PRECISION_FP32));
  EXPECT_EQ(DisplayWidth(out.str().substr(1)), 19);
}

TEST(Progress, RepeatsNoWarningThatTheResultHolds) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, Terminal(), clock, 1, 1);
  const CellReport report = Report("local", v1::PRECISION_FP32);
  progress.OnCellStarted(report);
  for (const char* text : {"also a note", "said only now"}) {
    v1::JobEvent event;
    event.set_warning(text);
    progress.OnEvent("local", event);
  }
  CellReport ended = Ended(report);
  ended.measurement->result.add_notes("also a note");
  progress.OnCellEnded(ended);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("said only now"), Not(HasSubstr("also a note"))));
}

TEST(Progress, TellsOfEachProcessOfAnOnlyCellInALog) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, Terminal(), clock, 3, 1);
  CellReport report = Ended(Report("local", v1::PRECISION_FP32));
  report.cell.process = 2;
  report.cell.processes = 3;
  progress.OnCellEnded(report);
  EXPECT_THAT(out.str(), HasSubstr("[1/3] local: resnet18 fp32 batch 1, process 2 of 3: 8.0 ms"));
}

TEST(Progress, LeavesAFailureOfAnOnlyCellToTheCommandAndItsRepetitionOut) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(out, Terminal(), clock, 3, 1);
  CellReport refused = Report("local", v1::PRECISION_FP32);
  refused.state = CellReport::State::kRefused;
  refused.cell.processes = 3;
  progress.OnCellEnded(refused);
  CellReport skipped = refused;
  skipped.state = CellReport::State::kSkipped;
  skipped.cell.process = 2;
  progress.OnCellEnded(skipped);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace edgebench::controller
