#include "controller/measuring_advice.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/job_result.h"
#include "controller/input_size.h"

namespace edgebench::controller {
namespace {

constexpr char kPrecisions[] = " --precision fp32,int8-dynamic,int8-static";

// As a word that a shell takes literally.
std::string Quoted(const std::string& text) {
  const auto plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("/._-").find(c) != absl::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

bool IsFile(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// Only the name of a file is stored. As a path even in this folder, where a name
// without a dot would be taken for one of the zoo.
std::string PathOf(const std::string& name, const std::vector<std::string>& arguments) {
  std::vector<std::string> candidates = arguments;
  candidates.push_back(name);
  for (const std::string& path : candidates) {
    if (std::filesystem::path(path).filename() != name || !IsFile(path)) continue;
    return path.find_first_of("/.") == std::string::npos ? absl::StrCat("./", path) : path;
  }
  return absl::StrCat("PATH/", name);
}

// Such a file runs as it is stored and no other way.
bool HoldsQuantizedOperators(const v1::JobResult& result) {
  return result.settings().precision() == v1::PRECISION_AS_STORED &&
         PrecisionOf(result) != v1::PRECISION_AS_STORED &&
         PrecisionOf(result) != v1::PRECISION_FP32;
}

std::string FileCommand(const v1::JobResult& result, const MeasurementChoice& choice) {
  const v1::JobSettings& settings = result.settings();
  std::string command = absl::StrCat(
      "edgebench bench ", Quoted(PathOf(settings.model().display_name(), choice.models)));
  for (const std::string& input : settings.input_specs())
    absl::StrAppend(&command, " --input ", Quoted(input));
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(settings))
      absl::StrAppend(&command, " ", size.flag, " ", *value);
  }
  const bool quantized = HoldsQuantizedOperators(result);
  if (!quantized) absl::StrAppend(&command, kPrecisions);
  const std::string devices =
      quantized && choice.devices.size() < 2 ? "DEVICE,DEVICE" : absl::StrJoin(choice.devices, ",");
  return devices.empty() ? command : absl::StrCat(command, " --device ", devices);
}

std::string ZooCommand(const std::set<std::string>& names, const MeasurementChoice& choice) {
  const std::string devices = absl::StrJoin(choice.devices, ",");
  return absl::StrCat("edgebench bench ", absl::StrJoin(names, " "), kPrecisions,
                      devices.empty() ? "" : " --device ", devices);
}

}  // namespace

std::string MeasuringAdvice(const MeasurementChoice& choice,
                            const std::vector<db::Measurement>& measured) {
  std::set<std::string> names;
  std::map<std::string, const v1::JobResult*> files;  // the newest of each name
  for (const db::Measurement& m : measured) {
    const v1::ModelReference& model = m.result.settings().model();
    if (model.has_artifact()) {
      files[model.display_name()] = &m.result;
    } else {
      names.insert(model.zoo_name());
    }
  }
  if (measured.empty() && choice.models.empty()) names.insert("mobilenet_v2");
  std::vector<std::string> commands;
  if (!names.empty()) commands.push_back(ZooCommand(names, choice));
  for (const auto& [name, result] : files) commands.push_back(FileCommand(*result, choice));
  if (commands.empty()) {
    return absl::StrCat(
        "Models to measure by name: edgebench model list\n"
        "A file: edgebench bench PATH --input SPEC",
        kPrecisions);
  }
  const char* const separator = commands.size() == 1 ? " " : "\n  ";
  return absl::StrCat("Measure some with:", separator, absl::StrJoin(commands, separator));
}

std::string BaselineCommand(const db::Measurement& other, const MeasurementChoice& choice) {
  const v1::JobSettings& settings = other.result.settings();
  const std::string& name = settings.model().display_name();
  std::string command =
      absl::StrCat("edgebench bench ",
                   Quoted(settings.model().has_artifact() ? PathOf(name, choice.models) : name),
                   " --precision fp32 --target ", settings.target(), " --device ", other.device);
  for (const std::string& input : settings.input_specs())
    absl::StrAppend(&command, " --input ", Quoted(input));
  if (settings.has_weights()) {
    absl::StrAppend(&command, " --weights ",
                    Quoted(PathOf(settings.weights_name(), choice.models)));
  }
  if (settings.batch() > 1) absl::StrAppend(&command, " --batch ", settings.batch());
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.of(settings))
      absl::StrAppend(&command, " ", size.flag, " ", *value);
  }
  return command;
}

}  // namespace edgebench::controller
