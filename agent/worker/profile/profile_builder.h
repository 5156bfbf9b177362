#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "agent/worker/profile/call_recorder.h"
#include "edgebench/v1/profile.pb.h"

namespace edgebench::worker {

// One execution of an operator that no other one calls, without its time.
struct DescribedOperator {
  std::string function;  // what the recorder knows it by: "aten::conv2d"
  std::string name, kind;
  v1::Precision precision = v1::PRECISION_UNSPECIFIED;
  std::string input_shape, output_shape;
  std::optional<int64_t> multiply_adds, bytes;
};

// Adds up what was recorded of several inferences; the fields of ProfileReport say how.
class ProfileBuilder {
 public:
  // What one inference executes, in order.
  explicit ProfileBuilder(std::vector<DescribedOperator> operators);

  // One inference on thread `thread` that began at `start_ns` of the recorder's clock.
  //   UNIMPLEMENTED  it executed other operators than those described
  absl::Status Add(const std::vector<RecordedCall>& calls, int64_t start_ns, int64_t duration_ns,
                   int64_t thread);

  v1::ProfileReport Build() const;

 private:
  // Figures of one row, an element for each inference.
  struct Row {
    v1::ProfileReport::Operator facts;
    std::vector<int64_t> total_ns, self_ns;
  };

  size_t RowOf(const DescribedOperator& described);
  absl::Status Check(const std::vector<RecordedCall>& calls) const;
  void KeepTimeline(const std::vector<RecordedCall>& calls, int64_t start_ns, int64_t thread);

  std::vector<DescribedOperator> operators_;
  std::map<std::tuple<std::string, std::string, int>, size_t> row_by_key_;
  std::vector<Row> rows_;
  std::vector<size_t> row_of_operator_;
  std::vector<int64_t> profiled_ns_;
  v1::ProfileReport timeline_;  // of the fastest inference so far
};

}  // namespace edgebench::worker
