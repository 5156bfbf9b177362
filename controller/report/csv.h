#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace edgebench::controller {

// A field of CSV after RFC 4180: in quotes where it holds a comma, a quote or a line break, or is
// empty, which tells it from nothing at all.
std::string CsvField(absl::string_view text);

}  // namespace edgebench::controller
