#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "db/job_journal.h"
#include "db/migrations.h"
#include "tests/support/workbench.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int kUsage = 2;
constexpr int kFinding = 1;
constexpr char kPlan[] = "models: mobilenet_v2\nsweep: {image-size: 32}\nk: 3\n";

using Call = std::vector<std::string>;

// Each file below a folder, with what it holds.
std::map<std::string, std::string> ContentOf(const std::string& folder) {
  std::map<std::string, std::string> content;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path();
    content[path] = entry.is_directory() ? "folder" : ReadFile(path).value_or("unreadable");
  }
  return content;
}

// Files that are not what `--db` should name, each alone in a folder of its own.
class BadDatabase : public ::testing::Test {
 protected:
  BadDatabase() {
    fs::create_directory(folder_);
    fs::create_directory(bench_.File("out"));
    EXPECT_TRUE(WriteFileAtomically(bench_.File("plan.yaml"), kPlan).ok());
    MakeResults(bench_.File("good.db"), 1);
  }

  static void MakeResults(const std::string& path, int runs) {
    db::ResultsFile file(path);
    for (int run = 0; run < runs; ++run) {
      const std::string name = absl::StrCat("run-", run);
      file.Store(name + "-a", db::BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000), name);
      file.Store(name + "-b", db::BenchmarkOf("resnet18", v1::PRECISION_INT8_STATIC, 4'000'000),
                 name);
    }
  }

  std::string Out(const std::string& name) const { return bench_.File("out/" + name); }

  std::vector<Call> Readers() const {
    std::vector<Call> calls = {
        {"results"},
        {"results", "--json"},
        {"compare"},
        {"query", "SELECT * FROM latency"},
        {"report", "--force", "-o", Out("page.html")},
        {"report", "--force", "-o", Out("page.json"), "--format", "json"},
        {"export", "--force", "--format", "parquet-ready", "-o", Out("tables")},
        {"db", "info"},
        {"db", "check"},
        {"db", "backup", "--force", Out("backup.db")},
        {"job", "list"},
        {"device", "list"},
    };
    for (const char* format : {"csv", "json", "jsonl", "gbench"})
      calls.push_back({"export", "--format", format});
    return calls;
  }

  std::vector<Call> Writers() const {
    return {{"bench", "mobilenet_v2", "--image-size", "32", "--k", "3"},
            {"run", bench_.File("plan.yaml")},
            {"run", "--resume"},
            {"db", "merge", bench_.File("good.db")},
            {"db", "prune", "--failed", "--yes"},
            {"device", "add", "pi", "127.0.0.1:1", "--no-check"}};
  }

  Call On(const std::string& database, Call call) const {
    call.insert(call.begin(), {"--db", database});
    return call;
  }

  std::vector<Call> AllCalls() const {
    std::vector<Call> calls = Readers();
    for (const Call& writer : Writers()) calls.push_back(writer);
    return calls;
  }

  // Every command refuses the file, in a sentence with its name and `why`, and leaves it, what
  // lies beside it, and the files of an earlier export as they are.
  void ExpectRefusedByAll(const std::string& path, const std::string& why) {
    const auto before = ContentOf(folder_);
    for (const Call& call : AllCalls()) {
      SCOPED_TRACE(absl::StrCat(call[0], " ", call.size() > 1 ? call[1] : ""));
      const Finished run = bench_.Run(On(path, call));
      const bool check = call[0] == "db" && call[1] == "check";
      EXPECT_THAT(run.exit_code, AnyOf(kUsage, check ? kFinding : kUsage)) << run.err;
      EXPECT_THAT(run.err + run.out, AllOf(HasSubstr(path), HasSubstr(why)));
      EXPECT_TRUE(run.out.empty() || check) << run.out;
    }
    ExpectRefusedAsTheOtherOfAMerge(path, why);
    EXPECT_EQ(ContentOf(folder_), before);
    EXPECT_TRUE(fs::is_empty(bench_.File("out"))) << "no half document";
    EXPECT_FALSE(fs::exists(bench_.LocalSocket())) << "nothing was begun on a device";
  }

  void ExpectRefusedAsTheOtherOfAMerge(const std::string& path, const std::string& why) {
    const std::string mine = bench_.File("good.db");
    const Finished run = bench_.Run({"--db", mine, "db", "merge", path});
    EXPECT_EQ(run.exit_code, kUsage) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(path), HasSubstr(why)));
    EXPECT_THAT(bench_.Run({"--db", mine, "db", "info"}).out, HasSubstr("2 processes, 42 samples"));
  }

  void ExpectEmptyButSound() {
    for (const Call& call : {Call{"results"}, Call{"export", "--format", "csv"},
                             Call{"query", "SELECT 1"}, Call{"job", "list"}, Call{"db", "check"}}) {
      const Finished run = bench_.Run(On(path_, call));
      EXPECT_EQ(run.exit_code, 0) << call[0] << ": " << run.err;
    }
    const Finished report = bench_.Run({"--db", path_, "report", "-o", Out("page.html")});
    EXPECT_EQ(report.exit_code, kUsage);
    EXPECT_THAT(report.err, HasSubstr("nothing to report"));
    const Finished compared = bench_.Run({"--db", path_, "compare"});
    EXPECT_EQ(compared.exit_code, kUsage);
    EXPECT_THAT(compared.err, HasSubstr("nothing to compare"));
    EXPECT_TRUE(fs::is_empty(bench_.File("out")));
  }

  Workbench bench_;
  const std::string folder_ = bench_.File("dbs");
  const std::string path_ = folder_ + "/x.db";
};

