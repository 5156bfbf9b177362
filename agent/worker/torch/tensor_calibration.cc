#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/torch/calibration_sources.h"
#include "agent/worker/torch/tensor_types.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr int64_t kMaxSamples = int64_t{1} << 30;

std::string Describe(const FileTensor& tensor) {
  return absl::StrCat(tensor.type(), "[", absl::StrJoin(tensor.shape(), ","), "]");
}

// A tensor of the file, with what messages call it.
struct Part {
  std::string label;  // "dogs.pt: tensor 0"
  FileTensor tensor;
  int64_t first = 0;  // number of its first sample among those of its input
};

// What the file has for one input of the model.
class InputSamples {
 public:
  // INVALID_ARGUMENT as ResolveShape.
  static absl::StatusOr<InputSamples> For(const std::string& name, const InputSpec& spec,
                                          const InputSizes& sizes) {
    InputSamples samples;
    samples.name_ = name;
    samples.spec_ = spec;
    samples.wanted_ = WantedText(spec, sizes);
    EDGEBENCH_ASSIGN_OR_RETURN(samples.shape_, ResolveShape(spec, sizes));
    const std::optional<at::ScalarType> type = TypeOf(spec.type);
    if (!type.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("--input: no tensor type ", spec.type));
    }
    samples.type_ = *type;
    samples.is_divisible_ = IsDivisible(spec);
    return samples;
  }

  int64_t samples() const { return samples_; }
  int64_t per_batch() const { return is_divisible_ ? shape_[0] : 1; }
  // "float64 taken as float32", for each such type.
  const std::set<std::string>& conversions() const { return conversions_; }

  absl::Status Add(const std::string& set, size_t position, FileTensor tensor) {
    Part part{absl::StrCat(set, ": tensor ",
                           tensor.name().empty() ? absl::StrCat(position) : tensor.name()),
              std::move(tensor), samples_};
    EDGEBENCH_RETURN_IF_ERROR(Check(part));
    samples_ += is_divisible_ ? part.tensor.shape()[0] : 1;
    parts_.push_back(std::move(part));
    return absl::OkStatus();
  }

  // The samples from `begin` on, as many as a batch has.
  absl::StatusOr<at::Tensor> Batch(int64_t begin) const {
    const int64_t end = begin + per_batch();
    std::vector<at::Tensor> pieces;
    for (const Part& part : parts_) {
      const int64_t size = is_divisible_ ? part.tensor.shape()[0] : 1;
      const int64_t from = std::max<int64_t>(begin - part.first, 0);
      const int64_t to = std::min<int64_t>(end - part.first, size);
      if (from >= to) continue;
      EDGEBENCH_ASSIGN_OR_RETURN(const at::Tensor piece, is_divisible_
                                                             ? part.tensor.Rows(from, to - from)
                                                             : part.tensor.All());
      EDGEBENCH_ASSIGN_OR_RETURN(pieces.emplace_back(), Convert(part, piece));
    }
    return pieces.size() == 1 ? pieces[0] : at::cat(pieces);
  }

 private:
  // Whether the first dimension counts samples. Where the batch is elsewhere, as
  // in float32[L,N,80], a tensor is one whole batch.
  static bool IsDivisible(const InputSpec& spec) {
    if (spec.shape.empty()) return false;
    const auto is_batch = [](const InputSpec::Dimension& one) { return one.symbol == 'N'; };
    const char first = spec.shape[0].symbol;
    return (first == 'N' || first == 0) &&
           std::none_of(spec.shape.begin() + 1, spec.shape.end(), is_batch);
  }

  absl::Status Unfit(const Part& part, absl::string_view why = "") const {
    return absl::InvalidArgumentError(absl::StrCat(part.label, " is ", Describe(part.tensor),
                                                   ", the input ", name_, " wants ", wanted_, why));
  }

  absl::Status Check(const Part& part) {
    const std::vector<int64_t>& shape = part.tensor.shape();
    const size_t free = is_divisible_ ? 1 : 0;
    if (shape.size() != shape_.size() ||
        !std::equal(shape_.begin() + free, shape_.end(), shape.begin() + free)) {
      return Unfit(part);
    }
    if (is_divisible_ && shape[0] == 0) return Unfit(part, ", with one sample or more");
    // A view can repeat one row without end.
    if (is_divisible_ && shape[0] > kMaxSamples - samples_) return Unfit(part, ", and fewer");
    const std::optional<at::ScalarType> type = TypeOf(part.tensor.type());
    if (!type.has_value()) return Unfit(part);
    if (at::isFloatingType(*type) && !at::isFloatingType(type_)) {
      return Unfit(part, ": round and convert it first");
    }
    if (*type != type_) {
      conversions_.insert(absl::StrCat(part.tensor.type(), " taken as ", spec_.type));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<at::Tensor> Convert(const Part& part, const at::Tensor& stored) const {
    const at::Tensor values = stored.to(type_);
    if (at::isFloatingType(stored.scalar_type())) {
      if (!at::isfinite(stored).all().item<bool>()) {
        return absl::InvalidArgumentError(absl::StrCat(part.label, " holds NaN or infinity"));
      }
      if (!at::isfinite(values).all().item<bool>()) {
        return Unfit(part, absl::StrCat(", and holds values that ", spec_.type, " cannot"));
      }
    } else if (!values.to(stored.scalar_type()).equal(stored)) {
      return Unfit(part, absl::StrCat(", and holds values that ", spec_.type, " cannot"));
    }
    if (!at::isFloatingType(type_)) EDGEBENCH_RETURN_IF_ERROR(CheckRange(part, values));
    return values;
  }

  // The range of floating-point inputs is only what random ones are drawn from;
  // an index beyond its table is an error of the model.
  absl::Status CheckRange(const Part& part, const at::Tensor& values) const {
    const at::Tensor wide = values.to(at::kLong);
    const int64_t low = wide.min().item<int64_t>(), high = wide.max().item<int64_t>();
    const bool is_below = spec_.low.has_value() && static_cast<double>(low) < *spec_.low;
    const bool is_above = spec_.high.has_value() && static_cast<double>(high) > *spec_.high;
    if (!is_below && !is_above) return absl::OkStatus();
    return Unfit(part, absl::StrCat(":", *spec_.low, "..", *spec_.high, ", and it holds ",
                                    is_below ? low : high));
  }

  std::string name_;
  InputSpec spec_;
  std::string wanted_;
  std::vector<int64_t> shape_;  // of a batch
  at::ScalarType type_ = at::kFloat;
  bool is_divisible_ = false;
  std::vector<Part> parts_;
  int64_t samples_ = 0;
  std::set<std::string> conversions_;
};

std::string NamesOf(const TensorSet& set) {
  return absl::StrJoin(set.tensors, ", ", [](std::string* out, const FileTensor& tensor) {
    out->append(tensor.name());
  });
}

// The tensor that the set has for each input, by number.
absl::StatusOr<std::vector<size_t>> Assign(const TensorSet& set, const WantedInputs& wanted) {
  const size_t inputs = wanted.specs.size();
  if (set.tensors.size() != inputs) {
    return absl::InvalidArgumentError(absl::StrCat(
        set.label, " holds ", set.tensors.size(), " tensor", set.tensors.size() == 1 ? "" : "s",
        set.named ? absl::StrCat(" (", NamesOf(set), ")") : "", ", the model takes ", inputs, " (",
        absl::StrJoin(wanted.names, ", "), ")"));
  }
  std::vector<size_t> assigned;
  for (size_t i = 0; i < inputs; ++i) {
    const auto has_name = [&](const FileTensor& one) { return one.name() == wanted.names.at(i); };
    const auto found = set.named ? std::find_if(set.tensors.begin(), set.tensors.end(), has_name)
                                 : set.tensors.begin() + static_cast<ptrdiff_t>(i);
    if (found == set.tensors.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(set.label, " holds no tensor named ", wanted.names[i],
                       ", as the model calls its input; it holds ", NamesOf(set)));
    }
    assigned.push_back(found - set.tensors.begin());
  }
  return assigned;
}

