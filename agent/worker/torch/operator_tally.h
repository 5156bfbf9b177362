#pragma once

#include <ATen/record_function.h>

#include <algorithm>

namespace edgebench::worker {

// An operator that the interpreter calls is recorded with the whole stack as its
// inputs: its own are the last ones.
inline c10::ArrayRef<const c10::IValue> InputsOf(const at::RecordFunction& function) {
  const c10::ArrayRef<const c10::IValue> stack = function.inputs();
  return stack.slice(stack.size() - std::min(stack.size(), function.num_inputs()));
}

// While it lives, `callback` is called for the operators that run on this
// thread. Callbacks of RecordFunction are plain functions: they find the tally
// of the inference under way as Current().
template <typename Tally>
class OperatorTally {
 public:
  OperatorTally(Tally& tally, at::RecordFunctionCallback callback) {
    current_ = &tally;
    handle_ = at::addThreadLocalCallback(callback.scopes({at::RecordScope::FUNCTION}));
  }
  ~OperatorTally() {
    at::removeCallback(handle_);
    current_ = nullptr;
  }
  OperatorTally(const OperatorTally&) = delete;
  OperatorTally& operator=(const OperatorTally&) = delete;

  static Tally& Current() { return *current_; }

 private:
  static inline thread_local Tally* current_ = nullptr;

  at::CallbackHandle handle_;
};

}  // namespace edgebench::worker
