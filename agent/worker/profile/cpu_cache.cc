#include "agent/worker/profile/cpu_cache.h"

#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/file.h"

namespace edgebench::worker {
namespace {

namespace fs = std::filesystem;

// "32768K" of the file `size`; megabytes are allowed for by some kernels.
std::optional<int64_t> ParseCacheSize(absl::string_view text) {
  int64_t unit = 1;
  if (absl::ConsumeSuffix(&text, "K")) unit = int64_t{1} << 10;
  if (absl::ConsumeSuffix(&text, "M")) unit = int64_t{1} << 20;
  int64_t size = 0;
  if (!absl::SimpleAtoi(text, &size) || size <= 0) return std::nullopt;
  return size * unit;
}

std::string ReadLine(const fs::path& path) {
  const auto text = ReadFile(path.string());
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

struct Cache {
  int level = 0;
  int64_t bytes = 0;
  std::string cpus;  // that share it
};

std::optional<Cache> ReadCache(const fs::path& folder) {
  Cache cache;
  if (!absl::SimpleAtoi(ReadLine(folder / "level"), &cache.level)) return std::nullopt;
  if (ReadLine(folder / "type") == "Instruction") return std::nullopt;
  const std::optional<int64_t> bytes = ParseCacheSize(ReadLine(folder / "size"));
  if (!bytes.has_value()) return std::nullopt;
  cache.bytes = *bytes;
  cache.cpus = ReadLine(folder / "shared_cpu_list");
  return cache;
}

}  // namespace

std::optional<int64_t> LastLevelCacheBytes(const std::string& root) {
  int highest = 0;
  std::map<std::string, int64_t> bytes_by_cpus;  // of the highest level
  std::error_code absent;
  for (const auto& cpu : fs::directory_iterator(root + "/sys/devices/system/cpu", absent)) {
    if (!absl::StartsWith(cpu.path().filename().string(), "cpu")) continue;
    for (const auto& index : fs::directory_iterator(cpu.path() / "cache", absent)) {
      const std::optional<Cache> cache = ReadCache(index.path());
      if (!cache.has_value() || cache->level < highest) continue;
      if (cache->level > highest) bytes_by_cpus.clear();
      highest = cache->level;
      bytes_by_cpus[cache->cpus] = cache->bytes;
    }
  }
  if (bytes_by_cpus.empty()) return std::nullopt;
  int64_t total = 0;
  for (const auto& [cpus, bytes] : bytes_by_cpus) total += bytes;
  return total;
}

}  // namespace edgebench::worker
