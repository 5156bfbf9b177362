#include "controller/report/markdown/reproduction.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/version.h"
#include "controller/report/markdown/text.h"

namespace edgebench::controller {
namespace {

constexpr int kWidestLabel = 120;

// What one call of bench varies, by its flag; each value once, in the order of the entries.
using Grid = std::vector<std::pair<std::string, std::vector<std::string>>>;

void Put(Grid& grid, const char* flag, const std::string& value) {
  if (value.empty()) return;
  auto found = std::find_if(grid.begin(), grid.end(),
                            [flag](const auto& choice) { return choice.first == flag; });
  if (found == grid.end()) found = grid.insert(grid.end(), {flag, {}});
  std::vector<std::string>& values = found->second;
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

std::string Number(bool known, int64_t value) { return known ? absl::StrCat(value) : ""; }

void PutEntry(const db::Measurement& m, Grid& grid) {
  const v1::JobSettings& settings = m.result.settings();
  Put(grid, "--device", m.device);
  Put(grid, "--precision", PrecisionName(settings.precision()));
  Put(grid, "--batch", Number(settings.has_batch(), settings.batch()));
  Put(grid, "--image-size", Number(settings.has_image_size(), settings.image_size()));
  Put(grid, "--seq-len", Number(settings.has_seq_len(), settings.seq_len()));
  Put(grid, "--frames", Number(settings.has_frames(), settings.frames()));
  Put(grid, "--threads", Number(settings.has_threads(), settings.threads()));
  if (settings.engine() != kAutoEngine) Put(grid, "--engine", settings.engine());
}

// What one call of bench has only one value of.
std::vector<std::string> SingleFlags(const db::Measurement& m) {
  const v1::JobSettings& settings = m.result.settings();
  std::vector<std::string> words;
  const auto add = [&words](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, ShellWord(value)});
  };
  for (const std::string& spec : settings.input_specs()) add("--input", spec);
  if (settings.has_weights()) add("--weights", settings.weights_name());
  if (settings.target() != "cpu") add("--target", settings.target());
  add("--optimize", OptimizeName(settings.optimize()));
  add("--seed", Number(settings.has_seed(), settings.seed()));
  add("--pin", settings.pin_cpus());
  add("--nice", Number(settings.has_niceness(), settings.niceness()));
  add("--huge-pages", HugePagesName(settings.huge_pages()));
  add("--calibration", settings.calibration_name());
  if (settings.has_fixed_samples()) {
    add("--k", absl::StrCat(settings.fixed_samples()));
  } else if (settings.has_target_ci()) {
    add("--target-ci", absl::StrCat(settings.target_ci()));
  }
  // One that failed was not repeated, and says nothing of how many processes there were to be.
  if (m.processes.empty() || m.result.outcome() != v1::OUTCOME_OK) return words;
  const auto processes = static_cast<int64_t>(m.processes.size());
  add("--processes", absl::StrCat(processes));
  // Each has its share of the time.
  if (settings.has_max_time()) {
    add("--max-time",
        absl::StrFormat("%.4g", absl::ToDoubleSeconds(FromProto(settings.max_time()) * processes)));
  }
  return words;
}

bool IsSteady(const v1::JobSettings& settings) {
  return settings.scenario() == v1::SCENARIO_STEADY ||
         settings.scenario() == v1::SCENARIO_UNSPECIFIED;
}

std::string Flags(const Grid& grid) {
  std::vector<std::string> words;
  for (const auto& [flag, values] : grid) {
    std::vector<std::string> quoted;
    for (const std::string& value : values) quoted.push_back(ShellWord(value));
    words.push_back(absl::StrCat(flag, " ", absl::StrJoin(quoted, ",")));
  }
  return absl::StrJoin(words, " ");
}

// One command for the models of a run that were measured over the same grid with the same settings.
std::vector<std::string> BenchCommands(const std::vector<const db::Measurement*>& of_run) {
  std::vector<std::pair<std::string, Grid>> grids;  // by model and single flags
  std::map<std::string, std::string> models, singles;
  for (const db::Measurement* m : of_run) {
    const v1::JobSettings& settings = m->result.settings();
    if (!IsSteady(settings)) continue;
    const std::string model = settings.model().display_name();
    const std::string flags = absl::StrJoin(SingleFlags(*m), " ");
    const std::string key = absl::StrCat(model, "\n", flags);
    auto found = std::find_if(grids.begin(), grids.end(),
                              [&key](const auto& grid) { return grid.first == key; });
    if (found == grids.end()) found = grids.insert(grids.end(), {key, {}});
    models[key] = model;
    singles[key] = flags;
    PutEntry(*m, found->second);
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> commands;  // flags, models
  for (const auto& [key, grid] : grids) {
    const std::string flags = absl::StrCat(Flags(grid), " ", singles[key]);
    auto found = std::find_if(commands.begin(), commands.end(),
                              [&flags](const auto& command) { return command.first == flags; });
    if (found == commands.end()) found = commands.insert(commands.end(), {flags, {}});
    found->second.push_back(ShellWord(models[key]));
  }
  std::vector<std::string> lines;
  for (const auto& [flags, names] : commands)
    lines.push_back(absl::StrCat("edgebench bench ", absl::StrJoin(names, " "), " ", flags));
  return lines;
}

// The version of edgebench on the devices, where it is another one.
std::string VersionsText(const ReportData& report) {
  std::set<std::string> versions;
  for (const ReportEnvironment& one : report.environments)
    versions.insert(MarkdownText(one.environment.agent_version()));
  versions.erase("");
  std::string text = absl::StrCat("edgebench ", kVersion);
  if (!versions.empty()) absl::StrAppend(&text, ", on the devices ", absl::StrJoin(versions, ", "));
  return text;
}

}  // namespace

std::string ShellWord(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("_-+./:,=@%", absl::string_view(&c, 1));
  });
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

std::string ReproductionSection(const ReportData& report, const std::string& command) {
  std::vector<std::string> runs;
  std::map<std::string, std::vector<const db::Measurement*>> by_run;
  for (const ReportEntry& entry : report.entries) {
    const db::Measurement* const m = entry.measurement;
    if (by_run.count(m->run_id) == 0) runs.push_back(m->run_id);
    by_run[m->run_id].push_back(m);
  }
  MarkdownTable table({"run", "begun to be stored", "plan", "tags", "note", "measurements"});
  std::vector<std::string> commands;
  for (const std::string& run : runs) {
    const db::Measurement& first = *by_run[run].front();
    table.AddRow({MarkdownName(run),
                  absl::FormatTime("%Y-%m-%d %H:%M UTC", first.stored_time, absl::UTCTimeZone()),
                  MarkdownName(first.labels.name),
                  MarkdownText(absl::StrJoin(first.labels.tags, ", "), kWidestLabel),
                  MarkdownText(first.labels.note, kWidestLabel), absl::StrCat(by_run[run].size())});
    for (std::string& line : BenchCommands(by_run[run])) {
      if (std::find(commands.begin(), commands.end(), line) == commands.end())
        commands.push_back(std::move(line));
    }
  }
  std::string text = absl::StrCat("## How to reproduce\n\nWith ", VersionsText(report),
                                  ". The measurements are from these runs:\n\n", table.Render(5));
  if (!commands.empty()) {
    absl::StrAppend(&text,
                    "The same cells are measured by the following; files are those of these ",
                    "names, wherever they lie. Where a run did not measure all combinations, it ",
                    "measures more.\n\n", MarkdownCode(commands));
  }
  return absl::StrCat(text, "This report was made by\n\n", MarkdownCode({command}));
}

}  // namespace edgebench::controller
