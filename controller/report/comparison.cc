#include "controller/report/comparison.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "controller/input_size.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/variants.h"

namespace edgebench::controller {
namespace {

// A failure of the moment says nothing of the cell.
bool SaysSomething(const db::Measurement& m) {
  return m.result.settings().kind() == v1::JOB_KIND_BENCHMARK &&
         m.result.outcome() != v1::OUTCOME_CANCELLED &&
         m.result.outcome() != v1::OUTCOME_INTERRUPTED;
}

std::string ColumnName(const db::Measurement& m, Axis axis) {
  return axis == Axis::kPrecision ? PrecisionName(PrecisionOf(m.result)) : m.device;
}

// What all columns of a block share whatever their settings: which lines of
// which table they could ever stand in.
std::string FamilyKey(const db::Measurement& m, Axis axis) {
  const std::string fixed =
      axis == Axis::kPrecision ? m.device : PrecisionName(PrecisionOf(m.result));
  return absl::StrCat(ModelKey(m.result), "\n", fixed);
}

// The settings that must be equal within a block.
std::string SettingsKey(const db::Measurement& m, Axis axis) {
  const v1::JobSettings& s = m.result.settings();
  std::string key = absl::StrCat(s.target(), "\n", s.batch(), "\n", OptimizeName(s.optimize()),
                                 "\n", InputsText(s), "\n", DecodingText(s), "\n",
                                 axis == Axis::kPrecision ? ThreadsOf(m.result).value_or(0) : 0);
  for (const InputSize& size : InputSizesOfModels())
    absl::StrAppend(&key, "\n", size.of(s).value_or(0));
  return key;
}

// Whether two measurements that could stand in one column were asked for in the
// same words. Whether the engine was named, what a file turns out to be, and
// between devices the threads are no part of a column.
bool SameQuestion(const db::Measurement& a, const db::Measurement& b) {
  const v1::JobSettings& left = a.result.settings();
  const v1::JobSettings& right = b.result.settings();
  return left.engine() == right.engine() && left.precision() == right.precision() &&
         left.threads() == right.threads();
}

// That the model no longer runs as it ran is news. That it does not run with
// another engine is none, and must not hide the figures that there are.
bool Replaces(const db::Measurement& newer, const db::Measurement& older) {
  return newer.latency.median_ns || !older.latency.median_ns || SameQuestion(newer, older);
}

std::string Title(const db::Measurement& m, Axis axis) {
  const v1::JobSettings& s = m.result.settings();
  std::vector<std::string> settings = {s.target()};
  const std::optional<int> threads = ThreadsOf(m.result);
  if (axis == Axis::kPrecision && threads)
    settings.push_back(absl::StrCat(*threads, *threads == 1 ? " thread" : " threads"));
  settings.push_back(absl::StrCat("batch ", s.batch()));
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(s)) settings.push_back(absl::StrCat(size.label, " ", *value));
  }
  if (s.has_decoding()) settings.push_back(DecodingText(s));
  if (!s.input_specs().empty()) settings.push_back(InputsText(s));
  if (s.optimize() != v1::OPTIMIZE_FULL)
    settings.push_back(absl::StrCat("optimize ", OptimizeName(s.optimize())));
  const std::string fixed = axis == Axis::kPrecision ? absl::StrCat("on ", m.device)
                                                     : PrecisionName(PrecisionOf(m.result));
  return absl::StrCat(ModelText(s), " ", fixed, " (", absl::StrJoin(settings, ", "), ")");
}

class Builder {
 public:
  Builder(const std::vector<db::Measurement>& measurements, Axis axis,
          const std::vector<std::string>& device_order)
      : axis_(axis), device_order_(device_order) {
    for (const db::Measurement& m : measurements)
      if (SaysSomething(m)) Add(m);
  }

  std::vector<ComparisonBlock> Build() {
    std::vector<ComparisonBlock> blocks;
    for (const auto& key : order_) {
      ComparisonBlock block = MakeBlock(key);
      const bool worth_showing = block.columns.size() > 1 || block.has_finding();
      if (worth_showing) blocks.push_back(std::move(block));
    }
    return blocks;
  }

 private:
  using Key = std::pair<std::string, std::string>;  // family, settings
  using ColumnKey = std::pair<std::string, Variant>;
  using Columns = std::map<ColumnKey, const db::Measurement*>;

  void Add(const db::Measurement& m) {
    const Key key = {FamilyKey(m, axis_), SettingsKey(m, axis_)};
    if (blocks_.find(key) == blocks_.end()) order_.push_back(key);
    const db::Measurement*& held = blocks_[key][{ColumnName(m, axis_), VariantOf(m.result)}];
    if (held == nullptr || Replaces(m, *held)) held = &m;
  }

  int Rank(const std::string& column) const {
    const std::vector<std::string> order =
        axis_ == Axis::kPrecision ? PrecisionNames() : device_order_;
    return static_cast<int>(std::find(order.begin(), order.end(), column) - order.begin());
  }

  // fp32 always; of the devices the first one that has figures, in the order that
  // was asked for.
  const db::Measurement* BaselineIn(const Columns& columns) const {
    if (axis_ == Axis::kPrecision) {
      // There is only one way to be fp32.
      const auto fp32 = columns.lower_bound({PrecisionName(v1::PRECISION_FP32), {}});
      const bool found =
          fp32 != columns.end() && fp32->first.first == PrecisionName(v1::PRECISION_FP32);
      return found ? fp32->second : nullptr;
    }
    const db::Measurement* first = nullptr;
    for (const auto& [key, measurement] : columns) {
      if (!measurement->latency.median_ns) continue;
      if (first == nullptr || Rank(key.first) < Rank(first->device)) first = measurement;
    }
    return first;
  }

