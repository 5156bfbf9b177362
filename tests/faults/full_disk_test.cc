#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "tests/support/workbench.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kUsage = 2;
constexpr int kDeviceFault = 5;

bool Write(const std::string& path, const std::string& text) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && WriteAll(file.get(), text, path).ok();
}

// Mounts of this process are its own from here on, also without being root.
bool EnterMountNamespace() {
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (user == 0) return unshare(CLONE_NEWNS) == 0;
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && Write("/proc/self/setgroups", "deny") &&
         Write("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")) &&
         Write("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
}

// A disk of a few megabytes that is really full when it is filled. It goes with
// the process, of which ctest starts one for each test.
class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(disk_);
    if (!EnterMountNamespace() || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=8m") != 0)
      GTEST_SKIP() << "this kernel lets nobody mount a disk here";
  }

  void TearDown() override { umount2(disk_.c_str(), MNT_DETACH); }

  std::string OnDisk(const std::string& name) const { return disk_ + "/" + name; }

  void Fill() {
    const UniqueFd file(open(OnDisk("filling").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    const std::string block(4096, 'x');
    for (int blocks = 0; blocks < 1 << 12; ++blocks)
      if (!WriteAll(file.get(), block, "filling").ok()) return;
    FAIL() << "the disk does not become full";
  }

  void Free() { ASSERT_EQ(unlink(OnDisk("filling").c_str()), 0); }

  Workbench bench_;
  const std::string disk_ = bench_.File("disk");
};

const std::vector<std::string> kShortBench = {
    "bench", "mobilenet_v2", "--image-size", "32", "--threads", "1", "--k", "3"};

std::vector<std::string> Join(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_F(FullDisk, UnderTheDatabaseLeavesTheResultOnTheAgentUntilThereIsRoom) {
  const std::vector<std::string> database = {"--db", OnDisk("results.db")};
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  Subprocess controller =
      bench_.Start(Join({"bench", "--processes", "1", "mobilenet_v2", "--image-size", "32",
                         "--threads", "1", "--max-time", "4", "--target-ci", "0.0001%"},
                        database));
  ASSERT_TRUE(Eventually(absl::Minutes(1), [&] {
    return bench_.AskJournal("SELECT state FROM job") == "RUNNING";
  })) << controller.errors();
  Fill();
  const auto state = controller.Wait(absl::Minutes(1));
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->code, kUsage) << controller.errors();
  EXPECT_THAT(controller.output(), HasSubstr("free some space"));
  EXPECT_THAT(controller.output(), HasSubstr("edgebench job watch"));

  Free();
  const Finished list = bench_.Run(Join({"job", "list", "--json"}, database));
  ASSERT_EQ(list.Json()["jobs"].size(), 1u) << list.err;
  EXPECT_EQ(list.Json()["jobs"][0]["state"], "ok");
}

TEST_F(FullDisk, UnderTheDatabaseIsNamedWhenItIsOpened) {
  Fill();
  const Finished run = bench_.Run(Join(kShortBench, {"--db", OnDisk("results.db")}));
  EXPECT_EQ(run.exit_code, kUsage);
  EXPECT_THAT(run.err, HasSubstr(OnDisk("results.db")));
  EXPECT_THAT(run.err, HasSubstr("space"));
}

TEST_F(FullDisk, UnderTheOutputLeavesTheModelOnTheAgentUntilThereIsRoom) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  Fill();
  const std::string output = OnDisk("small.pt");
  const Finished run = bench_.Run({"quantize", "squeezenet1_0", "--precision", "int8-static",
                                   "--image-size", "64", "-o", output});
  EXPECT_EQ(run.exit_code, kUsage) << run.err;
  EXPECT_THAT(run.err, HasSubstr(output));
  EXPECT_THAT(run.err, HasSubstr("No space left"));
  EXPECT_FALSE(std::filesystem::exists(output));

  Free();
  EXPECT_EQ(bench_.Run({"job", "watch"}).exit_code, 0);
  EXPECT_GT(std::filesystem::file_size(output), 1'000'000u);
}

