#include "controller/report/comparison.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "controller/input_size.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/report_order.h"
#include "controller/report/variants.h"

namespace edgebench::controller {
namespace {

// A failure of the moment says nothing of the cell.
bool SaysSomething(const db::Measurement& m) {
  return m.result.settings().kind() == v1::JOB_KIND_BENCHMARK &&
         m.result.outcome() != v1::OUTCOME_CANCELLED &&
         m.result.outcome() != v1::OUTCOME_INTERRUPTED;
}

std::string PrecisionOn(const db::Measurement& m) {
  return absl::StrCat(PrecisionName(PrecisionOf(m.result)), " on ", m.result.settings().target());
}

// Where a column is of something else, the precision is of the whole block.
bool PrecisionIsFixed(Axis axis) {
  return axis == Axis::kDevice || axis == Axis::kThreads || axis == Axis::kRun;
}

std::string ThreadsText(const db::Measurement& m) {
  const std::optional<int> threads = ThreadsOf(m.result);
  if (!threads) return "unknown threads";
  return absl::StrCat(*threads, *threads == 1 ? " thread" : " threads");
}

// What all columns of a block share whatever their settings: which lines of
// which table they could ever stand in.
std::string FamilyKey(const db::Measurement& m, Axis axis) {
  std::vector<std::string> fixed = {ModelKey(m.result)};
  if (axis != Axis::kDevice) fixed.push_back(m.device);
  if (PrecisionIsFixed(axis)) fixed.push_back(PrecisionName(PrecisionOf(m.result)));
  if (axis == Axis::kRun) fixed.push_back(absl::StrJoin(VariantOf(m.result), "\n"));
  return absl::StrJoin(fixed, "\n");
}

bool ThreadsAreSetting(Axis axis) { return axis == Axis::kPrecision || axis == Axis::kRun; }

// The settings that must be equal within a block.
std::string SettingsKey(const db::Measurement& m, Axis axis) {
  const v1::JobSettings& s = m.result.settings();
  std::string key = absl::StrCat(
      axis == Axis::kTarget ? "" : s.target(), "\n", s.batch(), "\n", OptimizeName(s.optimize()),
      "\n", InputsText(s), "\n", DecodingText(s), "\n", ScenarioText(s), "\n", PlacementText(s),
      "\n", ThreadsAreSetting(axis) ? ThreadsOf(m.result).value_or(0) : 0);
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

std::string TitleOf(const db::Measurement& m, Axis axis) {
  const v1::JobSettings& s = m.result.settings();
  std::vector<std::string> settings;
  if (axis != Axis::kTarget) settings.push_back(s.target());
  if (ThreadsAreSetting(axis) && ThreadsOf(m.result)) settings.push_back(ThreadsText(m));
  settings.push_back(absl::StrCat("batch ", s.batch()));
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(s)) settings.push_back(absl::StrCat(size.label, " ", *value));
  }
  if (s.has_decoding()) settings.push_back(DecodingText(s));
  if (const std::string scenario = ScenarioText(s); !scenario.empty()) settings.push_back(scenario);
  if (const std::string placed = PlacementText(s); !placed.empty()) settings.push_back(placed);
  if (!s.input_specs().empty()) settings.push_back(InputsText(s));
  if (s.optimize() != v1::OPTIMIZE_FULL)
    settings.push_back(absl::StrCat("optimize ", OptimizeName(s.optimize())));
  std::string title = ModelText(s);
  if (PrecisionIsFixed(axis)) absl::StrAppend(&title, " ", PrecisionName(PrecisionOf(m.result)));
  if (axis != Axis::kDevice) absl::StrAppend(&title, " on ", m.device);
  return absl::StrCat(title, " (", absl::StrJoin(settings, ", "), ")");
}

class Builder {
 public:
  Builder(const std::vector<db::Measurement>& measurements, Axis axis,
          const std::vector<std::string>& device_order, absl::TimeZone time_zone)
      : axis_(axis), device_order_(device_order), time_zone_(time_zone) {
    for (const db::Measurement& m : measurements)
      if (SaysSomething(m)) Add(m);
    std::set<Key> placed;
    for (const db::Measurement* m : InOrderOfReport(measurements)) {
      const Key key = KeyOf(*m);
      if (blocks_.count(key) > 0 && placed.insert(key).second) order_.push_back(key);
    }
  }

