#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/diagnosis.pb.h"

namespace edgebench::controller {

// What only this side can find: what it knows of itself and of the two together.
struct Encounter {
  v1::Capabilities capabilities;
  // The device's clock, less ours at that moment; nullopt when it did not say.
  std::optional<absl::Duration> clock_skew;
  // How far off clock_skew may be: half of what the call took.
  absl::Duration skew_resolution;
  std::string database;  // its path
  std::optional<int64_t> database_free_bytes;
};

// version, clock-skew, full-disk-here. Pure.
std::vector<v1::Finding> FindingsOf(const Encounter& encounter);

// The gravest first; of equal ones in the order they came.
void SortFindings(std::vector<v1::Finding>& findings);

// Whether one of them spoils figures.
bool AnySpoils(const std::vector<v1::Finding>& findings);

// Paragraphs for people: what is fine is left out unless it is asked for.
std::string FindingsText(const std::vector<v1::Finding>& findings, bool with_fine);

nlohmann::ordered_json FindingsDocument(const std::string& device,
                                        const std::vector<v1::Finding>& findings);

}  // namespace edgebench::controller
