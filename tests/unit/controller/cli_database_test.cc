#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/file.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Two measurements of one run with a tag, and a failed one of another.
class CliDatabase : public Cli {
 protected:
  CliDatabase() {
    agent_.SetScript([](const v1::JobSettings& settings) {
      v1::JobResult result = MakeResult(settings, SamplesAround(8));
      if (settings.model().zoo_name() == "mobilenet_v2") {
        result.set_outcome(v1::OUTCOME_OOM);
        result.set_message("needed, \"more\"\nthan 1 GB");
        result.clear_latency();
        result.clear_validity();
      }
      return result;
    });
    EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32,int8-static", "--k", "21", "--tag",
                   "lab,first try", "--note", "it's cold"}),
              ExitCode::kOk)
        << err_;
    Run({"bench", "mobilenet_v2", "--k", "21"});
  }
  std::string Path() const { return folder_.File("results.db"); }
  std::string RunId(const std::string& tag) {
    Run({"results", "--tag", tag, "--json"});
    return Json()["measurements"][0]["run_id"];
  }
};

TEST_F(CliDatabase, ResultsAreFilteredByTagTimeRunAndValidity) {
  const auto count = [this](const std::vector<std::string>& flags) {
    std::vector<std::string> call = {"results", "--json"};
    call.insert(call.end(), flags.begin(), flags.end());
    EXPECT_EQ(Run(call), ExitCode::kOk) << err_;
    return Json()["measurements"].size();
  };
  EXPECT_EQ(count({}), 3u);
  EXPECT_EQ(count({"--tag", "lab"}), 2u);
  EXPECT_EQ(count({"--tag", "first try"}), 2u);
  EXPECT_EQ(count({"--since", "1h"}), 3u);
  EXPECT_EQ(count({"--until", "1h"}), 0u);
  EXPECT_EQ(count({"--since", "2001-01-01", "--until", "2002-01-01"}), 0u);
  EXPECT_EQ(count({"--run", "latest"}), 1u);
  EXPECT_EQ(count({"--run", RunId("lab").substr(0, 8)}), 2u);
  EXPECT_EQ(count({"--valid"}), 2u);
}

