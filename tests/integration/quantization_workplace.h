#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/workbench.h"

namespace edgebench {

// The files of make_quantization_files.py and one agent, made once for all tests of
// the program, as PyTorch takes seconds to write them.
class QuantizationTest : public ::testing::Test {
 protected:
  void SetUp() override;

  static Workbench& bench();
  static AgentProcess& agent();
  static std::string File(const std::string& name) { return bench().File(name); }
  static std::string Calibration(const std::string& name) {
    return bench().File("calibration/" + name);
  }

  // A call of `quantize` for a model with images of 32 pixels, with --json.
  static std::vector<std::string> CallFor(const std::string& model, const std::string& output,
                                          const std::vector<std::string>& flags);
  static Finished QuantizeImages(const std::string& model, const std::string& output,
                                 const std::vector<std::string>& flags) {
    return bench().Run(CallFor(model, output, flags));
  }
  // Never none.
  static std::vector<std::string> EnginesOfDevice();
  static Finished Finish(Subprocess& process);
};

}  // namespace edgebench
