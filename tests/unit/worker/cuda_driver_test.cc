#include "agent/worker/cuda_driver.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace edgebench::worker {
namespace {

// A driver with two devices, as CUDA numbers them: 0 and 1 are handles 10 and 11.
CudaDriver TwoJetsons() {
  CudaDriver driver;
  driver.init = [](unsigned) { return 0; };
  driver.get = [](int* device, int ordinal) {
    *device = 10 + ordinal;
    return ordinal < 2 ? 0 : 101;
  };
  driver.name = [](char* name, int size, int device) {
    std::snprintf(name, static_cast<size_t>(size), "Orin %d", device);
    return 0;
  };
  driver.memory = [](size_t* bytes, int device) {
    *bytes = device == 11 ? 8'000'000'000 : 4'000'000'000;
    return 0;
  };
  driver.attribute = [](int* value, int attribute, int) {
    *value = attribute == 75 ? 8 : 7;
    return 0;
  };
  return driver;
}

v1::CudaDevice Described(const CudaDriver& driver, int index) {
  v1::CudaDevice device;
  device.set_index(index);
  DescribeCudaDevice(driver, device);
  return device;
}

TEST(CudaDriver, DescribesTheDeviceOfTheIndex) {
  const v1::CudaDevice device = Described(TwoJetsons(), 1);
  EXPECT_EQ(device.index(), 1);
  EXPECT_EQ(device.name(), "Orin 11");
  EXPECT_EQ(device.memory_bytes(), 8'000'000'000);
  EXPECT_EQ(device.compute_capability(), "8.7");
}

TEST(CudaDriver, LeavesADeviceItDoesNotHaveUnknown) {
  const v1::CudaDevice device = Described(TwoJetsons(), 2);
  EXPECT_EQ(device.name(), "");
  EXPECT_EQ(device.memory_bytes(), 0);
  EXPECT_EQ(device.compute_capability(), "");
}

TEST(CudaDriver, LeavesUnknownWhatFails) {
  CudaDriver driver = TwoJetsons();
  driver.memory = [](size_t* bytes, int) {
    *bytes = 5;
    return 999;
  };
  driver.attribute = [](int*, int attribute, int) { return attribute == 76 ? 1 : 0; };
  const v1::CudaDevice device = Described(driver, 0);
  EXPECT_EQ(device.name(), "Orin 10");
  EXPECT_EQ(device.memory_bytes(), 0);
  EXPECT_EQ(device.compute_capability(), "");
}

TEST(CudaDriver, AsksNothingOfADriverThatDoesNotStart) {
  CudaDriver driver = TwoJetsons();
  driver.init = [](unsigned) { return 100; };
  EXPECT_EQ(Described(driver, 0).name(), "");
}

}  // namespace
}  // namespace edgebench::worker
