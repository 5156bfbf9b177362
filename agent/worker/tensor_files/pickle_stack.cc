#include "agent/worker/tensor_files/pickle_stack.h"

#include "absl/strings/str_cat.h"
#include "common/quantities.h"
#include "common/status_macros.h"

namespace edgebench::tensor_files {

using Kind = PickleValue::Kind;

absl::Status DamagedPickle() { return absl::InvalidArgumentError("has a damaged pickle"); }

namespace {

// A node of the memo, with what its allocation takes besides.
constexpr size_t kMemoEntryBytes = 64;

size_t BytesOf(const PickleValue& value) {
  return sizeof value + value.text.size() + sizeof(void*) * value.items.size() +
         sizeof(int64_t) * (value.shape.size() + value.strides.size());
}

}  // namespace

absl::Status PickleStack::Charge(size_t bytes) {
  charged_ += bytes;
  if (charged_ <= kMaxPickleMemory) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("has a pickle that takes more than ",
                                                 FormatBytes(kMaxPickleMemory), " of memory"));
}

absl::Status PickleStack::Mark() {
  EDGEBENCH_RETURN_IF_ERROR(Charge(sizeof(size_t)));
  marks_.push_back(stack_.size());
  return absl::OkStatus();
}

absl::Status PickleStack::Push(PickleValue value) {
  EDGEBENCH_RETURN_IF_ERROR(Charge(BytesOf(value)));
  values_.push_back(std::move(value));
  stack_.push_back(&values_.back());
  return absl::OkStatus();
}

absl::Status PickleStack::Push(Kind kind) {
  PickleValue value;
  value.kind = kind;
  return Push(std::move(value));
}

absl::Status PickleStack::PushTuple(absl::StatusOr<Items> items) {
  EDGEBENCH_RETURN_IF_ERROR(items.status());
  PickleValue tuple;
  tuple.kind = Kind::kTuple;
  tuple.items = *std::move(items);
  return Push(std::move(tuple));
}

absl::StatusOr<PickleValue*> PickleStack::Pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return DamagedPickle();
  PickleValue* top = stack_.back();
  stack_.pop_back();
  return top;
}

absl::StatusOr<PickleStack::Items> PickleStack::PopItems(size_t count) {
  Items items(count);
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    EDGEBENCH_ASSIGN_OR_RETURN(*item, Pop());
  }
  return items;
}

absl::StatusOr<PickleStack::Items> PickleStack::PopToMark() {
  if (marks_.empty()) return DamagedPickle();
  const auto begin = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
  Items items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

absl::Status PickleStack::Extend(Kind kind, const absl::StatusOr<Items>& items) {
  EDGEBENCH_RETURN_IF_ERROR(items.status());
  if (!EndsWith(kind)) return DamagedPickle();
  if (kind == Kind::kDict && items->size() % 2 != 0) return DamagedPickle();
  EDGEBENCH_RETURN_IF_ERROR(Charge(sizeof(void*) * items->size()));
  Items& all = stack_.back()->items;
  all.insert(all.end(), items->begin(), items->end());
  return absl::OkStatus();
}

bool PickleStack::EndsWith(Kind kind) const {
  return !stack_.empty() && stack_.back()->kind == kind;
}

absl::Status PickleStack::Remember(const absl::StatusOr<uint64_t>& index) {
  EDGEBENCH_RETURN_IF_ERROR(index.status());
  if (stack_.empty()) return DamagedPickle();
  EDGEBENCH_RETURN_IF_ERROR(Charge(kMemoEntryBytes));
  memo_[*index] = stack_.back();
  return absl::OkStatus();
}

absl::Status PickleStack::Recall(const absl::StatusOr<uint64_t>& index) {
  EDGEBENCH_RETURN_IF_ERROR(index.status());
  const auto found = memo_.find(*index);
  if (found == memo_.end()) return DamagedPickle();
  EDGEBENCH_RETURN_IF_ERROR(Charge(sizeof(void*)));
  stack_.push_back(found->second);
  return absl::OkStatus();
}

}  // namespace edgebench::tensor_files
