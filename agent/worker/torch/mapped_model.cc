#include "agent/worker/torch/mapped_model.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/storage_context.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/files/zip_directory.h"
#include "agent/worker/torch/model_archive.h"
#include "agent/worker/torch/module_importer.h"
#include "agent/worker/torch/write_analysis.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using torch::jit::DeserializationStorageContext;

// Smaller ones are not worth a storage of their own.
constexpr uint64_t kSmallestMapped = 64 << 10;

// Of the records that PyTorch writes, for vector instructions.
constexpr uint64_t kAlignment = 64;

bool CanMap(const ZipRecord& record) {
  return record.stored && record.size >= kSmallestMapped && record.offset % kAlignment == 0;
}

// The storage owns a share of the mapping.
c10::Storage StorageIn(const std::shared_ptr<const FileMapping>& mapping, const ZipRecord& record) {
  auto* share = new std::shared_ptr<const FileMapping>(mapping);
  const auto release = [](void* context) {
    delete static_cast<std::shared_ptr<const FileMapping>*>(context);
  };
  // Tensors know no const data; nobody writes to these.
  auto* data = const_cast<uint8_t*>(mapping->data() + record.offset);
  return c10::Storage(c10::Storage::use_byte_size_t(), record.size,
                      at::DataPtr(data, share, release, at::kCPU), /*allocator=*/nullptr,
                      /*resizable=*/false);
}

std::vector<ZipRecord> RecordsToMap(const FileMapping* file) {
  std::vector<ZipRecord> records;
  if (file == nullptr) return records;
  records = ReadZipDirectory(file->data(), file->size()).value_or(records);
  records.erase(std::remove_if(records.begin(), records.end(), std::not_fn(CanMap)), records.end());
  return records;
}

uint64_t TotalSize(const std::vector<ZipRecord>& records) {
  uint64_t total = 0;
  for (const ZipRecord& record : records) total += record.size;
  return total;
}

// The key of ROOT/ARCHIVE/KEY; all records lie in one folder, whatever its name.
std::optional<std::string> KeyOf(const std::string& record, const std::string& archive) {
  const size_t root = record.find('/');
  if (root == std::string::npos) return std::nullopt;
  const std::string folder = absl::StrCat(archive, "/");
  if (record.compare(root + 1, folder.size(), folder) != 0) return std::nullopt;
  return record.substr(root + 1 + folder.size());
}

std::shared_ptr<DeserializationStorageContext> MappedStorages(
    const std::shared_ptr<const FileMapping>& mapping, const std::vector<ZipRecord>& records,
    const std::string& archive) {
  auto storages = std::make_shared<DeserializationStorageContext>();
  for (const ZipRecord& record : records) {
    const std::optional<std::string> key = KeyOf(record.name, archive);
    if (!key.has_value() || storages->hasStorage(*key)) continue;
    storages->addStorage(*key, StorageIn(mapping, record));
  }
  return storages;
}

// PyTorch before 1.6 gave strides and padding to each call; torch::jit::load rewrites it.
bool HasOldQuantizedConvolutions(const torch::jit::Module& module) {
  for (const torch::jit::Module& part : module.modules()) {
    for (const torch::jit::Method& method : part.get_methods()) {
      for (const torch::jit::Node* node : method.graph()->nodes()) {
        if (absl::StartsWith(node->kind().toQualString(), "quantized::conv") &&
            node->inputs().size() > 5) {
          return true;
        }
      }
    }
  }
  return false;
}

bool MayStayMapped(const torch::jit::Module& module, const FileMapping& mapping) {
  if (HasOldQuantizedConvolutions(module)) return false;
  if (!module.find_method("forward")) return true;
  return !WritesTensorsOfItsOwn(module, [&](const at::Tensor& tensor) {
    return tensor.has_storage() && mapping.Holds(tensor.data_ptr());
  });
}

}  // namespace

absl::StatusOr<MappedModel> LoadMapped(const std::string& path, const std::string& name,
                                       uint64_t worth_mapping) {
  MappedModel model;
  model.mapping = FileMapping::Open(path).value_or(nullptr);
  const std::vector<ZipRecord> records = RecordsToMap(model.mapping.get());
  EDGEBENCH_ASSIGN_OR_RETURN(
      model.module, ReadModelArchive(path, name, [&] {
        caffe2::serialize::PyTorchStreamReader archive(path);
        if (!records.empty() && TotalSize(records) >= worth_mapping && CanImport(archive)) {
          torch::jit::Module module = ImportModule(archive, [&](const std::string& part) {
            return MappedStorages(model.mapping, records, part);
          });
          if (MayStayMapped(module, *model.mapping)) return module;
        }
        model.mapping = nullptr;
        return torch::jit::load(path, at::kCPU);
      }));
  return model;
}

}  // namespace edgebench::worker