TEST_F(BadDatabase, ATextFileIsNoDatabase) {
  std::ofstream(path_) << std::string(10'000, 'x');
  ExpectRefusedByAll(path_, "no database");
}

TEST_F(BadDatabase, AFolderIsNoDatabase) {
  fs::create_directory(path_);
  ExpectRefusedByAll(path_, "folder");
}

TEST_F(BadDatabase, ThatOfAnotherProgramIsLeftToIt) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE song (name TEXT); INSERT INTO song VALUES ('a')");
  ExpectRefusedByAll(path_, "another program");
}

TEST_F(BadDatabase, TheJournalOfTheAgentIsLeftToTheAgent) {
  ASSERT_TRUE(db::JobJournal::Open(path_).ok());
  ExpectRefusedByAll(path_, "another part of edgebench");
}

TEST_F(BadDatabase, ThatOfANewerProgramAsksForAnUpdate) {
  MakeResults(path_, 1);
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 999");
  ExpectRefusedByAll(path_, "update edgebench");
}

TEST_F(BadDatabase, ATruncatedOneIsDamaged) {
  MakeResults(path_, 30);
  fs::resize_file(path_, fs::file_size(path_) / 3);
  ExpectRefusedByAll(path_, "damaged");
}

TEST_F(BadDatabase, OneWithOverwrittenPagesIsDamaged) {
  MakeResults(path_, 30);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::streamoff>(fs::file_size(path_));
  for (std::streamoff page = 4096; page + 4096 <= size; page += 4096) {
    file.seekp(page);
    file << std::string(4096, '\x7f');
  }
  file.close();
  ExpectRefusedByAll(path_, "damaged");
}

TEST_F(BadDatabase, OneThatIsNotThereIsNotMadeByLookingAtIt) {
  for (const Call& call : Readers()) {
    const Finished run = bench_.Run(On(path_, call));
    EXPECT_EQ(run.exit_code, kUsage) << call[0];
    EXPECT_THAT(run.err, HasSubstr("there is no database " + path_)) << call[0];
  }
  ExpectRefusedAsTheOtherOfAMerge(path_, "there is no database");
  EXPECT_TRUE(fs::is_empty(folder_));
  EXPECT_TRUE(fs::is_empty(bench_.File("out")));
}

TEST_F(BadDatabase, AnEmptyFileIsOneWithoutResults) {
  std::ofstream(path_).close();
  EXPECT_THAT(bench_.Run({"--db", path_, "db", "info"}).err, HasSubstr(path_ + " is empty"));
  ExpectEmptyButSound();
}

TEST_F(BadDatabase, OneWithoutResultsIsReportedAsThat) {
  ASSERT_TRUE(db::ResultStore::Open(path_).ok());
  ExpectEmptyButSound();
}

