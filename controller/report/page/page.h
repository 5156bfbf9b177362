#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace edgebench::controller {

// The page of reports with this report in it: one HTML file that loads nothing. `json` is a
// document as the page reads it, of any bytes: it is compressed (zlib, RFC 1950) and written
// in base64, whose alphabet can end no element.
std::string ReportPage(absl::string_view json);

}  // namespace edgebench::controller
