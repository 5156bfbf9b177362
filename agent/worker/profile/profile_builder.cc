#include "agent/worker/profile/profile_builder.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Some 2 MB of a result; what searches for an utterance runs more operators than that.
constexpr size_t kLongestTimeline = 20'000;

int64_t MedianOf(const std::vector<int64_t>& samples) {
  return std::llround(Median(samples).value_or(0));
}

int64_t SumOf(const std::vector<int64_t>& samples) {
  return std::accumulate(samples.begin(), samples.end(), int64_t{0});
}

}  // namespace

ProfileBuilder::ProfileBuilder(std::vector<DescribedOperator> operators)
    : operators_(std::move(operators)) {
  for (const DescribedOperator& described : operators_) {
    row_of_operator_.push_back(RowOf(described));
    v1::ProfileReport::Operator& row = rows_[row_of_operator_.back()].facts;
    row.set_calls(row.calls() + 1);
    // The sum of a row is known where each part is.
    if (row.has_multiply_adds() && described.multiply_adds.has_value()) {
      row.set_multiply_adds(row.multiply_adds() + *described.multiply_adds);
    } else {
      row.clear_multiply_adds();
    }
    if (row.has_bytes() && described.bytes.has_value()) {
      row.set_bytes(row.bytes() + *described.bytes);
    } else {
      row.clear_bytes();
    }
  }
}

size_t ProfileBuilder::RowOf(const DescribedOperator& described) {
  const std::string place =
      described.name.empty() ? absl::StrCat(" ", described.output_shape) : described.name;
  const auto [found, is_new] = row_by_key_.emplace(
      std::make_tuple(place, described.kind, static_cast<int>(described.precision)), rows_.size());
  if (!is_new) return found->second;
  v1::ProfileReport::Operator& row = rows_.emplace_back().facts;
  row.set_name(described.name);
  row.set_kind(described.kind);
  row.set_precision(described.precision);
  row.set_input_shape(described.input_shape);
  row.set_output_shape(described.output_shape);
  row.set_multiply_adds(0);
  row.set_bytes(0);
  return found->second;
}

absl::Status ProfileBuilder::Check(const std::vector<RecordedCall>& calls) const {
  size_t outermost = 0;
  for (const RecordedCall& call : calls) {
    if (call.depth > 0) continue;
    if (outermost >= operators_.size() || operators_[outermost].function != call.function) {
      return absl::UnimplementedError(absl::StrCat(
          "the model runs other operators from inference to inference (", call.function, " as the ",
          outermost + 1, "th), and only one that always runs the same can be profiled"));
    }
    ++outermost;
  }
  if (outermost == operators_.size()) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(
      "the model ran ", operators_.size(), " operators in one inference and ", outermost,
      " in another, and only one that always runs the same can be profiled"));
}

absl::Status ProfileBuilder::Add(const std::vector<RecordedCall>& calls, int64_t start_ns,
                                 int64_t duration_ns, int64_t thread) {
  EDGEBENCH_RETURN_IF_ERROR(Check(calls));
  for (Row& row : rows_) {
    row.total_ns.push_back(0);
    row.self_ns.push_back(0);
  }
  const std::vector<int64_t> self_ns = SelfTimes(calls);
  size_t outermost = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].depth > 0) continue;
    Row& row = rows_[row_of_operator_[outermost++]];
    row.total_ns.back() += calls[i].end_ns - calls[i].start_ns;
    row.self_ns.back() += self_ns[i];
  }
  const bool fastest = std::all_of(profiled_ns_.begin(), profiled_ns_.end(),
                                   [&](int64_t other_ns) { return duration_ns < other_ns; });
  if (fastest) KeepTimeline(calls, start_ns, thread);
  profiled_ns_.push_back(duration_ns);
  return absl::OkStatus();
}

void ProfileBuilder::KeepTimeline(const std::vector<RecordedCall>& calls, int64_t start_ns,
                                  int64_t thread) {
  timeline_.Clear();
  const size_t kept = std::min(calls.size(), kLongestTimeline);
  timeline_.set_timeline_left_out(static_cast<int>(calls.size() - kept));
  size_t row = 0, outermost = 0;
  for (size_t i = 0; i < kept; ++i) {
    if (calls[i].depth == 0) row = row_of_operator_[outermost++];
    v1::ProfileReport::Event& event = *timeline_.add_timeline();
    event.set_row(static_cast<int>(row));
    event.set_kind(calls[i].function);
    event.set_start_ns(calls[i].start_ns - start_ns);
    event.set_duration_ns(calls[i].end_ns - calls[i].start_ns);
    event.set_depth(calls[i].depth);
    event.set_thread(thread);
  }
}

v1::ProfileReport ProfileBuilder::Build() const {
  v1::ProfileReport report = timeline_;
  const int64_t all_ns = SumOf(profiled_ns_);
  for (const Row& row : rows_) {
    v1::ProfileReport::Operator& entry = *report.add_operators();
    entry = row.facts;
    if (row.total_ns.empty()) continue;
    entry.set_total_ns(MedianOf(row.total_ns));
    entry.set_min_ns(*std::min_element(row.total_ns.begin(), row.total_ns.end()));
    entry.set_self_ns(MedianOf(row.self_ns));
    // Of sums rather than of medians: these add up.
    if (all_ns > 0) {
      entry.set_share(static_cast<double>(SumOf(row.total_ns)) / static_cast<double>(all_ns));
    }
  }
  report.mutable_profiled_ns()->Add(profiled_ns_.begin(), profiled_ns_.end());
  return report;
}

}  // namespace edgebench::worker
