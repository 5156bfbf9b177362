#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "controller/cli.h"
#include "controller/testing/fake_agent.h"
#include "db/result_store.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fake_connector.h"

namespace edgebench::controller {

// The program in a pipe, with an agent in memory as `local`.
class Cli : public ::testing::Test {
 protected:
  Cli() {
    connector_.Put(kLocalDevice, agent_);
    // Whatever the tester's own file says.
    setenv("XDG_CONFIG_HOME", folder_.File("config").c_str(), /*overwrite=*/1);
    EXPECT_TRUE(db::ResultStore::Open(folder_.File("results.db")).ok());
  }

  ExitCode Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"edgebench", "--db", folder_.File("results.db")});
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::ostringstream out, err;
    RealClock clock;
    const ExitCode code = RunProgram(static_cast<int>(argv.size()), argv.data(),
                                     {out, err, terminal_, connector_, clock});
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  nlohmann::json Json() const { return nlohmann::json::parse(out_); }

  TempDir folder_;
  FakeAgent agent_;
  FakeConnector connector_;
  Terminal terminal_;
  std::string out_, err_;
};

}  // namespace edgebench::controller
