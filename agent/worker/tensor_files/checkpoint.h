#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/files/file_mapping.h"

namespace edgebench::tensor_files {

// A tensor that lies in a mapped file, little-endian. Whatever the file says, every
// element lies within the mapping; `data` need not be aligned.
struct CheckpointTensor {
  std::string name;
  std::string type;                     // as in common/input_spec.h
  std::vector<int64_t> shape, strides;  // in elements, none negative
  const uint8_t* data = nullptr;        // the first element
};

// Whether the elements follow one another, the last dimension first.
bool IsContiguous(const CheckpointTensor& tensor);

// The strides of such a tensor.
std::vector<int64_t> ContiguousStrides(const std::vector<int64_t>& shape);

// A file of named tensors: what torch.save of PyTorch 1.6 or newer wrote of a state
// dict, bare or in a dict under state_dict, model or model_state_dict, or a safetensors
// file. Of the former only tensors and plain containers are read, and nothing in it is
// called; what lies beside the tensors, such as an epoch, is passed over.
class Checkpoint {
 public:
  // Maps the file, which must not change while the checkpoint lives.
  //   INVALID_ARGUMENT  none of these, damaged, cut short, compressed, without tensors,
  //                     or it asks for a class or function, which the error names;
  //                     reads on from the file's name, "is a TorchScript model ..."
  //   others            as FileMapping::Open
  // Takes less than half a gigabyte, whatever the file says.
  static absl::StatusOr<Checkpoint> Open(const std::string& path);

  // Sorted by name, each name once; at most kMaxTensors with kMaxTensorNameBytes each.
  const std::vector<CheckpointTensor>& tensors() const { return tensors_; }

  const std::shared_ptr<const worker::FileMapping>& file() const { return file_; }

 private:
  Checkpoint(std::shared_ptr<const worker::FileMapping> file, std::vector<CheckpointTensor> tensors)
      : file_(std::move(file)), tensors_(std::move(tensors)) {}

  std::shared_ptr<const worker::FileMapping> file_;
  std::vector<CheckpointTensor> tensors_;
};

// Of Checkpoint::Open, the part that reads what torch.save wrote; in any order.
absl::StatusOr<std::vector<CheckpointTensor>> ReadTorchCheckpoint(const worker::FileMapping& file);

}  // namespace edgebench::tensor_files
