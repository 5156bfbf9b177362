#include "controller/progress.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/quantities.h"
#include "controller/grid.h"
#include "controller/progress_words.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

// With the time between two calls of Redraw, not over two seconds.
constexpr int64_t kSilenceNs = 1'700'000'000;

// "41 of 120 MB", "0.4 of 14.4 MB": in the unit of the whole.
std::string PartText(int64_t part, int64_t whole) {
  const double scale = whole >= 1e9 ? 1e9 : whole >= 1e6 ? 1e6 : whole >= 1e3 ? 1e3 : 1;
  const int digits = scale == 1 || static_cast<double>(whole) >= 100 * scale ? 0 : 1;
  return absl::StrFormat("%.*f of %s", digits, static_cast<double>(part) / scale,
                         FormatBytes(whole));
}

}  // namespace

Progress::Progress(std::ostream& out, const Terminal& terminal, Clock& clock, size_t total,
                   size_t cells)
    : out_(out),
      terminal_(terminal),
      clock_(clock),
      total_(total),
      only_cell_(cells == 1),
      started_ns_(clock.NowNanos()),
      last_end_ns_(started_ns_),
      last_line_ns_(started_ns_),
      line_(out) {}

void Progress::OnSubmitting(const CellReport& report) {
  absl::MutexLock lock(&mutex_);
  Running& running = running_[report.device] = Running();
  running.label = CellLabel(report.cell);
  running.doing = "submitting";
  Draw();
}

void Progress::OnFileSent(const CellReport& report, const std::string& name, int64_t sent_bytes,
                          int64_t total_bytes) {
  absl::MutexLock lock(&mutex_);
  Running& running = running_[report.device];
  running.lost = false;
  running.doing = absl::StrCat("uploading ", name, " ", PartText(sent_bytes, total_bytes));
}

void Progress::OnCellStarted(const CellReport& report) {
  absl::MutexLock lock(&mutex_);
  Running& running = running_[report.device] = Running();
  running.label = CellLabel(report.cell);
  running.measures = report.cell.settings.kind() == v1::JOB_KIND_BENCHMARK;
  running.queued = true;
  Draw();
}

void Progress::OnAgentLost(const std::string& device) {
  absl::MutexLock lock(&mutex_);
  running_[device].lost = true;
  Draw();
}

void Progress::OnEvent(const std::string& device, const v1::JobEvent& event) {
  absl::MutexLock lock(&mutex_);
  Running& running = running_[device];
  running.lost = false;
  switch (event.event_case()) {
    case v1::JobEvent::kStateChanged:
      running.queued = event.state_changed() == v1::JOB_STATE_QUEUED;
      if (IsFinal(event.state_changed())) running.doing = "fetching the result";
      if (event.state_changed() == v1::JOB_STATE_RUNNING) running.started = FromProto(event.time());
      break;
    case v1::JobEvent::kStageEntered:
      running.stage = event.stage_entered();
      running.stage_started = FromProto(event.time());
      running.progress.Clear();
      running.ends_ns.reset();
      break;
    case v1::JobEvent::kProgress:
      running.progress = event.progress();
      Estimate(event, running);
      break;
    case v1::JobEvent::kWarning:
      running.warnings.push_back(event.warning());
      break;
    default:
      break;
  }
}

// The share that is done is of the stage. It tells of the whole where little follows: of
// measuring, and of training or ranking in a job that measures nothing.
void Progress::Estimate(const v1::JobEvent& event, Running& running) {
  const bool nearly_all =
      running.stage == v1::STAGE_MEASURE ||
      (!running.measures && (running.stage == v1::STAGE_TRAIN || running.stage == v1::STAGE_RANK));
  if (!nearly_all) return;
  const double done = event.progress().fraction();
  const absl::Duration spent = FromProto(event.time()) - running.stage_started;
  if (done <= 0 || done > 1 || spent <= absl::ZeroDuration()) return;
  const absl::Duration left = spent * ((1 - done) / done);
  running.ends_ns = clock_.NowNanos() + absl::ToInt64Nanoseconds(left);
  running.whole_ns = absl::ToInt64Nanoseconds(FromProto(event.time()) - running.started + left);
}

void Progress::OnCellEnded(const CellReport& report) {
  absl::MutexLock lock(&mutex_);
  ++ended_;
  last_end_ns_ = clock_.NowNanos();
  PrintWarnings(report);
  running_.erase(report.device);
  PrintEnd(report);
  Draw();
}

