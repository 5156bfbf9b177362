#include "common/version.h"

#include <sys/utsname.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "controller/commands/commands.h"
#include "controller/report/measurement_json.h"
#include "db/result_store.h"

namespace edgebench::controller {
namespace {

// "Linux 6.1.0-18-amd64 x86_64".
std::string Platform() {
  utsname names{};
  if (uname(&names) != 0) return "";
  return absl::StrCat(names.sysname, " ", names.release, " ", names.machine);
}

// What a report of a bug should say of this side; needs neither agent nor database.
std::string VersionText(const std::string& api, const std::string& database) {
  return absl::StrCat("edgebench ", kVersion, "\n", "protocol  ", api, "\n", "database  schema ",
                      db::ResultStore::SchemaVersion(), ", ", database, "\n", "json      schema ",
                      kJsonSchemaVersion, "\n", "platform  ", Platform(), "\n");
}

nlohmann::ordered_json VersionDocument(const std::string& api, const std::string& database) {
  nlohmann::ordered_json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["version"] = kVersion;
  document["api_version"] = api;
  document["database_schema_version"] = db::ResultStore::SchemaVersion();
  document["database"] = database;
  document["platform"] = Platform();
  return document;
}

}  // namespace

CommandBody DefineVersion(CLI::App& command) {
  const auto json = std::make_shared<bool>(false);
  command.group(kThisInstallation);
  AddExamples(command, {{"What to say in a report of a bug", "edgebench version"}});
  AddJsonFlag(command, *json);
  return [json](Session& session) -> absl::StatusOr<ExitCode> {
    const std::string api = absl::StrCat(kApiMajor, ".", kApiMinor);
    const std::string database = session.DatabasePath();
    if (*json) {
      session.world().out << Serialize(VersionDocument(api, database));
    } else {
      session.world().out << VersionText(api, database);
      if (session.world().terminal.interactive())
        session.Tell("what a device runs: edgebench device show");
    }
    return ExitCode::kOk;
  };
}

}  // namespace edgebench::controller
