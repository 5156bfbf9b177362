#include "agent/worker/torch/coverage.h"

#include <map>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/torch/executed_operators.h"
#include "common/names.h"

namespace edgebench::worker {
namespace {

bool IsInt8(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_DYNAMIC || precision == v1::PRECISION_INT8_STATIC;
}

bool IsRecurrent(const std::string& kind) {
  return absl::StartsWith(kind, "lstm") || absl::StartsWith(kind, "gru") ||
         absl::StartsWith(kind, "rnn");
}

// Operators without weights that have an int8 kernel: one of them that runs in fp32
// was given fp32 values.
bool HasInt8Kernel(const std::string& kind) {
  static const std::set<std::string> kinds = {
      "add",  "mul",        "cat",        "hardswish",  "hardsigmoid", "sigmoid",
      "tanh", "leaky_relu", "batch_norm", "max_pool2d", "avg_pool2d",  "adaptive_avg_pool2d"};
  return kinds.count(kind) != 0;
}

class Reasons {
 public:
  explicit Reasons(const CoverageContext& context) : context_(context) {
    for (const OperatorDecision& decision : context.decisions) {
      if (!decision.reason.empty()) known_.emplace(decision.name, decision.reason);
    }
  }

  std::string Of(const ExecutedOperator& executed) const {
    if (executed.kind == "transformer_encoder_layer" || executed.kind == "multi_head_attention") {
      return "LibTorch runs it as one fused fp32 kernel, past the quantized operators in the graph";
    }
    if (!executed.has_weights) return OfOther(executed.kind);
    const auto found = known_.find(executed.name);
    if (found != known_.end()) return found->second;
    const std::string by_kind = OfKind(executed.kind);
    return by_kind.empty() ? OfPrecision(executed.kind) : by_kind;
  }

 private:
  // The optimizer may have hidden the name; mostly all of a kind have one reason.
  std::string OfKind(const std::string& kind) const {
    std::string reason;
    for (const OperatorDecision& decision : context_.decisions) {
      if (decision.reason.empty() || !absl::StartsWith(decision.kind, kind)) continue;
      if (!reason.empty() && reason != decision.reason) return "";
      reason = decision.reason;
    }
    return reason;
  }

  std::string OfOther(const std::string& kind) const {
    if (context_.requested != v1::PRECISION_INT8_STATIC) return "";
    if (HasInt8Kernel(kind)) return "its inputs are fp32";
    return absl::StrCat("int8-static has no kernel for ", kind);
  }

  std::string OfPrecision(const std::string& kind) const {
    switch (context_.requested) {
      case v1::PRECISION_INT8_STATIC:
        if (IsRecurrent(kind)) return "int8-static has no kernel for recurrent layers";
        return "not recognized as a layer that int8-static covers";
      case v1::PRECISION_INT8_DYNAMIC:
        return "not recognized as a layer that int8-dynamic covers";
      case v1::PRECISION_AS_STORED:
        return "stored in floating point";
      default:
        return PrecisionName(context_.requested) + " was asked for";
    }
  }

  const CoverageContext& context_;
  std::map<std::string, std::string> known_;  // by name
};

bool IsCovered(v1::Precision ran, v1::Precision requested) {
  switch (requested) {
    case v1::PRECISION_FP16:
    case v1::PRECISION_BF16:
    case v1::PRECISION_INT8_WEIGHT_ONLY:
      return ran == requested;
    default:
      return IsInt8(ran);
  }
}

// The precision's own name for what its kernels do.
v1::Precision Shown(v1::Precision ran, v1::Precision requested) {
  const bool is_trained = requested == v1::PRECISION_INT8_QAT && ran == v1::PRECISION_INT8_STATIC;
  return is_trained ? requested : ran;
}

}  // namespace

v1::Coverage MeasureCoverage(torch::jit::Module& module, const ModelInputs& inputs,
                             const CoverageContext& context) {
  const Reasons reasons(context);
  v1::Coverage coverage;
  std::map<std::tuple<std::string, std::string, v1::Precision>, int> listed;
  std::map<std::pair<std::string, std::string>, int> skipped;
  for (const ExecutedOperator& executed : ListExecuted(module, inputs, context.names)) {
    const bool covered = IsCovered(executed.precision, context.requested);
    const bool plain = executed.precision == v1::PRECISION_FP32;
    const std::string reason = plain ? reasons.Of(executed) : "";
    if (executed.has_weights) {
      coverage.set_total_ops(coverage.total_ops() + 1);
      if (IsInt8(executed.precision)) coverage.set_int8_ops(coverage.int8_ops() + 1);
      if (covered) coverage.set_covered_ops(coverage.covered_ops() + 1);
      if (!covered) ++skipped[{executed.kind, reason}];
    }
    const auto [place, is_new] =
        listed.emplace(std::make_tuple(executed.kind, executed.name, executed.precision),
                       coverage.executed_size());
    if (is_new) {
      v1::Coverage::Executed& entry = *coverage.add_executed();
      entry.set_name(executed.name);
      entry.set_kind(executed.kind);
      entry.set_precision(Shown(executed.precision, context.requested));
      entry.set_reason(reason);
    }
    v1::Coverage::Executed& entry = *coverage.mutable_executed(place->second);
    entry.set_count(entry.count() + 1);
  }
  for (const auto& [key, count] : skipped) {
    v1::Coverage::Operator& entry = *coverage.add_skipped();
    entry.set_kind(key.first);
    entry.set_reason(key.second);
    entry.set_count(count);
  }
  return coverage;
}

}  // namespace edgebench::worker
