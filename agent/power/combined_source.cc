#include "agent/power/combined_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace edgebench::agent {
namespace {

class Combined final : public PowerSource {
 public:
  Combined(PowerSourceInfo info, std::vector<std::unique_ptr<PowerSource>> sources)
      : PowerSource(std::move(info)), sources_(std::move(sources)) {}

  PowerSample Read(int64_t now_nanos) override {
    PowerSample sample;
    sample.time_nanos = now_nanos;
    for (const auto& source : sources_) {
      const PowerSample part = source->Read(now_nanos);
      sample.values.insert(sample.values.end(), part.values.begin(), part.values.end());
    }
    return sample;
  }

  std::string Trouble() const override {
    for (const auto& source : sources_) {
      if (std::string trouble = source->Trouble(); !trouble.empty()) return trouble;
    }
    return "";
  }

 private:
  const std::vector<std::unique_ptr<PowerSource>> sources_;
};

}  // namespace

std::unique_ptr<PowerSource> Combine(std::vector<std::unique_ptr<PowerSource>> sources) {
  PowerSourceInfo info = sources.front()->info();
  for (size_t i = 1; i < sources.size(); ++i) {
    const PowerSourceInfo& other = sources[i]->info();
    absl::StrAppend(&info.name, "+", other.name);
    info.rails.insert(info.rails.end(), other.rails.begin(), other.rails.end());
    info.notes.insert(info.notes.end(), other.notes.begin(), other.notes.end());
    info.period = std::max(info.period, other.period);
  }
  return std::make_unique<Combined>(std::move(info), std::move(sources));
}

}  // namespace edgebench::agent