class TensorCalibration : public CalibrationData {
 public:
  TensorCalibration(const std::string& name, std::vector<InputSamples> inputs)
      : CalibrationData(inputs[0].samples() / inputs[0].per_batch(), Source(name, inputs)),
        inputs_(std::move(inputs)) {}

  absl::StatusOr<ModelInputs> Batch(int64_t index) const override {
    ModelInputs batch;
    for (const InputSamples& input : inputs_) {
      EDGEBENCH_ASSIGN_OR_RETURN(at::Tensor values, input.Batch(index * input.per_batch()));
      batch.emplace_back(std::move(values));
    }
    return batch;
  }

 private:
  static std::string Source(const std::string& name, const std::vector<InputSamples>& inputs) {
    const int64_t samples = inputs[0].samples();
    std::set<std::string> notes;
    for (const InputSamples& input : inputs) {
      notes.insert(input.conversions().begin(), input.conversions().end());
    }
    return absl::StrCat(name, ": ", samples, samples == 1 ? " sample" : " samples",
                        notes.empty() ? "" : ", ", absl::StrJoin(notes, ", "), "; ",
                        BatchesText(samples, inputs[0].per_batch()));
  }

  const std::vector<InputSamples> inputs_;
};

// All inputs of a set have the same number of batches, be it a broken one.
absl::Status AddSet(TensorSet set, const WantedInputs& wanted, std::vector<InputSamples>& inputs) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<size_t> assigned, Assign(set, wanted));
  for (size_t i = 0; i < inputs.size(); ++i) {
    EDGEBENCH_RETURN_IF_ERROR(
        inputs[i].Add(set.label, assigned[i], std::move(set.tensors[assigned[i]])));
    if (inputs[i].samples() * inputs[0].per_batch() ==
        inputs[0].samples() * inputs[i].per_batch()) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(set.label, " holds samples for ",
                                                   wanted.names[0], " and ", wanted.names[i],
                                                   " in different numbers"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CalibrationData>> MakeTensorCalibration(const std::string& name,
                                                                       std::vector<TensorSet> sets,
                                                                       const WantedInputs& wanted) {
  if (wanted.specs.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": the model takes no inputs"));
  }
  std::vector<InputSamples> inputs;
  for (size_t i = 0; i < wanted.specs.size(); ++i) {
    EDGEBENCH_ASSIGN_OR_RETURN(
        InputSamples samples, InputSamples::For(wanted.names.at(i), wanted.specs[i], wanted.sizes));
    inputs.push_back(std::move(samples));
  }
  for (TensorSet& set : sets) {
    EDGEBENCH_RETURN_IF_ERROR(AddSet(std::move(set), wanted, inputs));
  }
  EDGEBENCH_RETURN_IF_ERROR(
      CheckEnough(name, "samples", inputs[0].samples(), inputs[0].per_batch()));
  return std::make_unique<TensorCalibration>(name, std::move(inputs));
}

}  // namespace edgebench::worker
