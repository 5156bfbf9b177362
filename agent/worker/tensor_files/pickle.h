#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench::tensor_files {

// A value of a pickle.
struct PickleValue {
  enum class Kind { kNone, kNumber, kText, kTuple, kList, kDict, kTensor, kStorage, kGlobal };
  Kind kind = Kind::kNone;
  int64_t number = 0;
  // kText; kGlobal: "torch.FloatStorage"; kStorage and kTensor: the record of the
  // archive that holds the elements, "0" of data/0.
  std::string text;
  std::vector<const PickleValue*> items;  // kDict: key, value, key, value
  // kStorage and kTensor, in elements; nothing of it is checked yet.
  std::string type;  // as in common/input_spec.h
  int64_t offset = 0;
  std::vector<int64_t> shape, strides;
};

// What a value is called in messages: "a text", "a tensor".
const char* KindName(PickleValue::Kind kind);

struct Pickle {
  std::deque<PickleValue> values;  // owns all of them
  const PickleValue* root = nullptr;
};

// Reads what torch.save pickles: tensors, lists, tuples, dicts, numbers and texts.
// Calls nothing: of classes and functions only those that tensors and ordered
// dicts are made of are known. (LibTorch's own Unpickler lacks the opcode that a
// dict of one entry has, and believes all that hostile pickles say.)
//   INVALID_ARGUMENT  damaged, or another class or function, which it names
absl::StatusOr<Pickle> ParsePickle(absl::string_view bytes);

}  // namespace edgebench::tensor_files
