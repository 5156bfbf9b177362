#include "controller/report/roofline_report.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/profile_figures.h"
#include "controller/report/profile_json.h"
#include "controller/report/profile_text.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kRight = Table::Align::kRight;
constexpr double kFlopPerMultiplyAdd = 2;
constexpr double kGiga = 1e9;

template <typename Message>
std::optional<int64_t> MultiplyAddsOf(const Message& op) {
  if (!op.has_multiply_adds()) return std::nullopt;
  return op.multiply_adds();
}

std::optional<int64_t> BytesOf(const v1::ProfileReport::Operator& op) {
  if (!op.has_bytes()) return std::nullopt;
  return op.bytes();
}

// Known where each operator's part is.
template <typename Part>
std::optional<int64_t> Sum(const v1::ProfileReport& profile, const Part& part) {
  int64_t sum = 0;
  for (const v1::ProfileReport::Operator& op : profile.operators()) {
    const std::optional<int64_t> value = part(op);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum;
}

RooflineRow PlaceOperator(const v1::ProfileReport::Operator& op, const Roof& roof) {
  RooflineRow row;
  row.label = OperatorLabel(op);
  row.kind = op.kind();
  row.precision = op.precision();
  row.nanos = static_cast<double>(op.total_ns());
  row.share = op.share();
  row.point = PlaceUnder(roof, {MultiplyAddsOf(op), BytesOf(op), row.nanos, op.precision()});
  return row;
}

const char* LimitName(RooflinePoint::Limit limit) {
  switch (limit) {
    case RooflinePoint::Limit::kCompute:
      return "compute";
    case RooflinePoint::Limit::kMemory:
      return "memory";
    default:
      return "";
  }
}

std::string LimitText(RooflinePoint::Limit limit) {
  const std::string name = LimitName(limit);
  return name.empty() ? kUnknown : name;
}

std::string GigaText(const std::optional<double>& value) {
  return value ? FigureText(*value / kGiga) : kUnknown;
}

std::string PercentText(const std::optional<double>& share) {
  return share ? absl::StrFormat("%.0f %%", 100 * *share) : kUnknown;
}

// FLOP of a rate of multiply-adds; bytes as they are.
double Shown(v1::RooflinePeaks::Quantity quantity, double per_second) {
  const bool is_bandwidth = quantity == v1::RooflinePeaks::QUANTITY_BANDWIDTH;
  return per_second * (is_bandwidth ? 1 : kFlopPerMultiplyAdd);
}

std::string PeaksText(const db::Measurement& peaks, const Table::Style& style) {
  Table table({{"peak"},
               {"threads", kRight},
               {"median", kRight},
               {"min", kRight, 3},
               {"max", kRight, 3},
               {"runs", kRight, 4},
               {"workload", Table::Align::kLeft, 2}});
  for (const v1::RooflinePeaks::Peak& peak : peaks.result.peaks().peaks()) {
    const std::optional<PeakSummary> summary = SummaryOf(peak);
    if (!summary) continue;
    const auto quantity = peak.quantity();
    const bool is_bandwidth = quantity == v1::RooflinePeaks::QUANTITY_BANDWIDTH;
    const auto text = [&](double rate) {
      return absl::StrCat(GigaText(Shown(quantity, rate)), is_bandwidth ? " GB/s" : " GFLOP/s");
    };
    table.AddRow({PeakQuantityName(quantity), absl::StrCat(peak.threads()), text(summary->median),
                  text(summary->min), text(summary->max), absl::StrCat(summary->runs),
                  Printable(peak.workload())});
  }
  const std::string engine = peaks.result.engine();
  return absl::StrCat("peaks of ", peaks.device,
                      engine.empty() ? "" : absl::StrCat(", int8 engine ", engine), "\n",
                      table.Render(style));
}

std::vector<std::string> CellsOf(const RooflineRow& row) {
  const std::string precision = PrecisionName(row.precision);
  return {row.label,
          row.kind.empty() ? kUnknown : row.kind,
          precision.empty() ? kUnknown : precision,
          FormatNanos(row.nanos),
          ShareText(row.share),
          GigaText(row.point.flops),
          GigaText(row.point.bandwidth),
          FigureText(row.point.intensity),
          GigaText(row.point.bound),
          PercentText(row.point.share_of_bound),
          LimitText(row.point.limit)};
}

std::string ModelText(const ModelRoofline& model, const Table::Style& style) {
  Table table({{"operator"},
               {"kind", Table::Align::kLeft, 3},
               {"precision", Table::Align::kLeft, 4},
               {"time", kRight},
               {"share", kRight, 5},
               {"GFLOP/s", kRight},
               {"GB/s", kRight, 2},
               {"FLOP/byte", kRight},
               {"bound", kRight},
               {"of bound", kRight},
               {"limited by"}});
  table.AddRow(CellsOf(model.whole));
  for (const RooflineRow& row : model.operators) table.AddRow(CellsOf(row));
  return absl::StrCat("\n", ProfileTitle(*model.profile), "\n", table.Render(style));
}

bool ExceedsBound(const RooflineRow& row) { return row.point.share_of_bound.value_or(0) > 1; }

bool AnyExceedsBound(const std::vector<ModelRoofline>& models) {
  return std::any_of(models.begin(), models.end(), [](const ModelRoofline& model) {
    return ExceedsBound(model.whole) ||
           std::any_of(model.operators.begin(), model.operators.end(), ExceedsBound);
  });
}

// A quiet device repeats a run to within a few percent.
bool AreUnsteady(const v1::RooflinePeaks& peaks) {
  constexpr double kSteady = 1.25;
  return std::any_of(peaks.peaks().begin(), peaks.peaks().end(), [](const auto& peak) {
    const std::optional<PeakSummary> summary = SummaryOf(peak);
    return summary && summary->max > kSteady * summary->median;
  });
}

// With the notes of what they were measured with.
std::string Notes(const db::Measurement& peaks, const std::vector<ModelRoofline>& models) {
  std::string text;
  if (AreUnsteady(peaks.result.peaks())) {
    absl::StrAppend(&text,
                    "the peaks' runs differ by more than a quarter: something else was busy on the "
                    "device, and a quiet one reaches more; --remeasure measures them again\n");
  }
  if (AnyExceedsBound(models)) {
    absl::StrAppend(&text,
                    "more than 100 %: operands came from the caches, which are faster than main "
                    "memory, or its kernel is faster than those that the peak was measured with\n");
  }
  for (const std::string& note : NotesOf(peaks))
    absl::StrAppend(&text, "note: ", Printable(note), "\n");
  return text.empty() ? "" : absl::StrCat("\n", text);
}

Json RowJson(const RooflineRow& row) {
  const RooflinePoint& point = row.point;
  Json json;
  json["name"] = row.label;
  json["kind"] = OrNull(row.kind);
  json["precision"] = OrNull(PrecisionName(row.precision));
  json["time_ns"] = row.nanos;
  json["share"] = row.share;
  json["flops_per_second"] = OrNull(point.flops);
  json["bytes_per_second"] = OrNull(point.bandwidth);
  json["intensity"] = OrNull(point.intensity);
  json["bound_flops_per_second"] = OrNull(point.bound);
  json["share_of_bound"] = OrNull(point.share_of_bound);
  json["limited_by"] = OrNull(std::string(LimitName(point.limit)));
  return json;
}

}  // namespace

