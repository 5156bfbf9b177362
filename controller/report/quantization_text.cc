#include "controller/report/quantization_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/report/comparability.h"
#include "controller/report/phrases.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr auto kRight = Table::Align::kRight;
// More operators than this are added up.
constexpr size_t kListed = 15;
constexpr int kRanked = 20;  // and all that the ranking keeps in fp32
constexpr size_t kNamesOfMany = 2;
constexpr double kWorthTelling = 1.005;  // a change of size
constexpr int kNameWidth = 12;           // of a figure

std::string SizeChange(const v1::ModelFacts& model) {
  std::string after = BytesText(model.has_model_bytes(), model.model_bytes());
  if (!model.has_fp32_model_bytes() || !model.has_model_bytes() || model.model_bytes() == 0)
    return after;
  const double before = static_cast<double>(model.fp32_model_bytes());
  const double factor = before / static_cast<double>(model.model_bytes());
  std::string text = absl::StrCat(FormatBytes(model.fp32_model_bytes()), " → ", after);
  if (factor >= kWorthTelling) return absl::StrFormat("%s (%.2f× smaller)", text, factor);
  if (factor <= 1 / kWorthTelling) return absl::StrFormat("%s (%.2f× larger)", text, 1 / factor);
  return text;
}

// "11.7 MB int8, 19.2 kB fp32; 12.3 MB packed"
std::string WeightsText(const v1::ModelSizes& sizes) {
  std::vector<std::string> parts;
  for (const v1::ModelSizes::Part& part : sizes.parts())
    parts.push_back(absl::StrCat(FormatBytes(part.bytes()), " ", part.precision()));
  std::string text = absl::StrJoin(parts, ", ");
  if (sizes.has_packed_bytes())
    absl::StrAppend(&text, text.empty() ? "" : "; ", FormatBytes(sizes.packed_bytes()), " packed");
  return text;
}

template <typename Agreement>
std::string SqnrText(const Agreement& agreement) {
  if (agreement.bit_identical()) return "bit-equal";
  return agreement.has_sqnr_db() ? absl::StrFormat("%.1f dB", agreement.sqnr_db()) : kUnknown;
}

// "7 of 8"; a share where an older agent did not tell of how many.
template <typename Agreement>
std::string Top1Text(const Agreement& agreement) {
  if (!agreement.has_top1_agreement()) return kUnknown;
  if (!agreement.has_top1_rows())
    return absl::StrFormat("%.4g %%", 100 * agreement.top1_agreement());
  const double agreeing = agreement.top1_agreement() * static_cast<double>(agreement.top1_rows());
  return absl::StrFormat("%.0f of %d", agreeing, agreement.top1_rows());
}

template <typename Agreement>
std::string DifferenceText(const Agreement& agreement) {
  if (!agreement.has_max_abs_difference()) return kUnknown;
  return absl::StrFormat("%.3g", agreement.max_abs_difference());
}

// Never rounded to 1, which would say equal.
std::string CosineText(double cosine) {
  constexpr double kNearest = 0.9999;
  return cosine > kNearest ? "cosine > 0.9999" : absl::StrFormat("cosine %.4f", cosine);
}

// "31.2 dB, cosine 0.9996, top-1 as fp32 in 7 of 8, largest difference 0.12"
std::string AgreementText(const v1::JobResult& result) {
  const v1::Parity& parity = result.parity();
  if (!result.has_parity() || parity.bit_identical()) return ParityText(result);
  std::vector<std::string> parts = {SqnrText(parity)};
  if (parity.has_cosine()) parts.push_back(CosineText(parity.cosine()));
  if (parity.has_top1_agreement())
    parts.push_back(absl::StrCat("top-1 as fp32 in ", Top1Text(parity)));
  if (parity.has_max_abs_difference())
    parts.push_back(absl::StrCat("largest difference ", DifferenceText(parity)));
  return absl::StrJoin(parts, ", ");
}