  std::vector<ComparisonBlock> Build() {
    std::vector<ComparisonBlock> blocks;
    for (const auto& key : order_) {
      if (axis_ == Axis::kRun) KeepLastTwo(blocks_.at(key));
      if (axis_ == Axis::kTarget && !HasSeveralTargets(blocks_.at(key))) continue;
      ComparisonBlock block = MakeBlock(key);
      if (IsOnlyUnmatched(key, block)) continue;
      const bool worth_showing = block.columns.size() > 1 || block.has_finding();
      if (worth_showing) blocks.push_back(std::move(block));
    }
    return blocks;
  }

  int CountUnmatched() const {
    return static_cast<int>(std::count_if(order_.begin(), order_.end(), [this](const Key& key) {
      return IsOnlyUnmatched(key, MakeBlock(key));
    }));
  }

 private:
  using Key = std::pair<std::string, std::string>;  // family, settings
  using ColumnKey = std::pair<std::string, Variant>;
  using Columns = std::map<ColumnKey, const db::Measurement*>;

  Key KeyOf(const db::Measurement& m) const { return {FamilyKey(m, axis_), SettingsKey(m, axis_)}; }

  void Add(const db::Measurement& m) {
    const Key key = KeyOf(m);
    // Two runs may have been stored in one second.
    const Variant variant = axis_ == Axis::kRun ? Variant{m.run_id} : VariantOf(m.result);
    const db::Measurement*& held = blocks_[key][{ColumnName(m), variant}];
    if (held == nullptr || Replaces(m, *held)) held = &m;
  }

  int PlaceOfDevice(const db::Measurement& m) const {
    return static_cast<int>(std::find(device_order_.begin(), device_order_.end(), m.device) -
                            device_order_.begin());
  }

  static int PlaceOfPrecision(const db::Measurement& m) {
    const std::vector<std::string> names = PrecisionNames();
    return static_cast<int>(
        std::find(names.begin(), names.end(), PrecisionName(PrecisionOf(m.result))) -
        names.begin());
  }

  // Whether a block is of one device that is compared under other settings: that no other device
  // was measured under these is no finding. Another target is one.
  bool IsOnlyUnmatched(const Key& key, const ComparisonBlock& block) const {
    if (axis_ != Axis::kDevice || block.columns.size() != 1) return false;
    const ComparedColumn& column = block.columns.front();
    const bool other_target =
        std::any_of(column.forbidding.begin(), column.forbidding.end(),
                    [](const std::string& text) { return absl::StartsWith(text, "target "); });
    return !other_target && IsComparedElsewhere(key, column.measurement.device);
  }

  bool IsComparedElsewhere(const Key& key, const std::string& device) const {
    return std::any_of(blocks_.begin(), blocks_.end(), [&](const auto& block) {
      if (block.first.first != key.first) return false;
      const auto is_of_device = [&](const auto& column) { return column.second->device == device; };
      const Columns& columns = block.second;
      const auto own = std::count_if(columns.begin(), columns.end(), is_of_device);
      return own > 0 && own < static_cast<int64_t>(columns.size());
    });
  }

  std::string ColumnName(const db::Measurement& m) const {
    switch (axis_) {
      case Axis::kPrecision:
        return PrecisionName(PrecisionOf(m.result));
      case Axis::kDevice:
        return m.device;
      case Axis::kTarget:
        return PrecisionOn(m);
      case Axis::kThreads:
        return ThreadsText(m);
      case Axis::kRun:
        break;
    }
    return absl::FormatTime("%Y-%m-%d %H:%M:%S", m.stored_time, time_zone_);
  }

