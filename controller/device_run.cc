#include "controller/device_run.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status_macros.h"
#include "controller/follow.h"
#include "controller/result_fetch.h"
#include "controller/transfer.h"
#include "controller/uuid.h"

namespace edgebench::controller {
namespace {

constexpr size_t kSubmittedAtOnce = 2;

// The agent has judged the request itself: asking again changes nothing, and
// it certainly keeps no such job.
bool IsRefusal(const absl::Status& status) {
  return !absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) &&
         !absl::IsCancelled(status);
}

RetryPolicy Until(const absl::Notification& given_up, RetryPolicy policy) {
  policy.given_up = &given_up;
  return policy;
}

bool IsEarlierProcess(const Cell& earlier, const Cell& cell) {
  return earlier.position == cell.position && earlier.process < cell.process;
}

absl::Status Stopped() { return absl::CancelledError("stopped before its turn"); }

}  // namespace

ExitCode ExitCodeOf(const CellReport& report) {
  switch (report.state) {
    case CellReport::State::kMeasured:
      return ExitCodeOf(report.measurement->result.outcome());
    case CellReport::State::kSkipped:
      return ExitCode::kOk;  // the cell that failed has told already
    default:
      return ExitCodeOf(report.status);
  }
}

DeviceRun::DeviceRun(ConnectedDevice& device, std::vector<Cell> cells, SharedStore& store,
                     RunObserver& observer, Options options)
    : device_(device),
      store_(store),
      observer_(observer),
      options_(std::move(options)),
      retry_(Until(left_, options_.retry)) {
  for (Cell& cell : cells) {
    CellReport report;
    report.device = device_.device.name;
    report.cell = std::move(cell);
    reports_.push_back(std::move(report));
  }
}

std::optional<size_t> DeviceRun::IndexOf(size_t position, int process) const {
  const auto found = std::find_if(reports_.begin(), reports_.end(), [&](const CellReport& report) {
    return report.cell.position == position && report.cell.process == process;
  });
  if (found == reports_.end()) return std::nullopt;
  return static_cast<size_t>(found - reports_.begin());
}

void DeviceRun::Adopt(const db::SubmittedJob& job) {
  std::optional<size_t> index;
  if (job.cell_position && job.process)
    index = IndexOf(static_cast<size_t>(*job.cell_position), *job.process);
  if (!index) {
    index = reports_.size();
    reports_.emplace_back().device = device_.device.name;
    reports_.back().cell.settings = job.settings;
  }
  if (options_.is_recorded && job.cell_position) adopted_.insert(*index);
  CellReport& report = reports_[*index];
  report.job_id = job.job_id;
  report.submitted_time = job.submitted_time;
  unfinished_.push_back(*index);
  absl::MutexLock lock(&mutex_);
  submitted_ids_.push_back(job.job_id);
}

void DeviceRun::Know(CellReport report) {
  const auto index = IndexOf(report.cell.position, report.cell.process);
  if (!index) return;
  report.cell = reports_[*index].cell;
  reports_[*index] = std::move(report);
}

void DeviceRun::Run() {
  // A thread of its own: on a line that is dead an answer takes long.
  std::thread canceller([this] { CancelAsTold(); });
  while (true) {
    SubmitAhead();
    if (unfinished_.empty()) break;
    FinishFirst();
  }
  for (; next_ < reports_.size(); ++next_) {
    CellReport& report = reports_[next_];
    if (!report.job_id.empty()) continue;  // adopted, and ended by now
    if (SkipIfRuledOut(report)) continue;
    report.status = lost_.ok() ? Stopped() : lost_;
    observer_.OnCellEnded(report);
  }
  {
    absl::MutexLock lock(&mutex_);
    over_ = true;
  }
  canceller.join();
}

void DeviceRun::RequestStop(Stop stop) {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = stop;
    if (stop == Stop::kCancel) to_cancel_ = submitted_ids_;
    if (stop == Stop::kLeave && !left_.HasBeenNotified()) left_.Notify();
  }
  // Neither a model that is on its way is needed any more, nor is one that is
  // fetched: its result stays on the agent.
  if (stop != Stop::kNo) device_.client->StopTransfers();
  if (stop == Stop::kLeave) device_.client->StopWatching();
}

void DeviceRun::CancelAsTold() {
  const auto awaited = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return over_ || !to_cancel_.empty();
  };
  while (true) {
    std::string job_id;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&awaited));
      if (over_) return;
      // What was submitted last first, so that it does not even begin.
      job_id = to_cancel_.back();
      to_cancel_.pop_back();
    }
    // Where this fails the job goes on, and its end is awaited as before.
    device_.client->CancelJob(job_id).status().IgnoreError();
  }
}

Stop DeviceRun::stop() {
  absl::MutexLock lock(&mutex_);
  return stop_;
}

