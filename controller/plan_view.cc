#include "controller/plan_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/estimate.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

struct DeviceTotal {
  std::string device;
  int cells = 0;
  int measured = 0;
  int processes = 0;
  absl::Duration estimate;
};

std::vector<DeviceTotal> TotalsOf(const std::vector<PlannedCell>& cells) {
  std::vector<DeviceTotal> totals;
  for (const PlannedCell& planned : cells) {
    auto total = std::find_if(totals.begin(), totals.end(),
                              [&](const DeviceTotal& t) { return t.device == planned.device; });
    if (total == totals.end()) total = totals.insert(totals.end(), {planned.device, 0, 0, 0, {}});
    ++total->cells;
    total->measured += planned.measured ? 1 : 0;
    total->processes += planned.cell.processes;
    total->estimate += planned.estimate;
  }
  return totals;
}

std::string MeasuredText(const PlannedCell& planned) {
  if (!planned.measured) return "-";
  return planned.median_ns ? FormatNanos(*planned.median_ns) : "yes";
}

Json CellJson(const PlannedCell& planned) {
  const v1::JobSettings& settings = planned.cell.settings;
  Json json;
  json["device"] = planned.device;
  json["model"] = settings.model().display_name();
  json["precision"] = OrNull(PrecisionName(settings.precision()));
  json["engine"] = OrNull(settings.engine());
  json["threads"] = OrNull(settings.has_threads(), settings.threads());
  json["batch"] = OrNull(settings.has_batch(), settings.batch());
  json["image_size"] = OrNull(settings.has_image_size(), settings.image_size());
  json["seq_len"] = OrNull(settings.has_seq_len(), settings.seq_len());
  json["frames"] = OrNull(settings.has_frames(), settings.frames());
  json["ctc_weight"] =
      OrNull(settings.decoding().has_ctc_weight(), settings.decoding().ctc_weight());
  json["scenario"] = OrNull(ScenarioName(settings.scenario()));
  json["processes"] = planned.cell.processes;
  json["measured"] = planned.measured;
  json["measured_median_ns"] = OrNull(planned.median_ns);
  json["estimate_ns"] = absl::ToInt64Nanoseconds(planned.estimate);
  return json;
}

}  // namespace

std::string RenderPlan(const std::vector<PlannedCell>& cells, const Table::Style& style) {
  Table table({{"device"},
               {"cell"},
               {"processes", Table::Align::kRight, 2},
               {"measured before", Table::Align::kRight, 1},
               {"about", Table::Align::kRight}});
  for (const PlannedCell& planned : cells) {
    table.AddRow({planned.device, CellLabel(planned.cell.settings),
                  absl::StrCat(planned.cell.processes), MeasuredText(planned),
                  RoughDuration(planned.estimate)});
  }
  std::string text = table.Render(style);
  absl::Duration longest = absl::ZeroDuration();
  for (const DeviceTotal& total : TotalsOf(cells)) {
    longest = std::max(longest, total.estimate);
    absl::StrAppend(&text, "\n", total.device, ": ", total.cells,
                    total.cells == 1 ? " cell in " : " cells in ", total.processes,
                    total.processes == 1 ? " process, " : " processes, ", total.measured,
                    " measured before, about ", RoughDuration(total.estimate));
  }
  absl::StrAppend(&text, "\nall of it, devices side by side: about ", RoughDuration(longest), "\n");
  return text;
}

Json PlanDocument(const std::string& name, const std::vector<PlannedCell>& cells) {
  Json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["name"] = OrNull(name);
  document["cells"] = Json::array();
  for (const PlannedCell& planned : cells) document["cells"].push_back(CellJson(planned));
  document["devices"] = Json::array();
  absl::Duration longest = absl::ZeroDuration();
  for (const DeviceTotal& total : TotalsOf(cells)) {
    longest = std::max(longest, total.estimate);
    document["devices"].push_back({{"device", total.device},
                                   {"cells", total.cells},
                                   {"measured", total.measured},
                                   {"processes", total.processes},
                                   {"estimate_ns", absl::ToInt64Nanoseconds(total.estimate)}});
  }
  document["estimate_ns"] = absl::ToInt64Nanoseconds(longest);
  return document;
}

}  // namespace edgebench::controller
