#include "agent/worker/torch/inputs.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "agent/worker/torch/tensor_types.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// A uniform distribution on [-sqrt 3, sqrt 3] has mean 0 and variance 1.
const double kUnitVarianceBound = std::sqrt(3.0);

absl::StatusOr<at::Tensor> MakeIntegers(const InputSpec& spec, at::ScalarType type,
                                        const std::vector<int64_t>& shape, at::Generator& random) {
  const double low = std::ceil(spec.low.value_or(0));
  const double high = std::floor(spec.high.value_or(1));
  if (low > high) {
    return absl::InvalidArgumentError(absl::StrCat("--input: no ", spec.type, " lies between ",
                                                   spec.low.value_or(0), " and ",
                                                   spec.high.value_or(1)));
  }
  const at::Tensor drawn = at::randint(static_cast<int64_t>(low), static_cast<int64_t>(high) + 1,
                                       shape, random, at::TensorOptions().dtype(at::kLong));
  const at::Tensor converted = drawn.to(type);
  if (!converted.to(at::kLong).equal(drawn)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--input: the range ", low, "..", high, " does not fit into ", spec.type));
  }
  return converted;
}

at::Tensor MakeFloats(const InputSpec& spec, at::ScalarType type, const std::vector<int64_t>& shape,
                      at::Generator& random) {
  // Drawn in single precision whatever the type, so that a model sees the same
  // values in every floating-point format.
  at::Tensor values = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
  values.uniform_(spec.low.value_or(-kUnitVarianceBound), spec.high.value_or(kUnitVarianceBound),
                  random);
  return values.to(type);
}

// Without the remark "(inferred)", which is about the source and not the type.
std::string TypeText(const c10::Argument& argument) {
  const std::string text = argument.type()->repr_str();
  return std::string(absl::StripSuffix(text, " (inferred)"));
}

bool TakesTensor(const c10::Argument& argument) {
  return c10::TensorType::get()->isSubtypeOf(*argument.type());
}

std::string ExampleFlags(size_t inputs) {
  std::string flags;
  for (size_t i = 0; i < inputs; ++i) flags += " --input 'float32[N,3,H,W]'";
  return flags;
}

std::vector<c10::Argument> ArgumentsOfForward(const torch::jit::Module& module) {
  const c10::FunctionSchema& schema = module.get_method("forward").function().getSchema();
  // The first is the module itself.
  return {schema.arguments().begin() + 1, schema.arguments().end()};
}

}  // namespace

absl::StatusOr<std::vector<InputSpec>> ParseInputSpecs(const std::vector<std::string>& texts) {
  std::vector<InputSpec> specs;
  for (const std::string& text : texts) {
    EDGEBENCH_ASSIGN_OR_RETURN(specs.emplace_back(), ParseInputSpec(text));
  }
  return specs;
}

std::vector<std::string> InputNames(const torch::jit::Module& module, size_t count) {
  const std::vector<c10::Argument> arguments = ArgumentsOfForward(module);
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(arguments.at(i).name());
  return names;
}

std::string Signature(const torch::jit::Module& module) {
  const c10::FunctionSchema& schema = module.get_method("forward").function().getSchema();
  const std::string arguments = absl::StrJoin(
      ArgumentsOfForward(module), ", ", [](std::string* out, const c10::Argument& argument) {
        absl::StrAppend(out, argument.name(), ": ", TypeText(argument),
                        argument.default_value().has_value() ? " = ..." : "");
      });
  const std::string results = absl::StrJoin(
      schema.returns(), ", ",
      [](std::string* out, const c10::Argument& result) { out->append(TypeText(result)); });
  return absl::StrCat("forward(", arguments, ") -> ", results);
}

absl::Status CheckSignature(const torch::jit::Module& module, size_t specs) {
  const std::vector<c10::Argument> arguments = ArgumentsOfForward(module);
  size_t required = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].default_value().has_value()) required = i + 1;
  }
  if (specs < required || specs > arguments.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model takes ", required, " input", required == 1 ? "" : "s", ", but ",
                     specs, " --input ", specs == 1 ? "was" : "were", " given; its signature is ",
                     Signature(module), "; for example", ExampleFlags(required)));
  }
  for (size_t i = 0; i < specs; ++i) {
    if (TakesTensor(arguments[i])) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the input ", arguments[i].name(), " is a ", TypeText(arguments[i]),
                     ", only tensors can be given; wrap the model in one whose forward takes "
                     "tensors (signature: ",
                     Signature(module), ")"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelInputs> MakeInputs(const std::vector<InputSpec>& specs, const InputSizes& sizes,
                                       int64_t seed) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(seed));
  ModelInputs inputs;
  for (const InputSpec& spec : specs) {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<int64_t> shape, ResolveShape(spec, sizes));
    const std::optional<at::ScalarType> type = TypeOf(spec.type);
    if (!type.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("--input: no tensor type ", spec.type));
    }
    if (at::isFloatingType(*type)) {
      inputs.emplace_back(MakeFloats(spec, *type, shape, random));
    } else {
      EDGEBENCH_ASSIGN_OR_RETURN(at::Tensor integers, MakeIntegers(spec, *type, shape, random));
      inputs.emplace_back(std::move(integers));
    }
  }
  return inputs;
}

}  // namespace edgebench::worker
