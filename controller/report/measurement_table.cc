#include "controller/report/measurement_table.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/quantities.h"
#include "common/quantization_method.h"
#include "controller/input_size.h"
#include "controller/report/comparability.h"
#include "controller/report/phrases.h"
#include "controller/report/variants.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

// One line of the table. The settings are those that ran, where there is a
// measurement, else those that were asked for.
struct Row {
  std::string device;
  v1::JobSettings settings;
  v1::Precision precision = v1::PRECISION_UNSPECIFIED;
  const db::Measurement* measurement = nullptr;
  std::string speed_up = kUnknown;
  std::string verdict;
  std::vector<std::string> notes;
};

struct ColumnRule {
  Table::Column column;
  std::function<std::string(const Row&)> text;
  // A setting that is the same in all rows has no column; the title says it in
  // these words instead. nullptr: always a column.
  std::function<std::string(const std::string& text)> once = nullptr;
  // Whether those words are true as well of a table in which some rows have no
  // such setting.
  bool of_those_that_have_it = false;
};

std::string NumberText(bool known, int64_t value) { return known ? absl::StrCat(value) : kUnknown; }

std::string OrUnknown(const std::string& text) { return text.empty() ? kUnknown : text; }

// The one that ran, else the one that was asked for by name.
std::string EngineText(const Row& row) {
  if (row.measurement != nullptr && !row.measurement->result.engine().empty())
    return row.measurement->result.engine();
  const bool named = UsesEngine(row.precision) && row.settings.engine() != kAutoEngine;
  return named ? OrUnknown(row.settings.engine()) : kUnknown;
}

ColumnRule ColumnOf(const InputSize& size) {
  return {{size.label, Table::Align::kRight},
          [&size](const Row& r) {
            const std::optional<int32_t> value = size.of(r.settings);
            return NumberText(value.has_value(), value.value_or(0));
          },
          [&size](const std::string& t) { return absl::StrCat(size.label, " ", t); }};
}

std::string Itself(const std::string& text) { return text; }

std::vector<ColumnRule> SettingColumns() {
  constexpr auto kRight = Table::Align::kRight;
  return {
      {{"model"}, [](const Row& r) { return OrUnknown(r.settings.model().display_name()); }},
      {{"weights"},
       [](const Row& r) { return OrUnknown(GivenWeightsText(r.settings)); },
       [](const std::string& t) { return "weights " + t; }},
      {{"device"},
       [](const Row& r) { return r.device; },
       [](const std::string& t) { return "on " + t; }},
      {{"target"},
       [](const Row& r) { return OrUnknown(r.settings.target()); },
       [](const std::string& t) { return t; }},
      {{"threads", kRight},
       [](const Row& r) { return NumberText(r.settings.has_threads(), r.settings.threads()); },
       [](const std::string& t) { return t + (t == "1" ? " thread" : " threads"); }},
      {{"kind"},
       [](const Row& r) { return JobKindName(r.settings.kind()); },
       [](const std::string& t) { return t == JobKindName(v1::JOB_KIND_BENCHMARK) ? "" : t; }},
      {{"scenario"}, [](const Row& r) { return OrUnknown(ScenarioText(r.settings)); }, Itself},
      {{"placement"}, [](const Row& r) { return OrUnknown(PlacementText(r.settings)); }, Itself},
      {{"precision"}, [](const Row& r) { return OrUnknown(PrecisionName(r.precision)); }},
      {{"batch", kRight},
       [](const Row& r) { return NumberText(r.settings.has_batch(), r.settings.batch()); },
       [](const std::string& t) { return "batch " + t; }},
      ColumnOf(InputSizesOfModels()[0]),
      ColumnOf(InputSizesOfModels()[1]),
      ColumnOf(InputSizesOfModels()[2]),
      {{"inputs"}, [](const Row& r) { return OrUnknown(InputsText(r.settings)); }, Itself},
      {{"decoding"}, [](const Row& r) { return OrUnknown(DecodingText(r.settings)); }, Itself},
      {{"engine"},
       EngineText,
       [](const std::string& t) { return "int8 engine " + t; },
       /*of_those_that_have_it=*/true},
  };
}

// For each setting of quantization in which rows of one precision differ.
std::vector<ColumnRule> MethodColumns(const std::vector<Row>& rows) {
  std::vector<v1::JobSettings> settings;
  for (const Row& row : rows) settings.push_back(row.settings);
  std::vector<ColumnRule> columns;
  for (const size_t index : MethodSettingsThatDiffer(settings)) {
    columns.push_back({{MethodOf({})[index].name}, [index](const Row& row) {
                         return OrUnknown(MethodOf(row.settings)[index].value);
                       }});
  }
  return columns;
}

