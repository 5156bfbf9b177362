#include "controller/grid.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/precisions.h"
#include "controller/quantization_options.h"

namespace edgebench::controller {
namespace {

// The values of an axis, small ones first; nullopt alone when it has none.
std::vector<std::optional<int32_t>> Ascending(const std::vector<int32_t>& values) {
  const std::set<int32_t> sorted(values.begin(), values.end());
  if (sorted.empty()) return {std::nullopt};
  return {sorted.begin(), sorted.end()};
}

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

struct Shape {
  std::optional<int32_t> image_size, seq_len, batch;
};

std::vector<Shape> Shapes(const GridAxes& axes) {
  std::vector<Shape> shapes;
  for (const auto& image_size : Ascending(axes.image_sizes)) {
    for (const auto& seq_len : Ascending(axes.seq_lens)) {
      for (const auto& batch : Ascending(axes.batches))
        shapes.push_back({image_size, seq_len, batch});
    }
  }
  return shapes;
}

Cell MakeCell(const ModelChoice& model, const Shape& shape, v1::Precision precision,
              const std::string& engine, const v1::JobSettings& base) {
  Cell cell{base, model.path, ""};
  *cell.settings.mutable_model() = model.reference;
  cell.settings.set_precision(precision);
  cell.settings.set_engine(engine);
  ClearWhatIsOfOthers(cell.settings);
  if (shape.batch) cell.settings.set_batch(*shape.batch);
  if (shape.image_size) cell.settings.set_image_size(*shape.image_size);
  if (shape.seq_len) cell.settings.set_seq_len(*shape.seq_len);
  return cell;
}

// The shape, with 1 for a batch that was not asked for: that is its default.
// An unset size is the model's own and equal in all cells of one grid.
std::array<int32_t, 3> SizesOf(const v1::JobSettings& settings) {
  return {settings.has_batch() ? settings.batch() : 1, settings.image_size(), settings.seq_len()};
}

}  // namespace

std::vector<Cell> ExpandGrid(const GridAxes& axes, const v1::JobSettings& base) {
  std::vector<Cell> cells;
  std::set<std::string> seen;
  for (const ModelChoice& model : axes.models) {
    if (!seen.insert(ModelIdentity(model.reference)).second) continue;
    for (const Shape& shape : Shapes(axes)) {
      for (const v1::Precision precision : PrecisionsFor(model, axes)) {
        for (const std::string& engine : EnginesFor(precision, axes))
          cells.push_back(MakeCell(model, shape, precision, engine, base));
      }
    }
  }
  return cells;
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
      larger.precision() != smaller.precision() || larger.engine() != smaller.engine())
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
  if (failed.has_image_size()) sizes.push_back(absl::StrCat("image size ", failed.image_size()));
  if (failed.has_seq_len()) sizes.push_back(absl::StrCat("length ", failed.seq_len()));
  if (sizes.empty()) sizes.push_back("batch 1");
  return absl::StrCat(absl::StrJoin(sizes, ", "), outcome == v1::OUTCOME_OOM
                                                      ? " ran out of memory"
                                                      : " ran into its time limit");
}

std::string CellLabel(const v1::JobSettings& settings) {
  std::string label = settings.model().display_name();
  if (settings.precision() != v1::PRECISION_UNSPECIFIED)
    absl::StrAppend(&label, " ", PrecisionName(settings.precision()));
  if (UsesEngine(settings.precision()) && !settings.engine().empty() &&
      settings.engine() != kAutoEngine)
    absl::StrAppend(&label, " ", settings.engine());
  if (settings.has_batch()) absl::StrAppend(&label, " batch ", settings.batch());
  if (settings.has_image_size()) absl::StrAppend(&label, " size ", settings.image_size());
  if (settings.has_seq_len()) absl::StrAppend(&label, " length ", settings.seq_len());
  return label;
}

}  // namespace edgebench::controller
