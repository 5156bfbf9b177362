#include "agent/worker_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/framing.h"
#include "common/status_macros.h"

namespace edgebench::agent {

absl::Status Worker::Send(const v1::WorkerRequest& request) {
  return WriteFrame(process_->request_fd(), request);
}

absl::Status Worker::Receive(v1::WorkerMessage* message) {
  EDGEBENCH_RETURN_IF_ERROR(ReadFrame(process_->message_fd(), message));
  ready_ |= message->has_ready();
  return absl::OkStatus();
}

absl::Status Worker::AwaitReady() {
  v1::WorkerMessage message;
  while (!ready_) {
    if (!Receive(&message).ok()) return absl::UnavailableError("the worker ended while it started");
  }
  return absl::OkStatus();
}

WorkerPool::WorkerPool(ProcessLauncher& launcher, Clock& clock, Options options)
    : launcher_(launcher), clock_(clock), options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<Worker>> WorkerPool::Take() {
  std::unique_ptr<Worker> kept;
  {
    absl::MutexLock lock(&mutex_);
    kept = std::move(kept_);
  }
  if (kept == nullptr || kept->process().HasEnded()) return TakeNew();
  kept->lease_ = lease_;
  return kept;
}

absl::StatusOr<std::unique_ptr<Worker>> WorkerPool::TakeNew(
    const std::vector<std::string>& environment) {
  auto process = launcher_.Launch({options_.worker_path}, environment);
  if (!process.ok()) {
    return absl::Status(process.status().code(),
                        absl::StrCat("the worker cannot be started: ", process.status().message(),
                                     "; --worker of edgebench-agent says where it is"));
  }
  auto worker = std::make_unique<Worker>(*std::move(process));
  worker->lease_ = lease_;
  return worker;
}

absl::Status WorkerPool::Prepare() {
  if (options_.keep <= absl::ZeroDuration()) return absl::OkStatus();
  {
    absl::MutexLock lock(&mutex_);
    if (kept_ != nullptr) return absl::OkStatus();
  }
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Worker> worker, TakeNew());
  Keep(std::move(worker));
  return absl::OkStatus();
}

void WorkerPool::Keep(std::unique_ptr<Worker> worker) {
  if (options_.keep <= absl::ZeroDuration()) return;
  worker->set_warm();
  worker->lease_ = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    std::swap(kept_, worker);
    expiry_nanos_ = clock_.NowNanos() + absl::ToInt64Nanoseconds(options_.keep);
  }
  if (on_keep_) on_keep_();
}

absl::Duration WorkerPool::EndExpired() {
  std::unique_ptr<Worker> expired;  // ended after the lock is gone: reaping takes time
  absl::MutexLock lock(&mutex_);
  if (kept_ == nullptr) return absl::InfiniteDuration();
  const absl::Duration left = absl::Nanoseconds(expiry_nanos_ - clock_.NowNanos());
  if (left > absl::ZeroDuration()) return left;
  std::swap(expired, kept_);
  return absl::InfiniteDuration();
}

void WorkerPool::EndKept() {
  std::unique_ptr<Worker> ended;
  absl::MutexLock lock(&mutex_);
  std::swap(ended, kept_);
}

}  // namespace edgebench::agent