  // The baseline of the same family under whatever settings: of the first device
  // that has one, the newest.
  const db::Measurement* BaselineElsewhere(const std::string& family) const {
    const auto rank = [&](const db::Measurement* m) { return Rank(ColumnName(*m, axis_)); };
    const db::Measurement* best = nullptr;
    for (const auto& [key, columns] : blocks_) {
      if (key.first != family) continue;
      const db::Measurement* candidate = BaselineIn(columns);
      if (candidate == nullptr || !candidate->latency.median_ns) continue;
      const bool better = best == nullptr || rank(candidate) < rank(best) ||
                          (rank(candidate) == rank(best) && candidate->id > best->id);
      if (better) best = candidate;
    }
    return best;
  }

  // A device that has nothing beside it is shown beside the baseline that was
  // measured under other settings, as what differs then is worth a remark.
  const db::Measurement* BaselineOf(const Key& key) const {
    const Columns& columns = blocks_.at(key);
    const db::Measurement* own = BaselineIn(columns);
    const bool alone = axis_ == Axis::kDevice && columns.size() == 1;
    if (own != nullptr && !alone) return own;
    const db::Measurement* elsewhere = BaselineElsewhere(key.first);
    const bool same_device = own != nullptr && elsewhere->device == own->device;
    return same_device ? own : elsewhere;
  }

  // "int8-static"; where there are several of it, "int8-static qnnpack".
  static std::string NameIn(const Columns& columns, const ColumnKey& column) {
    std::vector<Variant> variants = {column.second};
    for (const auto& [key, measurement] : columns)
      if (key.first == column.first) variants.push_back(key.second);
    const std::string distinction = Distinctions(variants).front();
    return absl::StrCat(column.first, distinction.empty() ? "" : " ", distinction);
  }

  ComparisonBlock MakeBlock(const Key& key) const {
    const Columns& columns = blocks_.at(key);
    std::vector<std::pair<ColumnKey, const db::Measurement*>> sorted(columns.begin(),
                                                                     columns.end());
    std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
      return Rank(a.first.first) < Rank(b.first.first);
    });
    const db::Measurement* baseline = BaselineOf(key);
    ComparisonBlock block{axis_, Title(*sorted.front().second, axis_), {}};
    for (const auto& [column, measurement] : sorted)
      block.columns.push_back(MakeColumn(NameIn(columns, column), *measurement, baseline));
    return block;
  }

  ComparedColumn MakeColumn(const std::string& name, const db::Measurement& m,
                            const db::Measurement* baseline) const {
    ComparedColumn column{name, m, baseline == &m, std::nullopt, {}, {}};
    // What failed has nothing that could be compared, nor compared with.
    if (baseline == nullptr || column.is_baseline || !baseline->latency.median_ns ||
        !m.latency.median_ns)
      return column;
    column.forbidding = ForbiddingDifferences(*baseline, m, axis_);
    if (!column.forbidding.empty()) return column;
    column.speed_up = CompareLatency(*baseline, m);
    column.notable = NotableDifferences(*baseline, m, axis_);
    return column;
  }

  const Axis axis_;
  const std::vector<std::string>& device_order_;
  std::map<Key, Columns> blocks_;
  std::vector<Key> order_;
};

}  // namespace

bool ComparisonBlock::has_finding() const {
  return std::any_of(columns.begin(), columns.end(),
                     [](const ComparedColumn& column) { return !column.forbidding.empty(); });
}

std::vector<ComparisonBlock> BuildComparison(const std::vector<db::Measurement>& measurements,
                                             Axis axis,
                                             const std::vector<std::string>& device_order) {
  return Builder(measurements, axis, device_order).Build();
}

nlohmann::ordered_json ComparisonDocument(const std::vector<ComparisonBlock>& blocks) {
  nlohmann::ordered_json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["comparisons"] = nlohmann::ordered_json::array();
  for (const ComparisonBlock& block : blocks) {
    nlohmann::ordered_json json;
    json["axis"] = block.axis == Axis::kPrecision ? "precision" : "device";
    json["title"] = block.title;
    json["columns"] = nlohmann::ordered_json::array();
    for (const ComparedColumn& column : block.columns) {
      nlohmann::ordered_json entry;
      entry["name"] = column.name;
      entry["is_baseline"] = column.is_baseline;
      entry["speedup"] = nullptr;
      if (const auto& s = column.speed_up) {
        entry["speedup"] = {{"ratio", s->ratio},
                            {"low", nullptr},
                            {"high", nullptr},
                            {"resolved", s->resolved},
                            {"doubts", s->doubts}};
        if (s->low) entry["speedup"]["low"] = *s->low;
        if (s->high) entry["speedup"]["high"] = *s->high;
      }
      entry["not_comparable"] = column.forbidding;
      entry["differs"] = column.notable;
      entry["measurement"] = MeasurementJson(column.measurement);
      json["columns"].push_back(std::move(entry));
    }
    document["comparisons"].push_back(std::move(json));
  }
  return document;
}

}  // namespace edgebench::controller