TEST_F(CliDatabase, AFilterThatNamesNothingSaysWhatThereIs) {
  EXPECT_EQ(Run({"results", "--tag", "lap"}), ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("no run has the tag 'lap'. Did you mean lab?"),
                          HasSubstr("The tags: first try, lab")));
  EXPECT_EQ(Run({"results", "--run", "zzz"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("there is no run 'zzz' with results"));
  EXPECT_EQ(Run({"results", "--since", "soon"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--since: 'soon' is no time"));
}

TEST_F(CliDatabase, ATagThatIsNoneIsRefusedBeforeAnythingIsMeasured) {
  for (const std::string& tag : {std::string("a\nb"), std::string(65, 'x')}) {
    EXPECT_EQ(Run({"bench", "resnet18", "--tag", tag}), ExitCode::kUsage);
    EXPECT_THAT(err_, HasSubstr("is no tag"));
  }
  EXPECT_EQ(Run({"bench", "resnet18", "--note", std::string(5000, 'x')}), ExitCode::kUsage);
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(3));
}

TEST_F(CliDatabase, QueryPrintsATableCsvOrJson) {
  const std::string sql =
      "SELECT model, precision, outcome, median_ms, message FROM latency ORDER BY model, precision";
  EXPECT_EQ(Run({"query", sql}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("model"), HasSubstr("int8-static"), HasSubstr("8.0")));
  EXPECT_EQ(Run({"query", sql, "--format", "csv"}), ExitCode::kOk) << err_;
  EXPECT_EQ(out_,
            "model,precision,outcome,median_ms,message\n"
            "mobilenet_v2,fp32,oom,,\"needed, \"\"more\"\"\nthan 1 GB\"\n"
            "resnet18,fp32,ok,8.0,\n"
            "resnet18,int8-static,ok,8.0,\n");
  EXPECT_EQ(Run({"query", sql, "--json"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Json()["columns"][3], "median_ms");
  EXPECT_TRUE(Json()["rows"][0][3].is_null());
  EXPECT_EQ(Json()["rows"][1][3], 8.0);
}

TEST_F(CliDatabase, QueryOnlyReads) {
  EXPECT_EQ(Run({"query", "DELETE FROM measurement"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("only statements that read"));
  EXPECT_EQ(Run({"query", "SELEC 1"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("syntax error"));
  EXPECT_EQ(Run({"query", "SELECT 1", "--format", "xml"}), ExitCode::kUsage);
}

TEST_F(CliDatabase, ExportsOneRowForEachMeasurement) {
  EXPECT_EQ(Run({"export", "--format", "csv"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, StartsWith("run_id,run_name,tags,trial,job_id,stored_time,kind,device,model,"));
  EXPECT_THAT(out_, HasSubstr("first try; lab"));
  EXPECT_THAT(out_, HasSubstr("\"needed, \"\"more\"\"\nthan 1 GB\""));
  const std::vector<std::string> lines = absl::StrSplit(out_, '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, SizeIs(5)) << "a header, and a message of two lines";
}

TEST_F(CliDatabase, ExportsJsonLinesThatEachStandAlone) {
  EXPECT_EQ(Run({"export", "resnet18", "--format", "jsonl"}), ExitCode::kOk) << err_;
  const std::vector<std::string> lines = absl::StrSplit(out_, '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(2));
  for (const std::string& line : lines) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["schema_version"], 1);
    EXPECT_EQ(json["model"], "resnet18");
    EXPECT_EQ(json["latency_ns"]["samples"], 21);
  }
}

TEST_F(CliDatabase, ExportsForToolsOfGoogleBenchmark) {
  EXPECT_EQ(Run({"export", "--format", "gbench"}), ExitCode::kOk) << err_;
  const auto benchmarks = Json()["benchmarks"];
  ASSERT_THAT(benchmarks, SizeIs(8)) << "of each that ended ok one repetition, three aggregates";
  EXPECT_THAT(benchmarks[0]["name"], "resnet18/fp32/batch:1/image_size:224/threads:2/local");
  EXPECT_EQ(benchmarks[0]["run_type"], "iteration");
  EXPECT_EQ(benchmarks[0]["real_time"], 8e6);
  EXPECT_EQ(benchmarks[0]["time_unit"], "ns");
  EXPECT_EQ(benchmarks[2]["aggregate_name"], "median");
}

TEST_F(CliDatabase, ExportsTablesWithTheTypesOfTheirColumns) {
  EXPECT_EQ(Run({"export", "--format", "parquet-ready"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("name a folder"));
  const std::string tables = folder_.File("tables");
  EXPECT_EQ(Run({"export", "--format", "parquet-ready", "-o", tables}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("wrote 3 measurements to "));
  const auto schema = nlohmann::json::parse(*ReadFile(tables + "/schema.json"));
  ASSERT_THAT(schema["tables"], SizeIs(2));
  for (const auto& table : schema["tables"]) {
    const std::string csv = *ReadFile(tables + "/" + table["file"].get<std::string>());
    std::string header;
    for (const auto& column : table["columns"])
      absl::StrAppend(&header, header.empty() ? "" : ",", column["name"].get<std::string>());
    EXPECT_THAT(csv, StartsWith(header + "\n"));
  }
  Run({"results", "--json"});
  const std::string newest = Json()["measurements"][1]["job_id"];
  EXPECT_THAT(*ReadFile(tables + "/samples.csv"), HasSubstr("0,0,8000000," + newest + "\n"))
      << Json().dump(2);
  EXPECT_EQ(Run({"export", "--format", "parquet-ready", "-o", tables}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--force overwrites it"));
  EXPECT_EQ(Run({"export", "--format", "parquet-ready", "-o", tables, "--force"}), ExitCode::kOk);
}

TEST_F(CliDatabase, DbInfoTellsWhatThereIs) {
  EXPECT_EQ(Run({"db", "info"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("measurements  3 in 2 runs: 3 processes, 42 samples"),
                          HasSubstr("mobilenet_v2, resnet18")));
  EXPECT_EQ(Run({"db", "info", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["measurements"], 3);
  EXPECT_EQ(Json()["processes"], 3);
}

TEST_F(CliDatabase, DbCheckIsAFindingOfWhatIsDamaged) {
  EXPECT_EQ(Run({"db", "check"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, StartsWith("sound: "));
  fs::resize_file(Path(), fs::file_size(Path()) / 2);
  fs::remove(Path() + "-wal");
  EXPECT_EQ(Run({"db", "check"}), ExitCode::kFinding);
  EXPECT_THAT(err_, HasSubstr("the database is damaged"));
  EXPECT_EQ(Run({"db", "check", "--json"}), ExitCode::kFinding);
  EXPECT_EQ(Json()["sound"], false);
}

TEST_F(CliDatabase, DbBackupCopiesAndReplacesNothingUnasked) {
  const std::string copy = folder_.File("copy.db");
  EXPECT_EQ(Run({"db", "backup", copy}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("3 measurements"));
  EXPECT_EQ(Run({"db", "backup", copy}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--force"));
}

TEST_F(CliDatabase, DbMergeBringsResultsOnce) {
  const std::string copy = folder_.File("copy.db");
  ASSERT_EQ(Run({"db", "backup", copy}), ExitCode::kOk);
  ASSERT_EQ(Run({"db", "prune", "--model", "mobilenet_v2", "--yes"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("removed 1 measurement (1 process, 0 samples)"));
  EXPECT_EQ(Run({"db", "merge", copy, "--dry-run"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("would bring 1 measurement of 1 new run; 2 were here already"));
  EXPECT_EQ(Run({"db", "merge", copy}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"db", "merge", copy, "--json"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Json()["measurements"], 0);
  EXPECT_EQ(Run({"db", "merge", copy, "--rename", "local"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("is no OLD=NEW"));
}

TEST_F(CliDatabase, DbMergeNamesDevicesThatDeviceListDoesNotShow) {
  const std::string copy = folder_.File("copy.db");
  ASSERT_EQ(Run({"db", "backup", copy}), ExitCode::kOk);
  ASSERT_EQ(Run({"db", "prune", "--model", "resnet18", "--yes"}), ExitCode::kOk);
  ASSERT_EQ(Run({"db", "merge", copy, "--rename", "local=annas-laptop"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("among them results of a device that is not on your list: "
                              "annas-laptop\n"));
  ASSERT_EQ(Run({"device", "list"}), ExitCode::kOk);
  EXPECT_THAT(out_, Not(HasSubstr("annas-laptop")));
  ASSERT_EQ(Run({"db", "merge", copy, "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["devices"], 0) << "it is known now";
}

TEST_F(CliDatabase, DbMergeSaysNothingOfLocalWhichIsAlwaysOnTheList) {
  const std::string copy = folder_.File("copy.db");
  ASSERT_EQ(Run({"db", "backup", copy}), ExitCode::kOk);
  fs::remove(Path());
  ASSERT_EQ(Run({"db", "merge", copy}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("brought 3 measurements of 2 new runs"));
  EXPECT_THAT(out_, Not(HasSubstr("not on your list")));
}

TEST_F(CliDatabase, DbPruneShowsWhatWouldGoUntilItIsTold) {
  EXPECT_EQ(Run({"db", "prune", "--failed"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("would remove 1 measurement (1 process, 0 samples)"));
  EXPECT_THAT(err_, HasSubstr("--yes"));
  EXPECT_EQ(Run({"db", "prune"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("say which measurements are to go"));
  EXPECT_EQ(Run({"db", "prune", "--failed", "--yes"}), ExitCode::kOk);
  EXPECT_EQ(Run({"results", "--json"}), ExitCode::kOk);
  EXPECT_THAT(Json()["measurements"], SizeIs(2));
}

}  // namespace
}  // namespace edgebench::controller
