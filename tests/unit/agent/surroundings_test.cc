#include "agent/surroundings.h"

#include <gmock/gmock.h>

#include "agent/host_info.h"
#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;

std::string VirtualizationOf(const DeviceTree& tree) {
  return ReadHostInfo(tree.root()).virtualization();
}
std::string ContainerOf(const DeviceTree& tree) { return ReadHostInfo(tree.root()).container(); }

TEST(Virtualization, OfX86IsToldByAFlagAndNamedByDmi) {
  DeviceTree tree;
  WriteXeon(tree);
  EXPECT_EQ(VirtualizationOf(tree), "none");
  tree.Write("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor avx\n");
  EXPECT_EQ(VirtualizationOf(tree), "unnamed hypervisor");
  tree.Write("/sys/class/dmi/id/sys_vendor", "QEMU\n");
  EXPECT_EQ(VirtualizationOf(tree), "qemu");
  tree.Write("/sys/hypervisor/type", "xen\n");
  EXPECT_EQ(VirtualizationOf(tree), "xen");
}

TEST(Virtualization, OfAnArmBoardIsToldByItsDeviceTree) {
  DeviceTree tree;
  WriteRaspberryPi4(tree);
  EXPECT_EQ(VirtualizationOf(tree), "none");
  tree.Write("/proc/device-tree/hypervisor/compatible", std::string("linux,kvm\0", 10));
  EXPECT_EQ(VirtualizationOf(tree), "kvm");
}

TEST(Virtualization, IsUnknownWithoutEvidence) {
  DeviceTree tree;
  tree.Write("/proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\n");
  EXPECT_EQ(VirtualizationOf(tree), "");
}

TEST(Container, IsToldByItsMarks) {
  DeviceTree docker, podman, lxc, kubernetes;
  docker.Write("/.dockerenv", "");
  EXPECT_EQ(ContainerOf(docker), "docker");
  podman.Write("/run/.containerenv", "");
  EXPECT_EQ(ContainerOf(podman), "podman");
  lxc.Write("/proc/1/environ", std::string("A=b\0container=lxc\0", 18));
  EXPECT_EQ(ContainerOf(lxc), "lxc");
  kubernetes.Write("/proc/self/cgroup", "0::/kubepods/pod1\n");
  EXPECT_EQ(ContainerOf(kubernetes), "kubernetes");
}

TEST(Container, IsNoneOnEvidenceOnly) {
  DeviceTree first, readable, nothing;
  first.Link("/proc/self/ns/pid", "pid:[4026531836]");
  first.MakeUnreadable("/proc/1/environ");
  EXPECT_EQ(ContainerOf(first), "none");
  readable.Write("/proc/1/environ", std::string("HOME=/\0", 7));
  EXPECT_EQ(ContainerOf(readable), "none");
  nothing.MakeUnreadable("/proc/1/environ");
  EXPECT_EQ(ContainerOf(nothing), "") << "unknown";
}

TEST(PowerMode, OfAJetsonHasNumberAndName) {
  DeviceTree nano, orin, pi;
  WriteJetsonNano(nano);
  WriteOrinJetPack6(orin);
  WriteRaspberryPi4(pi);
  EXPECT_EQ(ReadHostInfo(nano.root()).power_mode(), "1 5W");
  EXPECT_EQ(ReadHostInfo(orin.root()).power_mode(), "2 15W");
  EXPECT_EQ(ReadHostInfo(pi.root()).power_mode(), "");
  nano.MakeUnreadable("/etc/nvpmodel.conf");
  EXPECT_EQ(ReadHostInfo(nano.root()).power_mode(), "1");
}

TEST(TransparentHugePages, AreAsTheKernelSays) {
  DeviceTree tree;
  EXPECT_EQ(ReadHostInfo(tree.root()).transparent_huge_pages(), "");
  tree.Write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  EXPECT_EQ(ReadHostInfo(tree.root()).transparent_huge_pages(), "madvise");
  tree.Write("/sys/kernel/mm/transparent_hugepage/enabled", "]madvise[\n");
  EXPECT_EQ(ReadHostInfo(tree.root()).transparent_huge_pages(), "");
}

TEST(OpenMp, SettingsAreThoseOfTheEnvironment) {
  DeviceTree tree;
  tree.Write("/proc/self/environ",
             std::string("PATH=/bin\0OMP_NUM_THREADS=2\0OPENBLAS_NUM_THREADS=1\0", 51));
  EXPECT_THAT(ReadHostInfo(tree.root()).openmp(),
              ElementsAre("OMP_NUM_THREADS=2", "OPENBLAS_NUM_THREADS=1"));
}

}  // namespace
}  // namespace edgebench::agent
