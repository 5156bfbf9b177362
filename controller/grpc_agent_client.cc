#include "controller/grpc_agent_client.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/file.h"
#include "common/status_grpc.h"
#include "common/status_macros.h"
#include "controller/address.h"
#include "controller/exit_code.h"
#include "edgebench/v1/agent.grpc.pb.h"
#include "edgebench/v1/artifact.grpc.pb.h"

namespace edgebench::controller {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(20);
constexpr size_t kChunkBytes = 256 * 1024;
constexpr int kMaxPageSize = 1000;

std::chrono::system_clock::time_point DeadlineIn(absl::Duration timeout) {
  return absl::ToChronoTime(absl::Now() + timeout);
}

// A server that stops cancels its calls: to us, that is an agent that went away.
// CANCELLED is kept for what this side gave up.
absl::Status StatusOf(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return absl::UnavailableError("the agent is stopping");
  }
  return FromGrpcStatus(status);
}

// The streams of one kind that are under way, to be stopped from another thread.
class Streams {
 public:
  // False when they were stopped, and this one is not to begin.
  bool Add(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (!stopped_) contexts_.insert(context);
    return !stopped_;
  }
  // True when it was stopped.
  bool Remove(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    contexts_.erase(context);
    return stopped_;
  }
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (grpc::ClientContext* context : contexts_) context->TryCancel();
  }

 private:
  absl::Mutex mutex_;
  std::set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

absl::Status WatchingStopped() { return absl::CancelledError("watching was stopped"); }
absl::Status TransferStopped() { return absl::CancelledError("the transfer was stopped"); }

// What the user is to mend: no judgement of the agent, whose codes these are not.
absl::Status Unreadable(const std::string& path) {
  return WithExitCode(absl::FailedPreconditionError(
                          ErrnoStatus(errno, absl::StrCat("cannot read ", path)).message()),
                      ExitCode::kUsage);
}

