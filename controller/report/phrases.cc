#include "controller/report/phrases.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/blas.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/proto_time.h"
#include "common/quantities.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

// In percent; beyond it the figure says nothing, and only widens its column.
constexpr double kWidestSpread = 999;

constexpr char kUnsettled[] = "unsettled";
constexpr char kInvalid[] = "invalid";

constexpr char kWideInterval[] =
    "unconverged: the interval stayed wider than the goal in the time given; a quieter machine, "
    "more --processes or a longer --max-time narrows it";

// How the notes of an agent begin whose figures differ from row to row, and
// what a table says instead, once: the figures are in its columns and in --json.
struct SharedNote {
  const char* beginning;
  const char* shared;
};
constexpr SharedNote kSharedNotes[] = {
    {kProcessesDiffer,
     "unconverged: each process is sure of its median, and they differ; a quieter machine or more "
     "--processes narrows the interval"},
    {"unconverged: interval", kWideInterval},
    {"unconverged: no interval", kWideInterval},
    {"unsettled: too few calls",
     "unsettled: too few calls to tell whether the latency had settled; a longer --max-time leaves "
     "time for more"},
    {kUnsettled,
     "unsettled: the latency was still changing when the warm-up ended; is something else busy on "
     "the device?"},
    {"foreign load",
     "foreign load: other processes used the processors meanwhile, and latencies are too long; "
     "edgebench doctor names them"},
    {"clock changed",
     "clock changed: by more than 10 % while measuring; a governor, turbo or heat may do that, "
     "edgebench doctor looks"},
    {"steal", "steal: other virtual machines took more than 2 % of the processors' time"},
};

std::string Shared(const std::string& note) {
  for (const SharedNote& known : kSharedNotes)
    if (absl::StartsWith(note, known.beginning)) return known.shared;
  return note;
}

void AddOnce(const std::string& note, std::vector<std::string>& notes) {
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
}

constexpr char kChangedNothing[] = " changed nothing: what ran is the fp32 model";
constexpr char kOnlyStored[] =
    " is only how weights are stored: all layers computed in fp32, as this device has no other "
    "kernel for them";

// Whether weights are narrow although no operator is.
bool StoresNarrow(const v1::JobResult& result) {
  const auto& parts = result.sizes().parts();
  return std::any_of(parts.begin(), parts.end(), [&](const v1::ModelSizes::Part& part) {
    return part.precision() == PrecisionName(result.precision());
  });
}

// The agent's own sentence, which ours says with the reasons.
bool IsChangedNothing(const std::string& note, const v1::JobResult& result) {
  return ChangedNothing(result) &&
         note == absl::StrCat(PrecisionName(result.precision()), kChangedNothing);
}

std::string FailureText(const v1::JobResult& result) {
  std::string text = OutcomeName(result.outcome());
  if (!result.signal_name().empty()) absl::StrAppend(&text, " ", result.signal_name());
  if (result.stage() != v1::STAGE_UNSPECIFIED)
    absl::StrAppend(&text, " in ", StageName(result.stage()));
  return text;
}

std::string ReasonsForFp32(const v1::Coverage& coverage) {
  std::vector<std::string> reasons;
  for (const v1::Coverage::Operator& op : coverage.skipped())
    AddOnce(absl::StrCat(op.count(), " ", op.kind(), ": ", op.reason()), reasons);
  return absl::StrJoin(reasons, "; ");
}

// "1,3-5": three and more in a row are a range.
std::string RangesText(const std::set<size_t>& numbers) {
  std::vector<std::string> texts;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (std::next(last) != numbers.end() && *std::next(last) == *last + 1) ++last;
    if (*last >= *first + 2) {
      texts.push_back(absl::StrCat(*first, "-", *last));
    } else {
      for (size_t number = *first; number <= *last; ++number) texts.push_back(absl::StrCat(number));
    }
    first = std::next(last);
  }
  return absl::StrJoin(texts, ",");
}