std::string Of(const Row& row, const std::function<std::string(const db::Measurement&)>& text) {
  return row.measurement != nullptr ? text(*row.measurement) : kUnknown;
}

std::string SizeText(const db::Measurement& m) {
  return BytesText(m.result.model().has_model_bytes(), m.result.model().model_bytes());
}
std::string RealTimeText(const db::Measurement& m) {
  const std::optional<double> factor = RealTimeFactor(m);
  return factor ? absl::StrFormat("%.3g×", *factor) : kUnknown;
}
std::string DeviationText(const db::Measurement& m) {
  return m.latency.stddev_ns ? FormatNanos(*m.latency.stddev_ns) : kUnknown;
}
std::string MinimumText(const db::Measurement& m) {
  return m.latency.min_ns ? FormatNanos(static_cast<double>(*m.latency.min_ns)) : kUnknown;
}
std::string SamplesText(const db::Measurement& m) {
  if (m.latency.processes < 2) return NumberText(m.latency.samples > 0, m.latency.samples);
  return absl::StrCat(m.latency.samples, " in ", m.latency.processes);
}
std::string ColdText(const db::Measurement& m, int64_t (v1::ColdStart::*part)() const) {
  if (!m.result.has_cold()) return kUnknown;
  return FormatNanos(static_cast<double>((m.result.cold().*part)()));
}
ColumnRule ColdColumn(const char* header, int64_t (v1::ColdStart::*part)() const) {
  return {{header, Table::Align::kRight}, [part](const Row& r) {
            return Of(r, [part](const db::Measurement& m) { return ColdText(m, part); });
          }};
}
std::string MemoryText(const db::Measurement& m) {
  return BytesText(m.result.has_peak_rss_bytes(), m.result.peak_rss_bytes());
}

std::vector<ColumnRule> FigureColumns() {
  constexpr auto kRight = Table::Align::kRight;
  return {
      {{"size", kRight, 1}, [](const Row& r) { return Of(r, SizeText); }},
      ColdColumn("start", &v1::ColdStart::start_ns),
      ColdColumn("load", &v1::ColdStart::load_ns),
      {{"latency", kRight}, [](const Row& r) { return Of(r, LatencyText); }},
      ColdColumn("second", &v1::ColdStart::second_ns),
      {{"rate", kRight},
       [](const Row& r) {
         return Of(r, [](const db::Measurement& m) { return OrUnknown(RateText(m.result)); });
       }},
      {{"energy", kRight, 4},
       [](const Row& r) {
         return Of(r, [](const db::Measurement& m) { return EnergyText(m.result); });
       }},
      {{"real time", kRight, 2}, [](const Row& r) { return Of(r, RealTimeText); }},
      {{"std dev", kRight, 6}, [](const Row& r) { return Of(r, DeviationText); }},
      {{"min", kRight, 7}, [](const Row& r) { return Of(r, MinimumText); }},
      {{"samples", kRight, 5}, [](const Row& r) { return Of(r, SamplesText); }},
      {{"vs fp32", kRight, 1}, [](const Row& r) { return r.speed_up; }},
      {{"parity", kRight, 1},
       [](const Row& r) {
         return Of(r, [](const db::Measurement& m) { return ParityText(m.result); });
       }},
      {{"coverage", kRight, 8},
       [](const Row& r) {
         return Of(r, [](const db::Measurement& m) { return CoverageText(m.result); });
       }},
      {{"peak memory", kRight, 3}, [](const Row& r) { return Of(r, MemoryText); }},
  };
}

// What the rows say of a setting. One that did not run, and was not given it,
// would have run with what the others ran with; one that ran has none.
std::set<std::string> TextsOf(const ColumnRule& rule, const std::vector<Row>& rows) {
  std::set<std::string> texts;
  for (const Row& row : rows) {
    std::string text = rule.text(row);
    const bool silent = row.measurement == nullptr || rule.of_those_that_have_it;
    if (text != kUnknown || !silent) texts.insert(std::move(text));
  }
  return texts;
}

// Columns for what varies, and a line for what does not:
// "on local, cpu, 2 threads, batch 1, image 224".
struct Layout {
  std::vector<ColumnRule> rules;
  std::string title;
  // When a row was stored, where the table says so.
  std::function<std::string(const Row&, const char* format)> stored;
};

