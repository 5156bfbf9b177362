#include "controller/report/report_order.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "common/job_result.h"
#include "controller/report/comparability.h"
#include "controller/report/phrases.h"
#include "controller/report/variants.h"

namespace edgebench::controller {
namespace {

auto PlaceOf(const db::Measurement& m) {
  const v1::JobSettings& settings = m.result.settings();
  return std::make_tuple(ModelText(settings), settings.batch(), settings.image_size(),
                         settings.seq_len(), settings.frames(), DecodingText(settings),
                         ThreadsOf(m.result).value_or(0), settings.target(), ScenarioText(settings),
                         PlacementText(settings), m.device, PrecisionOf(m.result),
                         VariantOf(m.result));
}

}  // namespace

std::vector<const db::Measurement*> InOrderOfReport(
    const std::vector<db::Measurement>& measurements) {
  using Place = decltype(PlaceOf(measurements.front()));
  std::vector<std::pair<Place, const db::Measurement*>> placed;
  placed.reserve(measurements.size());
  for (const db::Measurement& m : measurements) placed.emplace_back(PlaceOf(m), &m);
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const db::Measurement*> ordered;
  ordered.reserve(placed.size());
  for (const auto& [place, measurement] : placed) ordered.push_back(measurement);
  return ordered;
}

}  // namespace edgebench::controller
