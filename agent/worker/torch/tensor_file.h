#pragma once

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/files/file_range.h"
#include "agent/worker/tensor_files/stored_tensor.h"

namespace edgebench::worker {

// A tensor of a calibration file, in memory or still in the file.
class FileTensor {
 public:
  FileTensor(std::string name, at::Tensor values);
  // Its type is one of TypeOf(name).
  explicit FileTensor(tensor_files::StoredTensor stored);

  const std::string& name() const { return stored_.name; }  // "" where it has none
  const std::string& type() const { return stored_.type; }
  const std::vector<int64_t>& shape() const { return stored_.shape; }

  // So many of the first dimension, in memory of their own.
  //   Codes of FileRange::Read
  absl::StatusOr<at::Tensor> Rows(int64_t begin, int64_t count) const;
  // All of it; also of a tensor without dimensions.
  absl::StatusOr<at::Tensor> All() const;

 private:
  absl::StatusOr<at::Tensor> Read(std::vector<int64_t> shape, uint64_t offset) const;

  tensor_files::StoredTensor stored_;  // without content where values_ has it
  at::Tensor values_;
};

// What one call of forward takes, with any number of samples.
struct TensorSet {
  std::string label;   // "dogs.pt", "dogs.pt: batch 3"
  bool named = false;  // by forward's arguments; else by their order
  std::vector<FileTensor> tensors;
};

// Reads what torch.save, numpy.save or safetensors wrote. A list of tensors is
// one set for a model of several inputs, and one set each for a model of one.
//   INVALID_ARGUMENT  none of these, damaged, or it holds something that is no
//                     tensor; begins with `label`
//   others            as FileRange::Read and StatusOfException
absl::StatusOr<std::vector<TensorSet>> ReadTensorFile(const FileRange& file,
                                                      const std::string& label, size_t inputs);

// Of ReadTensorFile, the part that reads what torch.save wrote. No code in the file is
// run: whatever is not a tensor, list, tuple, dict, number or text is refused.
absl::StatusOr<std::vector<TensorSet>> ReadTorchFile(const FileRange& file,
                                                     const std::string& label, size_t inputs);

}  // namespace edgebench::worker
