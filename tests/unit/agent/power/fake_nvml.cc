// The functions of NVML that edgebench uses, for two cards that exist nowhere.
#include <cstdio>

namespace {

enum Code : int { kSuccess = 0, kNotSupported = 3, kDriverNotLoaded = 9 };
int cards[2];

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): NVIDIA's names.
extern "C" {

int nvmlInit_v2() {
#ifdef FAKE_NVML_BROKEN
  return kDriverNotLoaded;
#else
  return kSuccess;
#endif
}

int nvmlShutdown() { return kSuccess; }

const char* nvmlErrorString(int code) {
  return code == kDriverNotLoaded ? "Driver Not Loaded" : "Not Supported";
}

int nvmlDeviceGetCount_v2(unsigned int* count) {
  *count = 2;
  return kSuccess;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void** device) {
  *device = &cards[index];
  return kSuccess;
}

int nvmlDeviceGetName(void* device, char* name, unsigned int length) {
  std::snprintf(name, length, "NVIDIA Fake %c", device == &cards[0] ? 'A' : 'B');
  return kSuccess;
}

#ifndef FAKE_NVML_OLD_CARD
// 500 mJ more with each call.
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  static unsigned long long total = 1'000'000;
  if (device == &cards[1]) return kNotSupported;
  *millijoules = total += 500;
  return kSuccess;
}
#endif

int nvmlDeviceGetPowerUsage(void*, unsigned int* milliwatts) {
  *milliwatts = 87'250;
  return kSuccess;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
