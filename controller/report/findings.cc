#include "controller/report/findings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/quantities.h"
#include "common/version.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr int64_t kLowDiskBytes = int64_t{256} << 20;
constexpr absl::Duration kMostSkew = absl::Seconds(2);

v1::Finding Make(const char* code, v1::Severity severity, std::string cause,
                 std::string remedy = "") {
  v1::Finding finding;
  finding.set_code(code);
  finding.set_severity(severity);
  finding.set_cause(std::move(cause));
  finding.set_remedy(std::move(remedy));
  return finding;
}

v1::Finding Version(const v1::Capabilities& capabilities) {
  const std::string& theirs = capabilities.agent_version();
  if (theirs == kVersion) return Make("version", v1::SEVERITY_FINE, "both are " + theirs);
  return Make("version", v1::SEVERITY_MAY_SPOIL,
              absl::StrCat("the agent is ", theirs, " and edgebench here is ", kVersion,
                           ": rules of measuring may differ; install one version on both"));
}

v1::Finding ClockSkew(const Encounter& encounter) {
  if (!encounter.clock_skew) {
    return Make("clock-skew", v1::SEVERITY_UNKNOWN, "the device's clock");
  }
  const absl::Duration skew = absl::AbsDuration(*encounter.clock_skew);
  const std::string text = absl::StrCat(
      "the device's clock is ", absl::FormatDuration(absl::Trunc(skew, absl::Milliseconds(1))),
      *encounter.clock_skew < absl::ZeroDuration() ? " behind" : " ahead of", " this one's");
  if (skew <= kMostSkew + encounter.skew_resolution) {
    return Make("clock-skew", v1::SEVERITY_FINE, text);
  }
  return Make("clock-skew", v1::SEVERITY_MAY_SPOIL,
              text + ": times of results, and logs that are matched by time, are wrong by it",
              "sudo timedatectl set-ntp true");
}

v1::Finding Disk(const Encounter& encounter) {
  if (!encounter.database_free_bytes) {
    return Make("full-disk-here", v1::SEVERITY_UNKNOWN,
                absl::StrCat("free disk at ", encounter.database));
  }
  const std::string text = absl::StrCat(FormatBytes(*encounter.database_free_bytes),
                                        " are free on the disk of ", encounter.database);
  if (*encounter.database_free_bytes >= kLowDiskBytes) {
    return Make("full-disk-here", v1::SEVERITY_FINE, text);
  }
  return Make("full-disk-here", v1::SEVERITY_SPOILS, text + ", here: results are stored there",
              "sudo apt clean");
}

const char* NameOf(v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_FINE:
      return "fine";
    case v1::SEVERITY_NOTE:
      return "note";
    case v1::SEVERITY_MAY_SPOIL:
      return "may spoil numbers";
    case v1::SEVERITY_SPOILS:
      return "spoils numbers";
    default:
      return "unknown";
  }
}

}  // namespace

std::vector<v1::Finding> FindingsOf(const Encounter& encounter) {
  return {Version(encounter.capabilities), ClockSkew(encounter), Disk(encounter)};
}

void SortFindings(std::vector<v1::Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto& a, const auto& b) { return a.severity() > b.severity(); });
}

bool AnySpoils(const std::vector<v1::Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const v1::Finding& finding) {
    return finding.severity() == v1::SEVERITY_SPOILS;
  });
}

std::string FindingsText(const std::vector<v1::Finding>& findings, bool with_fine) {
  std::string text;
  for (const v1::Finding& finding : findings) {
    if (finding.severity() == v1::SEVERITY_FINE && !with_fine) continue;
    absl::StrAppend(&text, NameOf(finding.severity()), ": ", Printable(finding.cause()), " [",
                    Printable(finding.code()), "]\n");
    if (!finding.remedy().empty())
      absl::StrAppend(&text, "    ", Printable(finding.remedy()), "\n");
  }
  return text;
}

nlohmann::ordered_json FindingsDocument(const std::string& device,
                                        const std::vector<v1::Finding>& findings) {
  nlohmann::ordered_json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["device"] = device;
  document["findings"] = nlohmann::ordered_json::array();
  for (const v1::Finding& finding : findings) {
    document["findings"].push_back({{"code", finding.code()},
                                    {"severity", NameOf(finding.severity())},
                                    {"cause", finding.cause()},
                                    {"remedy", OrNull(finding.remedy())}});
  }
  return document;
}

}  // namespace edgebench::controller