TEST_F(BadDatabase, ASelectionOfNothingIsNoDocumentOfNothing) {
  MakeResults(path_, 1);
  const std::string page = Out("page.html");
  const Finished report =
      bench_.Run({"--db", path_, "report", "--since", "2h", "-o", page, "--until", "1h"});
  EXPECT_EQ(report.exit_code, kUsage);
  EXPECT_THAT(report.err, HasSubstr("no benchmark matches"));
  EXPECT_FALSE(fs::exists(page));
  const Finished compared = bench_.Run({"--db", path_, "compare", "--since", "1h"});
  EXPECT_EQ(compared.exit_code, kUsage);
  EXPECT_THAT(compared.err, HasSubstr("nothing to compare"));
  const Finished exported =
      bench_.Run({"--db", path_, "export", "--format", "csv", "--since", "1h"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_EQ(std::count(exported.out.begin(), exported.out.end(), '\n'), 1) << "the header";
}

// Whom permissions bind, he reads what is there, and is told why he writes nothing.
TEST_F(BadDatabase, ThatCannotBeWrittenIsReadAllTheSame) {
  MakeResults(path_, 2);
  std::map<Call, std::string> expected;
  for (const Call& call : Readers()) {
    const Finished run = bench_.Run(On(path_, call));
    EXPECT_EQ(run.exit_code, 0) << call[0] << ": " << run.err;
    expected[call] = run.out;
  }
  ASSERT_EQ(chmod(path_.c_str(), 0444) | chmod(folder_.c_str(), 0555), 0);
  const auto before = ContentOf(folder_);
  for (const Call& call : Readers()) {
    const Finished run = bench_.RunAsOrdinaryUser(On(path_, call));
    EXPECT_EQ(run.exit_code, 0) << call[0] << ": " << run.err;
    if (call.back() == "gbench") continue;  // says when it was written
    EXPECT_EQ(run.out, expected[call]);
  }
  for (const Call& call : Writers()) {
    const Finished run = bench_.RunAsOrdinaryUser(On(path_, call));
    EXPECT_EQ(run.exit_code, kUsage) << call[0] << ": " << run.err;
    EXPECT_THAT(run.err, HasSubstr(path_)) << call[0];
  }
  EXPECT_EQ(ContentOf(folder_), before);
  EXPECT_FALSE(fs::exists(bench_.LocalSocket()));
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
}

TEST_F(BadDatabase, ThatCannotBeWrittenIsReadWithItsLogOrNotAtAll) {
  const std::string live = bench_.File("live.db");
  MakeResults(live, 1);
  {
    db::ResultsFile file(live);
    file.Store("in-the-log", db::BenchmarkOf("resnet50", v1::PRECISION_FP32, 20'000'000), "run-9");
    for (const char* part : {"", "-wal"}) fs::copy_file(live + part, path_ + part);
    fs::copy_file(live + "-shm", bench_.File("shm"));
  }
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const Call count = {"query", "SELECT count(*) AS n FROM latency", "--format", "csv"};
  const Finished without = bench_.RunAsOrdinaryUser(On(path_, count));
  EXPECT_EQ(without.exit_code, kUsage) << without.out;
  EXPECT_THAT(without.err, AllOf(HasSubstr(path_), HasSubstr("written")));
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  fs::copy_file(bench_.File("shm"), path_ + "-shm");
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  EXPECT_EQ(bench_.RunAsOrdinaryUser(On(path_, count)).out, "n\n3\n");
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
}

// What SQLite leaves when a reader closes last says nothing that is not in the file.
TEST_F(BadDatabase, ThatCannotBeWrittenIsReadBesideAnEmptyLog) {
  MakeResults(path_, 1);
  std::ofstream(path_ + "-wal").close();
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const Finished run = bench_.RunAsOrdinaryUser({"--db", path_, "db", "info"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("2 processes, 42 samples"));
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
}

TEST_F(BadDatabase, AnOlderOneThatCannotBeMigratedSaysHow) {
  const auto& steps = db::ResultsMigrations();
  const std::vector<db::Migration> older(steps.begin(), steps.end() - 1);
  ASSERT_TRUE(db::Database::Open(path_, db::kResultsApplicationId, older).ok());
  ASSERT_EQ(chmod(path_.c_str(), 0444) | chmod(folder_.c_str(), 0555), 0);
  const auto before = ContentOf(folder_);
  for (const Call& call : Readers()) {
    const Finished run = bench_.RunAsOrdinaryUser(On(path_, call));
    EXPECT_EQ(run.exit_code, kUsage) << call[0] << ": " << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(path_), HasSubstr(absl::StrCat(steps.size())),
                               HasSubstr("a copy of it")));
  }
  EXPECT_EQ(ContentOf(folder_), before);
  ASSERT_EQ(chmod(path_.c_str(), 0644) | chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(bench_.Run({"--db", path_, "results"}).exit_code, 0);
  EXPECT_EQ(bench_.Run({"--db", path_, "db", "check"}).exit_code, 0);
}

TEST_F(BadDatabase, OneThatIsWrittenToIsReadMeanwhile) {
  MakeResults(path_, 1);
  SQLite::Database writer(path_, SQLite::OPEN_READWRITE);
  writer.exec("BEGIN IMMEDIATE; UPDATE run SET note = 'not yet'");
  for (const Call& call : Readers()) {
    const Finished run = bench_.Run(On(path_, call));
    EXPECT_EQ(run.exit_code, 0) << call[0] << ": " << run.err;
  }
}

// All at once, because each waits for ten seconds.
TEST_F(BadDatabase, OneThatAnotherProcessKeepsForItselfIsWaitedForOnce) {
  MakeResults(path_, 1);
  SQLite::Database holder(path_, SQLite::OPEN_READWRITE);
  holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE run SET note = 'mine'");
  std::vector<Subprocess> waiting;
  const absl::Time start = absl::Now();
  Subprocess once = bench_.Start({"--db", path_, "db", "info"});
  for (const Call& call : AllCalls()) waiting.push_back(bench_.Start(On(path_, call)));
  EXPECT_TRUE(once.Wait(absl::Minutes(1)).has_value());
  const absl::Duration one_wait = absl::Now() - start;
  for (size_t i = 0; i < waiting.size(); ++i) {
    const auto state = waiting[i].Wait(absl::Minutes(1));
    ASSERT_TRUE(state.has_value()) << AllCalls()[i][0];
    EXPECT_EQ(state->code, kUsage) << AllCalls()[i][0];
    EXPECT_THAT(waiting[i].errors(), AllOf(HasSubstr(path_), HasSubstr("another process holds")));
  }
  EXPECT_LT(absl::Now() - start, 1.8 * one_wait) << "somebody waited twice";
  EXPECT_TRUE(fs::is_empty(bench_.File("out")));
}

}  // namespace
}  // namespace edgebench