// A device that would spoil every figure of it.
void AddBlasNote(const db::Measurement& measurement, std::vector<std::string>& notes) {
  const std::string& blas = measurement.result.environment().torch().blas();
  if (IsReferenceBlas(blas)) {
    AddOnce(absl::StrCat(measurement.device,
                         " uses the reference BLAS, which is many times slower than OpenBLAS: "
                         "install libopenblas0-openmp there"),
            notes);
  }
  if (CompetesWithOpenMp(blas) && ThreadsOf(measurement.result).value_or(1) > 1) {
    AddOnce(absl::StrCat("OpenBLAS of ", measurement.device,
                         " has threads of its own, which compete with LibTorch's for the cores and "
                         "make fp32 slower; edgebench doctor says how to mend it"),
            notes);
  }
}

// " ± 1.2 %"
std::string SpreadText(double percent) {
  return percent < kWidestSpread ? absl::StrFormat(" ± %.*f %%", percent < 9.95 ? 1 : 0, percent)
                                 : absl::StrFormat(" ± > %.0f %%", kWidestSpread);
}

}  // namespace

std::string EnergyText(const v1::JobResult& result) {
  const v1::Energy& energy = result.energy();
  if (!energy.has_joules_per_inference()) return kUnknown;
  const double half = (energy.joules_per_inference_high() - energy.joules_per_inference_low()) / 2;
  return absl::StrCat(FormatJoules(energy.joules_per_inference(), half),
                      SpreadText(100 * half / energy.joules_per_inference()));
}

std::string LatencyText(const db::Measurement& measurement) {
  if (!measurement.latency.median_ns) return kUnknown;
  const double median = *measurement.latency.median_ns;
  if (!measurement.latency.relative_ci) return FormatNanos(median);
  const double relative = *measurement.latency.relative_ci;
  return FormatNanos(median, relative * median) + SpreadText(100 * relative);
}

std::string BytesText(bool known, int64_t bytes) { return known ? FormatBytes(bytes) : kUnknown; }

std::string DecodingText(const v1::JobSettings& settings) {
  const v1::Decoding& decoding = settings.decoding();
  std::vector<std::string> words;
  if (decoding.has_ctc_weight())
    words.push_back(absl::StrCat("CTC weight ", decoding.ctc_weight()));
  if (decoding.has_lm_weight()) words.push_back(absl::StrCat("LM weight ", decoding.lm_weight()));
  if (decoding.has_beam()) words.push_back(absl::StrCat("beam ", decoding.beam()));
  return absl::StrJoin(words, ", ");
}

std::string PlacementText(const v1::JobSettings& settings) {
  std::vector<std::string> words;
  if (!settings.pin_cpus().empty())
    words.push_back(absl::StrCat("pinned to ", settings.pin_cpus()));
  if (settings.has_niceness()) words.push_back(absl::StrCat("nice ", settings.niceness()));
  if (settings.huge_pages() != v1::HUGE_PAGES_UNSPECIFIED)
    words.push_back(absl::StrCat("huge pages ", HugePagesName(settings.huge_pages())));
  return absl::StrJoin(words, ", ");
}

std::string ScenarioText(const v1::JobSettings& settings) {
  std::string streams =
      absl::StrCat(settings.streams(), settings.streams() == 1 ? " stream" : " streams");
  switch (settings.scenario()) {
    case v1::SCENARIO_COLD:
      return "cold start";
    case v1::SCENARIO_SUSTAINED:
      return absl::StrCat("sustained for ", absl::FormatDuration(FromProto(settings.max_time())));
    case v1::SCENARIO_THROUGHPUT:
      return streams;
    case v1::SCENARIO_SERVER:
      return absl::StrCat(
          "server of ", streams, " within ",
          FormatNanos(absl::ToDoubleNanoseconds(FromProto(settings.latency_bound()))));
    default:
      return "";
  }
}