  // Lower comes first; times, which are their own order, are all alike.
  int Rank(const db::Measurement& m) const {
    if (axis_ == Axis::kRun) return 0;
    if (axis_ == Axis::kDevice) return PlaceOfDevice(m);
    if (axis_ == Axis::kThreads) return ThreadsOf(m.result).value_or(0);
    return PlaceOfPrecision(m);
  }

  // By the time they were stored: what was merged has the ids of when it was merged.
  static bool IsOlder(const db::Measurement& a, const db::Measurement& b) {
    return std::tie(a.stored_time, a.id) < std::tie(b.stored_time, b.id);
  }

  // The newest, and the newest before it that has figures to compare with.
  static void KeepLastTwo(Columns& columns) {
    std::vector<std::pair<ColumnKey, const db::Measurement*>> by_time(columns.begin(),
                                                                      columns.end());
    std::sort(by_time.begin(), by_time.end(),
              [](const auto& a, const auto& b) { return IsOlder(*a.second, *b.second); });
    const auto newest = std::prev(by_time.end());
    const auto before = std::find_if(std::make_reverse_iterator(newest), by_time.rend(),
                                     [](const auto& c) { return c.second->latency.median_ns; });
    columns = {{newest->first, newest->second}};
    if (before != by_time.rend()) columns.emplace(before->first, before->second);
  }

  static bool HasSeveralTargets(const Columns& columns) {
    const std::string& first = columns.begin()->second->result.settings().target();
    return std::any_of(columns.begin(), columns.end(), [&first](const auto& column) {
      return column.second->result.settings().target() != first;
    });
  }

  // fp32 always, on the CPU first; of the devices the first one that has figures, in the order
  // that was asked for; the fewest threads; of two runs the earlier one.
  const db::Measurement* BaselineIn(const Columns& columns) const {
    const db::Measurement* best = nullptr;
    for (const auto& [key, measurement] : columns) {
      if (!CanBeBaseline(*measurement)) continue;
      if (best == nullptr || IsBetterBaseline(*measurement, *best)) best = measurement;
    }
    return best;
  }

  bool CanBeBaseline(const db::Measurement& m) const {
    if (axis_ == Axis::kPrecision) return PrecisionOf(m.result) == v1::PRECISION_FP32;
    const bool fp32_asked = axis_ == Axis::kTarget;
    return m.latency.median_ns && (!fp32_asked || PrecisionOf(m.result) == v1::PRECISION_FP32);
  }

  bool IsBetterBaseline(const db::Measurement& m, const db::Measurement& than) const {
    if (axis_ == Axis::kRun) return IsOlder(m, than);
    if (axis_ == Axis::kTarget)
      return m.result.settings().target() == "cpu" && than.result.settings().target() != "cpu";
    return Rank(m) < Rank(than);
  }

  // The baseline of the same family under whatever settings: of the first device
  // that has one, the newest.
  const db::Measurement* BaselineElsewhere(const std::string& family) const {
    const auto rank = [&](const db::Measurement* m) { return Rank(*m); };
    const db::Measurement* best = nullptr;
    for (const auto& [key, columns] : blocks_) {
      if (key.first != family) continue;
      const db::Measurement* candidate = BaselineIn(columns);
      if (candidate == nullptr || !candidate->latency.median_ns) continue;
      const bool better = best == nullptr || rank(candidate) < rank(best) ||
                          (rank(candidate) == rank(best) && IsOlder(*best, *candidate));
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
      return Rank(*a.second) < Rank(*b.second);
    });
    const db::Measurement* baseline = BaselineOf(key);
    ComparisonBlock block{axis_, TitleOf(*sorted.front().second, axis_), {}};
    for (const auto& [column, measurement] : sorted)
      block.columns.push_back(MakeColumn(NameIn(columns, column), *measurement, baseline));
    if (baseline != nullptr) FillSpeedUps(*baseline, block);
    return block;
  }

  static bool IsCompared(const ComparedColumn& column, const db::Measurement& baseline) {
    return !column.is_baseline && column.forbidding.empty() && baseline.latency.median_ns &&
           column.measurement.latency.median_ns;
  }