ModelRoofline PlaceModel(const db::Measurement& profile, const Roof& roof, int top) {
  const v1::ProfileReport& report = profile.result.profile();
  ModelRoofline model;
  model.profile = &profile;
  model.whole.label = "whole model";
  model.whole.precision = PrecisionOf(profile.result);
  const std::optional<ProfilerOverhead> overhead = OverheadOf(profile);
  model.whole.nanos = overhead ? overhead->plain_ns : 0;
  model.whole.point =
      PlaceUnder(roof, {Sum(report, MultiplyAddsOf<v1::ProfileReport::Operator>),
                        Sum(report, BytesOf), model.whole.nanos, model.whole.precision});
  for (const int place : ByShare(report)) {
    if (static_cast<int>(model.operators.size()) == top) break;
    model.operators.push_back(PlaceOperator(report.operators(place), roof));
  }
  return model;
}

std::string RooflineText(const db::Measurement& peaks, const std::vector<ModelRoofline>& models,
                         const Table::Style& style) {
  std::string text = PeaksText(peaks, style);
  for (const ModelRoofline& model : models) absl::StrAppend(&text, ModelText(model, style));
  return absl::StrCat(text, Notes(peaks, models));
}

Json RooflineDocument(const db::Measurement& peaks, const std::vector<ModelRoofline>& models) {
  Json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["device"] = peaks.device;
  document["threads"] = OrNull(peaks.result.threads() > 0, peaks.result.threads());
  document["engine"] = OrNull(peaks.result.engine());
  document["peaks"] = PeaksJson(peaks.result.peaks());
  document["models"] = Json::array();
  for (const ModelRoofline& model : models) {
    Json json;
    json["job_id"] = model.profile->job_id;
    json["model"] = model.profile->result.settings().model().display_name();
    json["precision"] = OrNull(PrecisionName(model.whole.precision));
    json["whole"] = RowJson(model.whole);
    json["operators"] = Json::array();
    for (const RooflineRow& row : model.operators) json["operators"].push_back(RowJson(row));
    document["models"].push_back(std::move(json));
  }
  return document;
}

}  // namespace edgebench::controller
