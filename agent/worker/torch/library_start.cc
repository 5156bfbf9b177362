#include "agent/worker/torch/library_start.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <torch/script.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "agent/worker/torch/fuser_guard.h"
#include "agent/worker/torch/onednn_guard.h"
#include "agent/worker/torch/torch_info.h"
#include "common/file.h"
#include "common/proc_text.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Some operators warn at every call, inside the timed region: once is enough.
class WarnOnce final : public c10::WarningHandler {
 public:
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override {
    if (seen_.insert(warning.msg()).second) c10::WarningHandler::process(warning);
  }
#else
  void process(const c10::SourceLocation& location, const std::string& message,
               const bool verbatim) override {
    if (seen_.insert(message).second) c10::WarningHandler::process(location, message, verbatim);
  }
#endif

 private:
  std::set<std::string> seen_;
};

void QuietWarnings() {
  static auto& handler = *new WarnOnce;  // LibTorch may warn until the process ends
#if TORCH_VERSION_MAJOR >= 2
  c10::WarningUtils::set_warning_handler(&handler);
#else
  c10::Warning::set_warning_handler(&handler);
#endif
}

torch::jit::Module TinyModel() {
  torch::jit::Module module("Tiny");
  module.register_parameter("filter", at::ones({8, 3, 3, 3}), /*is_buffer=*/false);
  module.register_parameter("weight", at::ones({4, 8 * 6 * 6}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        features = torch.relu(torch.conv2d(x, self.filter))
        return torch.matmul(torch.flatten(features, 1), self.weight.t())
  )");
  module.eval();
  return module;
}

constexpr int64_t kBlasBufferBytes = int64_t{128} << 20;
// Of a limit, for what else happens while the library starts.
constexpr int64_t kRoomBesidesBlas = int64_t{32} << 20;

// What RLIMIT_DATA leaves; nullopt without a limit, or where the kernel does not tell.
std::optional<int64_t> RoomForData() {
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const auto status = ReadFile("/proc/self/status");
  if (!status.ok()) return std::nullopt;
  const std::optional<int64_t> used = ProcBytes(*status, "VmData:");
  if (!used.has_value()) return std::nullopt;
  return static_cast<int64_t>(limit.rlim_cur) - *used;
}

// 8 MB, the default, count in full for each thread, whatever it touches.
void UseSmallStacks() {
  pthread_attr_t attributes;
  if (pthread_getattr_default_np(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, size_t{2} << 20);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

bool IsUntouched(void* begin, size_t size) {
  std::vector<unsigned char> resident(size / static_cast<size_t>(sysconf(_SC_PAGESIZE)));
  return mincore(begin, size, resident.data()) == 0 &&
         std::none_of(resident.begin(), resident.end(), [](unsigned char p) { return p & 1; });
}

// Buffers of OpenBLAS, also those of its own threads, become shared memory before
// anybody has touched them: that does not count as data. It never has huge pages, so
// this is for processes under a limit only.
void TakeBlasBuffersOutOfLimit() {
  const auto maps = ReadFile("/proc/self/maps");
  if (!maps.ok()) return;
  for (const absl::string_view line : absl::StrSplit(*maps, '\n')) {
    uintptr_t begin = 0, end = 0;
    char access[5] = {};
    if (std::sscanf(std::string(line).c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s", &begin, &end,
                    access) != 3) {
      continue;
    }
    // Its size, and a page of malloc before it in some.
    const uintptr_t size = end - begin;
    const bool is_buffer = size >= kBlasBufferBytes && size <= kBlasBufferBytes + 65536;
    const bool is_private = absl::string_view(access) == "rw-p";
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    if (!is_buffer || !is_private) continue;
    auto* inner = reinterpret_cast<void*>(end - kBlasBufferBytes + page);
    if (!IsUntouched(inner, kBlasBufferBytes - page)) continue;
    mmap(inner, kBlasBufferBytes - page, PROT_READ | PROT_WRITE,
         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  }
}

// OpenBLAS maps a buffer of its own, up to 128 MB of which little is touched, for
// every thread that multiplies matrices at the same time. Under a memory limit
// that it does not fit into, it tries again for ever. So all are mapped now,
// before there is a limit. Where there is one already, they are taken out of it.
absl::Status ReserveBlasBuffers(int threads) {
  using Allocate = void* (*)(int);
  using Free = void (*)(void*);
  const auto allocate = reinterpret_cast<Allocate>(dlsym(RTLD_DEFAULT, "blas_memory_alloc"));
  const auto release = reinterpret_cast<Free>(dlsym(RTLD_DEFAULT, "blas_memory_free"));
  if (allocate == nullptr || release == nullptr) return absl::OkStatus();
  std::vector<void*> buffers;
  for (int i = 0; i < threads; ++i) {
    const std::optional<int64_t> room = RoomForData();
    if (room.has_value() && *room < kBlasBufferBytes + kRoomBesidesBlas) {
      return absl::ResourceExhaustedError(
          absl::StrCat("RLIMIT_DATA (ulimit -d) leaves ", std::max<int64_t>(*room, 0) >> 20,
                       " MB, and to start LibTorch takes 160 MB; raise the limit"));
    }
    buffers.push_back(allocate(/*procpos=*/0));
    if (room.has_value()) TakeBlasBuffersOutOfLimit();
  }
  for (void* buffer : buffers) release(buffer);
  return absl::OkStatus();
}

// Loads, compiles, runs and optimizes a model of no size.
void ExerciseOnce() {
  const c10::InferenceMode no_gradients;
  std::stringstream file;
  TinyModel().save(file);
  torch::jit::Module module = torch::jit::load(file);
  module.eval();
  torch::jit::Module frozen = torch::jit::freeze(module);
  torch::jit::Module optimized = torch::jit::optimize_for_inference(frozen);
  optimized.forward({at::ones({1, 3, 8, 8})});
}

}  // namespace

absl::Status StartLibrary() {
  if (RoomForData().has_value()) UseSmallStacks();
  QuietWarnings();
  KeepOneDnnFromFaultyKernels();
  KeepFuserOff();
  // Models are run one inference at a time: parallelism within operators only.
  at::set_num_interop_threads(1);
  const int threads = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
  UseThreads(threads);
  EDGEBENCH_RETURN_IF_ERROR(ReserveBlasBuffers(threads));
  ExerciseOnce();
  return absl::OkStatus();
}

}  // namespace edgebench::worker
