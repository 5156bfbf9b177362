#include "controller/grid.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/precisions.h"
#include "controller/input_size.h"
#include "controller/quantization_options.h"

namespace edgebench::controller {
namespace {

template <typename T>
std::vector<T> WithoutRepeats(const std::vector<T>& values) {
  std::vector<T> unique;
  for (const T& value : values)
    if (std::find(unique.begin(), unique.end(), value) == unique.end()) unique.push_back(value);
  return unique;
}

std::vector<v1::Precision> PrecisionsFor(const ModelChoice& model, const GridAxes& axes) {
  if (!axes.precisions.empty()) return WithoutRepeats(axes.precisions);
  return {model.path.empty() ? v1::PRECISION_FP32 : v1::PRECISION_AS_STORED};
}

// An engine that a precision does not use makes no other cell.
std::vector<std::string> EnginesFor(v1::Precision precision, const GridAxes& axes) {
  if (axes.engines.empty() || !UsesEngine(precision)) return {""};
  return WithoutRepeats(axes.engines);
}

std::string ModelIdentity(const v1::ModelReference& model) {
  return model.has_artifact() ? model.artifact().sha256() : model.zoo_name();
}

bool Describes(const v1::JobSettings& settings, const char* symbols) {
  for (const std::string& spec : settings.input_specs()) {
    if (spec.find_first_of(symbols, spec.find('[')) != std::string::npos) return true;
  }
  return false;
}

// What is not known is for the agent to judge.
bool Takes(const ModelChoice& model, const InputSize& size, const v1::JobSettings& base) {
  if (!model.path.empty()) return Describes(base, size.symbols);
  return !model.facts || size.default_of(*model.facts).has_value();
}

bool Decodes(const ModelChoice& model) {
  return model.path.empty() && (!model.facts || model.facts->decodes());
}

// What a cell of one model sets, beside precision and engine.
using Setting = std::function<void(v1::JobSettings&)>;
using Settings = std::vector<Setting>;

// Each of `before` with each value; as they are where there is none.
template <typename T, typename Set>
std::vector<Settings> Times(const std::vector<Settings>& before, const std::vector<T>& values,
                            const Set& set) {
  const std::set<T> ascending(values.begin(), values.end());
  if (ascending.empty()) return before;
  std::vector<Settings> product;
  for (const Settings& settings : before) {
    for (const T& value : ascending) {
      product.push_back(settings);
      product.back().push_back([set, value](v1::JobSettings& s) { set(s, value); });
    }
  }
  return product;
}

std::vector<Settings> ShapesOf(const ModelChoice& model, const GridAxes& axes,
                               const v1::JobSettings& base) {
  std::vector<Settings> shapes =
      Times({{}}, axes.threads, [](v1::JobSettings& s, int32_t n) { s.set_threads(n); });
  for (size_t i = 0; i < axes.sizes.size(); ++i) {
    const InputSize& size = InputSizesOfModels()[i];
    if (Takes(model, size, base)) shapes = Times(shapes, axes.sizes[i], size.set);
  }
  if (Decodes(model)) {
    shapes = Times(shapes, axes.ctc_weights, [](v1::JobSettings& s, double weight) {
      s.mutable_decoding()->set_ctc_weight(weight);
    });
  }
  return Times(shapes, axes.batches, [](v1::JobSettings& s, int32_t n) { s.set_batch(n); });
}

Cell MakeCell(const ModelChoice& model, const Settings& shape, v1::Precision precision,
              const std::string& engine, const v1::JobSettings& base) {
  Cell cell{base, model.path, ""};
  *cell.settings.mutable_model() = model.reference;
  cell.settings.set_precision(precision);
  cell.settings.set_engine(engine);
  ClearWhatIsOfOthers(cell.settings);
  if (!Decodes(model)) cell.settings.clear_decoding();
  for (const Setting& set : shape) set(cell.settings);
  return cell;
}

// With 1 for a batch that was not asked for: that is its default. An unset size is
// the model's own and equal in all cells of one grid.
std::vector<int32_t> SizesOf(const v1::JobSettings& settings) {
  std::vector<int32_t> sizes = {settings.has_batch() ? settings.batch() : 1};
  for (const InputSize& size : InputSizesOfModels()) {
    sizes.push_back(size.of(settings).value_or(0));
  }
  return sizes;
}

absl::Status NoModelTakes(const char* flag, const GridAxes& axes) {
  std::vector<std::string> names;
  for (const ModelChoice& model : axes.models) names.push_back(model.reference.display_name());
  return absl::InvalidArgumentError(absl::StrCat(flag, " has no use for ",
                                                 absl::StrJoin(names, ", "),
                                                 "; what a model takes: edgebench model list"));
}

}  // namespace

absl::Status CheckCellCount(double cells) {
  constexpr double kMostCells = 10'000;
  if (cells <= kMostCells) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("these values combine to ", cells,
                                                 " cells, at most ", kMostCells,
                                                 " are taken at once: vary less in one call"));
}

