#pragma once

#include <torch/script.h>

#include <functional>
#include <memory>
#include <string>

namespace caffe2::serialize {
class PyTorchStreamReader;
}
namespace torch::jit {
class DeserializationStorageContext;
}

namespace edgebench::worker {

// Storages to take in place of the records ARCHIVE/KEY, by key. What is not among
// them is read from the file and added.
using StoragesOf =
    std::function<std::shared_ptr<torch::jit::DeserializationStorageContext>(const std::string&)>;

// As torch::jit::load, which takes no storages: the same steps, by LibTorch's own
// parts where it exports them. What only files of old need is not among them
// (CanImport). The source lines of the model's Python are not read.
//
// A tensor that reaches beyond its storage throws, as everything else that is
// wrong with the file.
torch::jit::Module ImportModule(caffe2::serialize::PyTorchStreamReader& archive,
                                const StoragesOf& storages_of);

// False for files of before PyTorch 1.5.
bool CanImport(caffe2::serialize::PyTorchStreamReader& archive);

}  // namespace edgebench::worker
