#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/report/report_data.h"
#include "controller/report/svg/canvas.h"

namespace edgebench::controller {

// A precision has one colour and one shape in all figures; what else tells lines apart, the device
// or the engine, has dashes.
plot::Look LookOf(v1::Precision precision);

// What an entry is called in a legend, and how it looks. Names have what is not the same in all
// entries that are drawn: "int8-static", "int8-static on pi".
class Legend {
 public:
  Legend(const std::vector<ReportEntry>& entries, const std::vector<size_t>& drawn);

  std::string NameOf(const ReportEntry& entry) const;
  plot::Look LookOfEntry(const ReportEntry& entry) const;

 private:
  bool several_devices_ = false;
  std::map<std::string, plot::Look> looks_;  // by name
};

// "images", "sequences", "speech", "others": what models may be drawn beside each other.
std::string KindOfInput(const v1::JobSettings& settings);

// Whether a figure is marked: it is drawn hollow then.
bool IsDoubtful(const ReportEntry& entry);

// The median of one that ended well in the steady state; nullopt otherwise.
std::optional<double> DrawnMedian(const ReportEntry& entry);

}  // namespace edgebench::controller
