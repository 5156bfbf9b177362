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
#include "agent/worker/calibration/pickle.h"

namespace edgebench::calibration {

absl::Status DamagedPickle();

// What the opcodes of a pickle work on: a stack, marks on it, and a memo. All
// errors are DamagedPickle(), and those that a parameter already had.
class PickleStack {
 public:
  using Items = std::vector<const PickleValue*>;

  absl::Status Push(PickleValue value);
  absl::Status Push(PickleValue::Kind kind);
  absl::Status PushTuple(absl::StatusOr<Items> items);

  // Nothing below the last mark is taken.
  absl::StatusOr<PickleValue*> Pop();
  absl::StatusOr<Items> PopItems(size_t count);

  void Mark() { marks_.push_back(stack_.size()); }
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
  std::deque<PickleValue> values_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

}  // namespace edgebench::calibration
