#include "agent/surroundings.h"

#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/kernel_files.h"
#include "common/file.h"

namespace edgebench::agent {
namespace {

constexpr char kNone[] = "none";

struct Known {
  const char* text;  // what stands in a file
  const char* name;  // what we say then
};

// In DMI's sys_vendor or product_name.
constexpr Known kMachines[] = {{"KVM", "kvm"},
                               {"QEMU", "qemu"},
                               {"VMware", "vmware"},
                               {"VirtualBox", "virtualbox"},
                               {"innotek", "virtualbox"},
                               {"Virtual Machine", "hyper-v"},
                               {"Xen", "xen"},
                               {"Amazon EC2", "amazon"},
                               {"Google Compute Engine", "google"},
                               {"Parallels", "parallels"}};

// In the paths of control groups.
constexpr Known kContainers[] = {
    {"kubepods", "kubernetes"},   {"docker", "docker"}, {"libpod", "podman"},
    {"containerd", "containerd"}, {"lxc", "lxc"},       {"machine.slice", "nspawn"}};

// Settings of OpenMP and of the BLAS libraries that have threads of their own.
constexpr const char* kThreadSettings[] = {"OMP_", "GOMP_", "KMP_",
                                           "OPENBLAS_NUM_THREADS=", "MKL_NUM_THREADS="};

// PROC_PID_INIT_INO.
constexpr char kFirstPidNamespace[] = "pid:[4026531836]";

template <size_t size>
std::string NameIn(absl::string_view text, const Known (&table)[size]) {
  for (const Known& known : table)
    if (absl::StrContains(text, known.text)) return known.name;
  return "";
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

std::string MachineName(const std::string& root) {
  std::string type = ReadTrimmed(root + "/sys/hypervisor/type");
  if (!type.empty()) return type;
  const std::string dmi = root + "/sys/class/dmi/id/";
  return NameIn(
      absl::StrCat(ReadTrimmed(dmi + "sys_vendor"), " ", ReadTrimmed(dmi + "product_name")),
      kMachines);
}

std::string Virtualization(const std::string& root, absl::string_view cpuinfo) {
  std::string name = MachineName(root);
  if (const auto flags = LookUp(cpuinfo, "flags", ':')) {
    const bool hypervisor = absl::StrContains(absl::StrCat(" ", *flags, " "), " hypervisor ");
    if (!hypervisor) return kNone;
    return name.empty() ? "unnamed hypervisor" : name;
  }
  if (!name.empty()) return name;
  const std::string node = ReadTrimmed(root + "/proc/device-tree/hypervisor/compatible");
  if (!node.empty()) return node == "linux,kvm" ? "kvm" : node;
  // The machine that QEMU and KVM make up; all other boards with a tree are real.
  const std::string board = ReadTrimmed(root + "/proc/device-tree/compatible");
  if (absl::StrContains(board, "linux,dummy-virt")) return "qemu";
  return board.empty() ? "" : kNone;
}

// The value that PID 1 was given; nullopt where its environment may not be read.
std::optional<std::string> ContainerOfInit(const std::string& root) {
  const auto text = ReadFile(root + "/proc/1/environ");
  if (!text.ok()) return std::nullopt;
  for (absl::string_view setting : absl::StrSplit(*text, '\0')) {
    if (absl::ConsumePrefix(&setting, "container=")) return std::string(setting);
  }
  return "";
}

std::string Container(const std::string& root) {
  if (Exists(root + "/.dockerenv")) return "docker";
  if (Exists(root + "/run/.containerenv")) return "podman";
  const std::optional<std::string> of_init = ContainerOfInit(root);
  if (of_init && !of_init->empty()) return *of_init;
  std::string group = NameIn(ReadTrimmed(root + "/proc/self/cgroup"), kContainers);
  if (!group.empty()) return group;
  std::error_code error;
  const auto space = std::filesystem::read_symlink(root + "/proc/self/ns/pid", error);
  if (!error) return space == kFirstPidNamespace ? kNone : "another PID namespace";
  return of_init ? kNone : "";
}

// "madvise" of "always [madvise] never" (admin-guide/mm/transhuge.rst).
std::string TransparentHugePages(const std::string& root) {
  const std::string text = ReadTrimmed(root + "/sys/kernel/mm/transparent_hugepage/enabled");
  const size_t begin = text.find('['), end = text.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return text.substr(begin + 1, end - begin - 1);
}

// "2 MAXN" of "pmode:0002 fmode:cool" and "< POWER_MODEL ID=2 NAME=MAXN >".
std::string PowerMode(const std::string& root) {
  const std::string status = ReadTrimmed(root + "/var/lib/nvpmodel/status");
  int mode = 0;
  bool found = false;
  for (absl::string_view word : absl::StrSplit(status, ' ')) {
    found = found || (absl::ConsumePrefix(&word, "pmode:") && absl::SimpleAtoi(word, &mode));
  }
  if (!found) return "";
  const std::string conf = ReadTrimmed(root + "/etc/nvpmodel.conf");
  const std::string wanted = absl::StrCat(" ID=", mode, " ");
  for (absl::string_view line : absl::StrSplit(conf, '\n')) {
    if (!absl::StrContains(line, "POWER_MODEL") || !absl::StrContains(line, wanted)) continue;
    const auto name = line.find("NAME=");
    if (name == absl::string_view::npos) continue;
    const absl::string_view rest = line.substr(name + 5);
    return absl::StrCat(mode, " ", rest.substr(0, rest.find_first_of(" >")));
  }
  return absl::StrCat(mode);
}

void AddThreadSettings(const std::string& root, v1::HostInfo& info) {
  const std::string text = ReadFile(root + "/proc/self/environ").value_or("");
  for (absl::string_view setting : absl::StrSplit(text, '\0', absl::SkipEmpty())) {
    for (const char* prefix : kThreadSettings)
      if (absl::StartsWith(setting, prefix)) info.add_openmp(std::string(setting));
  }
}

}  // namespace

void AddSurroundings(const std::string& root, absl::string_view cpuinfo, v1::HostInfo& info) {
  info.set_virtualization(Virtualization(root, cpuinfo));
  info.set_container(Container(root));
  info.set_power_mode(PowerMode(root));
  info.set_transparent_huge_pages(TransparentHugePages(root));
  AddThreadSettings(root, info);
}

}  // namespace edgebench::agent
