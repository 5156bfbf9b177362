#include "agent/worker/torch/operator_ranking.h"

#include <algorithm>
#include <limits>

#include "agent/worker/torch/parity.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Infinite where nothing differs.
absl::StatusOr<double> SqnrOf(torch::jit::Module module, const std::string& engine,
                              const HeldOut& held_out) {
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Parity parity, ParityOn(held_out, module, engine));
  return ComparableSqnr(parity);
}

// The first of each name, as an operator that is used twice is quantized twice.
std::vector<OperatorDecision> QuantizedOperators(const QuantizedModel& quantized) {
  std::vector<OperatorDecision> operators;
  std::set<std::string> seen;
  for (const OperatorDecision& decision : quantized.decisions) {
    if (decision.reason.empty() && seen.insert(decision.name).second) operators.push_back(decision);
  }
  return operators;
}

double Rank(const v1::OperatorSensitivity& operator_) {
  return operator_.has_sqnr_db() ? operator_.sqnr_db() : std::numeric_limits<double>::infinity();
}

}  // namespace

absl::StatusOr<std::vector<v1::OperatorSensitivity>> RankOperators(Quantizer& quantizer,
                                                                   const QuantizedModel& quantized,
                                                                   const std::string& engine,
                                                                   const HeldOut& held_out,
                                                                   const ShareDone& progress) {
  const std::vector<OperatorDecision> operators = QuantizedOperators(quantized);
  std::set<std::string> names;
  for (const OperatorDecision& each : operators) names.insert(each.name);
  std::vector<v1::OperatorSensitivity> ranking;
  for (const OperatorDecision& each : operators) {
    std::set<std::string> others = names;
    others.erase(each.name);
    EDGEBENCH_ASSIGN_OR_RETURN(const QuantizedModel alone, quantizer.Convert(others));
    EDGEBENCH_ASSIGN_OR_RETURN(const double sqnr, SqnrOf(alone.module, engine, held_out));
    v1::OperatorSensitivity& sensitivity = ranking.emplace_back();
    sensitivity.set_name(each.name);
    sensitivity.set_kind(each.kind);
    if (sqnr < std::numeric_limits<double>::infinity()) sensitivity.set_sqnr_db(sqnr);
    progress(static_cast<double>(ranking.size()) / static_cast<double>(operators.size()));
  }
  std::stable_sort(ranking.begin(), ranking.end(),
                   [](const auto& a, const auto& b) { return Rank(a) < Rank(b); });
  return ranking;
}

absl::StatusOr<std::set<std::string>> OperatorsToKeep(
    Quantizer& quantizer, const std::vector<v1::OperatorSensitivity>& ranking,
    const std::string& engine, const HeldOut& held_out, double min_sqnr_db,
    const ShareDone& progress) {
  const auto worst = [&](size_t count) {
    std::set<std::string> names;
    for (size_t i = 0; i < count; ++i) names.insert(ranking[i].name());
    return names;
  };
  size_t low = 0, high = ranking.size();  // all in fp32 is always enough
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    EDGEBENCH_ASSIGN_OR_RETURN(const QuantizedModel model, quantizer.Convert(worst(middle)));
    EDGEBENCH_ASSIGN_OR_RETURN(const double sqnr, SqnrOf(model.module, engine, held_out));
    if (sqnr >= min_sqnr_db) {
      high = middle;
    } else {
      low = middle + 1;
    }
    progress(1 - static_cast<double>(high - low) / static_cast<double>(ranking.size()));
  }
  return worst(high);
}

}  // namespace edgebench::worker
