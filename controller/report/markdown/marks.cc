#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/job_result.h"
#include "common/names.h"
#include "controller/report/markdown/methods.h"
#include "controller/report/markdown/text.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

struct Meaning {
  const char* mark;
  const char* text;
};

// Of figures in doubt, by the code of the reason.
constexpr Meaning kCodes[] = {
    {"unconverged",
     "the interval stayed wider than its goal in the time given; it is true all the same"},
    {"unsettled",
     "the latency was still changing, or too few calls were made to tell, when the "
     "warm-up ended"},
    {"throttled", "the device slowed its processor down, for heat, power or a quota"},
    {"clock changed", "the clock of the processor changed by more than 10 % while measuring"},
    {"foreign load", "other processes used the processors meanwhile; latencies are too long"},
    {"steal", "other virtual machines took more than 2 % of the processors' time"},
    {"swapped", "a part of the process lay in swap, or the device swapped meanwhile"},
    {"incomplete", "some of its processes ended well and others did not"},
};

// Of cells without figures.
constexpr Meaning kOutcomes[] = {
    {"oom", "it ran out of the memory that it may use"},
    {"crash", "a signal or an error ended its process"},
    {"timeout", "it did not end in the time that it may take"},
    {"unsupported", "the device or the model cannot do what was asked"},
    {"invalid_model", "the model could not be loaded or run"},
    {"cancelled", "someone stopped it"},
    {"interrupted", "the agent ended while it ran"},
};

class Marks {
 public:
  void Add(bool occurs, const char* mark, const char* text) {
    if (occurs) lines_ += absl::StrCat("- **", MarkdownText(mark), "**: ", text, "\n");
  }
  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
};

template <typename Condition>
bool Any(const std::vector<ReportEntry>& entries, const Condition& condition) {
  return std::any_of(entries.begin(), entries.end(), condition);
}

bool Says(const std::vector<ReportEntry>& entries, const char* verdict) {
  return Any(entries, [verdict](const ReportEntry& entry) {
    return VerdictText(*entry.measurement) == verdict;
  });
}

void AddSpeedUpMarks(const std::vector<ReportEntry>& entries, Marks& marks) {
  const auto any = [&entries](const char* text) {
    return Any(entries, [text](const ReportEntry& entry) {
      return entry.speed_up && absl::StrContains(SpeedUpText(*entry.speed_up), text);
    });
  };
  marks.Add(any("?"), "×?",
            "the speed-up has no interval to rely on: one of the two measurements is marked, or "
            "there are too few samples or processes");
  marks.Add(any("≈"), "≈ 1×", "no difference from fp32, or one below a tenth");
  marks.Add(any("unresolved"), "unresolved",
            "the interval of the speed-up includes 1 and is too wide to say more");
}

}  // namespace

std::string MarksSection(const std::vector<ReportEntry>& entries) {
  Marks marks;
  marks.Add(Says(entries, "ok"), "ok", "nothing was found that spoils the figure");
  for (const Meaning& code : kCodes) {
    const bool occurs = Any(entries, [&code](const ReportEntry& entry) {
      const std::vector<std::string> codes = InvalidCodes(entry.measurement->result);
      return std::find(codes.begin(), codes.end(), code.mark) != codes.end();
    });
    marks.Add(occurs, code.mark, code.text);
  }
  marks.Add(Says(entries, "changed nothing"), "changed nothing",
            "no operator runs in the precision that was asked for: what ran is the fp32 model");
  marks.Add(Says(entries, "ran as fp32"), "ran as fp32",
            "the precision is only how weights are stored; all layers computed in fp32");
  for (const Meaning& outcome : kOutcomes) {
    const bool occurs = Any(entries, [&outcome](const ReportEntry& entry) {
      return OutcomeName(entry.measurement->result.outcome()) == outcome.mark;
    });
    marks.Add(occurs, outcome.mark, outcome.text);
  }
  AddSpeedUpMarks(entries, marks);
  marks.Add(true, "-", "not measured, or not known");
  return absl::StrCat("## What the marks mean\n\n", marks.lines(), "\n");
}

}  // namespace edgebench::controller
