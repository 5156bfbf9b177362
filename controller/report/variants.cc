#include "controller/report/variants.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/quantization_method.h"

namespace edgebench::controller {
namespace {

// The one that ran, else the one that would have.
std::string EngineOf(const v1::JobResult& result) {
  if (!UsesEngine(PrecisionOf(result))) return "";
  if (!result.engine().empty()) return result.engine();
  const bool chosen = result.settings().engine() != kAutoEngine;
  return chosen ? result.settings().engine() : result.environment().torch().default_engine();
}

// The names of engines and observers speak for themselves.
std::string Word(size_t index, const std::string& value) {
  constexpr size_t kOfTheirOwn = 2;
  if (index < kOfTheirOwn || value.empty()) return value;
  static const auto* const names = new std::vector<MethodSetting>(MethodOf({}));
  return absl::StrCat((*names)[index - 1].name, " ", value);
}

}  // namespace

Variant VariantOf(const v1::JobResult& result) {
  Variant variant = {EngineOf(result)};
  for (MethodSetting& setting : MethodOf(result.settings()))
    variant.push_back(std::move(setting.value));
  return variant;
}

std::vector<std::string> Distinctions(const std::vector<Variant>& variants) {
  std::vector<std::string> words(variants.size());
  for (size_t index = 0; !variants.empty() && index < variants.front().size(); ++index) {
    const auto differs = [&](const Variant& v) { return v[index] != variants.front()[index]; };
    if (std::none_of(variants.begin(), variants.end(), differs)) continue;
    for (size_t i = 0; i < variants.size(); ++i) {
      const std::string word = Word(index, variants[i][index]);
      if (!word.empty()) absl::StrAppend(&words[i], words[i].empty() ? "" : " ", word);
    }
  }
  return words;
}

std::vector<size_t> MethodSettingsThatDiffer(const std::vector<v1::JobSettings>& all) {
  std::map<v1::Precision, std::vector<MethodSetting>> first;
  std::set<size_t> indices;
  for (const v1::JobSettings& settings : all) {
    const std::vector<MethodSetting> method = MethodOf(settings);
    const auto& other = first.emplace(settings.precision(), method).first->second;
    for (size_t i = 0; i < method.size(); ++i)
      if (method[i].value != other[i].value) indices.insert(i);
  }
  return {indices.begin(), indices.end()};
}

}  // namespace edgebench::controller
