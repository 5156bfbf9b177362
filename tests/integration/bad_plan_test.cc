#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "db/result_store.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kUsage = 2;
constexpr int kUnreachable = 3;

class BadPlan : public ::testing::Test {
 protected:
  std::string Plan(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(path_, text).ok());
    return path_;
  }

  // In little time, with the name of the plan, and before an agent is started.
  void ExpectRefused(const std::string& text, const std::string& why) {
    const Finished run = bench_.Run({"run", Plan(text)}, absl::Seconds(30));
    EXPECT_EQ(run.exit_code, kUsage) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(path_), HasSubstr(why)));
    EXPECT_LT(run.err.size(), 2000u);
    EXPECT_FALSE(fs::exists(bench_.LocalSocket()));
  }

  Workbench bench_;
  const std::string path_ = bench_.File("it's a plan 🚀.yaml");
};

TEST_F(BadPlan, WithADeviceThatDoesNotExistMeasuresNothing) {
  const Finished run = bench_.Run(
      {"run", Plan("models: mobilenet_v2\ndevices: [local, pie]\nsweep: {image-size: 32}\n")});
  EXPECT_EQ(run.exit_code, kUsage);
  EXPECT_THAT(run.err, AllOf(HasSubstr("no device 'pie'"), HasSubstr("edgebench device add")));
  EXPECT_FALSE(fs::exists(bench_.LocalSocket())) << "nobody was asked";
  EXPECT_EQ(bench_.Ask("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM run)"), "0");
}

TEST_F(BadPlan, WithADeviceThatDoesNotAnswerMeasuresNothingOnTheOthers) {
  ASSERT_EQ(bench_.Run({"device", "add", "pi", "127.0.0.1:1", "--no-check"}).exit_code, 0);
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  const Finished run = bench_.Run(
      {"run", Plan("models: mobilenet_v2\ndevices: [local, pi]\nsweep: {image-size: 32}\n")});
  EXPECT_EQ(run.exit_code, kUnreachable);
  EXPECT_THAT(run.err, AllOf(HasSubstr("pi"), HasSubstr("127.0.0.1:1")));
  EXPECT_EQ(bench_.Ask("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM run)"), "0");
  EXPECT_EQ(bench_.AskJournal("SELECT count(*) FROM job"), "0");
}

TEST_F(BadPlan, WithAModelThatIsNotThereNamesIt) {
  ExpectRefused("models: ./gone.pt\ninput: 'float32[1]'\n", "gone.pt");
}

TEST_F(BadPlan, ThatIsNoPlanIsRefused) {
  ExpectRefused("", "list of keys and values");
  ExpectRefused(std::string("\x00\xff\xfe\x80", 4), "");
  ExpectRefused("models: [resnet18\n", ":2:");
  ExpectRefused("models: resnet18\ndevice: local\nthread: 2\n", "threads");
}

TEST_F(BadPlan, ThatNeverEndsIsRefused) {
  std::string nested, studies = "defaults: {models: resnet18}\nstudies:\n- &a {batch: 1}\n";
  for (int i = 0; i < 100'000; ++i) {
    nested += "{models: ";
    studies += "- *a\n";
  }
  ExpectRefused(nested, "nested too deep");
  ExpectRefused(studies, "at most 256");
  ExpectRefused(
      "sweep:\n  batch: &a [x,x,x]\n  threads: &b [*a,*a,*a]\n  frames: [*b,*b,*b]\nmodels: a\n",
      "batch");
  ExpectRefused("models: &a [*a]\n", "list of single values");
  std::string numbers = "1";
  for (int i = 2; i < 900; ++i) absl::StrAppend(&numbers, ",", i);
  ExpectRefused(absl::StrCat("models: resnet18\nsweep: {batch: &a [", numbers, "], threads: *a}\n"),
                "at most 10000");
}

TEST_F(BadPlan, ThatIsNoFileOfReasonableSizeIsRefused) {
  ExpectRefused(std::string((1 << 20) + 1, ' '), "more than 1048576 bytes");
  Plan("");
  fs::resize_file(path_, uintmax_t{1} << 40);  // a hole
  const Finished hole = bench_.Run({"run", path_}, absl::Seconds(30));
  EXPECT_EQ(hole.exit_code, kUsage);
  EXPECT_THAT(hole.err, HasSubstr("more than 1048576 bytes"));
  for (const std::string& path : {std::string("/dev/zero"), bench_.folder(), bench_.File("none")}) {
    const Finished run = bench_.Run({"run", path}, absl::Seconds(30));
    EXPECT_EQ(run.exit_code, kUsage) << run.err;
    EXPECT_THAT(run.err, HasSubstr(path));
  }
}

TEST_F(BadPlan, ThatMayNotBeReadIsNamed) {
  ASSERT_EQ(chmod(Plan("models: resnet18\n").c_str(), 0), 0);
  const Finished run = bench_.RunAsOrdinaryUser({"run", path_});
  EXPECT_EQ(run.exit_code, kUsage) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr(path_), HasSubstr("Permission denied")));
}

TEST_F(BadPlan, WhoseModelIsTakenAwayKeepsWhatWasMeasured) {
  const auto agent = bench_.StartAgent();
  ASSERT_NE(agent, nullptr);
  const std::string model = bench_.File("a model.pt");
  ASSERT_EQ(bench_.Run({"quantize", "squeezenet1_1", "--precision", "fp32", "-o", model}).exit_code,
            0);
  Subprocess cut_off =
      bench_.Start({"run", Plan("models: ['a model.pt']\ninput: 'float32[N,3,64,64]'\nthreads: 1\n"
                                "batch: [1, 2, 3, 4, 5, 6]\nk: 3\nprocesses: 1\n")});
  ASSERT_TRUE(Eventually(absl::Minutes(1), [&] {
    return std::atoi(
               bench_.Ask("SELECT count(*) FROM measurement WHERE kind = 'benchmark'").c_str()) >=
           1;
  })) << cut_off.errors();
  cut_off.Signal(SIGKILL);
  ASSERT_TRUE(cut_off.Wait(absl::Minutes(1)).has_value());
  fs::rename(model, bench_.File("elsewhere.pt"));
  const Finished resumed = bench_.Run({"run", "--resume"});
  EXPECT_EQ(resumed.exit_code, kUsage) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr(model));

  fs::rename(bench_.File("elsewhere.pt"), model);
  EXPECT_EQ(bench_.Run({"run", "--resume"}).exit_code, 0);
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM measurement WHERE kind = 'benchmark'"), "6");
}

}  // namespace
}  // namespace edgebench
