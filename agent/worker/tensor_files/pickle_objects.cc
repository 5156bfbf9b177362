#include "agent/worker/tensor_files/pickle_objects.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/worker/tensor_files/pickle_stack.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::tensor_files {
namespace {

using Kind = PickleValue::Kind;

constexpr absl::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr absl::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr absl::string_view kRebuildParameterWithState =
    "torch._utils._rebuild_parameter_with_state";
constexpr absl::string_view kOrderedDict = "collections.OrderedDict";

struct Storage {
  absl::string_view global, type;
};

constexpr Storage kStorages[] = {
    {"torch.FloatStorage", "float32"}, {"torch.DoubleStorage", "float64"},
    {"torch.HalfStorage", "float16"},  {"torch.BFloat16Storage", "bfloat16"},
    {"torch.LongStorage", "int64"},    {"torch.IntStorage", "int32"},
    {"torch.CharStorage", "int8"},     {"torch.ByteStorage", "uint8"},
    {"torch.BoolStorage", "bool"},
};

std::optional<std::string> TypeOfStorage(absl::string_view global) {
  for (const Storage& storage : kStorages) {
    if (global == storage.global) return std::string(storage.type);
  }
  return std::nullopt;
}

bool RebuildsParameter(absl::string_view global) {
  return global == kRebuildParameter || global == kRebuildParameterWithState;
}

bool IsKnown(absl::string_view global) {
  return global == kRebuildTensor || RebuildsParameter(global) || global == kOrderedDict ||
         TypeOfStorage(global).has_value();
}

// Far more than any tensor has. What is longer could be given a thousand times in
// few bytes, and would be copied each time.
constexpr size_t kMaxDimensions = 64;
constexpr size_t kMaxKeyBytes = 64;
// Of what a message says of a name that the file chose.
constexpr size_t kShownBytes = 100;

absl::StatusOr<std::vector<int64_t>> NumbersIn(const PickleValue& tuple) {
  if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxDimensions) return DamagedPickle();
  std::vector<int64_t> numbers;
  for (const PickleValue* item : tuple.items) {
    if (item->kind != Kind::kNumber) return DamagedPickle();
    numbers.push_back(item->number);
  }
  return numbers;
}

// (storage, offset, shape, strides, ...)
absl::StatusOr<PickleValue> MakeTensor(const std::vector<const PickleValue*>& arguments) {
  if (arguments[0]->kind != Kind::kStorage || arguments[1]->kind != Kind::kNumber) {
    return DamagedPickle();
  }
  PickleValue tensor = *arguments[0];
  tensor.kind = Kind::kTensor;
  tensor.offset = arguments[1]->number;
  EDGEBENCH_ASSIGN_OR_RETURN(tensor.shape, NumbersIn(*arguments[2]));
  EDGEBENCH_ASSIGN_OR_RETURN(tensor.strides, NumbersIn(*arguments[3]));
  if (tensor.shape.size() != tensor.strides.size()) return DamagedPickle();
  return tensor;
}

}  // namespace

absl::StatusOr<PickleValue> MakeGlobal(std::string name) {
  if (!IsKnown(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("holds a Python object of ", ValidUtf8(name.substr(0, kShownBytes)),
                     ", and only tensors, and lists, tuples and dicts of them, are read"));
  }
  PickleValue global;
  global.kind = Kind::kGlobal;
  global.text = std::move(name);
  return global;
}

absl::StatusOr<PickleValue> MakeStorage(const PickleValue& reference) {
  if (reference.kind != Kind::kTuple || reference.items.size() < 3) return DamagedPickle();
  const std::optional<std::string> type = TypeOfStorage(reference.items[1]->text);
  const PickleValue& key = *reference.items[2];
  if (!type.has_value() || key.kind != Kind::kText || key.text.size() > kMaxKeyBytes)
    return DamagedPickle();
  PickleValue storage;
  storage.kind = Kind::kStorage;
  storage.text = key.text;
  storage.type = *type;
  return storage;
}

absl::StatusOr<PickleValue> MakeResult(const PickleValue& function, const PickleValue& arguments) {
  if (function.kind != Kind::kGlobal || arguments.kind != Kind::kTuple) return DamagedPickle();
  const std::vector<const PickleValue*>& items = arguments.items;
  if (function.text == kRebuildTensor && items.size() >= 4) return MakeTensor(items);
  if (RebuildsParameter(function.text) && !items.empty() && items[0]->kind == Kind::kTensor) {
    return *items[0];
  }
  if (function.text != kOrderedDict || !items.empty()) return DamagedPickle();
  PickleValue dict;
  dict.kind = Kind::kDict;
  return dict;
}

}  // namespace edgebench::tensor_files
