#pragma once

#include <torch/csrc/jit/ir/ir.h>
#include <torch/script.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace edgebench::worker {

// optimize_for_inference makes operators (prim::mkldnn_convolution) that call their
// kernels without the dispatcher, where RecordFunction does not see them. A copy of the
// graph with marks around each of them does: it computes the same.

// An operator between two marks.
struct MarkedOperator {
  std::string function;  // "prim::mkldnn_convolution"
  std::string name;      // "features.0.0": the path of its module; may be empty
};

// Hears of the marks that a thread passes while it runs a marked graph.
class MarkObserver {
 public:
  virtual ~MarkObserver() = default;
  // `place` is that of the operator in MarkedGraph::operators.
  virtual void OnEnter(size_t place, c10::ArrayRef<c10::IValue> inputs) = 0;
  virtual void OnLeave(size_t place, c10::ArrayRef<c10::IValue> outputs) = 0;
};

// While it lives, this thread's marks are told to the observer, which it does not own.
class MarkScope {
 public:
  explicit MarkScope(MarkObserver& observer);
  ~MarkScope();
  MarkScope(const MarkScope&) = delete;
  MarkScope& operator=(const MarkScope&) = delete;
};

struct MarkedGraph {
  std::shared_ptr<torch::jit::Graph> graph;
  std::vector<MarkedOperator> operators;
};

MarkedGraph MarkHiddenOperators(const torch::jit::Graph& graph);

}  // namespace edgebench::worker
