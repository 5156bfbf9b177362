#include "agent/worker/torch/calibration_data.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/files/file_range.h"
#include "agent/worker/files/tar.h"
#include "agent/worker/torch/calibration_sources.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

bool HasEnding(const TarMember& member, std::initializer_list<absl::string_view> endings) {
  const std::string name = absl::AsciiStrToLower(member.name);
  return std::any_of(endings.begin(), endings.end(),
                     [&](absl::string_view ending) { return absl::EndsWith(name, ending); });
}

// A tar file says by names which of its members are data and which a list of
// labels or a licence; what is in them their content tells.
bool IsImage(const TarMember& member) { return HasEnding(member, {".jpg", ".jpeg", ".png"}); }
bool IsTensorFile(const TarMember& member) {
  return HasEnding(member, {".pt", ".npy", ".safetensors"});
}

bool IsHidden(const TarMember& member) {
  const size_t slash = member.name.rfind('/');
  const size_t base = slash == std::string::npos ? 0 : slash + 1;
  return base < member.name.size() && member.name[base] == '.';
}

std::vector<TarMember> Select(const std::vector<TarMember>& members,
                              bool (*fits)(const TarMember&)) {
  std::vector<TarMember> selected;
  std::copy_if(members.begin(), members.end(), std::back_inserter(selected),
               [&](const TarMember& member) { return fits(member) && !IsHidden(member); });
  return selected;
}

absl::StatusOr<std::vector<TensorSet>> ReadMembers(const std::string& name,
                                                   const std::vector<TarMember>& members,
                                                   size_t inputs) {
  std::vector<TensorSet> sets;
  for (const TarMember& member : members) {
    EDGEBENCH_ASSIGN_OR_RETURN(
        std::vector<TensorSet> read,
        ReadTensorFile(member.content, absl::StrCat(name, "/", member.name), inputs));
    std::move(read.begin(), read.end(), std::back_inserter(sets));
  }
  return sets;
}

absl::StatusOr<std::unique_ptr<CalibrationData>> ReadTar(
    const std::string& path, const std::string& name, const WantedInputs& wanted,
    const v1::ImagePreprocessing& preprocessing) {
  const auto members = ListTar(path);
  if (!members.ok()) {
    return absl::Status(members.status().code(),
                        absl::StrCat(name, " ", members.status().message()));
  }
  std::vector<TarMember> images = Select(*members, IsImage);
  const std::vector<TarMember> tensors = Select(*members, IsTensorFile);
  if (images.empty() == tensors.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " holds ", images.size(), " images (.jpg, .jpeg, .png) and ", tensors.size(),
        " files of tensors (.pt, .npy, .safetensors): expected one of them"));
  }
  if (!images.empty()) {
    return MakeImageCalibration(name, std::move(images), wanted, preprocessing);
  }
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<TensorSet> sets,
                             ReadMembers(name, tensors, wanted.specs.size()));
  return MakeTensorCalibration(name, std::move(sets), wanted);
}

}  // namespace

std::string WantedText(const InputSpec& spec, const InputSizes& sizes) {
  const auto size_of = [&](const InputSpec::Dimension& dimension) -> std::string {
    const bool is_image = dimension.symbol == 'H' || dimension.symbol == 'W';
    if (is_image && sizes.image_size) return absl::StrCat(*sizes.image_size);
    if (dimension.symbol == 'L' && sizes.seq_len) return absl::StrCat(*sizes.seq_len);
    if (dimension.symbol == 'T' && sizes.frames) return absl::StrCat(*sizes.frames);
    if (dimension.symbol != 0) return std::string(1, dimension.symbol);
    return absl::StrCat(dimension.size);
  };
  const std::string shape =
      absl::StrJoin(spec.shape, ",", [&](std::string* out, const InputSpec::Dimension& dimension) {
        out->append(size_of(dimension));
      });
  return absl::StrCat(spec.type, "[", shape, "]");
}

std::string BatchesText(int64_t samples, int64_t per_batch) {
  const int64_t batches = samples / per_batch;
  const int64_t rest = samples % per_batch;
  return absl::StrCat(batches, batches == 1 ? " batch of " : " batches of ", per_batch,
                      rest == 0 ? "" : absl::StrCat(", ", rest, " left over"));
}

absl::Status CheckEnough(const std::string& name, const char* what, int64_t samples,
                         int64_t per_batch) {
  if (samples >= per_batch) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " holds ", samples, " ", what,
                                                 ", a batch needs ", per_batch,
                                                 ": give more, or a smaller --batch"));
}

absl::StatusOr<std::unique_ptr<CalibrationData>> ReadCalibration(
    const std::string& path, const std::string& name, const WantedInputs& wanted,
    const v1::ImagePreprocessing& preprocessing) {
  EDGEBENCH_ASSIGN_OR_RETURN(const FileRange file, FileRange::Open(path));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string start, file.Start(kTarSignatureBytes));
  if (IsTar(start)) return ReadTar(path, name, wanted, preprocessing);
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<TensorSet> sets,
                             ReadTensorFile(file, name, wanted.specs.size()));
  return MakeTensorCalibration(name, std::move(sets), wanted);
}

}  // namespace edgebench::worker
