#pragma once

#include <torch/script.h>

#include <functional>
#include <vector>

#include "agent/worker/profile/profile_builder.h"
#include "agent/worker/torch/graph_marks.h"
#include "agent/worker/torch/operator_names.h"

namespace edgebench::worker {

// What it takes to know the operators of a model when they run.
struct DescriptionContext {
  const OperatorNames& names;
  const std::vector<MarkedOperator>& marked;  // of the graph that runs
};

// Runs `inference`, one pass of a model on this thread, and describes each operator that
// no other one calls, in order.
//
// Multiply-adds are those of convolutions and matrix products, see multiply_adds.h, and of
// their int8 counterparts. Bytes are those of the tensors that go in and out, each counted
// once: what an operator must move at least, whatever its kernel moves. A lookup reads as
// many bytes as it yields, rather than its whole table; a view moves none.
std::vector<DescribedOperator> DescribeOperators(const DescriptionContext& context,
                                                 const std::function<void()>& inference);

}  // namespace edgebench::worker
