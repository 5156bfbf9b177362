#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/worker/tensor_files/pickle.h"

namespace edgebench::tensor_files {

absl::Status DamagedPickle();

// Of all that a pickle makes: far more than those of the largest models need, and few
// bytes can ask for any amount.
inline constexpr size_t kMaxPickleMemory = 256 << 20;

// What the opcodes of a pickle work on: a stack, marks on it, and a memo. All
// errors are DamagedPickle(), those that a parameter already had, and that it takes
// more than kMaxPickleMemory.
class PickleStack {
 public:
  using Items = std::vector<const PickleValue*>;

  absl::Status Push(PickleValue value);
  absl::Status Push(PickleValue::Kind kind);
  absl::Status PushTuple(absl::StatusOr<Items> items);

  // Nothing below the last mark is taken.
  absl::StatusOr<PickleValue*> Pop();
  absl::StatusOr<Items> PopItems(size_t count);

  absl::Status Mark();
  absl::StatusOr<Items> PopToMark();

  // Adds to the list or dict at the top.
  absl::Status Extend(PickleValue::Kind kind, const absl::StatusOr<Items>& items);
  bool EndsWith(PickleValue::Kind kind) const;

  absl::Status Remember(const absl::StatusOr<uint64_t>& index);
  absl::Status RememberNext() { return Remember(memo_.size()); }
  absl::Status Recall(const absl::StatusOr<uint64_t>& index);

  // All values there were.
  std::deque<PickleValue> TakeValues() { return std::move(values_); }

 private:
  // Before the memory is asked for.
  absl::Status Charge(size_t bytes);

  size_t charged_ = 0;
  std::deque<PickleValue> values_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

}  // namespace edgebench::tensor_files
