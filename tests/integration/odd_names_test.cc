#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/file.h"
#include "tests/support/workbench.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kUsage = 2;

// The records of RFC 4180, whose fields may hold quotes, commas and line breaks.
std::vector<std::vector<std::string>> ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> records = {{""}};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled) records.back().back() += text[i++];
      if (!doubled) quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      records.back().emplace_back();
    } else if (!quoted && text[i] == '\n') {
      records.push_back({""});
    } else {
      records.back().back() += text[i];
    }
  }
  records.pop_back();
  return records;
}

size_t Occurrences(const std::string& text, const std::string& of) {
  return std::vector<std::string>(absl::StrSplit(text, of)).size() - 1;
}

const std::vector<std::string>& OddModels() {
  static const auto* const names =
      new std::vector<std::string>{"it's \"quoted\", and has, commas.pt",
                                   "  blanks at both ends  ",
                                   "rocket 🚀 und Umlaute äöü.pt",
                                   "two\nlines\r\nand a\ttab.pt",
                                   "\x1b[31mred\x1b[0m.pt",
                                   "--help",
                                   "=1+1",
                                   "100%s%n.pt",
                                   "</script><script>alert(1)</script>",
                                   "'; DROP TABLE measurement; --",
                                   std::string(4096, 'n')};
  return *names;
}

// A database with an odd path, of models with odd names.
class OddNames : public ::testing::Test {
 protected:
  void SetUp() override {
    db::ResultsFile file(path_);
    for (size_t i = 0; i < OddModels().size(); ++i) {
      for (const v1::Precision precision : {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC}) {
        v1::JobResult result = db::BenchmarkOf(OddModels()[i], precision, 10'000'000);
        const std::string job = absl::StrCat(i, "-", static_cast<int>(precision));
        file.Store(job, std::move(result), absl::StrCat("run-", i));
      }
    }
  }

  Finished Run(std::vector<std::string> call) {
    call.insert(call.begin(), absl::StrCat("--db=", path_));
    return bench_.Run(std::move(call));
  }

  Workbench bench_;
  const std::string path_ = bench_.File("-it's \"a\" 🚀 %s?mode=ro#x&y\n/results.db");
};