void DeviceRun::SubmitAhead() {
  while (next_ < reports_.size() && unfinished_.size() < kSubmittedAtOnce && lost_.ok() &&
         stop() == Stop::kNo) {
    CellReport& report = reports_[next_];
    if (!report.job_id.empty() || SkipIfRuledOut(report)) {
      ++next_;
      continue;
    }
    if (MayBeRuledOutByUnfinished(report)) return;
    Submit(next_++);
  }
}

bool DeviceRun::SkipIfRuledOut(CellReport& report) {
  if (FailedInAnEarlierProcess(report)) {
    report.state = CellReport::State::kSkipped;
    report.skipped_because = "an earlier process of the cell failed";
    observer_.OnCellEnded(report);
    return true;
  }
  for (const CellReport& other : reports_) {
    if (!other.measurement || !RulesOutLarger(other.measurement->result.outcome()) ||
        !IsStrictlyLarger(report.cell.settings, other.cell.settings))
      continue;
    report.state = CellReport::State::kSkipped;
    report.skipped_because = WhyRuledOut(other.cell.settings, other.measurement->result.outcome());
    observer_.OnCellEnded(report);
    return true;
  }
  return false;
}

bool DeviceRun::MayBeRuledOutByUnfinished(const CellReport& report) const {
  return std::any_of(unfinished_.begin(), unfinished_.end(), [&](size_t index) {
    const Cell& unfinished = reports_[index].cell;
    const bool first_of_same = IsEarlierProcess(unfinished, report.cell) && unfinished.process == 1;
    return first_of_same || IsStrictlyLarger(report.cell.settings, unfinished.settings);
  });
}

// What failed once fails again; what ended for want of a connection did not fail.
bool DeviceRun::FailedInAnEarlierProcess(const CellReport& report) const {
  return std::any_of(reports_.begin(), reports_.end(), [&](const CellReport& other) {
    if (!IsEarlierProcess(other.cell, report.cell)) return false;
    const bool measured = other.state == CellReport::State::kMeasured;
    return measured ? other.measurement->result.outcome() != v1::OUTCOME_OK
                    : other.state == CellReport::State::kRefused ||
                          other.state == CellReport::State::kSkipped;
  });
}

db::SubmittedJob DeviceRun::SubmissionOf(const CellReport& report) const {
  db::SubmittedJob job;
  job.job_id = report.job_id;
  job.device = report.device;
  job.address = device_.device.address;
  job.run_id = options_.run_id;
  job.settings = report.cell.settings;
  job.submitted_time = report.submitted_time;
  job.status = "pending";
  job.output_path = options_.output_path;
  job.overwrite = options_.overwrite;
  if (options_.is_recorded) {
    job.cell_position = static_cast<int>(report.cell.position);
    job.process = report.cell.process;
  }
  return job;
}

absl::Status DeviceRun::SendFiles(const CellReport& report) {
  const v1::JobSettings& settings = report.cell.settings;
  EDGEBENCH_RETURN_IF_ERROR(SendFile(report, settings.model().display_name(),
                                     settings.model().artifact(), report.cell.model_path));
  EDGEBENCH_RETURN_IF_ERROR(
      SendFile(report, settings.weights_name(), settings.weights(), report.cell.weights_path));
  return SendFile(report, settings.calibration_name(), settings.calibration(),
                  report.cell.calibration_path);
}

absl::Status DeviceRun::SendFile(const CellReport& report, const std::string& name,
                                 const v1::Digest& digest, const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  return EnsureUploaded(*device_.client, digest, path, retry_, OnLost(), [&](int64_t sent) {
    observer_.OnFileSent(report, name, sent, digest.size_bytes());
  });
}

std::function<void()> DeviceRun::OnLost() {
  return [this] {
    observer_.OnAgentLost(device_.device.name);
    options_.on_lost(device_.device);
  };
}

absl::Status DeviceRun::SubmitRecorded(const CellReport& report) {
  v1::SubmitJobRequest request;
  request.set_job_id(report.job_id);
  request.set_submitter(options_.submitter);
  *request.mutable_settings() = report.cell.settings;
  Backoff backoff(retry_);
  while (true) {
    absl::Status status = device_.client->SubmitJob(request).status();
    // Evicted between upload and submission, by other uploads.
    const Cell& cell = report.cell;
    const bool has_files =
        !cell.model_path.empty() || !cell.calibration_path.empty() || !cell.weights_path.empty();
    if (absl::IsFailedPrecondition(status) && has_files) {
      EDGEBENCH_RETURN_IF_ERROR(SendFiles(report));
    } else if (status.ok() || IsRefusal(status)) {
      return status;
    }
    // The same id submitted twice is one job: asking again is safe.
    if (stop() != Stop::kNo || !backoff.WaitForNext()) return status;
    if (!status.ok() && !IsRefusal(status)) OnLost()();
  }
}

