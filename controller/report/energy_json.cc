#include "controller/report/energy_json.h"

#include <string>

#include "controller/report/json_values.h"

namespace edgebench::controller {

using Json = nlohmann::ordered_json;

Json EnergyJson(const v1::Energy& energy) {
  if (!energy.has_joules_gross()) return nullptr;
  Json json;
  json["joules_per_inference"] =
      OrNull(energy.has_joules_per_inference(), energy.joules_per_inference());
  json["joules_per_inference_low"] =
      OrNull(energy.has_joules_per_inference_low(), energy.joules_per_inference_low());
  json["joules_per_inference_high"] =
      OrNull(energy.has_joules_per_inference_high(), energy.joules_per_inference_high());
  json["source"] = OrNull(energy.source());
  json["inferences"] = energy.inferences();
  json["joules_gross"] = energy.joules_gross();
  json["joules_net"] = OrNull(energy.has_joules_net(), energy.joules_net());
  json["mean_watts"] = OrNull(energy.has_mean_watts(), energy.mean_watts());
  json["peak_watts"] = OrNull(energy.has_peak_watts(), energy.peak_watts());
  json["idle_watts"] = OrNull(energy.has_idle_watts(), energy.idle_watts());
  json["idle_watts_spread"] = OrNull(energy.has_idle_watts_spread(), energy.idle_watts_spread());
  json["rails"] = Json::array();
  for (const v1::Energy::Rail& rail : energy.rails()) {
    json["rails"].push_back({{"name", rail.name()},
                             {"counted", rail.counted()},
                             {"mean_watts", OrNull(rail.has_watts_mean(), rail.watts_mean())},
                             {"idle_watts", OrNull(rail.has_idle_watts(), rail.idle_watts())}});
  }
  json["notes"] = Json::array();
  for (const std::string& note : energy.notes()) json["notes"].push_back(note);
  return json;
}

}  // namespace edgebench::controller