constexpr char kStored[] = "stored";
constexpr char kDay[] = "%Y-%m-%d";
constexpr char kTimeOfDay[] = "%H:%M";

Layout SplitSettings(const std::vector<Row>& rows) {
  Layout layout;
  std::vector<std::string> once;
  for (ColumnRule& rule : SettingColumns()) {
    const std::set<std::string> texts = TextsOf(rule, rows);
    if (rule.once == nullptr || texts.size() > 1) {
      layout.rules.push_back(std::move(rule));
    } else if (!texts.empty() && *texts.begin() != kUnknown) {
      once.push_back(rule.once(*texts.begin()));
    }
  }
  for (ColumnRule& rule : MethodColumns(rows)) layout.rules.push_back(std::move(rule));
  once.erase(std::remove(once.begin(), once.end(), ""), once.end());
  layout.title = absl::StrJoin(once, ", ");
  return layout;
}

// Without those that no row has.
void AddFigures(std::vector<ColumnRule> figures, const std::vector<Row>& rows, Layout& layout) {
  for (ColumnRule& rule : figures) {
    const auto has_it = [&rule](const Row& row) { return rule.text(row) != kUnknown; };
    if (std::any_of(rows.begin(), rows.end(), has_it)) layout.rules.push_back(std::move(rule));
  }
}

Table MakeTable(const std::vector<ColumnRule>& rules) {
  std::vector<Table::Column> columns;
  for (const ColumnRule& rule : rules) columns.push_back(rule.column);
  columns.push_back({"verdict"});
  return Table(std::move(columns));
}

// One table, its rows under headings where `heading` says something.
Table FillTable(const std::vector<ColumnRule>& rules, const std::vector<Row>& rows,
                const std::function<std::string(const Row&)>& heading, NoteList& notes) {
  Table table = MakeTable(rules);
  std::string last;
  for (const Row& row : rows) {
    const std::string above = heading(row);
    if (above != last) table.AddHeading(above);
    last = above;
    std::vector<std::string> cells;
    for (const ColumnRule& rule : rules) cells.push_back(rule.text(row));
    cells.push_back(row.verdict + notes.Refer(row.notes));
    table.AddRow(std::move(cells));
  }
  return table;
}

auto Heads(const char* header) {
  return [header](const ColumnRule& rule) { return rule.column.header == header; };
}

// Model and device stand above their rows.
Table FillGroupedTable(std::vector<ColumnRule> rules, const std::vector<Row>& rows,
                       const std::function<std::string(const Row&)>& day, NoteList& notes) {
  const bool by_device = std::any_of(rules.begin(), rules.end(), Heads("device"));
  rules.erase(std::remove_if(rules.begin(), rules.end(), Heads("model")), rules.end());
  rules.erase(std::remove_if(rules.begin(), rules.end(), Heads("device")), rules.end());
  const auto heading = [by_device, &day](const Row& row) {
    return absl::StrCat(row.settings.model().display_name(), by_device ? " on " : "",
                        by_device ? row.device : "", day(row));
  };
  return FillTable(rules, rows, heading, notes);
}

// Where the columns do not fit, what many rows share stands above them: model and
// device, and if that is not enough the day.
Table FillTableToFit(const Layout& layout, const std::vector<Row>& rows, int width,
                     NoteList& notes) {
  const auto nothing = [](const Row&) { return std::string(); };
  Table flat = FillTable(layout.rules, rows, nothing, notes);
  if (flat.FitsUnwrapped(width)) return flat;
  Table grouped = FillGroupedTable(layout.rules, rows, nothing, notes);
  if (layout.stored == nullptr || grouped.FitsUnwrapped(width)) return grouped;
  std::vector<ColumnRule> rules = layout.rules;
  const auto& stored = layout.stored;
  std::find_if(rules.begin(), rules.end(), Heads(kStored))->text = [&stored](const Row& row) {
    return stored(row, kTimeOfDay);
  };
  const auto day = [&stored](const Row& row) { return ", " + stored(row, kDay); };
  return FillGroupedTable(std::move(rules), rows, day, notes);
}

// The table of these columns, above it what they share, below it the notes.
std::string Render(const Layout& layout, const std::vector<Row>& rows, const Table::Style& style) {
  NoteList notes;
  const Table table = FillTableToFit(layout, rows, style.width, notes);
  const std::string below = notes.Render(style.width);
  return absl::StrCat(Printable(layout.title), layout.title.empty() ? "" : "\n",
                      table.Render(style), below.empty() ? "" : "\n", below);
}

