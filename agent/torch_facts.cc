#include "agent/torch_facts.h"

#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/job_outcome.h"
#include "common/file.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

constexpr char kFormat[] = "edgebench-torch-facts 1";
constexpr absl::string_view kDeleted = " (deleted)";          // proc(5), maps
constexpr absl::Duration kTimeToAnswer = absl::Seconds(120);  // a cold SD card is slow

// Libraries that decide what LibTorch can do.
bool Matters(absl::string_view library) {
  const absl::string_view name = library.substr(library.rfind('/') + 1);
  for (const char* part : {"libtorch", "libc10", "blas", "lapack", "mkl", "libcuda", "libdnnl"}) {
    if (absl::StrContains(name, part)) return true;
  }
  return false;
}

// What the log says of an end that nobody expected, else how it came.
std::string HowItEnded(const ExitStatus& exit, const std::string& log) {
  if (!log.empty()) return log;
  const std::string how = exit.code     ? absl::StrCat("with exit code ", *exit.code)
                          : exit.signal ? absl::StrCat("by ", SignalName(*exit.signal))
                                        : "in an unknown way";
  return absl::StrCat("it ended ", how, " and wrote nothing; try to start it by hand");
}

}  // namespace

TorchFacts::TorchFacts(WorkerPool& pool, MemoryMeter& memory, Clock& clock, Options options)
    : pool_(pool), memory_(memory), clock_(clock), options_(std::move(options)) {}

absl::StatusOr<v1::WorkerMessage::Description> TorchFacts::Get() {
  absl::MutexLock lock(&mutex_);
  if (!answer_) answer_ = Load();
  if (answer_ && (pool_.InUse() || IsCurrent(*answer_))) return answer_->description;
  EDGEBENCH_ASSIGN_OR_RETURN(answer_, AskWorker());
  Store(*answer_);
  return answer_->description;
}

TorchFacts::Stamp TorchFacts::StampOf(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {path, -1, 0};
  return {path, file.st_size, file.st_mtim.tv_sec * 1'000'000'000 + file.st_mtim.tv_nsec};
}

bool TorchFacts::IsCurrent(const Answer& answer) {
  return absl::c_all_of(answer.stamps,
                        [](const Stamp& stamp) { return StampOf(stamp.path) == stamp; });
}

absl::StatusOr<TorchFacts::Answer> TorchFacts::AskWorker() {
  if (control_.stop_reason() != StopReason::kNone) {
    return absl::UnavailableError("the agent is stopping; try again when it is back");
  }
  // A kept one may be what the worker or LibTorch was before an upgrade.
  pool_.EndKept();
  Answer answer;
  answer.stamps = {StampOf(pool_.worker_path())};
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Worker> worker, pool_.TakeNew());
  Process& process = worker->process();
  {
    const int64_t deadline = clock_.NowNanos() + absl::ToInt64Nanoseconds(kTimeToAnswer);
    JobGuard guard(process, control_, memory_, clock_,
                   {std::numeric_limits<int64_t>::max(), deadline});
    v1::WorkerRequest request;
    request.mutable_describe();
    v1::WorkerMessage message;
    absl::Status status = worker->Send(request);
    while (status.ok() && !message.has_description()) status = worker->Receive(&message);
    if (!message.has_description()) {
      process.Kill();
      const ExitStatus exit = process.Wait();
      return absl::InternalError(absl::StrCat(
          "the worker ", pool_.worker_path(),
          " did not say what LibTorch can do here: ", HowItEnded(exit, process.LogTail())));
    }
    answer.description = std::move(*message.mutable_description());
  }
  absl::c_move(StampsOfLibraries(process.pid()), std::back_inserter(answer.stamps));
  pool_.Keep(std::move(worker));
  return answer;
}

std::vector<TorchFacts::Stamp> TorchFacts::StampsOfLibraries(pid_t pid) const {
  std::vector<Stamp> stamps;
  std::set<std::string> paths;
  const std::string maps =
      ReadFile(absl::StrCat(options_.root, "/proc/", pid, "/maps")).value_or("");
  for (absl::string_view line : absl::StrSplit(maps, '\n')) {
    const size_t start = line.find('/');
    if (start == absl::string_view::npos || !Matters(line.substr(start))) continue;
    absl::string_view path = line.substr(start);
    if (absl::ConsumeSuffix(&path, kDeleted)) {
      // Replaced while it was asked: a stamp that fits no file makes us ask again.
      stamps.push_back({std::string(path), -1, -1});
    } else {
      paths.insert(std::string(path));
    }
  }
  // Another BLAS may be chosen without a change to any file that is mapped now.
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(options_.root + "/etc/alternatives", error)) {
    if (Matters(entry.path().string())) paths.insert(entry.path().string());
  }
  paths.insert(options_.root + "/etc/ld.so.cache");
  for (const std::string& path : paths) stamps.push_back(StampOf(path));
  return stamps;
}

// The file: a line with the format, one line per stamp, an empty line, and the
// description in protobuf's binary form.
std::optional<TorchFacts::Answer> TorchFacts::Load() const {
  const auto text = ReadFile(options_.cache_path);
  if (!text.ok()) return std::nullopt;
  const size_t head_end = text->find("\n\n");
  if (head_end == std::string::npos) return std::nullopt;
  const std::vector<std::string> lines = absl::StrSplit(text->substr(0, head_end), '\n');
  if (lines.front() != kFormat) return std::nullopt;
  Answer answer;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(lines[i], absl::MaxSplits(' ', 2));
    Stamp stamp;
    if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &stamp.bytes) ||
        !absl::SimpleAtoi(fields[1], &stamp.mtime_nanos)) {
      return std::nullopt;
    }
    stamp.path = fields[2];
    answer.stamps.push_back(std::move(stamp));
  }
  // Asked again when another worker is configured.
  const bool same_worker = absl::c_any_of(
      answer.stamps, [&](const Stamp& stamp) { return stamp.path == pool_.worker_path(); });
  if (!same_worker || !answer.description.ParseFromString(text->substr(head_end + 2))) {
    return std::nullopt;
  }
  return answer;
}

void TorchFacts::Store(const Answer& answer) const {
  std::string text = absl::StrCat(kFormat, "\n");
  for (const Stamp& stamp : answer.stamps) {
    absl::StrAppend(&text, stamp.bytes, " ", stamp.mtime_nanos, " ", stamp.path, "\n");
  }
  absl::StrAppend(&text, "\n", answer.description.SerializeAsString());
  // Without the file the next start merely asks again.
  WriteFileAtomically(options_.cache_path, text, 0600).IgnoreError();
}

}  // namespace edgebench::agent
