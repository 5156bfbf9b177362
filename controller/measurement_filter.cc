#include "controller/measurement_filter.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/connect.h"
#include "controller/exit_code.h"
#include "controller/job_options.h"
#include "controller/long_work.h"
#include "controller/moment.h"

namespace edgebench::controller {
namespace {

constexpr char kLatestRun[] = "latest";

absl::Status CheckDevices(const std::vector<std::string>& devices, Session& session) {
  if (devices.empty()) return absl::OkStatus();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(
      std::vector<std::string> known,
      store->Use([](db::ResultStore& results) { return results.NamesOfKnownDevices(); }));
  // Exists always, with results or without.
  const auto has = [&known](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  if (!has(kLocalDevice)) known.push_back(kLocalDevice);
  for (const std::string& device : devices) {
    if (has(device)) continue;
    return absl::NotFoundError(absl::StrCat("there is no device '", device,
                                            "', and no result of one.", DidYouMean(device, known),
                                            "\nThe devices: edgebench device list"));
  }
  return absl::OkStatus();
}

absl::Status CheckPrecisions(const std::vector<std::string>& names) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<v1::Precision> precisions, ParsePrecisions(names));
  if (std::find(precisions.begin(), precisions.end(), v1::PRECISION_AS_STORED) ==
      precisions.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--precision ", PrecisionName(v1::PRECISION_AS_STORED),
      " is how a file can be measured, and no figures are stored under that: filter by what the "
      "file turned out to be, ",
      PrecisionName(v1::PRECISION_FP32), " or ", PrecisionName(v1::PRECISION_INT8_STATIC),
      " for example"));
}

std::string StoredName(const std::string& model) {
  const std::string name = std::filesystem::path(model).filename().string();
  return name.empty() ? model : name;
}

absl::Status CheckTags(const std::vector<std::string>& tags, Session& session) {
  if (tags.empty()) return absl::OkStatus();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::vector<std::string> known,
      store->Use([](db::ResultStore& results) { return results.NamesOfKnownTags(); }));
  for (const std::string& tag : tags) {
    if (std::find(known.begin(), known.end(), tag) != known.end()) continue;
    return absl::NotFoundError(absl::StrCat(
        "no run has the tag '", tag, "'.", DidYouMean(tag, known), "\nTags are given to a run ",
        "when it begins: edgebench bench MODEL --tag ", tag,
        known.empty() ? "" : absl::StrCat("\nThe tags: ", absl::StrJoin(known, ", "))));
  }
  return absl::OkStatus();
}

// Any beginning of an id that only one run has.
absl::StatusOr<std::string> FindRun(const std::string& asked, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                             store->Use([](db::ResultStore& results) { return results.RunIds(); }));
  if (asked == kLatestRun && !ids.empty()) return ids.front();
  std::vector<std::string> found;
  for (const std::string& id : ids)
    if (absl::StartsWith(id, asked)) found.push_back(id);
  if (found.size() == 1) return found.front();
  return absl::NotFoundError(found.empty()
                                 ? absl::StrCat("there is no run '", asked, "' with results")
                                 : absl::StrCat("'", asked, "' begins the ids of ", found.size(),
                                                " runs: ", absl::StrJoin(found, ", ")));
}

absl::StatusOr<std::optional<absl::Time>> MomentOf(const char* flag, const std::string& text,
                                                   absl::Time now) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<absl::Time> moment = ParseMoment(text, now, absl::LocalTimeZone());
  if (!moment.ok()) return WithPrefix(moment.status(), absl::StrCat(flag, ": "));
  return *moment;
}

}  // namespace

void AddChoiceFlags(CLI::App& command, MeasurementChoice& choice) {
  command.add_option("MODEL", choice.models, "models or files; default: all")
      ->type_name("MEASURED");
  InGroup(command, "Which measurements", [&] {
    AddList(command, "--device", choice.devices, "where it was measured; default: all");
    AddList(command, "--precision", choice.precisions, "as what it was measured; default: all");
    AddList(command, "--tag", choice.tags, "of runs with one of these tags");
    command.add_option("--since", choice.since, "stored since: 2h, 7d, 2026-11-20, 14:30")
        ->type_name("WHEN");
    command.add_option("--until", choice.until, "stored before")->type_name("WHEN");
    command.add_option("--run", choice.run, "of one run: the beginning of its id, or latest")
        ->type_name("RUN");
    command.add_flag("--valid", choice.valid_only,
                     "only what ended well, with no reason to doubt it");
  });
}

std::vector<std::string> DescribeChoice(const MeasurementChoice& choice) {
  std::vector<std::string> phrases;
  const auto list = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) phrases.push_back(absl::StrCat(what, " ", absl::StrJoin(names, ", ")));
  };
  list("models", choice.models);
  list("devices", choice.devices);
  list("precisions", choice.precisions);
  list("tags", choice.tags);
  if (!choice.since.empty()) phrases.push_back(absl::StrCat("since ", choice.since));
  if (!choice.until.empty()) phrases.push_back(absl::StrCat("until ", choice.until));
  if (!choice.run.empty()) phrases.push_back(absl::StrCat("run ", choice.run));
  if (choice.valid_only) phrases.push_back("valid figures only");
  return phrases;
}

absl::StatusOr<db::MeasurementFilter> MeasurementFilterFrom(const MeasurementChoice& choice,
                                                            Session& session) {
  EDGEBENCH_RETURN_IF_ERROR(CheckPrecisions(choice.precisions));
  EDGEBENCH_RETURN_IF_ERROR(CheckDevices(choice.devices, session));
  db::MeasurementFilter filter;
  for (const std::string& model : choice.models) filter.models.push_back(StoredName(model));
  filter.devices = choice.devices;
  filter.precisions = choice.precisions;
  EDGEBENCH_RETURN_IF_ERROR(CheckTags(choice.tags, session));
  filter.tags = choice.tags;
  const absl::Time now = absl::Now();
  EDGEBENCH_ASSIGN_OR_RETURN(filter.since, MomentOf("--since", choice.since, now));
  EDGEBENCH_ASSIGN_OR_RETURN(filter.until, MomentOf("--until", choice.until, now));
  if (!choice.run.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(filter.run_id, FindRun(choice.run, session));
  }
  filter.valid_only = choice.valid_only;
  return filter;
}

absl::StatusOr<std::vector<db::Measurement>> FindMeasurements(Session& session, SharedStore& store,
                                                              const db::MeasurementFilter& filter) {
  const LongWork work(session, "reading measurements");
  return store.Use([&](db::ResultStore& results) { return results.Measurements(filter); });
}

absl::StatusOr<std::string> ModelsWithoutResults(const MeasurementChoice& choice,
                                                 Session& session) {
  if (choice.models.empty()) return "";
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::vector<std::string> known,
      store->Use([](db::ResultStore& results) { return results.NamesOfKnownModels(); }));
  std::vector<std::string> lines;
  for (const std::string& model : choice.models) {
    const std::string name = StoredName(model);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    lines.push_back(absl::StrCat("there is no result of '", model, "'.", DidYouMean(name, known)));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace edgebench::controller
