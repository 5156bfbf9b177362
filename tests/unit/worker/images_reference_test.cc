// Images that Pillow writes, against what torchvision makes of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "agent/worker/images/decode.h"
#include "agent/worker/images/preprocess.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench::images {
namespace {

std::vector<float> Expected(const std::string& path) {
  const auto bytes = ReadFile(path);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), values.size() * sizeof(float));
  return values;
}

TEST(ImagesReference, AreWhatTorchvisionMakesOfThemToTheBit) {
  const TempDir folder;
  const std::string command = std::string(EDGEBENCH_TORCH_PYTHON) +
                              " " EDGEBENCH_TEST_SCRIPTS "/image_reference.py " + folder.path();
  ASSERT_EQ(std::system(command.c_str()), 0) << "install python3-torchvision, as tests/run.sh does";
  Preprocessing how;
  how.resize_shorter_side = 73;
  how.crop = 64;
  int images = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string path = entry.path().string();
    if (entry.path().extension() == ".f32") continue;
    const auto image = DecodeImage(*ReadFile(path));
    ASSERT_TRUE(image.ok()) << path << ": " << image.status();
    std::vector<float> values(size_t{3} * how.crop * how.crop);
    ASSERT_TRUE(Preprocess(*image, how, values.data()).ok());
    const std::vector<float> expected = Expected(path + ".f32");
    ASSERT_EQ(expected.size(), values.size()) << path;
    float difference = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      difference = std::max(difference, std::abs(values[i] - expected[i]));
    }
    EXPECT_EQ(difference, 0) << path;
    ++images;
  }
  EXPECT_EQ(images, 12);
}

}  // namespace
}  // namespace edgebench::images