// A plan of several cells: what was stored stays, and --resume measures the rest and no more.
TEST_F(FullDisk, InTheMiddleOfAPlanLosesNothingThatWasMeasured) {
  const std::vector<std::string> database = {"--db", OnDisk("results.db")};
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  const std::string plan = bench_.File("plan.yaml");
  ASSERT_TRUE(WriteFileAtomically(plan,
                                  "models: mobilenet_v2\nimage-size: 32\nthreads: 1\n"
                                  "batch: [1, 2, 3, 4]\nprocesses: 1\nmax-time: 1s\n"
                                  "target-ci: 0.0001%\n")
                  .ok());
  Subprocess controller = bench_.Start(Join({"run", plan}, database));
  ASSERT_TRUE(controller.WaitForText("[1/4]", absl::Minutes(1))) << controller.errors();
  Fill();
  const auto state = controller.Wait(absl::Minutes(2));
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->code, kUsage) << controller.errors();
  EXPECT_THAT(controller.output() + controller.errors(), HasSubstr("free some space"));
  EXPECT_THAT(controller.errors(), HasSubstr("edgebench run --resume"));

  Free();
  const Finished check = bench_.Run(Join({"db", "check"}, database));
  EXPECT_EQ(check.exit_code, 0) << check.out;
  const Finished rest = bench_.Run(Join({"run", "--resume"}, database));
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  const Finished results = bench_.Run(Join({"results", "--json"}, database));
  EXPECT_EQ(results.Json()["measurements"].size(), 4u);
}

// Room for little more than what is there.
TEST_F(FullDisk, UnderADocumentLeavesTheOldOneWhole) {
  const std::string source = bench_.File("results.db");
  {
    db::ResultsFile file(source);
    for (int run = 0; run < 40; ++run) {
      for (const v1::Precision precision : {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC}) {
        file.Store(absl::StrCat(run, "-", static_cast<int>(precision)),
                   db::BenchmarkOf(absl::StrCat("model-", run), precision, 10'000'000));
      }
    }
  }
  const std::vector<std::vector<std::string>> calls = {
      {"report", "--force", "-o", OnDisk("page.html")},
      {"report", "--force", "--format", "json", "-o", OnDisk("page.json")},
      {"export", "--force", "--format", "csv", "-o", OnDisk("all.csv")},
      {"export", "--force", "--format", "parquet-ready", "-o", OnDisk("tables")},
      {"db", "backup", "--force", OnDisk("copy.db")}};
  std::filesystem::create_directory(OnDisk("tables"));
  const std::vector<std::string> old = {"page.html", "page.json", "all.csv",
                                        "tables/measurements.csv", "copy.db"};
  for (const std::string& name : old) ASSERT_TRUE(WriteFileAtomically(OnDisk(name), "old").ok());
  Fill();
  for (const std::vector<std::string>& call : calls) {
    const Finished run = bench_.Run(Join(call, {"--db", source}));
    EXPECT_EQ(run.exit_code, kUsage) << call[0] << ": " << run.err;
    EXPECT_THAT(run.err, HasSubstr(call.back())) << call[0];
    EXPECT_THAT(run.err, ::testing::AnyOf(HasSubstr("No space left"), HasSubstr("full")));
  }
  for (const std::string& name : old) EXPECT_EQ(*ReadFile(OnDisk(name)), "old") << name;
  const auto entries = std::filesystem::recursive_directory_iterator(disk_);
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 7) << "the old ones, tables, filling";

  Free();
  for (const std::vector<std::string>& call : calls)
    EXPECT_EQ(bench_.Run(Join(call, {"--db", source})).exit_code, 0) << call[0];
}

TEST_F(FullDisk, UnderAMergeLeavesTheDatabaseAsItWas) {
  const std::string mine = OnDisk("mine.db"), theirs = bench_.File("theirs.db");
  db::ResultsFile(mine).Store("a", db::BenchmarkOf("mine", v1::PRECISION_FP32, 10'000'000));
  {
    db::ResultsFile file(theirs);
    v1::JobResult large = db::BenchmarkOf("theirs", v1::PRECISION_FP32, 10'000'000);
    for (int i = 0; i < 400'000; ++i) large.mutable_latency()->add_measured_ns(1'000'000'000 + i);
    file.Store("b", large, "run-2");
  }
  // The copy of the other database fits, what comes of it does not.
  const Finished run = bench_.Run({"--db", mine, "db", "merge", theirs});
  EXPECT_EQ(run.exit_code, kUsage) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("free some space"), Not(HasSubstr("copied to"))));
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(disk_))
    left.push_back(entry.path().filename());
  EXPECT_THAT(left, ::testing::ElementsAre("mine.db"));
  EXPECT_EQ(bench_.Run({"--db", mine, "db", "check"}).exit_code, 0);
  EXPECT_THAT(bench_.Run({"--db", mine, "db", "info"}).out, HasSubstr("measurements  1 "));
}

TEST_F(FullDisk, UnderTheAgentRefusesJobsUntilThereIsRoom) {
  const auto agent = bench_.StartAgent({"--data", OnDisk("agent")});
  ASSERT_NE(agent, nullptr);
  Fill();
  const Finished refused = bench_.Run(kShortBench);
  EXPECT_EQ(refused.exit_code, kDeviceFault) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("full"));

  Free();
  const Finished taken = bench_.Run(kShortBench);
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
}

}  // namespace
}  // namespace edgebench
