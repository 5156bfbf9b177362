#include "controller/run_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "controller/grid.h"
#include "controller/progress_words.h"
#include "controller/report/phrases.h"
#include "controller/run_lock.h"

namespace edgebench::controller {
namespace {

constexpr absl::Duration kAgain = absl::Milliseconds(500);
constexpr int kLookedAt = 50;  // newest jobs of an agent

}  // namespace

DeviceWatch::DeviceWatch(AgentConnector& connector, db::Device device)
    : connector_(connector), device_(std::move(device)), thread_([this] { Follow(); }) {}

DeviceWatch::~DeviceWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    if (client_ != nullptr) client_->StopWatching();
  }
  thread_.join();
}

std::string DeviceWatch::Now() {
  absl::MutexLock lock(&mutex_);
  return now_;
}

void DeviceWatch::Say(std::string text) {
  absl::MutexLock lock(&mutex_);
  now_ = std::move(text);
}

bool DeviceWatch::WaitToGoOn() {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopped_), kAgain);
  return !stopped_;
}

void DeviceWatch::Follow() {
  std::unique_ptr<AgentClient> client;
  do {
    // An agent of `local` that does not run is not started for the sake of looking.
    if (client == nullptr && (device_.name != kLocalDevice || connector_.LocalIsRunning())) {
      auto connected = connector_.Connect(device_, kBriefTimeouts.connect);
      if (connected.ok()) {
        client = *std::move(connected);
        client->SetCallTimeout(kBriefTimeouts.connect);
      }
    }
    if (client == nullptr) {
      Say("does not answer");
      continue;
    }
    {
      absl::MutexLock lock(&mutex_);
      client_ = client.get();
      if (stopped_) client_->StopWatching();
    }
    const absl::Status followed = FollowRunningJob(*client);
    absl::MutexLock lock(&mutex_);
    client_ = nullptr;
    if (absl::IsUnavailable(followed)) client.reset();
  } while (WaitToGoOn());
}

// Until it ends, or nothing runs.
absl::Status DeviceWatch::FollowRunningJob(AgentClient& client) {
  const auto jobs = client.ListJobs(kLookedAt);
  if (!jobs.ok()) {
    Say("does not answer");
    return jobs.status();
  }
  const auto running = std::find_if(jobs->begin(), jobs->end(), [](const v1::Job& job) {
    return job.state() == v1::JOB_STATE_RUNNING;
  });
  if (running == jobs->end()) {
    Say("");
    return absl::OkStatus();
  }
  const std::string label = CellLabel(running->settings());
  v1::Stage stage = v1::STAGE_UNSPECIFIED;
  return client.WatchJob(running->job_id(), 0, [&](const v1::JobEvent& event) {
    std::string words;
    if (event.has_stage_entered()) stage = event.stage_entered();
    if (event.has_progress()) words = ProgressWords(event.progress());
    Say(absl::StrCat(label, ": ", StageWords(stage), words));
    return true;
  });
}

RunWatch::RunWatch(Session& session, SharedStore& store, db::RecordedRun run)
    : session_(session), store_(store), run_(std::move(run)) {
  for (const db::RecordedRun::OnDevice& part : run_.devices) {
    devices_.push_back(std::make_unique<DeviceWatch>(
        session.world().connector, db::Device{part.device, part.address, absl::UnixEpoch()}));
  }
}

absl::StatusOr<RunWatch> RunWatch::Begin(Session& session, SharedStore& store, std::string run_id) {
  EDGEBENCH_ASSIGN_OR_RETURN(db::RecordedRun run, store.Use([&](db::ResultStore& results) {
    return results.GetRun(run_id);
  }));
  return RunWatch(session, store, std::move(run));
}

absl::Status RunWatch::ReadEnded() {
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::vector<db::SubmittedJob> jobs,
      store_.Use([&](db::ResultStore& results) { return results.JobsOfRun(run_.id); }));
  for (const db::SubmittedJob& job : jobs) {
    if (job.status == "pending" || job.status == "lost" || known_.count(job.job_id) > 0) continue;
    db::MeasurementFilter filter;
    filter.job_id = job.job_id;
    EDGEBENCH_ASSIGN_OR_RETURN(
        const std::vector<db::Measurement> measured,
        store_.Use([&](db::ResultStore& results) { return results.Measurements(filter); }));
    if (measured.empty()) continue;
    known_[job.job_id] = job.status;
    const db::Measurement& m = measured.front();
    ended_.push_back({job.device, CellLabel(job.settings),
                      m.latency.samples > 0 ? absl::StrCat(LatencyText(m), ", ", VerdictText(m))
                                            : VerdictText(m)});
    Totals& totals = totals_[job.device];
    // What was cut short is measured again.
    if (m.result.outcome() != v1::OUTCOME_CANCELLED &&
        m.result.outcome() != v1::OUTCOME_INTERRUPTED)
      ++totals.ended;
    totals.taken += FromProto(m.result.finished_time()) - FromProto(m.result.started_time());
    if (m.result.conditions_after().has_temperature_celsius())
      totals.celsius = m.result.conditions_after().temperature_celsius();
  }
  return absl::OkStatus();
}

absl::StatusOr<RunView> RunWatch::Look() {
  EDGEBENCH_ASSIGN_OR_RETURN(const db::RecordedRun now, store_.Use([&](db::ResultStore& results) {
    return results.GetRun(run_.id);
  }));
  EDGEBENCH_RETURN_IF_ERROR(ReadEnded());
  RunView view;
  view.id = run_.id;
  view.name = run_.labels.name;
  view.started = run_.started_time;
  view.finished = now.finished;
  view.cut_off = !now.finished && !RunLock::IsTaken(session_.DatabasePath(), run_.id);
  view.ended = ended_;
  for (size_t i = 0; i < run_.devices.size(); ++i) {
    RunView::OnDevice& device = view.devices.emplace_back();
    device.device = run_.devices[i].device;
    for (const db::RecordedRun::Cell& cell : run_.devices[i].cells) device.all += cell.processes;
    const Totals& totals = totals_[device.device];
    device.ended = totals.ended;
    device.celsius = totals.celsius;
    device.now = view.finished ? "" : devices_[i]->Now();
    if (!view.finished && totals.ended > 0 && device.all > totals.ended)
      device.left = totals.taken / totals.ended * (device.all - totals.ended);
  }
  return view;
}

}  // namespace edgebench::controller