// "loss 0.0123 → 0.0045 in 100 steps, parity 19.2 → 23.5 dB"
std::string TrainingText(const v1::JobResult& result) {
  const v1::TrainingReport& training = result.training();
  const int steps = training.loss_size();
  if (steps == 0) return "no step, finished early";
  std::string text = absl::StrFormat("loss %.3g → %.3g in %d %s%s", training.loss(0),
                                     training.loss(steps - 1), steps, steps == 1 ? "step" : "steps",
                                     training.finished_early() ? ", finished early" : "");
  if (training.has_sqnr_db_before() && result.parity().has_sqnr_db()) {
    absl::StrAppendFormat(&text, ", parity %.1f → %.1f dB", training.sqnr_db_before(),
                          result.parity().sqnr_db());
  }
  return text;
}

// The text in lines of the width, those below the first indented.
std::string Wrapped(const std::string& first, const std::string& text, int indent, int width) {
  const std::string printable = Printable(text);
  const std::vector<std::string> lines =
      width > indent ? WrapWords(printable, width - indent) : std::vector<std::string>{printable};
  return absl::StrCat(first, absl::StrJoin(lines, "\n" + std::string(indent, ' ')), "\n");
}

// "4/4 layers": cheaper operators between them are not counted.
std::string LayersText(const v1::JobResult& result) {
  const std::string text = CoverageText(result);
  return text == kUnknown ? text : absl::StrCat(text, " layers");
}

std::string Figures(const db::Measurement& measurement, int width) {
  const v1::JobResult& result = measurement.result;
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    if (value.empty() || value == kUnknown) return;
    const std::string first = absl::StrFormat("  %-*s ", kNameWidth, name);
    absl::StrAppend(&text, Wrapped(first, value, static_cast<int>(first.size()), width));
  };
  line("size", SizeChange(result.model()));
  line("weights", WeightsText(result.sizes()));
  if (result.has_quantize_duration_ns())
    line("took", FormatNanos(static_cast<double>(result.quantize_duration_ns())));
  line("peak memory", BytesText(result.has_peak_rss_bytes(), result.peak_rss_bytes()));
  line("calibration", result.calibration_source());
  if (result.has_training()) line("training", TrainingText(result));
  line("parity", AgreementText(result));
  line("measured on", result.parity().source());
  line("coverage", LayersText(result));
  line("engine", result.engine());
  line("verdict", VerdictText(measurement));
  return text;
}

// Operators of one kind that stayed fp32 for one reason.
struct Stayed {
  std::string kind, reason;
  int count = 0;
  std::vector<std::string> names;
};

std::string NameOf(const std::string& name) { return name.empty() ? kUnknown : Printable(name); }

std::string NamesText(const Stayed& stayed) {
  if (stayed.names.size() <= kNamesOfMany) return absl::StrJoin(stayed.names, ", ");
  const auto first = stayed.names.begin();
  return absl::StrCat(absl::StrJoin(first, first + kNamesOfMany, ", "), " ...");
}

// Each by itself; without names where an older agent told none.
std::vector<Stayed> StayedFp32(const v1::Coverage& coverage) {
  std::vector<Stayed> all;
  for (const v1::Coverage::Executed& op : coverage.executed()) {
    if (!op.reason().empty())
      all.push_back({op.kind(), op.reason(), op.count(), {NameOf(op.name())}});
  }
  if (!coverage.executed().empty()) return all;
  for (const v1::Coverage::Operator& op : coverage.skipped())
    all.push_back({op.kind(), op.reason(), op.count(), {}});
  return all;
}

std::vector<Stayed> AddedUp(const std::vector<Stayed>& all) {
  std::vector<Stayed> sums;
  for (const Stayed& one : all) {
    auto same = std::find_if(sums.begin(), sums.end(), [&](const Stayed& sum) {
      return sum.kind == one.kind && sum.reason == one.reason;
    });
    if (same == sums.end()) same = sums.insert(sums.end(), {one.kind, one.reason, 0, {}});
    same->count += one.count;
    same->names.insert(same->names.end(), one.names.begin(), one.names.end());
  }
  return sums;
}

