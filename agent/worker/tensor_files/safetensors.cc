#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/status_macros.h"

namespace edgebench::tensor_files {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
// As the reference implementation has it.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kMaxDimensions = 64;
constexpr absl::string_view kMetadata = "__metadata__";

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

absl::StatusOr<std::string> TypeOf(const std::string& name, const std::string& stored) {
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

// What the header says of one tensor; what it did not say is unset.
struct Entry {
  std::optional<std::string> dtype;
  std::optional<std::vector<int64_t>> shape, offsets;
};

absl::StatusOr<Placed> Place(const std::string& name, const Entry& entry, const FileRange& data) {
  if (!entry.dtype.has_value()) return Damaged(absl::StrCat(name, " has no dtype"));
  EDGEBENCH_ASSIGN_OR_RETURN(std::string type, TypeOf(name, *entry.dtype));
  if (!entry.shape.has_value()) return Damaged(absl::StrCat(name, " has no shape"));
  const std::optional<std::vector<int64_t>>& offsets = entry.offsets;
  if (!offsets.has_value() || offsets->size() != 2 || offsets->at(0) > offsets->at(1)) {
    return Damaged(absl::StrCat(name, " has no two data_offsets"));
  }
  const int64_t begin = offsets->at(0), end = offsets->at(1);
  EDGEBENCH_ASSIGN_OR_RETURN(const uint64_t bytes, BytesOf(type, *entry.shape));
  if (static_cast<uint64_t>(end - begin) != bytes) {
    return Damaged(absl::StrCat(name, " has ", end - begin, " bytes, by its shape ", bytes));
  }
  const auto content = data.Part(begin, bytes);
  if (!content.ok()) return Damaged(absl::StrCat(name, " lies beyond the end of the file"));
  return Placed{{name, std::move(type), *entry.shape, *content}, begin, end};
}

// Takes the header as it is parsed: a tree of a hostile one would take a hundred times
// its bytes. {"NAME": {"dtype": TEXT, "shape": [..], "data_offsets": [..]},
// "__metadata__": {TEXT: TEXT}}
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(FileRange data) : data_(std::move(data)) {}

  absl::StatusOr<std::vector<Placed>> Take() {
    EDGEBENCH_RETURN_IF_ERROR(status_);
    return std::move(placed_);
  }

  bool start_object(size_t) override {
    if (in_array_ || depth_ == 2) return Fail("its header is nested too deep");
    ++depth_;
    entry_ = Entry();
    return true;
  }

  bool key(string_t& key) override {
    const bool is_kept = depth_ == 1 || !IsMetadata();
    if (is_kept && key.size() > kMaxTensorNameBytes) return Fail("a name in it is too long");
    (depth_ == 1 ? name_ : field_) = key;
    return true;
  }

  bool end_object() override {
    if (depth_-- != 2 || IsMetadata()) return true;
    if (placed_.size() == kMaxTensors) {
      return Fail(absl::StrCat("it has more than ", kMaxTensors, " tensors"));
    }
    absl::StatusOr<Placed> placed = Place(name_, entry_, data_);
    if (!placed.ok()) return Fail(placed.status());
    placed_.push_back(*std::move(placed));
    return true;
  }

  bool start_array(size_t) override {
    if (in_array_ || depth_ != 2) return Fail("its header has a list in a wrong place");
    in_array_ = true;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    in_array_ = false;
    if (field_ == "shape") entry_.shape = numbers_;
    if (field_ == "data_offsets") entry_.offsets = numbers_;
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return NoNumber();
    if (!in_array_) return Scalar();
    if (numbers_.size() == kMaxDimensions) {
      return Fail(absl::StrCat(name_, " has more than ", kMaxDimensions, " dimensions"));
    }
    numbers_.push_back(static_cast<int64_t>(number));
    return true;
  }

  bool string(string_t& text) override {
    if (!in_array_ && depth_ == 2 && field_ == "dtype") {
      if (text.size() > kMaxTensorNameBytes) return Fail("a dtype in it is too long");
      entry_.dtype = text;
    }
    return Scalar();
  }

  bool null() override { return name_ == kMetadata || Scalar(); }
  bool boolean(bool) override { return Scalar(); }
  bool number_integer(number_integer_t) override { return NoNumber(); }
  bool number_float(number_float_t, const string_t&) override { return NoNumber(); }
  bool binary(binary_t&) override { return Scalar(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return Fail("its header is no JSON object");
  }

 private:
  bool IsMetadata() const { return depth_ > 0 && name_ == kMetadata; }

  // Anything but a list or an object.
  bool Scalar() {
    if (depth_ == 0) return Fail("its header is no JSON object");
    if (in_array_) return NoNumber();
    return depth_ == 2 || Fail(absl::StrCat(name_, " is not described"));
  }

  // Negative, with a fraction, too large, or something else.
  bool NoNumber() {
    if (!in_array_) return depth_ == 2 || Scalar();
    return Fail(absl::StrCat(name_, " has something else than whole numbers in its ", field_));
  }

  bool Fail(absl::Status status) {
    status_ = std::move(status);
    return false;
  }
  bool Fail(absl::string_view what) { return Fail(Damaged(what)); }

  const FileRange data_;
  int depth_ = 0;  // of objects
  bool in_array_ = false;
  std::string name_, field_;
  Entry entry_;
  std::vector<int64_t> numbers_;
  std::vector<Placed> placed_;
  absl::Status status_;
};

absl::Status CheckNames(const std::vector<Placed>& sorted) {
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].tensor.name == sorted[i - 1].tensor.name)
      return Damaged(absl::StrCat(sorted[i].tensor.name, " is in it twice"));
  }
  return absl::OkStatus();
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

// A long header is told of when it is read.
bool IsSafetensors(absl::string_view start) {
  return start.size() > kLengthBytes && start[kLengthBytes] == '{';
}

absl::StatusOr<std::vector<StoredTensor>> ReadSafetensorsHeader(const FileRange& file) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string start, file.ReadString(0, kLengthBytes));
  const uint64_t length = LengthIn(start);
  if (length > kMaxHeaderBytes) {
    return Damaged(
        absl::StrCat("its header has ", length, " bytes, at most ", kMaxHeaderBytes, " are read"));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text, file.ReadString(kLengthBytes, length));
  EDGEBENCH_ASSIGN_OR_RETURN(const FileRange data,
                             file.Part(kLengthBytes + length, file.size() - kLengthBytes - length));
  HeaderReader reader(data);
  Json::sax_parse(text, &reader);
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<Placed> placed, reader.Take());
  std::sort(placed.begin(), placed.end(),
            [](const Placed& a, const Placed& b) { return a.tensor.name < b.tensor.name; });
  EDGEBENCH_RETURN_IF_ERROR(CheckNames(placed));
  EDGEBENCH_RETURN_IF_ERROR(CheckApart(placed));
  std::vector<StoredTensor> tensors;
  for (Placed& one : placed) tensors.push_back(std::move(one.tensor));
  return tensors;
}

}  // namespace edgebench::tensor_files
