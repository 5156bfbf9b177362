#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/worker/torch/inputs.h"
#include "agent/worker/zoo/registry.h"
#include "common/input_spec.h"

namespace edgebench::worker::zoo {

// Of one family, or of all for "".
inline std::vector<std::string> NamesOf(const std::string& family) {
  std::vector<std::string> names;
  for (const v1::ZooModel& model : Models()) {
    if (family.empty() || model.family() == family) names.push_back(model.name());
  }
  return names;
}

inline v1::ZooModel RowOf(const std::string& name) {
  for (const v1::ZooModel& model : Models()) {
    if (model.name() == name) return model;
  }
  ADD_FAILURE() << name << " is not among Models()";
  return v1::ZooModel();
}

// What a job without sizes runs at.
inline InputSizes DefaultSizes(const v1::ZooModel& row) {
  InputSizes sizes;
  if (row.has_default_image_size()) sizes.image_size = row.default_image_size();
  if (row.has_default_seq_len()) sizes.seq_len = row.default_seq_len();
  if (row.has_default_frames()) sizes.frames = row.default_frames();
  return sizes;
}

// Sizes that are quick to run.
inline InputSizes SmallSizes(const v1::ZooModel& row) {
  InputSizes sizes;
  if (row.has_default_image_size()) sizes.image_size = std::max(row.min_image_size(), 64);
  if (row.has_default_seq_len()) sizes.seq_len = std::min(row.default_seq_len(), 16);
  if (row.has_default_frames()) sizes.frames = std::max(row.min_frames(), 40);
  return sizes;
}

inline ModelInputs InputsOf(const v1::ZooModel& row, const InputSizes& sizes, int64_t seed = 1) {
  const auto specs = ParseInputSpecs({row.inputs().begin(), row.inputs().end()});
  EXPECT_TRUE(specs.ok()) << specs.status();
  const auto inputs = MakeInputs(*specs, sizes, seed);
  EXPECT_TRUE(inputs.ok()) << inputs.status();
  return *inputs;
}

}  // namespace edgebench::worker::zoo
