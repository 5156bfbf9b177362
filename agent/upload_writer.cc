#include "agent/upload_writer.h"

#include <cstddef>
#include <utility>

namespace edgebench::agent {
namespace {

constexpr size_t kMaxWaiting = 4;  // chunks of at most 1 MiB

}  // namespace

UploadWriter::UploadWriter(ArtifactStore::Upload& upload)
    : upload_(upload), thread_([this] { Run(); }) {}

UploadWriter::~UploadWriter() { Drain().IgnoreError(); }

bool UploadWriter::HasRoom() const { return waiting_.size() < kMaxWaiting || !status_.ok(); }

bool UploadWriter::HasWork() const { return !waiting_.empty() || complete_; }

bool UploadWriter::Push(std::string chunk) {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &UploadWriter::HasRoom));
  if (!status_.ok()) return false;
  waiting_.push_back(std::move(chunk));
  return true;
}

absl::Status UploadWriter::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    complete_ = true;
  }
  if (thread_.joinable()) thread_.join();
  absl::MutexLock lock(&mutex_);
  return status_;
}

void UploadWriter::Run() {
  while (true) {
    std::string chunk;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &UploadWriter::HasWork));
      if (waiting_.empty()) return;
      chunk = std::move(waiting_.front());
      waiting_.pop_front();
    }
    absl::Status status = upload_.Append(chunk);
    if (status.ok()) continue;
    absl::MutexLock lock(&mutex_);
    status_ = std::move(status);
    return;
  }
}

}  // namespace edgebench::agent