Row RowOf(const db::Measurement& measurement) {
  Row row;
  row.device = measurement.device;
  row.settings = measurement.result.settings();
  row.precision = PrecisionOf(measurement.result);
  row.measurement = &measurement;
  row.verdict = VerdictText(measurement);
  row.notes = NotesOf(measurement);
  return row;
}

Row RowOf(const CellReport& report) {
  if (report.measurement) return RowOf(*report.measurement);
  Row row;
  row.device = report.device;
  row.settings = report.cell.settings;
  row.precision = row.settings.precision();
  switch (report.state) {
    case CellReport::State::kSkipped:
      row.verdict = "skipped";
      row.notes = {"skipped: " + report.skipped_because};
      break;
    case CellReport::State::kRefused:
      row.verdict = "refused";
      row.notes = {std::string(report.status.message())};
      break;
    case CellReport::State::kLeftRunning:
      row.verdict = absl::IsCancelled(report.status) ? "left running" : "not fetched";
      row.notes = {DescribeEnd(report)};
      break;
    default:
      row.verdict = "not run";
      row.notes = {std::string(report.status.message())};
  }
  return row;
}

bool IsBaselineFor(const Row& row, const Row& other) {
  return row.measurement != nullptr && row.precision == v1::PRECISION_FP32 &&
         row.device == other.device && row.measurement->latency.median_ns &&
         ModelKey(row.measurement->result) == ModelKey(other.measurement->result);
}

// The comparable fp32 row; nullptr where there is none, or nothing to compare.
const db::Measurement* BaselineFor(const Row& row, const std::vector<Row>& rows) {
  if (row.measurement == nullptr || row.precision == v1::PRECISION_FP32 ||
      !row.measurement->latency.median_ns)
    return nullptr;
  const auto baseline = std::find_if(rows.begin(), rows.end(), [&row](const Row& other) {
    return IsBaselineFor(other, row) &&
           ForbiddingDifferences(*other.measurement, *row.measurement, Axis::kPrecision).empty();
  });
  return baseline == rows.end() ? nullptr : baseline->measurement;
}

// The speed-ups against fp32, with what differs as notes. All of the table hold together.
void FillSpeedUps(std::vector<Row>& rows) {
  const auto count = static_cast<int>(std::count_if(
      rows.begin(), rows.end(), [&rows](const Row& r) { return BaselineFor(r, rows) != nullptr; }));
  for (Row& row : rows) {
    const db::Measurement* const baseline = BaselineFor(row, rows);
    if (baseline == nullptr) continue;
    const auto speed_up = CompareLatency(*baseline, *row.measurement, count);
    if (!speed_up) continue;
    row.speed_up = SpeedUpText(*speed_up);
    for (const std::string& doubt : speed_up->doubts)
      row.notes.push_back("speed-up in doubt: " + doubt);
    for (const std::string& difference :
         NotableDifferences(*baseline, *row.measurement, Axis::kPrecision))
      row.notes.push_back(absl::StrCat("against fp32: ", difference));
  }
}

}  // namespace

std::string RenderBenchTable(const std::vector<CellReport>& reports, const Table::Style& style) {
  std::vector<Row> rows;
  for (const CellReport& report : reports) rows.push_back(RowOf(report));
  FillSpeedUps(rows);
  Layout layout = SplitSettings(rows);
  AddFigures(FigureColumns(), rows, layout);
  return Render(layout, rows, style);
}

std::string RenderResultsTable(const std::vector<db::Measurement>& measurements,
                               const Table::Style& style, absl::TimeZone time_zone) {
  std::vector<Row> rows;
  for (const db::Measurement& measurement : measurements) rows.push_back(RowOf(measurement));
  Layout layout = SplitSettings(rows);
  layout.stored = [time_zone](const Row& row, const char* format) {
    return absl::FormatTime(format, row.measurement->stored_time, time_zone);
  };
  const auto text = [&layout](const Row& row) {
    return layout.stored(row, kDay) + " " + layout.stored(row, kTimeOfDay);
  };
  layout.rules.insert(layout.rules.begin(), {{kStored}, text});
  AddFigures(FigureColumns(), rows, layout);
  return Render(layout, rows, style);
}

}  // namespace edgebench::controller
