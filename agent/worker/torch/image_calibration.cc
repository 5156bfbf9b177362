#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/images/preprocess.h"
#include "agent/worker/torch/calibration_sources.h"
#include "agent/worker/torch/tensor_types.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using images::Preprocessing;

// A photograph has some megabytes; what is larger is no image to calibrate with.
constexpr uint64_t kMaxImageFileBytes = 256 << 20;

absl::StatusOr<std::vector<int64_t>> ShapeForImages(const std::string& name,
                                                    const WantedInputs& wanted) {
  std::vector<int64_t> shape;
  if (wanted.specs.size() == 1) {
    EDGEBENCH_ASSIGN_OR_RETURN(shape, ResolveShape(wanted.specs[0], wanted.sizes));
    const std::optional<at::ScalarType> type = TypeOf(wanted.specs[0].type);
    if (shape.size() == 4 && shape[1] == 3 && shape[2] == shape[3] && type.has_value() &&
        at::isFloatingType(*type)) {
      return shape;
    }
  }
  const std::string inputs =
      absl::StrJoin(wanted.specs, ", ", [&](std::string* out, const InputSpec& spec) {
        out->append(WantedText(spec, wanted.sizes));
      });
  return absl::InvalidArgumentError(
      absl::StrCat(name,
                   " holds images, which need a model with one input like "
                   "float32[N,3,224,224]; this one takes ",
                   inputs, ": give files of tensors (.pt, .npy, .safetensors)"));
}

absl::Status UseThree(const std::string& what, const google::protobuf::RepeatedField<double>& from,
                      std::array<float, 3>& values) {
  if (from.empty()) return absl::OkStatus();
  if (from.size() != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("images need 3 values of ", what, ", one per channel, not ", from.size()));
  }
  for (int i = 0; i < 3; ++i) values[i] = static_cast<float>(from[i]);
  return absl::OkStatus();
}

absl::StatusOr<Preprocessing> Resolve(const v1::ImagePreprocessing& asked, int64_t image_size) {
  Preprocessing how;
  how.crop = static_cast<int>(image_size);
  how.resize_shorter_side =
      asked.has_resize_shorter_side()
          ? asked.resize_shorter_side()
          : static_cast<int>(std::lround(static_cast<double>(image_size) * 256 / 224));
  EDGEBENCH_RETURN_IF_ERROR(UseThree("mean", asked.mean(), how.mean));
  EDGEBENCH_RETURN_IF_ERROR(UseThree("std", asked.std(), how.std));
  if (how.resize_shorter_side < how.crop) {
    return absl::InvalidArgumentError(absl::StrCat(
        "images are resized to ", how.resize_shorter_side,
        " pixels at their shorter side, fewer than the ", how.crop, " that the model takes"));
  }
  for (const float deviation : how.std) {
    if (!(deviation > 0)) return absl::InvalidArgumentError("the std of images must be above 0");
  }
  return how;
}

std::string Describe(const Preprocessing& how) {
  const Preprocessing usual;
  const std::string statistics = how.mean == usual.mean && how.std == usual.std
                                     ? "ImageNet mean and std"
                                     : absl::StrCat("mean ", absl::StrJoin(how.mean, " "),
                                                    " and std ", absl::StrJoin(how.std, " "));
  return absl::StrCat("shorter side resized to ", how.resize_shorter_side, ", centre crop ",
                      how.crop, ", ", statistics);
}

class ImageCalibration : public CalibrationData {
 public:
  ImageCalibration(const std::string& name, std::vector<TarMember> images,
                   std::vector<int64_t> shape, at::ScalarType type, const Preprocessing& how)
      : CalibrationData(
            static_cast<int64_t>(images.size()) / shape[0],
            absl::StrCat(name, ": ", images.size(), images.size() == 1 ? " image, " : " images, ",
                         Describe(how), "; ",
                         BatchesText(static_cast<int64_t>(images.size()), shape[0]))),
        name_(name),
        images_(std::move(images)),
        shape_(std::move(shape)),
        type_(type),
        how_(how) {}

  absl::StatusOr<ModelInputs> Batch(int64_t index) const override {
    at::Tensor batch = at::empty(shape_, at::TensorOptions().dtype(at::kFloat));
    const int64_t values = batch.numel() / shape_[0];
    for (int64_t i = 0; i < shape_[0]; ++i) {
      const TarMember& image = images_.at(index * shape_[0] + i);
      const absl::Status status = Read(image, batch.data_ptr<float>() + i * values);
      if (!status.ok()) {
        return absl::Status(status.code(),
                            absl::StrCat(name_, "/", image.name, ": ", status.message()));
      }
    }
    return ModelInputs{batch.to(type_)};
  }

 private:
  absl::Status Read(const TarMember& member, float* values) const {
    if (member.content.size() > kMaxImageFileBytes) {
      return absl::InvalidArgumentError("an image file above 256 MiB");
    }
    EDGEBENCH_ASSIGN_OR_RETURN(const std::string bytes,
                               member.content.ReadString(0, member.content.size()));
    EDGEBENCH_ASSIGN_OR_RETURN(const images::Image image, images::DecodeImage(bytes));
    return images::Preprocess(image, how_, values);
  }

  const std::string name_;
  const std::vector<TarMember> images_;
  const std::vector<int64_t> shape_;
  const at::ScalarType type_;
  const Preprocessing how_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CalibrationData>> MakeImageCalibration(
    const std::string& name, std::vector<TarMember> images, const WantedInputs& wanted,
    const v1::ImagePreprocessing& preprocessing) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<int64_t> shape, ShapeForImages(name, wanted));
  EDGEBENCH_ASSIGN_OR_RETURN(const Preprocessing how, Resolve(preprocessing, shape[2]));
  EDGEBENCH_RETURN_IF_ERROR(
      CheckEnough(name, "images", static_cast<int64_t>(images.size()), shape[0]));
  return std::make_unique<ImageCalibration>(name, std::move(images), shape,
                                            *TypeOf(wanted.specs[0].type), how);
}

}  // namespace edgebench::worker
