#include "agent/options.h"

#include <gmock/gmock.h>

#include <fstream>
#include <initializer_list>
#include <vector>

#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CommandLine Parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"edgebench-agent"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

TEST(Options, HaveTheDocumentedDefaults) {
  const CommandLine line = Parse({"--data", "/d"});
  ASSERT_EQ(line.exit_code, -1) << line.text;
  const Options& options = line.options;
  EXPECT_THAT(options.listen, ElementsAre("unix:/d/agent.sock"));
  EXPECT_EQ(options.cache_bytes, 4'000'000'000);
  EXPECT_GT(options.job_memory_bytes, 0);
  EXPECT_EQ(options.keep_worker, absl::Seconds(300));
  EXPECT_EQ(options.exit_when_idle, absl::ZeroDuration());
  EXPECT_EQ(options.grace, absl::Seconds(30));
  EXPECT_EQ(options.max_queued, 1000);
  EXPECT_FALSE(options.insecure);
}

TEST(Options, TakeEveryFlag) {
  const CommandLine line = Parse({"--data",     "/d",
                                  "--listen",   "unix:/s",
                                  "--listen",   "127.0.0.1:0",
                                  "--name",     "pi",
                                  "--insecure", "--cache-max",
                                  "64MiB",      "--job-memory",
                                  "2GB",        "--warm-worker",
                                  "0",          "--exit-when-idle",
                                  "10min",      "--grace",
                                  "5s",         "--max-queue",
                                  "3",          "--worker",
                                  "/w",         "--power",
                                  "command",    "--power-command",
                                  "wattmeter",  "--power-idle",
                                  "5s"});
  ASSERT_EQ(line.exit_code, -1) << line.text;
  const Options& options = line.options;
  EXPECT_THAT(options.listen, ElementsAre("unix:/s", "127.0.0.1:0"));
  EXPECT_EQ(options.name, "pi");
  EXPECT_TRUE(options.insecure);
  EXPECT_EQ(options.cache_bytes, 64 << 20);
  EXPECT_EQ(options.job_memory_bytes, 2'000'000'000);
  EXPECT_EQ(options.keep_worker, absl::ZeroDuration());
  EXPECT_EQ(options.exit_when_idle, absl::Minutes(10));
  EXPECT_EQ(options.grace, absl::Seconds(5));
  EXPECT_EQ(options.max_queued, 3);
  EXPECT_EQ(options.worker_path, "/w");
  EXPECT_EQ(options.power.source, "command");
  EXPECT_EQ(options.power.command, "wattmeter");
  EXPECT_EQ(options.power_idle, absl::Seconds(5));
}

TEST(Options, MeasureEnergyWithWhatThereIsUnlessTold) {
  const CommandLine line = Parse({"--data", "/d"});
  EXPECT_EQ(line.options.power.source, "auto");
  EXPECT_EQ(line.options.power.command, "");
  EXPECT_EQ(line.options.power_idle, absl::Seconds(2));
  EXPECT_EQ(Parse({"--data", "/d", "--power-idle", "0"}).options.power_idle, absl::ZeroDuration());
}

TEST(Options, NameThePowerSourcesWhereOneIsUnknown) {
  const CommandLine line = Parse({"--data", "/d", "--power", "wattmeter"});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_THAT(line.text, HasSubstr("--power: \"wattmeter\" is no power source; known are auto"));
  EXPECT_THAT(Parse({"--data", "/d", "--power", "command"}).text, HasSubstr("--power-command"));
}

TEST(Options, TakeThePowerSourceFromAFile) {
  TempDir dir;
  std::ofstream(dir.File("agent.conf"))
      << "data = \"/d\"\npower = \"hwmon:corsairpsu/power total\"\npower-idle = \"0\"\n"
         "power-command = \"meter | awk '{print $2}'\"\n";
  const CommandLine line = Parse({"--config", dir.File("agent.conf").c_str()});
  ASSERT_EQ(line.exit_code, -1) << line.text;
  EXPECT_EQ(line.options.power.source, "hwmon:corsairpsu/power total");
  EXPECT_EQ(line.options.power.command, "meter | awk '{print $2}'");
  EXPECT_EQ(line.options.power_idle, absl::ZeroDuration());
}

TEST(Options, ComeFromAFileAndTheCommandLineWins) {
  TempDir dir;
  std::ofstream(dir.File("agent.conf"))
      << "data = \"/from-file\"\nname = \"pi\"\nlisten = [\"unix:/a\", \"127.0.0.1:1\"]\n";
  const CommandLine line = Parse({"--config", dir.File("agent.conf").c_str(), "--name", "other"});
  ASSERT_EQ(line.exit_code, -1) << line.text;
  EXPECT_EQ(line.options.data_folder, "/from-file");
  EXPECT_EQ(line.options.name, "other");
  EXPECT_THAT(line.options.listen, ElementsAre("unix:/a", "127.0.0.1:1"));
}

TEST(Options, FailOnAFileThatIsNotThere) {
  EXPECT_EQ(Parse({"--config", "/nonexistent.conf"}).exit_code, 2);
}

TEST(Options, FailOnAFlagInTheFileThatDoesNotExist) {
  TempDir dir;
  std::ofstream(dir.File("agent.conf")) << "no-such-flag = 1\n";
  const CommandLine line = Parse({"--config", dir.File("agent.conf").c_str()});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_THAT(line.text, HasSubstr("no-such-flag"));
}

TEST(Options, FailWithTheNameOfTheFlag) {
  for (const char* flag : {"--cache-max", "--job-memory", "--warm-worker", "--grace",
                           "--exit-when-idle", "--max-queue", "--power", "--power-idle"}) {
    const CommandLine line = Parse({"--data", "/d", flag, "nonsense"});
    EXPECT_EQ(line.exit_code, 2);
    EXPECT_THAT(line.text, HasSubstr(flag));
  }
}

TEST(Options, FailOnAnUnknownFlag) {
  const CommandLine line = Parse({"--bogus"});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_THAT(line.text, HasSubstr("--bogus"));
}

TEST(Options, PrintVersionAndHelpAndExitWell) {
  EXPECT_EQ(Parse({"--version"}).exit_code, 0);
  EXPECT_THAT(Parse({"--version"}).text, HasSubstr("edgebench-agent 0."));
  EXPECT_EQ(Parse({"--help"}).exit_code, 0);
  EXPECT_THAT(Parse({"--help"}).text, HasSubstr("--warm-worker"));
}

}  // namespace
}  // namespace edgebench::agent
