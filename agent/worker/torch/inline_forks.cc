#include "agent/worker/torch/inline_forks.h"

#include <torch/csrc/jit/api/function_impl.h>

#include <functional>
#include <utility>

namespace edgebench::worker {
namespace {

void OnThisThread(const std::function<void()>& task) { task(); }

}  // namespace

c10::IValue ForwardInline(torch::jit::Module& module, const ModelInputs& inputs) {
  const auto future = module.get_method("forward").run_async(inputs, {}, OnThisThread);
  future->waitAndThrow();
  return future->value();
}

c10::IValue RunInline(torch::jit::GraphFunction& function, torch::jit::Stack stack) {
  const auto future = function.runAsync(stack, OnThisThread);
  future->waitAndThrow();
  return future->value();
}

}  // namespace edgebench::worker