// A refusal is of this cell; whatever else went wrong is of all that follow.
void DeviceRun::EndUnsubmitted(CellReport& report, absl::Status why, bool refused) {
  if (!refused && !absl::IsCancelled(why)) lost_ = why;
  report.state = refused ? CellReport::State::kRefused : CellReport::State::kNotRun;
  report.status = std::move(why);
  observer_.OnCellEnded(report);
}

void DeviceRun::Submit(size_t index) {
  CellReport& report = reports_[index];
  observer_.OnSubmitting(report);
  absl::Status status = SendFiles(report);
  if (!status.ok()) return EndUnsubmitted(report, status, IsRefusal(status));
  // It may have been said while the model was sent.
  if (stop() != Stop::kNo) return EndUnsubmitted(report, Stopped(), /*refused=*/false);
  report.job_id = NewUuid();
  report.submitted_time = absl::Now();
  status = store_.Use(
      [&](db::ResultStore& store) { return store.RecordSubmission(SubmissionOf(report)); });
  if (!status.ok()) {
    report.job_id.clear();
    return EndUnsubmitted(report, std::move(status), /*refused=*/false);
  }
  status = SubmitRecorded(report);
  if (!status.ok()) {
    const bool refused = IsRefusal(status);
    if (refused) {
      store_.Use([&](db::ResultStore& store) { return store.ForgetSubmission(report.job_id); })
          .IgnoreError();
      report.job_id.clear();
    }
    return EndUnsubmitted(report, std::move(status), refused);
  }
  unfinished_.push_back(index);
  known_there_.insert(report.job_id);
  absl::MutexLock lock(&mutex_);
  submitted_ids_.push_back(report.job_id);
  if (stop_ == Stop::kCancel) to_cancel_.push_back(report.job_id);
}

void DeviceRun::FinishFirst() {
  const size_t index = unfinished_.front();
  CellReport& report = reports_[index];
  unfinished_.pop_front();
  observer_.OnCellStarted(report);
  // Whoever recorded it may have been killed before it was sent, and this run is ours alone now:
  // sent once more it is one job still. Where that fails, following it tells.
  if (adopted_.erase(index) > 0 && SubmitRecorded(report).ok()) known_there_.insert(report.job_id);
  absl::Status status = FollowJob(
      *device_.client, report.job_id, retry_,
      [&](const v1::JobEvent& event) {
        known_there_.insert(report.job_id);
        observer_.OnEvent(report.device, event);
      },
      OnLost());
  if (!status.ok()) return Leave(report, std::move(status));
  report.ended = true;
  auto fetched = FetchResult(*device_.client, store_, SubmissionOf(report), retry_);
  if (!fetched.ok()) return Leave(report, fetched.status());
  report.measurement = std::move(fetched->measurement);
  report.measurement->labels = options_.labels;
  report.state = CellReport::State::kMeasured;
  {
    absl::MutexLock lock(&mutex_);
    submitted_ids_.erase(std::find(submitted_ids_.begin(), submitted_ids_.end(), report.job_id));
  }
  observer_.OnCellEnded(report);
}

void DeviceRun::Leave(CellReport& report, absl::Status why) {
  report.state = CellReport::State::kLeftRunning;
  // It would have been tried again, had it not been left.
  if (left_.HasBeenNotified() && !IsRefusal(why)) why = absl::CancelledError("left to itself");
  if (absl::IsNotFound(why) && MayStillArrive(report)) {
    why = WithExitCode(
        absl::NotFoundError(absl::StrCat(report.device,
                                         " does not know the job yet, which was recorded a moment "
                                         "ago: another edgebench may be sending it")),
        ExitCode::kDeviceFault);
  } else if (absl::IsNotFound(why) && AgentForgot(report.job_id)) {
    // An agent whose data folder was emptied, say. There is nothing to fetch later.
    report.state = CellReport::State::kNotRun;
    store_.Use([&](db::ResultStore& store) { return store.MarkLost(report.job_id); }).IgnoreError();
    why = WithExitCode(std::move(why), ExitCode::kDeviceFault);
  } else if (!absl::IsCancelled(why)) {
    why = WithPrefix(why, report.device + ": ");
    lost_ = why;
  }
  report.status = std::move(why);
  observer_.OnCellEnded(report);
}

// Only the agent's own answer counts: what it says it lacks may also be a file.
bool DeviceRun::AgentForgot(const std::string& job_id) {
  return absl::IsNotFound(device_.client->GetJob(job_id).status());
}

bool DeviceRun::MayStillArrive(const CellReport& report) const {
  return known_there_.count(report.job_id) == 0 &&
         absl::Now() - report.submitted_time < kSubmissionMayTake;
}

}  // namespace edgebench::controller
