#include "db/query.h"

#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/long_work.h"
#include "controller/report/query_writer.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string sql;
  std::string format = "table";
  bool json = false;
};

constexpr char kStandardInput[] = "-";

// Says that the query goes on until there is something to see of it.
class UntilFirstRow : public db::QueryReader {
 public:
  UntilFirstRow(db::QueryReader& reader, Session& session)
      : reader_(reader), work_(std::in_place, session, "asking the database") {}

  absl::Status Columns(const std::vector<std::string>& names) override {
    return reader_.Columns(names);
  }
  absl::Status Row(const std::vector<db::QueryValue>& values) override {
    work_.reset();
    return reader_.Row(values);
  }

 private:
  db::QueryReader& reader_;
  std::optional<LongWork> work_;
};

absl::StatusOr<ExitCode> RunQuery(const Options& options, Session& session) {
  std::string sql = options.sql;
  if (sql == kStandardInput) {
    sql.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  session.Collect();
  // Migrates an older file, and finds out whether there is one.
  EDGEBENCH_RETURN_IF_ERROR(session.ReadableStore().status());
  std::ostream& out = session.world().out;
  const bool json = options.json || options.format == "json";
  const std::unique_ptr<QueryWriter> writer = json ? MakeJsonWriter(out)
                                              : options.format == "csv"
                                                  ? MakeCsvWriter(out)
                                                  : MakeTableWriter(out, session.table_style());
  const absl::Status status = [&] {
    UntilFirstRow reader(*writer, session);
    return db::RunQuery(session.DatabasePath(), sql, reader);
  }();
  // main judges an output that takes no more: its reader may just have seen enough.
  if (!out) return ExitCode::kOk;
  EDGEBENCH_RETURN_IF_ERROR(WithExitCode(status, ExitCode::kUsage));
  writer->Finish();
  out << std::flush;
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineQuery(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kLookingAtResults);
  AddExamples(command,
              {{"The latency of all that was measured",
                "edgebench query 'SELECT device, model, precision, median_ms FROM latency'"},
               {"What became twice as fast, for a spreadsheet",
                "edgebench query 'SELECT * FROM comparison WHERE speedup > 2' --format csv"},
               {"The columns of a view", "edgebench query 'PRAGMA table_info(latency)'"}});
  command.add_option("SQL", options->sql, "one statement that reads; - reads it from stdin")
      ->type_name("")
      ->required();
  command.add_option("--format", options->format, "default: table")
      ->type_name("table|csv|json")
      ->check(CLI::IsMember({"table", "csv", "json"}).description(""));
  command.footer(
      "Views made for people: latency, size, energy, sweep, comparison, environment; their "
      "columns and units: docs/results-schema.md. Nothing can be changed.");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunQuery(*options, session); };
}

}  // namespace edgebench::controller