TEST_F(OddNames, AreOneLineEachInATable) {
  const Finished run = Run({"results"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r")), Not(HasSubstr("\t"))));
  EXPECT_EQ(Occurrences(run.out, "\n"), 2 * OddModels().size() + 2) << "and a title, a header";
  const Finished info = Run({"db", "info"});
  EXPECT_THAT(info.out, AllOf(Not(HasSubstr("\x1b")), HasSubstr("🚀")));
  EXPECT_EQ(Occurrences(info.out, "\n"), 8u) << info.out;
  EXPECT_THAT(Run({"compare"}).out, Not(HasSubstr("\x1b")));
}

TEST_F(OddNames, AreTheSameInEveryExport) {
  const auto csv = ParseCsv(Run({"export", "--format", "csv"}).out);
  const auto queried = ParseCsv(Run({"query", "SELECT model FROM latency", "--format", "csv"}).out);
  const auto json = Run({"results", "--json"}).Json()["measurements"];
  ASSERT_EQ(csv.size(), 2 * OddModels().size() + 1);
  const auto column = std::find(csv[0].begin(), csv[0].end(), "model") - csv[0].begin();
  std::vector<std::string> in_csv, in_json;
  for (const auto& record : csv) {
    ASSERT_EQ(record.size(), csv[0].size());
    in_csv.push_back(record[static_cast<size_t>(column)]);
  }
  for (const auto& measurement : json) in_json.push_back(measurement["model"]);
  for (const std::string& name : OddModels()) {
    EXPECT_THAT(in_csv, Contains(name).Times(2));
    EXPECT_THAT(in_json, Contains(name).Times(2));
    EXPECT_THAT(queried, Contains(ElementsAre(name)).Times(2));
  }
  const std::string jsonl = Run({"export", "--format", "jsonl"}).out;
  EXPECT_EQ(Occurrences(jsonl, "\n"), 2 * OddModels().size());
  EXPECT_EQ(Run({"export", "--format", "gbench"}).Json()["benchmarks"].size(),
            8 * OddModels().size());
}

TEST_F(OddNames, AreFoundByThemselvesAndAreNoSql) {
  for (const std::string& name : OddModels()) {
    if (name.find('/') != std::string::npos) continue;  // the name of a file ends a path
    const Finished run = Run({"results", "--json", "--", name});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.Json()["measurements"].size(), 2u) << name;
  }
  const Finished none = Run({"results", "--json", "' OR 1=1 --"});
  EXPECT_EQ(none.Json()["measurements"].size(), 0u);
  EXPECT_EQ(Run({"results", "--tag", "' OR 1=1 --"}).exit_code, kUsage);
  EXPECT_EQ(Run({"db", "prune", "--model", "x' OR 1=1 --", "--yes"}).exit_code, 0);
  EXPECT_THAT(Run({"db", "info"}).out, HasSubstr("measurements  22 "));
}

TEST_F(OddNames, EndNoScriptOfAReport) {
  const std::string plain = bench_.File("plain.html"), odd = bench_.File("it's -o 🚀 %s\n.html");
  EXPECT_EQ(Run({"report", "-o", plain}).exit_code, 0);
  const std::string title = "</script><script>alert('\"x')</script><!-- 🚀";
  const Finished run = Run({"report", "-o", odd, "--title", title});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string page = *ReadFile(odd);
  EXPECT_THAT(page, Not(HasSubstr("alert(")));
  for (const char* tag : {"<script", "</script", "<!--"})
    EXPECT_EQ(Occurrences(page, tag), Occurrences(*ReadFile(plain), tag)) << tag;
  const std::string data = bench_.File("data.json");
  ASSERT_EQ(Run({"report", "-o", data, "--format", "json", "--title", title}).exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(*ReadFile(data))["title"], title);
}

TEST_F(OddNames, OfFilesThatNoDiskTakesAreNamedAsThat) {
  const std::string long_path = bench_.File(std::string(4096, 'x'));
  for (const std::vector<std::string>& call : std::vector<std::vector<std::string>>{
           {"report", "-o", long_path},
           {"export", "--format", "csv", "-o", long_path},
           {"export", "--format", "parquet-ready", "-o", long_path},
           {"db", "backup", long_path},
           {"db", "merge", long_path},
           {"--db", long_path, "results"}}) {
    const Finished run = call[0] == "--db" ? bench_.Run(call) : Run(call);
    EXPECT_EQ(run.exit_code, kUsage) << call[0] << run.err;
    EXPECT_THAT(run.err, HasSubstr("xxxx"));
  }
}

TEST_F(OddNames, OfACopyAreThoseOfAnyFile) {
  const std::string copy = bench_.File("-copy \"of\" 🚀 %s?immutable=1\n.db");
  ASSERT_EQ(Run({"db", "backup", "--", copy}).exit_code, 0);
  EXPECT_EQ(Run({"db", "merge", "--json", "--", copy}).Json()["known"], 22);
  EXPECT_EQ(bench_.Run({"--db", copy, "db", "check"}).exit_code, 0);
}

TEST_F(OddNames, OfRunsAreKeptAsTheyWereGiven) {
  const std::string note = absl::StrCat("it's \"🚀\"\n%s ", std::string(4081, 'n'));
  ASSERT_EQ(note.size(), 4096u);
  const std::string tag = absl::StrCat("'🚀\" %s", std::string(64 - 9, 't'));
  const nlohmann::json plan = {{"name", "</script> 'a'\n🚀"},
                               {"note", note},
                               {"tags", {tag, "--x"}},
                               {"models", {"mobilenet_v2"}},
                               {"image-size", 32},
                               {"k", 3},
                               {"processes", 1},
                               {"threads", 1}};
  const std::string path = bench_.File("-a 'plan' 🚀.yaml");
  ASSERT_TRUE(WriteFileAtomically(path, plan.dump()).ok());
  const Finished run = Run({"run", "--", path});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto found = Run({"results", "--json", "--tag", tag}).Json()["measurements"];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["run_name"], plan["name"]);
  EXPECT_EQ(found[0]["tags"], nlohmann::json({"'🚀\" %s" + tag.substr(9), "--x"}));
  const auto notes = Run({"query", "SELECT note FROM run WHERE note <> ''", "--json"}).Json();
  EXPECT_EQ(notes["rows"][0][0], note);
}