std::string RateText(const v1::JobResult& result) {
  const auto per_second = [](double rate, double half) {
    const int digits = SupportedDigits(rate, half);
    return rate < 100 ? absl::StrFormat("%.*g per s", digits, rate)
                      : absl::StrFormat("%.0f per s", rate);
  };
  if (result.has_server()) {
    if (!result.server().has_rate_per_second()) return "none";
    return per_second(result.server().rate_per_second(), 0);
  }
  if (!result.has_throughput()) return "";
  const v1::Throughput& throughput = result.throughput();
  const double half = (throughput.per_second_high() - throughput.per_second_low()) / 2;
  std::string text = per_second(throughput.per_second(), half);
  if (throughput.has_per_second_low() && throughput.per_second() > 0) {
    absl::StrAppendFormat(&text, " ± %.1f %%",
                          100 * (throughput.per_second_high() - throughput.per_second_low()) / 2 /
                              throughput.per_second());
  }
  return text;
}

std::optional<double> RealTimeFactor(const db::Measurement& measurement) {
  const v1::ModelFacts& model = measurement.result.model();
  if (!measurement.latency.median_ns || model.audio_ns() <= 0) return std::nullopt;
  return *measurement.latency.median_ns / static_cast<double>(model.audio_ns());
}

std::string ParityText(const v1::JobResult& result) {
  if (!result.has_parity()) return kUnknown;
  if (result.parity().bit_identical()) return "bit-equal";
  if (!result.parity().has_sqnr_db()) return kUnknown;
  return absl::StrFormat("%.1f dB", result.parity().sqnr_db());
}

int CoveredOps(const v1::Coverage& coverage) {
  // Older agents told of int8 only.
  return coverage.covered_ops() > 0 ? coverage.covered_ops() : coverage.int8_ops();
}

bool ChangedNothing(const v1::JobResult& result) {
  return result.outcome() == v1::OUTCOME_OK && IsQuantizing(result.precision()) &&
         result.has_coverage() &&
         (result.coverage().unchanged() || CoveredOps(result.coverage()) == 0);
}

std::string ChangedNothingText(const v1::JobResult& result) {
  const std::string precision = PrecisionName(result.precision());
  const std::string reasons = ReasonsForFp32(result.coverage());
  return absl::StrCat(precision, StoresNarrow(result) ? kOnlyStored : kChangedNothing,
                      reasons.empty() ? "" : absl::StrCat(" (", reasons, ")"));
}

std::vector<std::string> InvalidCodes(const v1::JobResult& result) {
  std::vector<std::string> codes;
  if (!result.has_validity() || result.validity().valid()) return codes;
  for (const std::string& reason : result.validity().reasons()) AddOnce(ReasonCode(reason), codes);
  if (codes.empty()) codes.emplace_back(kInvalid);
  return codes;
}

std::string VerdictText(const db::Measurement& measurement) {
  const v1::JobResult& result = measurement.result;
  if (result.outcome() != v1::OUTCOME_OK) return FailureText(result);
  // The gravest; the others are among the notes.
  if (ChangedNothing(result)) return StoresNarrow(result) ? "ran as fp32" : "changed nothing";
  const std::vector<std::string> codes = InvalidCodes(result);
  if (codes.empty()) return measurement.labels.trial ? kTrial : "ok";
  // What spoiled the figures says more than that they are wide or still change.
  const auto cause = std::find_if(codes.begin(), codes.end(), [](const std::string& code) {
    return code != kUnconverged && code != kUnsettled && code != kInvalid;
  });
  return cause == codes.end() ? codes.front() : absl::StrCat(kInvalid, ": ", *cause);
}

std::string CoverageText(const v1::JobResult& result) {
  if (!result.has_coverage() || !IsQuantizing(result.precision())) return kUnknown;
  return absl::StrCat(CoveredOps(result.coverage()), "/", result.coverage().total_ops());
}