// The next bytes of a file, fewer only at its end.
absl::StatusOr<size_t> ReadChunk(int fd, std::string& chunk, const std::string& path) {
  size_t filled = 0;
  while (filled < chunk.size()) {
    const ssize_t count = read(fd, chunk.data() + filled, chunk.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unreadable(path);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  return filled;
}

class GrpcAgentClient final : public AgentClient {
 public:
  explicit GrpcAgentClient(const std::shared_ptr<grpc::Channel>& channel)
      : agent_(v1::AgentService::NewStub(channel)),
        artifacts_(v1::ArtifactService::NewStub(channel)) {}

  void SetCallTimeout(absl::Duration timeout) override { call_timeout_ = timeout; }

  absl::StatusOr<v1::Capabilities> GetCapabilities(absl::Duration timeout) override {
    v1::GetCapabilitiesResponse response;
    EDGEBENCH_RETURN_IF_ERROR(Call(*agent_, &v1::AgentService::Stub::GetCapabilities,
                                   v1::GetCapabilitiesRequest(), &response, timeout));
    return std::move(*response.mutable_capabilities());
  }

  absl::StatusOr<v1::Job> SubmitJob(const v1::SubmitJobRequest& request) override {
    v1::SubmitJobResponse response;
    EDGEBENCH_RETURN_IF_ERROR(
        Call(*agent_, &v1::AgentService::Stub::SubmitJob, request, &response));
    return std::move(*response.mutable_job());
  }

  absl::StatusOr<v1::Job> GetJob(const std::string& job_id) override {
    v1::GetJobRequest request;
    request.set_job_id(job_id);
    v1::GetJobResponse response;
    EDGEBENCH_RETURN_IF_ERROR(Call(*agent_, &v1::AgentService::Stub::GetJob, request, &response));
    return std::move(*response.mutable_job());
  }

  absl::StatusOr<std::vector<v1::Job>> ListJobs(int limit) override {
    std::vector<v1::Job> jobs;
    v1::ListJobsRequest request;
    do {
      request.set_page_size(std::min(limit - static_cast<int>(jobs.size()), kMaxPageSize));
      v1::ListJobsResponse response;
      EDGEBENCH_RETURN_IF_ERROR(
          Call(*agent_, &v1::AgentService::Stub::ListJobs, request, &response));
      for (v1::Job& job : *response.mutable_jobs()) jobs.push_back(std::move(job));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty() && static_cast<int>(jobs.size()) < limit);
    return jobs;
  }

  absl::StatusOr<v1::Job> CancelJob(const std::string& job_id) override {
    v1::CancelJobRequest request;
    request.set_job_id(job_id);
    v1::CancelJobResponse response;
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(call_timeout_));
    if (!watches_.Add(&context)) return WatchingStopped();
    const absl::Status status = StatusOf(agent_->CancelJob(&context, request, &response));
    const bool stopped = watches_.Remove(&context);
    if (!status.ok()) return stopped ? WatchingStopped() : status;
    return std::move(*response.mutable_job());
  }

  absl::StatusOr<v1::Job> FinishJobEarly(const std::string& job_id) override {
    v1::FinishJobEarlyRequest request;
    request.set_job_id(job_id);
    v1::FinishJobEarlyResponse response;
    EDGEBENCH_RETURN_IF_ERROR(
        Call(*agent_, &v1::AgentService::Stub::FinishJobEarly, request, &response));
    return std::move(*response.mutable_job());
  }

  absl::StatusOr<v1::JobResult> GetJobResult(const std::string& job_id) override {
    v1::GetJobResultRequest request;
    request.set_job_id(job_id);
    v1::GetJobResultResponse response;
    EDGEBENCH_RETURN_IF_ERROR(
        Call(*agent_, &v1::AgentService::Stub::GetJobResult, request, &response));
    return std::move(*response.mutable_result());
  }

  absl::StatusOr<v1::DiagnoseResponse> Diagnose() override {
    v1::DiagnoseResponse response;
    EDGEBENCH_RETURN_IF_ERROR(
        Call(*agent_, &v1::AgentService::Stub::Diagnose, v1::DiagnoseRequest(), &response));
    return response;
  }

  absl::Status AcknowledgeJobResult(const std::string& job_id) override {
    v1::AcknowledgeJobResultRequest request;
    request.set_job_id(job_id);
    v1::AcknowledgeJobResultResponse response;
    return Call(*agent_, &v1::AgentService::Stub::AcknowledgeJobResult, request, &response);
  }

  absl::Status WatchJob(const std::string& job_id, int64_t from_offset,
                        const OnEvent& on_event) override {
    v1::WatchJobRequest request;
    request.set_job_id(job_id);
    request.set_from_offset(from_offset);
    grpc::ClientContext context;
    if (!watches_.Add(&context)) return WatchingStopped();
    const auto reader = agent_->WatchJob(&context, request);
    v1::WatchJobResponse response;
    bool wanted = true;
    while (wanted && reader->Read(&response)) wanted = on_event(response.event());
    if (!wanted) context.TryCancel();
    absl::Status status = StatusOf(reader->Finish());
    const bool stopped = watches_.Remove(&context);
    if (!wanted || (stopped && !status.ok())) return WatchingStopped();
    return status;
  }

  void StopWatching() override { watches_.Stop(); }

  absl::StatusOr<std::vector<v1::Digest>> FindMissingArtifacts(
      const std::vector<v1::Digest>& digests) override {
    v1::FindMissingArtifactsRequest request;
    for (const v1::Digest& digest : digests) *request.add_digests() = digest;
    v1::FindMissingArtifactsResponse response;
    EDGEBENCH_RETURN_IF_ERROR(
        Call(*artifacts_, &v1::ArtifactService::Stub::FindMissingArtifacts, request, &response));
    return std::vector<v1::Digest>(response.missing().begin(), response.missing().end());
  }

  absl::StatusOr<int64_t> GetCommittedBytes(const v1::Digest& digest) override {
    v1::GetUploadStatusRequest request;
    *request.mutable_digest() = digest;
    v1::GetUploadStatusResponse response;
    EDGEBENCH_RETURN_IF_ERROR(
        Call(*artifacts_, &v1::ArtifactService::Stub::GetUploadStatus, request, &response));
    return response.committed_bytes();
  }

  absl::Status UploadArtifact(const v1::Digest& digest, const std::string& path, int64_t offset,
                              const OnSent& on_sent) override {
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || lseek(file.get(), offset, SEEK_SET) < 0) return Unreadable(path);
    grpc::ClientContext context;
    if (!transfers_.Add(&context)) return TransferStopped();
    v1::UploadArtifactResponse response;
    const auto writer = artifacts_->UploadArtifact(&context, &response);
    v1::UploadArtifactRequest part;
    *part.mutable_header()->mutable_digest() = digest;
    part.mutable_header()->set_offset(offset);
    bool open = writer->Write(part);
    absl::Status unreadable;
    while (open) {
      std::string& chunk = *part.mutable_chunk();
      chunk.resize(kChunkBytes);
      const absl::StatusOr<size_t> count = ReadChunk(file.get(), chunk, path);
      if (!count.ok()) {
        unreadable = count.status();
        context.TryCancel();
      }
      if (!count.ok() || *count == 0) break;
      chunk.resize(*count);
      open = writer->Write(part);
      offset += static_cast<int64_t>(*count);
      if (open) on_sent(offset);
    }
    writer->WritesDone();
    absl::Status status = StatusOf(writer->Finish());
    const bool stopped = transfers_.Remove(&context);
    if (!unreadable.ok()) return unreadable;
    return stopped && !status.ok() ? TransferStopped() : status;
  }

  absl::Status DownloadArtifact(const v1::Digest& digest, int64_t offset,
                                const OnChunk& on_chunk) override {
    v1::DownloadArtifactRequest request;
    *request.mutable_digest() = digest;
    request.set_offset(offset);
    grpc::ClientContext context;
    if (!transfers_.Add(&context)) return TransferStopped();
    const auto reader = artifacts_->DownloadArtifact(&context, request);
    v1::DownloadArtifactResponse response;
    absl::Status refused;
    while (refused.ok() && reader->Read(&response)) refused = on_chunk(response.chunk());
    if (!refused.ok()) context.TryCancel();
    absl::Status status = StatusOf(reader->Finish());
    const bool stopped = transfers_.Remove(&context);
    if (!refused.ok()) return refused;
    return stopped && !status.ok() ? TransferStopped() : status;
  }

  void StopTransfers() override { transfers_.Stop(); }

 private:
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response,
                    std::optional<absl::Duration> timeout = std::nullopt) {
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(timeout.value_or(call_timeout_)));
    return StatusOf((stub.*method)(&context, request, response));
  }

  std::unique_ptr<v1::AgentService::Stub> agent_;
  std::unique_ptr<v1::ArtifactService::Stub> artifacts_;
  absl::Duration call_timeout_ = kCallTimeout;
  Streams watches_, transfers_;
};