TEST_F(OddNames, ThatAreTooLongOrNoneAreRefusedBeforeAnythingIsMeasured) {
  const struct {
    std::vector<std::string> flags;
    std::string limit;
  } cases[] = {{{"--note", std::string(4097, 'n')}, "4096 bytes"},
               {{"--tag", std::string(65, 't')}, "64 bytes"},
               {{"--tag", "a\nb"}, "64 bytes"},
               {{"--tag", std::string(100'000, 't')}, "64 bytes"}};
  for (const auto& one : cases) {
    std::vector<std::string> call = {"bench", "mobilenet_v2"};
    call.insert(call.end(), one.flags.begin(), one.flags.end());
    const Finished run = Run(call);
    EXPECT_EQ(run.exit_code, kUsage);
    EXPECT_THAT(run.err, HasSubstr(one.limit));
    EXPECT_LT(run.err.size(), 500u);
  }
  for (const std::string& name : {std::string("a b"), std::string("🚀"), std::string(65, 'x'),
                                  std::string("a\nb"), std::string("local"), std::string()}) {
    const Finished run = Run({"device", "add", "--no-check", "--", name, "127.0.0.1:1"});
    EXPECT_EQ(run.exit_code, kUsage) << name;
  }
  EXPECT_FALSE(fs::exists(bench_.LocalSocket()));
}

// --- commands whose reader or user has had enough ---

constexpr char kEndless[] =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";

TEST_F(OddNames, AnEndlessQueryEndsWithCtrlC) {
  Subprocess query = bench_.Start({"--db", path_, "query", kEndless}, /*on_terminal=*/true);
  ASSERT_TRUE(Eventually(absl::Seconds(30), [&] {
    return !fs::is_empty("/proc/" + std::to_string(query.pid()) + "/task") &&
           fs::exists(path_ + "-shm");
  }));
  query.Type("\x03");
  const auto state = query.Wait(absl::Seconds(30));
  ASSERT_TRUE(state.has_value()) << "it goes on";
  EXPECT_TRUE(state->signal == SIGINT || state->code == 130) << state->code;
  EXPECT_THAT(Run({"db", "check"}).out, HasSubstr("sound"));
}

TEST_F(OddNames, AReaderThatHasSeenEnoughEndsACommandQuietly) {
  const std::string many =
      "\"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 300000)"
      " SELECT x, 'some text' FROM n\"";
  const std::string database = absl::StrCat("--db ", bench_.File("plain.db"));
  ASSERT_TRUE(db::ResultStore::Open(bench_.File("plain.db")).ok());
  for (const std::string& call :
       {absl::StrCat("query ", many, " --format csv"), absl::StrCat("query ", many, " --json"),
        absl::StrCat("export --format csv"), std::string("results")}) {
    const Finished run = bench_.RunInShell(absl::StrCat(
        "{ edgebench ", database, " ", call, "; echo $? >&2; } 2>", bench_.File("end"), " | true"));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(*ReadFile(bench_.File("end")),
                ::testing::AnyOf("0\n", HasSubstr("no measurements yet")))
        << call;
  }
  const Finished full = bench_.RunInShell(
      absl::StrCat("edgebench ", database, " query ", many, " --format csv >/dev/full"));
  EXPECT_EQ(full.exit_code, kUsage);
  EXPECT_EQ(full.err,
            "edgebench: stdout could not be written, the output is not whole; is the disk "
            "full?\n");
}

}  // namespace
}  // namespace edgebench
