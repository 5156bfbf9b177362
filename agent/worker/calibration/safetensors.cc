#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/calibration/stored_tensor.h"
#include "common/status_macros.h"

namespace edgebench::calibration {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
// Some thousand tensors. The format's own limit, 100 MB, is for large models.
constexpr uint64_t kMaxHeaderBytes = 16 << 20;

struct ElementType {
  absl::string_view stored, name;
};

constexpr ElementType kTypes[] = {
    {"F32", "float32"},   {"F64", "float64"}, {"F16", "float16"},
    {"BF16", "bfloat16"}, {"I64", "int64"},   {"I32", "int32"},
    {"I8", "int8"},       {"U8", "uint8"},    {"BOOL", "bool"},
};

uint64_t LengthIn(absl::string_view start) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= uint64_t{static_cast<unsigned char>(start[i])} << (8 * i);
  }
  return length;
}

absl::Status Damaged(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("is a damaged .safetensors file: ", what));
}

// Whole numbers that are not negative.
std::optional<std::vector<int64_t>> NumbersIn(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array()) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Json& number : *found) {
    if (!number.is_number_unsigned()) return std::nullopt;
    numbers.push_back(number.get<int64_t>());
    if (numbers.back() < 0) return std::nullopt;  // above what 63 bits hold
  }
  return numbers;
}

absl::StatusOr<std::string> TypeOf(const std::string& name, const Json& entry) {
  const auto found = entry.find("dtype");
  if (found == entry.end() || !found->is_string())
    return Damaged(absl::StrCat(name, " has no dtype"));
  const auto& stored = found->get_ref<const std::string&>();
  for (const ElementType& known : kTypes) {
    if (stored == known.stored) return std::string(known.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tensor ", name, " has the dtype ", stored,
                   ", expected F32, F64, F16, BF16, I64, I32, I8, U8 or BOOL"));
}

struct Placed {
  StoredTensor tensor;
  int64_t begin, end;
};

absl::StatusOr<Placed> ReadEntry(const std::string& name, const Json& entry,
                                 const FileRange& data) {
  if (!entry.is_object()) return Damaged(absl::StrCat(name, " is not described"));
  EDGEBENCH_ASSIGN_OR_RETURN(std::string type, TypeOf(name, entry));
  std::optional<std::vector<int64_t>> shape = NumbersIn(entry, "shape");
  const std::optional<std::vector<int64_t>> offsets = NumbersIn(entry, "data_offsets");
  if (!shape.has_value()) return Damaged(absl::StrCat(name, " has no shape"));
  if (!offsets.has_value() || offsets->size() != 2 || offsets->at(0) > offsets->at(1)) {
    return Damaged(absl::StrCat(name, " has no two data_offsets"));
  }
  const int64_t begin = offsets->at(0), end = offsets->at(1);
  EDGEBENCH_ASSIGN_OR_RETURN(const uint64_t bytes, BytesOf(type, *shape));
  if (static_cast<uint64_t>(end - begin) != bytes) {
    return Damaged(absl::StrCat(name, " has ", end - begin, " bytes, by its shape ", bytes));
  }
  const auto content = data.Part(begin, bytes);
  if (!content.ok()) return Damaged(absl::StrCat(name, " lies beyond the end of the file"));
  return Placed{{name, std::move(type), *std::move(shape), *content}, begin, end};
}

absl::Status CheckApart(std::vector<Placed> placed) {
  std::sort(placed.begin(), placed.end(),
            [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < placed.size(); ++i) {
    if (placed[i].begin < placed[i - 1].end) {
      return Damaged(
          absl::StrCat(placed[i - 1].tensor.name, " and ", placed[i].tensor.name, " overlap"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsSafetensors(absl::string_view start) {
  return start.size() > kLengthBytes && start[kLengthBytes] == '{' &&
         LengthIn(start) <= kMaxHeaderBytes;
}

absl::StatusOr<std::vector<StoredTensor>> ReadSafetensorsHeader(const FileRange& file) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string start, file.ReadString(0, kLengthBytes));
  const uint64_t length = LengthIn(start);
  if (length > kMaxHeaderBytes) return Damaged("its header is too long");
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text, file.ReadString(kLengthBytes, length));
  EDGEBENCH_ASSIGN_OR_RETURN(const FileRange data,
                             file.Part(kLengthBytes + length, file.size() - kLengthBytes - length));
  const Json header = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return Damaged("its header is no JSON object");
  std::vector<Placed> placed;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    EDGEBENCH_ASSIGN_OR_RETURN(placed.emplace_back(), ReadEntry(name, entry, data));
  }
  EDGEBENCH_RETURN_IF_ERROR(CheckApart(placed));
  std::vector<StoredTensor> tensors;
  for (Placed& one : placed) tensors.push_back(std::move(one.tensor));
  return tensors;
}

}  // namespace edgebench::calibration
