#include "controller/run_cells.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/interrupt.h"
#include "controller/process_schedule.h"
#include "controller/progress.h"

namespace edgebench::controller {
namespace {

constexpr absl::Duration kRedrawInterval = absl::Milliseconds(200);

// The threads of the devices, and what the user says while they run.
class Run {
 public:
  Run(Session& session, InterruptMonitor& monitor, Progress& progress,
      std::vector<std::unique_ptr<DeviceRun>>& devices)
      : session_(session), monitor_(monitor), progress_(progress), devices_(devices) {}

  // True when the user interrupted it.
  bool UntilEnd() {
    unfinished_ = devices_.size();
    std::vector<std::thread> threads;
    for (const auto& device : devices_) {
      threads.emplace_back([this, run = device.get()] {
        run->Run();
        --unfinished_;
        monitor_.Wake();
      });
    }
    while (unfinished_ > 0) HandleOne();
    for (std::thread& thread : threads) thread.join();
    progress_.Clear();
    return stop_ != Stop::kNo;
  }

 private:
  void HandleOne() {
    const InterruptMonitor::Event event = monitor_.Wait(kRedrawInterval);
    if (event == InterruptMonitor::Event::kTimeout) return progress_.Redraw();
    // What has ended can neither be left nor cancelled.
    if (event == InterruptMonitor::Event::kWoken || unfinished_ == 0) return;
    // The second Ctrl-C, while a cancellation takes its time, ends the waiting.
    const bool may_ask = event == InterruptMonitor::Event::kInterrupt &&
                         session_.world().terminal.interactive() && stop_ == Stop::kNo;
    StopAll(may_ask ? Ask() : Stop::kLeave);
  }

  Stop Ask() {
    progress_.Pause();
    session_.world().err
        << "Interrupted. [l]eave the job running, [c]ancel it, or ENTER to continue? "
        << std::flush;
    const absl::StatusOr<char> key = AwaitKey();
    if (!key.ok()) session_.world().err << '\n';
    const Stop stop = Meaning(key);
    if (stop == Stop::kCancel) session_.Tell("cancelling ...");
    progress_.Resume();
    return stop;
  }

  // ABORTED: there is nothing left to ask about.
  absl::StatusOr<char> AwaitKey() {
    absl::StatusOr<char> key = monitor_.AskForKey();
    while (absl::IsAborted(key.status()) && unfinished_ > 0) key = monitor_.AskForKey();
    return key;
  }

  Stop Meaning(const absl::StatusOr<char>& key) const {
    if (unfinished_ == 0) return Stop::kNo;
    if (!key.ok() || *key == 'l') return Stop::kLeave;
    return *key == 'c' ? Stop::kCancel : Stop::kNo;
  }

  void StopAll(Stop stop) {
    if (stop == Stop::kNo) return;
    stop_ = stop;
    for (const auto& device : devices_) device->RequestStop(stop);
  }

  Session& session_;
  InterruptMonitor& monitor_;
  Progress& progress_;
  std::vector<std::unique_ptr<DeviceRun>>& devices_;
  std::atomic<size_t> unfinished_{0};
  Stop stop_ = Stop::kNo;
};

void TellHowToGoOn(Session& session, const std::vector<CellReport>& reports) {
  for (const CellReport& report : reports) {
    if (report.state == CellReport::State::kLeftRunning && absl::IsCancelled(report.status)) {
      session.Tell(absl::StrCat(
          CellLabel(report.cell), report.ended ? " has ended on " : " is left to itself on ",
          report.device, "; fetch its result with: edgebench job watch ", report.job_id));
    }
  }
}

}  // namespace

std::string Submitter() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const char* user = std::getenv("USER");
  return absl::StrCat(user != nullptr ? user : std::to_string(getuid()).c_str(), "@", host.data(),
                      ":", getpid());
}

absl::StatusOr<RunOutcome> RunCells(Session& session, SharedStore& store,
                                    std::vector<DeviceWork> work, DeviceRun::Options options) {
  options.on_lost = [&connector = session.world().connector](const db::Device& device) {
    // Where this fails, the retries of whoever lost the agent decide.
    if (device.name == kLocalDevice)
      connector.Connect(device, absl::Seconds(2)).status().IgnoreError();
  };
  size_t total = 0;
  size_t cells = 0;
  for (DeviceWork& part : work) {
    cells += part.cells.size();
    // Another order in each run.
    part.cells = ScheduleProcesses(part.cells, options.run_id);
    total += part.cells.size() - part.measured.size();
    if (!part.cells.empty()) continue;
    cells += part.submitted.size();
    total += part.submitted.size();
  }
  EDGEBENCH_ASSIGN_OR_RETURN(InterruptMonitor monitor, InterruptMonitor::Create());
  Progress progress(session.world().err, session.world().terminal, session.world().clock, total,
                    cells);
  std::vector<std::unique_ptr<DeviceRun>> devices;
  for (DeviceWork& part : work) {
    devices.push_back(
        std::make_unique<DeviceRun>(*part.device, std::move(part.cells), store, progress, options));
    for (CellReport& report : part.measured) devices.back()->Know(std::move(report));
    for (const db::SubmittedJob& job : part.submitted) devices.back()->Adopt(job);
  }
  RunOutcome outcome;
  outcome.interrupted = Run(session, monitor, progress, devices).UntilEnd();
  std::vector<CellReport> of_processes;
  for (const auto& device : devices)
    for (const CellReport& report : device->reports()) of_processes.push_back(report);
  TellHowToGoOn(session, of_processes);
  outcome.exit_code = outcome.interrupted ? ExitCode::kInterrupted : ExitCode::kOk;
  for (const CellReport& report : of_processes) {
    outcome.exit_code = Worse(outcome.exit_code, ExitCodeOf(report));
    const bool unfinished = report.state == CellReport::State::kNotRun ||
                            report.state == CellReport::State::kLeftRunning;
    outcome.unfinished += unfinished ? 1 : 0;
  }
  outcome.reports = MergeByCell(std::move(of_processes));
  return outcome;
}

}  // namespace edgebench::controller
