#include "common/input_spec.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench {
namespace {

struct ElementType {
  const char* name;
  bool floating;
  double low, high;  // what it can hold
};

constexpr double kHuge = std::numeric_limits<double>::max();
constexpr double kTwoTo53 = 9007199254740992.0;  // integers beyond are no longer exact here

constexpr ElementType kTypes[] = {
    {"float32", true, -3.4028234663852886e38, 3.4028234663852886e38},
    {"float64", true, -kHuge, kHuge},
    {"float16", true, -65504, 65504},
    {"bfloat16", true, -3.3895313892515355e38, 3.3895313892515355e38},
    {"int64", false, -kTwoTo53, kTwoTo53},
    {"int32", false, -2147483648.0, 2147483647.0},
    {"int8", false, -128, 127},
    {"uint8", false, 0, 255},
    {"bool", false, 0, 1},
};

std::vector<std::string> TypeNames() {
  std::vector<std::string> names;
  for (const ElementType& type : kTypes) names.push_back(type.name);
  return names;
}

// Reads a specification from left to right and knows where it is, for messages.
class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<InputSpec> Parse() {
    EDGEBENCH_RETURN_IF_ERROR(ParseType());
    EDGEBENCH_RETURN_IF_ERROR(ParseShape());
    if (position_ < text_.size()) EDGEBENCH_RETURN_IF_ERROR(ParseRange());
    return std::move(spec_);
  }

 private:
  absl::Status Error(size_t position, absl::string_view expected) const {
    return absl::InvalidArgumentError(
        absl::StrCat("input \"", text_, "\", position ", position + 1, ": expected ", expected));
  }

  absl::Status ParseType() {
    const size_t bracket = std::min(text_.find('['), text_.size());
    const absl::string_view name = text_.substr(0, bracket);
    for (const ElementType& type : kTypes) {
      if (name == type.name) type_ = &type;
    }
    if (type_ == nullptr) {
      const std::vector<std::string> names = TypeNames();
      return Error(
          0, absl::StrCat("one of ", absl::StrJoin(names, ", "), ".", DidYouMean(name, names)));
    }
    if (bracket == text_.size()) {
      return Error(bracket, "the shape in brackets, as in float32[N,3,H,W]");
    }
    spec_.type = type_->name;
    position_ = bracket + 1;
    return absl::OkStatus();
  }

  absl::Status ParseShape() {
    const size_t end = text_.find(']', position_);
    if (end == absl::string_view::npos) return Error(text_.size(), "\"]\" after the shape");
    if (end > position_) {
      for (const absl::string_view part :
           absl::StrSplit(text_.substr(position_, end - position_), ',')) {
        EDGEBENCH_RETURN_IF_ERROR(ParseDimension(part));
        position_ += part.size() + 1;
      }
    }
    position_ = end + 1;
    return absl::OkStatus();
  }

  absl::Status ParseDimension(absl::string_view part) {
    InputSpec::Dimension dimension;
    int32_t size = 0;
    if (part == "N" || part == "H" || part == "W" || part == "L" || part == "T") {
      dimension.symbol = part[0];
    } else if (absl::SimpleAtoi(part, &size) && size > 0) {
      dimension.size = size;
    } else {
      return Error(position_,
                   "a size of at least 1, or N (batch), H, W (image size), L (sequence length), "
                   "T (frames)");
    }
    spec_.shape.push_back(dimension);
    return absl::OkStatus();
  }

  absl::Status ParseRange() {
    if (text_[position_] != ':') return Error(position_, "\":LOW..HIGH\" or the end");
    ++position_;
    const absl::string_view range = text_.substr(position_);
    const size_t dots = range.find("..");
    if (dots == absl::string_view::npos) return Error(position_, "LOW..HIGH, as in 0..30521");
    EDGEBENCH_ASSIGN_OR_RETURN(spec_.low, ParseBound(range.substr(0, dots)));
    position_ += dots + 2;
    EDGEBENCH_ASSIGN_OR_RETURN(spec_.high, ParseBound(range.substr(dots + 2)));
    if (*spec_.low > *spec_.high) return Error(position_, "an upper bound not below the lower one");
    return absl::OkStatus();
  }

  absl::StatusOr<double> ParseBound(absl::string_view bound) const {
    double value = 0;
    if (!absl::SimpleAtod(bound, &value) || !std::isfinite(value)) {
      return Error(position_, "a number");
    }
    if (!type_->floating && value != std::floor(value)) {
      return Error(position_, absl::StrCat("a whole number for ", type_->name));
    }
    if (value < type_->low || value > type_->high) {
      return Error(position_, absl::StrCat("a number that ", type_->name, " can hold (", type_->low,
                                           " to ", type_->high, ")"));
    }
    return value;
  }

  absl::string_view text_;
  size_t position_ = 0;
  const ElementType* type_ = nullptr;
  InputSpec spec_;
};

absl::StatusOr<int64_t> SizeOf(const InputSpec::Dimension& dimension, const InputSizes& sizes) {
  switch (dimension.symbol) {
    case 'N':
      return sizes.batch;
    case 'H':
    case 'W':
      if (sizes.image_size) return *sizes.image_size;
      return absl::InvalidArgumentError(absl::StrCat("the input has the image size ",
                                                     std::string(1, dimension.symbol),
                                                     " in its shape: give it with --image-size"));
    case 'L':
      if (sizes.seq_len) return *sizes.seq_len;
      return absl::InvalidArgumentError(
          "the input has the sequence length L in its shape: give it with --seq-len");
    case 'T':
      if (sizes.frames) return *sizes.frames;
      return absl::InvalidArgumentError(
          "the input has the frames T in its shape: give them with --frames");
    default:
      return dimension.size;
  }
}

}  // namespace

absl::StatusOr<InputSpec> ParseInputSpec(absl::string_view text) { return Parser(text).Parse(); }

absl::StatusOr<std::vector<int64_t>> ResolveShape(const InputSpec& spec, const InputSizes& sizes) {
  std::vector<int64_t> shape;
  for (const InputSpec::Dimension& dimension : spec.shape) {
    EDGEBENCH_ASSIGN_OR_RETURN(const int64_t size, SizeOf(dimension, sizes));
    shape.push_back(size);
  }
  return shape;
}

}  // namespace edgebench