absl::Status CheckGridSize(const GridAxes& axes) {
  double cells = 1;
  const auto times = [&cells](size_t values) {
    cells *= static_cast<double>(std::max<size_t>(values, 1));
  };
  for (const size_t values : {axes.models.size(), axes.precisions.size(), axes.engines.size(),
                              axes.batches.size(), axes.ctc_weights.size(), axes.threads.size()})
    times(values);
  for (const std::vector<int32_t>& sizes : axes.sizes) times(sizes.size());
  return CheckCellCount(cells);
}

std::vector<Cell> ExpandGrid(const GridAxes& axes, const v1::JobSettings& base) {
  std::vector<Cell> cells;
  std::set<std::string> seen;
  for (const ModelChoice& model : axes.models) {
    if (!seen.insert(ModelIdentity(model.reference)).second) continue;
    for (const Settings& shape : ShapesOf(model, axes, base)) {
      for (const v1::Precision precision : PrecisionsFor(model, axes)) {
        for (const std::string& engine : EnginesFor(precision, axes))
          cells.push_back(MakeCell(model, shape, precision, engine, base));
      }
    }
  }
  return cells;
}

absl::Status CheckAxesAreTaken(const GridAxes& axes, const v1::JobSettings& base) {
  const auto none = [&](const std::function<bool(const ModelChoice&)>& takes) {
    return std::none_of(axes.models.begin(), axes.models.end(), takes);
  };
  for (size_t i = 0; i < axes.sizes.size(); ++i) {
    const InputSize& size = InputSizesOfModels()[i];
    const auto takes = [&](const ModelChoice& model) { return Takes(model, size, base); };
    if (!axes.sizes[i].empty() && none(takes)) return NoModelTakes(size.flag, axes);
  }
  if (!none(Decodes)) return absl::OkStatus();
  if (!axes.ctc_weights.empty()) return NoModelTakes("--ctc-weight", axes);
  if (base.decoding().has_lm_weight()) return NoModelTakes("--lm-weight", axes);
  if (base.decoding().has_beam()) return NoModelTakes("--beam", axes);
  return absl::OkStatus();
}

std::vector<v1::Precision> PrecisionsOf(const GridAxes& axes) {
  std::vector<v1::Precision> precisions;
  for (const ModelChoice& model : axes.models) {
    for (const v1::Precision precision : PrecisionsFor(model, axes)) {
      precisions.push_back(precision);
    }
  }
  return WithoutRepeats(precisions);
}

bool IsStrictlyLarger(const v1::JobSettings& larger, const v1::JobSettings& smaller) {
  if (ModelIdentity(larger.model()) != ModelIdentity(smaller.model()) ||
      larger.precision() != smaller.precision() || larger.engine() != smaller.engine() ||
      larger.threads() != smaller.threads() ||
      larger.decoding().ctc_weight() != smaller.decoding().ctc_weight())
    return false;
  const auto a = SizesOf(larger);
  const auto b = SizesOf(smaller);
  bool any = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] < b[i]) return false;
    any = any || a[i] > b[i];
  }
  return any;
}

bool RulesOutLarger(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_OOM || outcome == v1::OUTCOME_TIMEOUT;
}

std::string WhyRuledOut(const v1::JobSettings& failed, v1::Outcome outcome) {
  std::vector<std::string> sizes;
  if (failed.has_batch()) sizes.push_back(absl::StrCat("batch ", failed.batch()));
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(failed)) {
      sizes.push_back(absl::StrCat(size.name, " ", *value));
    }
  }
  if (sizes.empty()) sizes.push_back("batch 1");
  return absl::StrCat(absl::StrJoin(sizes, ", "), outcome == v1::OUTCOME_OOM
                                                      ? " ran out of memory"
                                                      : " ran into its time limit");
}

std::string CellLabel(const v1::JobSettings& settings) {
  if (settings.kind() == v1::JOB_KIND_ROOFLINE) return "peaks of the device";
  std::string label = settings.model().display_name();
  if (settings.precision() != v1::PRECISION_UNSPECIFIED)
    absl::StrAppend(&label, " ", PrecisionName(settings.precision()));
  if (UsesEngine(settings.precision()) && !settings.engine().empty() &&
      settings.engine() != kAutoEngine)
    absl::StrAppend(&label, " ", settings.engine());
  if (settings.has_threads()) {
    absl::StrAppend(&label, " ", settings.threads(),
                    settings.threads() == 1 ? " thread" : " threads");
  }
  if (settings.has_batch()) absl::StrAppend(&label, " batch ", settings.batch());
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(settings)) absl::StrAppend(&label, " ", size.label, " ", *value);
  }
  if (settings.decoding().has_ctc_weight())
    absl::StrAppend(&label, " CTC weight ", settings.decoding().ctc_weight());
  return label;
}

std::string CellLabel(const Cell& cell) {
  std::string label = CellLabel(cell.settings);
  if (cell.processes == 1) return label;
  return absl::StrCat(label, ", process ", cell.process, " of ", cell.processes);
}

}  // namespace edgebench::controller
