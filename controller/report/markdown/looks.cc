#include "controller/report/markdown/looks.h"

#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/job_result.h"
#include "controller/report/markdown/matrix.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {

plot::Look LookOf(v1::Precision precision) {
  switch (precision) {
    case v1::PRECISION_INT8_STATIC:
      return {1, 1, 0};
    case v1::PRECISION_INT8_DYNAMIC:
      return {2, 2, 0};
    case v1::PRECISION_INT8_WEIGHT_ONLY:
      return {3, 3, 0};
    case v1::PRECISION_INT8_QAT:
      return {4, 4, 0};
    case v1::PRECISION_FP16:
      return {5, 5, 0};
    case v1::PRECISION_BF16:
      return {6, 4, 0};
    default:
      return {0, 0, 0};
  }
}

Legend::Legend(const std::vector<ReportEntry>& entries, const std::vector<size_t>& drawn) {
  std::set<std::string> devices;
  for (const size_t i : drawn) devices.insert(entries[i].measurement->device);
  several_devices_ = devices.size() > 1;
  // A device has one kind of dashes, whatever it is drawn with; then the engines have.
  std::map<std::string, int> dashes;
  std::map<std::string, std::set<std::string>> variants;  // of a precision and device
  for (const size_t i : drawn) {
    const std::string name = NameOf(entries[i]);
    if (looks_.count(name) > 0) continue;
    const v1::Precision precision = PrecisionOf(entries[i].measurement->result);
    plot::Look look = LookOf(precision);
    const std::string& device = entries[i].measurement->device;
    std::set<std::string>& others =
        variants[absl::StrCat(device, " ", static_cast<int>(precision))];
    look.dash = dashes.emplace(device, static_cast<int>(dashes.size())).first->second +
                static_cast<int>(devices.size() * others.size());
    others.insert(name);
    looks_[name] = look;
  }
}

std::string Legend::NameOf(const ReportEntry& entry) const {
  const std::string label = PrecisionLabel(entry);
  return several_devices_ ? absl::StrCat(label, " on ", entry.measurement->device) : label;
}

plot::Look Legend::LookOfEntry(const ReportEntry& entry) const {
  const auto found = looks_.find(NameOf(entry));
  return found == looks_.end() ? plot::Look() : found->second;
}

std::string KindOfInput(const v1::JobSettings& settings) {
  if (settings.has_image_size()) return "images";
  if (settings.has_seq_len()) return "sequences";
  return settings.has_frames() ? "speech" : "others";
}

bool IsDoubtful(const ReportEntry& entry) {
  return !InvalidCodes(entry.measurement->result).empty();
}

std::optional<double> DrawnMedian(const ReportEntry& entry) {
  const v1::JobResult& result = entry.measurement->result;
  if (result.outcome() != v1::OUTCOME_OK || !ScenarioText(result.settings()).empty())
    return std::nullopt;
  return entry.measurement->latency.median_ns;
}

}  // namespace edgebench::controller