void Progress::PrintWarnings(const CellReport& report) {
  for (const std::string& warning : running_[report.device].warnings) {
    if (!report.measurement || !IsAmongNotes(warning, report.measurement->result)) {
      PrintLine(
          absl::StrCat("warning: ", CellLabel(report.cell), " on ", report.device, ": ", warning));
    }
  }
}

bool Progress::IsWorthALine(const CellReport& report) const {
  // On a terminal the table follows; only a log needs every line.
  if (terminal_.stderr_is_terminal) return false;
  // The first process that failed has told already.
  if (report.state == CellReport::State::kSkipped && report.cell.process > 1) return false;
  // The end of an only cell is for the command to tell, not that of each process.
  return !only_cell_ || (report.state == CellReport::State::kMeasured && report.cell.processes > 1);
}

void Progress::PrintEnd(const CellReport& report) {
  if (!IsWorthALine(report)) return;
  PrintLine(absl::StrFormat("[%d/%d] %s: %s: %s", ended_, total_, report.device,
                            CellLabel(report.cell), DescribeEnd(report)));
}

void Progress::Redraw() {
  absl::MutexLock lock(&mutex_);
  Draw();
  BreakSilence();
}

void Progress::Clear() {
  absl::MutexLock lock(&mutex_);
  line_.Erase();
}

void Progress::Pause() {
  absl::MutexLock lock(&mutex_);
  line_.Erase();
  paused_ = true;
}

void Progress::Resume() {
  absl::MutexLock lock(&mutex_);
  paused_ = false;
  out_ << std::exchange(unsaid_, "") << std::flush;
  Draw();
}

std::string Progress::Remaining() const {
  const auto is_lost = [](const auto& running) { return running.second.lost; };
  // Nobody knows when it comes back.
  if (ended_ >= total_ || std::any_of(running_.begin(), running_.end(), is_lost)) return "";
  const bool last = total_ - ended_ == running_.size();
  std::optional<int64_t> left = LeftByRunning();
  // Of cells that wait, those that have ended tell more.
  if (ended_ > 0 && (!last || !left)) left = LeftByEnded();
  // Overdue: the estimate was wrong, and nothing better is known.
  if (!left || *left < 1'000'000'000) return "";
  return absl::StrCat(" · about ", ShortDuration(*left), " left");
}

int64_t Progress::LeftByEnded() const {
  const int64_t per_cell = (last_end_ns_ - started_ns_) / static_cast<int64_t>(ended_);
  return per_cell * static_cast<int64_t>(total_ - ended_) - (clock_.NowNanos() - last_end_ns_);
}

std::optional<int64_t> Progress::LeftByRunning() const {
  int64_t longest = 0, whole = 0;
  for (const auto& [device, running] : running_) {
    if (!running.ends_ns) return std::nullopt;
    longest = std::max(longest, *running.ends_ns - clock_.NowNanos());
    whole = std::max(whole, running.whole_ns);
  }
  if (running_.empty()) return std::nullopt;
  const double running = static_cast<double>(running_.size());
  const double rounds = (static_cast<double>(total_ - ended_) - running) / running;
  return longest + static_cast<int64_t>(rounds * static_cast<double>(whole));
}

std::string Progress::Doing(const Running& running) {
  if (running.lost) return "no answer, calling again";
  if (!running.doing.empty()) return running.doing;
  if (running.queued) return "waiting in the device's queue";
  return StageWords(running.stage) + ProgressWords(running.progress);
}

std::string Progress::Line() const {
  std::vector<std::string> parts;
  for (const auto& [device, running] : running_) {
    parts.push_back(absl::StrCat(device, ": ", running.label, " · ", Doing(running)));
  }
  return absl::StrCat("[", ended_, "/", total_, "] ", absl::StrJoin(parts, " | "), Remaining());
}

void Progress::Draw() {
  if (!terminal_.stderr_is_terminal || running_.empty() || paused_) return;
  line_.Draw(Line(), terminal_.stderr_width - 1);
}

void Progress::BreakSilence() {
  if (terminal_.stderr_is_terminal || running_.empty()) return;
  if (clock_.NowNanos() - last_line_ns_ >= kSilenceNs) PrintLine(Line());
}

void Progress::PrintLine(const std::string& text) {
  const std::string line = Printable(text) + "\n";
  last_line_ns_ = clock_.NowNanos();
  if (paused_) {
    unsaid_ += line;
    return;
  }
  line_.Erase();
  out_ << line << std::flush;
}

}  // namespace edgebench::controller
