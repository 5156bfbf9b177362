#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/status_macros.h"

namespace edgebench::tensor_files {
namespace {

constexpr absl::string_view kMagic = "\x93NUMPY";
// NumPy itself refuses headers above 10,000 bytes.
constexpr size_t kMaxHeaderBytes = 64 << 10;

struct ElementType {
  absl::string_view numpy, name;
};

constexpr ElementType kTypes[] = {
    {"<f4", "float32"}, {"<f8", "float64"}, {"<f2", "float16"}, {"<i8", "int64"},
    {"<i4", "int32"},   {"|i1", "int8"},    {"|u1", "uint8"},   {"|b1", "bool"},
};

absl::Status Damaged(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("has a damaged .npy header: ", what));
}

// The text of a Python dict literal, "{'descr': '<f4', 'shape': (2, 3), }", of
// which a whole parser is not needed: NumPy writes it, always in this way.
class Header {
 public:
  explicit Header(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::string> Type() const {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view rest, After("'descr'"));
    if (!absl::StartsWith(rest, "'")) {
      return absl::InvalidArgumentError("holds records and not plain numbers");
    }
    const absl::string_view numpy = rest.substr(1, rest.find('\'', 1) - 1);
    for (const ElementType& known : kTypes) {
      if (numpy == known.numpy) return std::string(known.name);
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "holds elements of NumPy's type ", numpy,
        "; expected float32, float64, float16, int64, int32, int8, uint8 or bool, little-endian"));
  }

  absl::Status CheckOrder() const {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view rest, After("'fortran_order'"));
    if (absl::StartsWith(rest, "False")) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "is in Fortran order: save numpy.ascontiguousarray(values) instead");
  }

  absl::StatusOr<std::vector<int64_t>> Shape() const {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view rest, After("'shape'"));
    const size_t end = rest.find(')');
    if (!absl::StartsWith(rest, "(") || end == absl::string_view::npos) return Damaged("no shape");
    std::vector<int64_t> shape;
    for (absl::string_view size : absl::StrSplit(rest.substr(1, end - 1), ',')) {
      size = absl::StripAsciiWhitespace(size);
      if (size.empty()) continue;  // behind the last comma
      if (!absl::SimpleAtoi(size, &shape.emplace_back())) return Damaged("its shape");
    }
    return shape;
  }

 private:
  absl::StatusOr<absl::string_view> After(absl::string_view key) const {
    const size_t found = text_.find(key);
    if (found == absl::string_view::npos) return Damaged(absl::StrCat("no ", key));
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(text_.substr(found + key.size()));
    if (!absl::StartsWith(rest, ":")) return Damaged(absl::StrCat("no value of ", key));
    return absl::StripLeadingAsciiWhitespace(rest.substr(1));
  }

  absl::string_view text_;
};

// Magic, two bytes of version, the header's length in 2 or 4 bytes.
struct Prefix {
  size_t bytes = 0;
  size_t header_bytes = 0;
};

absl::StatusOr<Prefix> ReadPrefix(const FileRange& file) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string start, file.ReadString(0, 12));
  const int version = static_cast<unsigned char>(start[6]);
  if (version < 1 || version > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("is a .npy file of version ", version, ", known are 1 to 3"));
  }
  const int length_bytes = version == 1 ? 2 : 4;
  Prefix prefix;
  prefix.bytes = 8 + length_bytes;
  for (int i = 0; i < length_bytes; ++i) {
    prefix.header_bytes |= size_t{static_cast<unsigned char>(start[8 + i])} << (8 * i);
  }
  if (prefix.header_bytes > kMaxHeaderBytes) return Damaged("it is too long");
  return prefix;
}

}  // namespace

bool IsNpy(absl::string_view start) { return absl::StartsWith(start, kMagic); }

absl::StatusOr<StoredTensor> ReadNpyHeader(const FileRange& file) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Prefix prefix, ReadPrefix(file));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string text,
                             file.ReadString(prefix.bytes, prefix.header_bytes));
  const Header header(text);
  EDGEBENCH_RETURN_IF_ERROR(header.CheckOrder());
  EDGEBENCH_ASSIGN_OR_RETURN(std::string type, header.Type());
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<int64_t> shape, header.Shape());
  EDGEBENCH_ASSIGN_OR_RETURN(const uint64_t bytes, BytesOf(type, shape));
  EDGEBENCH_ASSIGN_OR_RETURN(FileRange content,
                             file.Part(prefix.bytes + prefix.header_bytes, bytes));
  return StoredTensor{"", std::move(type), std::move(shape), std::move(content)};
}

}  // namespace edgebench::tensor_files