// A line that drops without a word would otherwise go unnoticed while a job
// is watched. The agent permits pings at this interval.
grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return arguments;
}

// A refusal comes at once and is not waited out; but it is believed only when
// it lasts: an agent that is being restarted refuses for a moment.
bool WaitUntilConnected(grpc::Channel& channel, absl::Time deadline) {
  constexpr absl::Duration kRestart = absl::Seconds(1);
  bool refused = false;
  grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE && !std::exchange(refused, true))
      deadline = std::min(deadline, absl::Now() + kRestart);
    if (!channel.WaitForStateChange(state, absl::ToChronoTime(deadline))) return false;
    state = channel.GetState(/*try_to_connect=*/true);
  }
  return true;
}

// Why the channel does not connect: its state alone says nothing, the failure
// of a call does. Of gRPC's "...; last error: UNKNOWN: ADDRESS: Connection
// refused" the end is for people.
std::string WhyNotConnected(AgentClient& client) {
  const absl::Status status = client.GetCapabilities(absl::Seconds(5)).status();
  if (!absl::IsUnavailable(status)) return "";
  const absl::string_view message = status.message();
  if (!absl::StrContains(message, "last error: ")) return absl::StrCat(": ", message);
  return std::string(message.substr(message.rfind(": ")));
}

}  // namespace

void PrepareGrpc() {
  constexpr int kKeepTheUsers = 0;
  setenv("GRPC_DNS_RESOLVER", "native", kKeepTheUsers);
  setenv("GRPC_VERBOSITY", "NONE", kKeepTheUsers);
}

absl::StatusOr<std::unique_ptr<AgentClient>> ConnectGrpc(const std::string& address,
                                                         absl::Duration timeout) {
  auto channel = grpc::CreateCustomChannel(GrpcTarget(address), grpc::InsecureChannelCredentials(),
                                           Arguments());
  const bool connected = WaitUntilConnected(*channel, absl::Now() + timeout);
  auto client = std::make_unique<GrpcAgentClient>(std::move(channel));
  if (connected) return client;
  return absl::UnavailableError(
      absl::StrCat("no agent answers at ", address, WhyNotConnected(*client)));
}

std::unique_ptr<AgentClient> NewGrpcClient(const std::string& address) {
  return std::make_unique<GrpcAgentClient>(grpc::CreateCustomChannel(
      GrpcTarget(address), grpc::InsecureChannelCredentials(), Arguments()));
}

}  // namespace edgebench::controller