std::vector<std::string> NotesOf(const db::Measurement& measurement) {
  const v1::JobResult& result = measurement.result;
  std::vector<std::string> notes;
  if (!result.message().empty()) notes.push_back(result.message());
  if (measurement.labels.trial) {
    notes.emplace_back(
        "only tried, by run --quick: one short process does not show what differs between "
        "processes");
  }
  if (result.has_validity() && !result.validity().valid())
    for (const std::string& reason : result.validity().reasons()) AddOnce(Shared(reason), notes);
  if (ChangedNothing(result)) notes.push_back(ChangedNothingText(result));
  for (const std::string& note : result.notes())
    if (!IsChangedNothing(note, result)) AddOnce(Shared(note), notes);
  for (const std::string& hint : result.hints()) AddOnce(hint, notes);
  if (result.has_parity() && !result.parity().bit_identical() && result.parity().random_weights()) {
    notes.push_back(absl::StrCat(result.settings().has_weights() ? "some of the" : "the",
                                 " weights are random: parity says nothing of a trained model"));
  }
  if (const v1::Energy& energy = result.energy(); !energy.source().empty()) {
    notes.push_back(energy.has_joules_per_inference()
                        ? absl::StrCat("energy of an inference by ", energy.source(),
                                       ", without what the device takes idle")
                        : absl::StrCat("no energy per inference: ", energy.reason()));
  }
  AddBlasNote(measurement, notes);
  return notes;
}

bool IsAmongNotes(const std::string& warning, const v1::JobResult& result) {
  const auto same = [&](const std::string& note) { return note == warning; };
  return std::any_of(result.notes().begin(), result.notes().end(), same) ||
         std::any_of(result.validity().reasons().begin(), result.validity().reasons().end(), same);
}

std::string DescribeEnd(const CellReport& report) {
  switch (report.state) {
    case CellReport::State::kMeasured: {
      const std::string verdict = VerdictText(*report.measurement);
      if (report.measurement->latency.median_ns)
        return absl::StrCat(LatencyText(*report.measurement), ", ", verdict);
      const std::string& message = report.measurement->result.message();
      return message.empty() ? verdict : absl::StrCat(verdict, ": ", message);
    }
    case CellReport::State::kSkipped:
      return "skipped: " + report.skipped_because;
    case CellReport::State::kRefused:
      return absl::StrCat("refused: ", report.status.message());
    case CellReport::State::kLeftRunning: {
      const bool stopped = absl::IsCancelled(report.status);
      if (stopped && !report.ended) return absl::StrCat("left running as job ", report.job_id);
      return absl::StrCat(stopped ? "not fetched" : report.status.message(), "; job ",
                          report.job_id,
                          report.ended ? " has ended, its result stays there" : " may go on there",
                          ": edgebench job watch ", report.job_id);
    }
    case CellReport::State::kNotRun:
      break;
  }
  return absl::StrCat("not run: ", report.status.message());
}

std::string NoteList::Refer(const std::vector<std::string>& notes) {
  std::set<size_t> numbers;
  for (const std::string& note : notes) {
    auto found = std::find(notes_.begin(), notes_.end(), note);
    if (found == notes_.end()) found = notes_.insert(notes_.end(), note);
    numbers.insert(static_cast<size_t>(found - notes_.begin()) + 1);
  }
  return numbers.empty() ? "" : absl::StrCat(" [", RangesText(numbers), "]");
}

std::string NoteList::Render(int width) const {
  std::string text;
  for (size_t i = 0; i < notes_.size(); ++i) {
    const std::string number = absl::StrCat("[", i + 1, "] ");
    const int indent = static_cast<int>(number.size());
    const std::string note = Printable(notes_[i]);
    const std::vector<std::string> lines =
        width > 0 ? WrapWords(note, width - indent) : std::vector<std::string>{note};
    absl::StrAppend(&text, number, absl::StrJoin(lines, "\n" + std::string(number.size(), ' ')),
                    "\n");
  }
  return text;
}

}  // namespace edgebench::controller
