#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <set>
#include <string>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class Bench : public ::testing::Test {
 protected:
  Workbench bench_;
};

TEST_F(Bench, EachMeasurementIsInTheDatabaseWithItsRawSamples) {
  const Finished run = bench_.Run({"bench", "mobilenet_v2", "--precision", "fp32,int8-static",
                                   "--image-size", "64", "--threads", "1", "--k", "8", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM results WHERE outcome = 'ok'"), "2");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM samples WHERE kind = 'measured'"), "16");
  EXPECT_EQ(bench_.Ask("SELECT count(*) > 0 FROM samples WHERE kind = 'warm_up'"), "1");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM device_environment"), "1");
  EXPECT_NE(bench_.Ask("SELECT torch_version FROM results LIMIT 1"), "NULL");
  EXPECT_EQ(bench_.Ask("SELECT count(DISTINCT run_id) FROM results"), "1");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM job WHERE status <> 'ok'"), "0");
  // The figures of the document are those of the raw samples.
  const Json document = run.Json();
  ASSERT_EQ(document["measurements"].size(), 2u) << run.out;
  for (const Json& row : document["measurements"]) {
    const std::string precision = row["precision"];
    EXPECT_EQ(std::stod(bench_.Ask("SELECT min(ns) FROM samples JOIN results ON results.id ="
                                   " measurement_id WHERE samples.kind = 'measured' AND precision"
                                   " = '" +
                                   precision + "'")),
              row["latency_ns"]["min"].get<double>());
  }
}

TEST_F(Bench, TheTableHasARowForEachCellAndNoEscapeCodes) {
  const Finished run = bench_.Run({"bench", "resnet18", "--precision", "fp32,int8-static",
                                   "--image-size", "64", "--threads", "1", "--k", "8"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("fp32"), HasSubstr("int8-static"), HasSubstr("46.8 MB"),
                             HasSubstr("ms ±"), HasSubstr("vs fp32")));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("\x1b[")));
}

TEST_F(Bench, AGridHasEveryCombination) {
  const Finished run = bench_.Run({"bench", "mobilenet_v3_small", "squeezenet1_0", "--precision",
                                   "fp32,int8-dynamic", "--batch", "1,2", "--image-size", "32",
                                   "--threads", "1", "--k", "2", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::set<std::string> cells;
  const Json document = run.Json();
  for (const Json& row : document["measurements"]) {
    EXPECT_EQ(row["outcome"], "ok") << row["message"];
    cells.insert(row["model"].get<std::string>() + row["precision"].get<std::string>() +
                 row["batch"].dump());
  }
  EXPECT_EQ(cells.size(), 8u) << run.out;
}

TEST_F(Bench, ResultsAndComparisonShowWhatWasMeasured) {
  ASSERT_EQ(bench_
                .Run({"bench", "resnet18", "--precision", "fp32,int8-static", "--image-size", "64",
                      "--threads", "1", "--k", "8"})
                .exit_code,
            0);
  const Finished results = bench_.Run({"results", "--json"});
  ASSERT_EQ(results.exit_code, 0) << results.err;
  EXPECT_EQ(results.Json()["measurements"].size(), 2u);
  const Finished table = bench_.Run({"results"});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("resnet18"), HasSubstr("int8-static")));
  const Finished compare = bench_.Run({"compare"});
  EXPECT_THAT(compare.out, AllOf(HasSubstr("fp32"), HasSubstr("int8-static"))) << compare.err;
  EXPECT_EQ(compare.exit_code, 0) << compare.err;
}

TEST_F(Bench, TheDeviceTellsWhatItCanDo) {
  const Finished show = bench_.Run({"device", "show", "local", "--json"});
  ASSERT_EQ(show.exit_code, 0) << show.err;
  utsname machine{};
  ASSERT_EQ(uname(&machine), 0);
  EXPECT_THAT(show.out, AllOf(HasSubstr("quantized_engines"), HasSubstr(machine.machine)));
  const Finished models = bench_.Run({"model", "list", "--json"});
  ASSERT_EQ(models.exit_code, 0) << models.err;
  EXPECT_EQ(models.Json()["models"].size(), 23u) << models.out;
}

// What the program answers when its stdout is what the shell makes of `stdout_to`.
ExitState VersionInto(const Workbench& bench, const std::string& stdout_to) {
  Subprocess::Options options;
  options.argv = {"/bin/sh", "-c", "exec " EDGEBENCH_BIN_DIR "/edgebench version " + stdout_to};
  options.environment = {"HOME=" + bench.folder(), "PATH=/usr/bin:/bin"};
  options.output_prefix = bench.File("version");
  Subprocess version(options);
  return version.Wait(absl::Minutes(1)).value_or(ExitState());
}

TEST_F(Bench, AFullDiskBehindStdoutIsAnErrorAndAReaderThatLeftIsNone) {
  EXPECT_EQ(VersionInto(bench_, ">/dev/full").code, 2);
  EXPECT_THAT(*ReadFile(bench_.File("version.err")), HasSubstr("is the disk full?"));
  ASSERT_EQ(mkfifo(bench_.File("pipe").c_str(), 0600), 0);
  const std::string pipe = bench_.File("pipe");
  EXPECT_EQ(VersionInto(bench_, "3<>" + pipe + " >" + pipe + " 3>&-").code, 0);
  EXPECT_EQ(*ReadFile(bench_.File("version.err")), "");
}

TEST_F(Bench, TwoDevicesAreMeasuredInOneCall) {
  const auto other = bench_.StartAgent({"--listen", "127.0.0.1:0", "--data", bench_.File("other")});
  ASSERT_NE(other, nullptr);
  ASSERT_EQ(bench_.Run({"device", "add", "other", other->address()}).exit_code, 0);
  const Finished run = bench_.Run({"bench", "mobilenet_v2", "--device", "local,other",
                                   "--image-size", "64", "--threads", "1", "--k", "2", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::set<std::string> devices;
  const Json document = run.Json();
  for (const Json& row : document["measurements"]) devices.insert(row["device"]);
  EXPECT_EQ(devices, (std::set<std::string>{"local", "other"}));
}

TEST_F(Bench, AMeasurementIsStoredTheMomentItArrives) {
  Subprocess run =
      bench_.Start({"bench", "--processes", "1", "mobilenet_v2", "--batch", "1,2", "--image-size",
                    "64", "--threads", "1", "--max-time", "3", "--target-ci", "0.0001%"});
  const auto stored = [this] { return bench_.Ask("SELECT count(*) FROM measurement"); };
  ASSERT_TRUE(Eventually(absl::Minutes(1), [&] { return stored() == "1"; })) << run.errors();
  EXPECT_FALSE(run.Wait(absl::ZeroDuration()).has_value()) << "the second cell still runs";
  const auto end = run.Wait(absl::Minutes(1));
  ASSERT_TRUE(end.has_value()) << run.errors();
  EXPECT_EQ(end->code, 0) << run.errors();
  EXPECT_EQ(stored(), "2");
}

}  // namespace
}  // namespace edgebench