  static void FillSpeedUps(const db::Measurement& baseline, ComparisonBlock& block) {
    const auto compared = [&](const ComparedColumn& c) { return IsCompared(c, baseline); };
    const auto count =
        static_cast<int>(std::count_if(block.columns.begin(), block.columns.end(), compared));
    for (ComparedColumn& column : block.columns)
      if (compared(column)) column.speed_up = CompareLatency(baseline, column.measurement, count);
  }

  ComparedColumn MakeColumn(const std::string& name, const db::Measurement& m,
                            const db::Measurement* baseline) const {
    ComparedColumn column{name, m, baseline == &m, std::nullopt, {}, {}};
    // What failed has nothing that could be compared, nor compared with.
    if (baseline == nullptr || column.is_baseline || !baseline->latency.median_ns ||
        !m.latency.median_ns)
      return column;
    column.forbidding = ForbiddingDifferences(*baseline, m, axis_);
    if (column.forbidding.empty()) column.notable = NotableDifferences(*baseline, m, axis_);
    return column;
  }

  const Axis axis_;
  const std::vector<std::string>& device_order_;
  const absl::TimeZone time_zone_;
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
                                             const std::vector<std::string>& device_order,
                                             absl::TimeZone time_zone) {
  return Builder(measurements, axis, device_order, time_zone).Build();
}

int CountUnmatchedCells(const std::vector<db::Measurement>& measurements,
                        const std::vector<std::string>& device_order) {
  return Builder(measurements, Axis::kDevice, device_order, absl::UTCTimeZone()).CountUnmatched();
}

std::string AxisName(Axis axis) {
  switch (axis) {
    case Axis::kPrecision:
      return "precision";
    case Axis::kDevice:
      return "device";
    case Axis::kTarget:
      return "target";
    case Axis::kThreads:
      return "threads";
    case Axis::kRun:
      break;
  }
  return "run";
}

std::vector<const db::Measurement*> WithoutBaselineOnTheirTarget(const ComparisonBlock& block) {
  const auto target = [](const ComparedColumn& c) -> const std::string& {
    return c.measurement.result.settings().target();
  };
  const auto is_fp32 = [](const ComparedColumn& c) {
    return PrecisionOf(c.measurement.result) == v1::PRECISION_FP32;
  };
  std::vector<const db::Measurement*> lonely;
  for (const ComparedColumn& column : block.columns) {
    const bool other_target_stands_for_it =
        block.axis == Axis::kTarget ||
        std::any_of(column.forbidding.begin(), column.forbidding.end(),
                    [](const std::string& text) { return absl::StartsWith(text, "target "); });
    if (block.axis == Axis::kDevice || is_fp32(column) || !other_target_stands_for_it) continue;
    const bool has_own =
        std::any_of(block.columns.begin(), block.columns.end(), [&](const ComparedColumn& other) {
          return is_fp32(other) && target(other) == target(column);
        });
    if (!has_own) lonely.push_back(&column.measurement);
  }
  return lonely;
}

nlohmann::ordered_json ComparisonDocument(const std::vector<ComparisonBlock>& blocks) {
  nlohmann::ordered_json document;
  document["schema_version"] = kJsonSchemaVersion;
  document["comparisons"] = nlohmann::ordered_json::array();
  for (const ComparisonBlock& block : blocks) {
    nlohmann::ordered_json json;
    json["axis"] = AxisName(block.axis);
    json["title"] = block.title;
    json["columns"] = nlohmann::ordered_json::array();
    for (const ComparedColumn& column : block.columns) {
      nlohmann::ordered_json entry;
      entry["name"] = column.name;
      entry["is_baseline"] = column.is_baseline;
      entry["speedup"] = nullptr;
      if (const auto& s = column.speed_up) {
        entry["speedup"] = {{"ratio", s->ratio},       {"low", nullptr},
                            {"high", nullptr},         {"confidence", s->confidence},
                            {"resolved", s->resolved}, {"doubts", s->doubts}};
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
