#include "agent/worker/zoo/weights_fit.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::worker::zoo {
namespace {

using tensor_files::CheckpointTensor;

constexpr size_t kListed = 20;
constexpr size_t kShownBytes = 100;

// torch.nn.DataParallel's, and torch.compile's.
constexpr absl::string_view kWrappers[] = {"module.", "_orig_mod."};
// Of Hugging Face's models; a bare one has none.
constexpr absl::string_view kFamilies[] = {"bert.", "albert.", "distilbert.", "longformer."};
// What their published checkpoints have for training and for other tasks.
constexpr absl::string_view kHeads[] = {
    "cls",
    "predictions",
    "sop_classifier",
    "lm_head",
    "vocab_transform",
    "vocab_layer_norm",
    "vocab_projector",
    "pre_classifier",
    "classifier",
    "qa_outputs",
    "pooler",
};
// Nothing is computed with the one; the others are the same in every checkpoint.
constexpr absl::string_view kBookkeeping[] = {"num_batches_tracked", "position_ids",
                                              "token_type_ids"};
constexpr absl::string_view kStatistics[] = {"running_mean", "running_var"};
constexpr absl::string_view kFloats[] = {"float32", "float64", "float16", "bfloat16"};

template <size_t kCount>
bool EndsInOneOf(absl::string_view name, const absl::string_view (&ends)[kCount]) {
  const size_t dot = name.rfind('.');
  const absl::string_view last = dot == absl::string_view::npos ? name : name.substr(dot + 1);
  return std::find(std::begin(ends), std::end(ends), last) != std::end(ends);
}

bool IsStatistic(absl::string_view name) { return EndsInOneOf(name, kStatistics); }

absl::string_view WithoutFamily(absl::string_view name) {
  for (const absl::string_view family : kFamilies) {
    if (absl::ConsumePrefix(&name, family)) break;
  }
  return name;
}

// What a tensor of a file is called among those of a model.
std::string CommonName(absl::string_view name) {
  for (bool again = true; again;) {
    again = false;
    for (const absl::string_view wrapper : kWrappers) again |= absl::ConsumePrefix(&name, wrapper);
  }
  name = WithoutFamily(name);
  if (absl::ConsumeSuffix(&name, ".gamma")) return absl::StrCat(name, ".weight");
  if (absl::ConsumeSuffix(&name, ".beta")) return absl::StrCat(name, ".bias");
  return std::string(name);
}

struct Slot {
  std::string name;
  std::vector<int64_t> shape;
};

void AddSlots(const Layer& layer, const std::string& path, std::vector<Slot>& slots) {
  for (const TensorSlot& slot : layer.tensors) {
    if (slot.fill == Fill::kAbsent || EndsInOneOf(slot.name, kBookkeeping)) continue;
    slots.push_back({path + slot.name, slot.shape});
  }
  for (const auto& [name, child] : layer.children)
    AddSlots(child, absl::StrCat(path, name, "."), slots);
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

bool IsFloat(const CheckpointTensor& tensor) {
  return std::find(std::begin(kFloats), std::end(kFloats), tensor.type) != std::end(kFloats);
}

// "fc.weight is [7,512] instead of [1000,512]"
std::string Misfit(const Slot& slot, const CheckpointTensor& tensor) {
  return absl::StrCat(slot.name, " is ", IsFloat(tensor) ? "" : tensor.type,
                      ShapeText(tensor.shape), " instead of ",
                      IsFloat(tensor) ? "" : "floating-point ", ShapeText(slot.shape));
}

std::string Shown(const std::string& name) { return ValidUtf8(name.substr(0, kShownBytes)); }

// "a, b and 3 more"
std::string Listed(const std::vector<std::string>& names, size_t most = kListed) {
  if (names.size() <= most) return absl::StrJoin(names, ", ");
  const auto begin = names.begin();
  return absl::StrCat(absl::StrJoin(begin, begin + static_cast<ptrdiff_t>(most), ", "), " and ",
                      names.size() - most, " more");
}

// "1 tensor", "2 tensors"
std::string Tensors(size_t count) {
  return absl::StrCat(count, count == 1 ? " tensor" : " tensors");
}

class Fitting {
 public:
  Fitting(const Layer& layer, const v1::ZooModel& model, const std::string& file)
      : model_(model), file_(file) {
    AddSlots(layer, "", slots_);
  }

  absl::StatusOr<WeightsFit> Run(const std::vector<CheckpointTensor>& tensors, bool allow_missing) {
    EDGEBENCH_RETURN_IF_ERROR(NameTensors(tensors));
    for (const Slot& slot : slots_) Match(slot);
    for (const auto& [name, tensor] : named_) PassOver(name, *tensor);
    if (fit_.given.empty() && misshapen_.empty()) return NothingFits(tensors);
    const bool fits = missing_.empty() && surplus_.empty() && misshapen_.empty();
    if (!fits && !allow_missing) return DoesNotFit();
    Conclude();
    return std::move(fit_);
  }

 private:
  absl::Status NameTensors(const std::vector<CheckpointTensor>& tensors) {
    for (const CheckpointTensor& tensor : tensors) {
      if (EndsInOneOf(tensor.name, kBookkeeping)) continue;
      const auto [other, is_new] = named_.emplace(CommonName(tensor.name), &tensor);
      if (is_new) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(file_, " has two tensors of one name: ", Shown(other->second->name), " and ",
                       Shown(tensor.name)));
    }
    return absl::OkStatus();
  }

  void Match(const Slot& slot) {
    const std::string name(WithoutFamily(slot.name));
    parts_.push_back(FirstPart(name));
    const auto found = named_.find(name);
    if (found == named_.end()) {
      missing_.push_back(slot.name);
      return;
    }
    const CheckpointTensor& tensor = *found->second;
    named_.erase(found);
    if (tensor.shape == slot.shape && IsFloat(tensor)) {
      fit_.given.emplace(slot.name, &tensor);
    } else {
      misshapen_.push_back(Misfit(slot, tensor));
      if (IsStatistic(slot.name)) lacks_statistics_ = true;
    }
  }

  static std::string FirstPart(const std::string& name) { return name.substr(0, name.find('.')); }

  // Of a tensor that the model does not have.
  void PassOver(const std::string& name, const CheckpointTensor& tensor) {
    const std::string part = FirstPart(name);
    const bool is_head =
        model_.family() == "language" &&
        std::find(std::begin(kHeads), std::end(kHeads), part) != std::end(kHeads) &&
        std::find(parts_.begin(), parts_.end(), part) == parts_.end();
    if (is_head) {
      ++heads_[part];
    } else {
      surplus_.push_back(Shown(tensor.name));
    }
  }

  absl::Status NothingFits(const std::vector<CheckpointTensor>& tensors) const {
    std::vector<std::string> names;
    for (const CheckpointTensor& tensor : tensors) names.push_back(Shown(tensor.name));
    return absl::InvalidArgumentError(absl::StrCat(
        file_, " has no tensor of ", model_.name(),
        ": it is of another model, or has other names (", Listed(names, 5), "; ", model_.name(),
        " has ", slots_.empty() ? "none" : slots_.front().name, " and others)"));
  }

  absl::Status DoesNotFit() const {
    std::vector<std::string> parts;
    const auto add = [&](const std::vector<std::string>& names, const char* what) {
      if (!names.empty())
        parts.push_back(absl::StrCat(Tensors(names.size()), " ", what, " (", Listed(names), ")"));
    };
    add(missing_, "missing");
    add(surplus_, "surplus");
    add(misshapen_, "of another shape");
    return absl::InvalidArgumentError(absl::StrCat(
        file_, " does not fit ", model_.name(), ": ", absl::StrJoin(parts, ", "),
        ". With --allow-missing what is missing or of another shape stays random, and what is "
        "surplus is passed over"));
  }

  void Conclude() {
    const auto is_statistic = [](const std::string& name) { return IsStatistic(name); };
    lacks_statistics_ |= std::any_of(missing_.begin(), missing_.end(), is_statistic);
    std::vector<std::string> heads;
    for (const auto& [name, count] : heads_) heads.push_back(absl::StrCat(name, " (", count, ")"));
    const auto note = [&](const std::vector<std::string>& names, const std::string& text) {
      if (!names.empty()) fit_.notes.push_back(absl::StrCat(text, Listed(names)));
    };
    note(heads, absl::StrCat("heads in ", file_, " that ", model_.name(),
                             " does not have were passed over: "));
    note(missing_, absl::StrCat("not in ", file_, ", and random: "));
    note(misshapen_, absl::StrCat("of another shape in ", file_, ", and random: "));
    note(surplus_, absl::StrCat("passed over of ", file_, ": "));
    if (lacks_statistics_) DropStatistics();
    fit_.has_statistics = !lacks_statistics_;
    fit_.complete = missing_.empty() && misshapen_.empty();
  }

  // Those of one layer mean nothing to statistics that are found anew for another.
  void DropStatistics() {
    for (auto it = fit_.given.begin(); it != fit_.given.end();)
      it = IsStatistic(it->first) ? fit_.given.erase(it) : std::next(it);
    fit_.notes.push_back(absl::StrCat("batch-norm statistics are not all in ", file_,
                                      ": all of them are of seeded random data"));
  }

  const v1::ZooModel& model_;
  const std::string& file_;
  std::vector<Slot> slots_;
  std::vector<std::string> parts_;                        // first parts of the model's names
  std::map<std::string, const CheckpointTensor*> named_;  // of the file, not matched so far
  std::vector<std::string> missing_, surplus_, misshapen_;
  std::map<std::string, int> heads_;
  bool lacks_statistics_ = false;
  WeightsFit fit_;
};

}  // namespace

absl::StatusOr<WeightsFit> FitWeights(const Layer& layer, const v1::ZooModel& model,
                                      const tensor_files::Checkpoint& checkpoint,
                                      const std::string& file, bool allow_missing) {
  return Fitting(layer, model, file).Run(checkpoint.tensors(), allow_missing);
}

}  // namespace edgebench::worker::zoo
