#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/device_run.h"
#include "db/result_store.h"

namespace edgebench::controller {

// How single facts of a measurement are put into words. Unknown is "-".

inline constexpr char kUnknown[] = "-";

// "8.51 ms ± 1.2 %": the median and half of its 95 % confidence interval.
std::string LatencyText(const db::Measurement& measurement);
// "80.1 mJ ± 2.1 %": the net energy of an inference and half of its 95 % interval.
std::string EnergyText(const v1::JobResult& result);
std::string BytesText(bool known, int64_t bytes);
// "CTC weight 0.3, LM weight 0.3, beam 10"; empty for a model that does not decode.
std::string DecodingText(const v1::JobSettings& settings);
// "cold start", "3 streams", "server of 2 streams within 50 ms"; empty for the steady state.
std::string ScenarioText(const v1::JobSettings& settings);
// "pinned to 0-3, nice -5, huge pages on"; empty where nothing of it was asked.
std::string PlacementText(const v1::JobSettings& settings);
// "120 per s ± 2.1 %", "at most 44 per s"; empty where no rate was measured.
std::string RateText(const v1::JobResult& result);
// Latency over the duration of the speech; nullopt where there is none of both.
std::optional<double> RealTimeFactor(const db::Measurement& measurement);
// "13.1 dB", "bit-equal".
std::string ParityText(const v1::JobResult& result);
// "ok", "unconverged", "oom in quantize", "changed nothing", "invalid: swapped".
std::string VerdictText(const db::Measurement& measurement);
// Of a good one that only tried a plan.
inline constexpr char kTrial[] = "trial";

// Why a measurement is invalid, in single words: "unconverged", "swapped"; "invalid"
// where nobody said why. Empty: it is valid, or measured nothing.
std::vector<std::string> InvalidCodes(const v1::JobResult& result);

// The operators that ran as the precision asks.
int CoveredOps(const v1::Coverage& coverage);
// "53/53": those, of the ones that could have.
std::string CoverageText(const v1::JobResult& result);

// Whether another precision than fp32 was asked for, and fp32 is what ran.
bool ChangedNothing(const v1::JobResult& result);
// "int8-dynamic changed nothing: what ran is the fp32 model (26 Conv2d: not a Linear)";
// of half precision that only weights are stored so, where that is all.
std::string ChangedNothingText(const v1::JobResult& result);

// What a reader has to know of one measurement besides its figures, one
// sentence each. Worded so that what holds for several rows is one note.
std::vector<std::string> NotesOf(const db::Measurement& measurement);

// Whether a warning that was sent while the job ran is in its result as well.
bool IsAmongNotes(const std::string& warning, const v1::JobResult& result);

// "8.51 ms ± 1.2 %, ok", "skipped: batch 8 ran out of memory".
std::string DescribeEnd(const CellReport& report);

// Numbers the notes of a table: the same sentence has one number.
class NoteList {
 public:
  // " [1,3-5]", or "" for no notes.
  std::string Refer(const std::vector<std::string>& notes);
  // One paragraph per note: "[1] ...", in lines of a width; 0: no limit.
  std::string Render(int width) const;

 private:
  std::vector<std::string> notes_;
};

}  // namespace edgebench::controller