std::string StayedText(const v1::JobResult& result, const Table::Style& style) {
  std::vector<Stayed> all = StayedFp32(result.coverage());
  if (all.empty()) return "";
  if (all.size() > kListed) all = AddedUp(all);
  Table table({{"operator"}, {"kind"}, {"runs", kRight}, {"why"}});
  for (const Stayed& stayed : all) {
    table.AddRow({stayed.names.empty() ? kUnknown : NamesText(stayed), Printable(stayed.kind),
                  absl::StrCat(stayed.count), Printable(stayed.reason)});
  }
  return absl::StrCat("\nstays fp32\n", table.Render(style));
}

std::string OutputsText(const v1::Parity& parity, const Table::Style& style) {
  if (parity.outputs_size() < 2) return "";
  Table table({{"output", kRight},
               {"shape"},
               {"parity", kRight},
               {"top-1", kRight},
               {"largest difference", kRight}});
  for (int i = 0; i < parity.outputs_size(); ++i) {
    const v1::Parity::Output& output = parity.outputs(i);
    table.AddRow({absl::StrCat(i + 1), NameOf(output.shape()), SqnrText(output), Top1Text(output),
                  DifferenceText(output)});
  }
  return absl::StrCat("\noutputs\n", table.Render(style));
}

std::string SensitivityText(const v1::JobResult& result, const Table::Style& style) {
  if (result.sensitivity().empty()) return "";
  Table table({{"operator"}, {"kind"}, {"parity", kRight}, {"stays"}});
  int listed = 0;
  for (const v1::OperatorSensitivity& op : result.sensitivity()) {
    if (listed >= kRanked && !op.kept_fp32()) break;
    ++listed;
    table.AddRow({NameOf(op.name()), Printable(op.kind()),
                  op.has_sqnr_db() ? absl::StrFormat("%.1f dB", op.sqnr_db()) : "no change",
                  op.kept_fp32() ? "fp32" : ""});
  }
  const int rest = result.sensitivity_size() - listed;
  return absl::StrCat("\neach operator alone quantized, the worst first\n", table.Render(style),
                      rest == 0 ? "" : absl::StrCat("and ", rest, " that cost less: --json\n"));
}

std::string NotesText(const db::Measurement& measurement, const std::string& said, int width) {
  constexpr char kNote[] = "  note: ";
  constexpr int kIndent = sizeof(kNote) - 1;
  const std::string& calibration = measurement.result.calibration_source();
  std::string text;
  for (const std::string& note : NotesOf(measurement)) {
    if (note == said) continue;
    // "no calibration data: 2 seeded random batches": among the figures already.
    if (!calibration.empty() && absl::EndsWith(note, absl::StrCat(": ", calibration))) continue;
    absl::StrAppend(&text, Wrapped(kNote, note, kIndent, width));
  }
  return text;
}

std::string WarningText(const std::string& warning, int width) {
  return warning.empty() ? "" : Wrapped("  ", absl::StrCat("WARNING: ", warning), 4, width);
}

}  // namespace

std::string QuantizationText(const db::Measurement& measurement, const std::string& output,
                             const Table::Style& style) {
  const v1::JobResult& result = measurement.result;
  const std::string warning = ChangedNothing(result) ? ChangedNothingText(result) : "";
  return absl::StrCat(output, ": ", Printable(ModelText(result.settings())), " ",
                      PrecisionName(result.precision()), "\n", WarningText(warning, style.width),
                      Figures(measurement, style.width),
                      NotesText(measurement, warning, style.width), StayedText(result, style),
                      OutputsText(result.parity(), style), SensitivityText(result, style));
}

}  // namespace edgebench::controller
