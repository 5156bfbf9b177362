#pragma once

#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace edgebench::worker {

// The status of the exception that is being handled; call inside `catch (...)`.
//   RESOURCE_EXHAUSTED  memory ran out, in whatever way LibTorch says so
//   UNIMPLEMENTED       an operator or a quantized engine is missing here
//   `otherwise`         anything else
// The message is `what`, a colon, and the one line of the library's text that
// says what was wrong, without stack traces.
absl::Status StatusOfException(absl::string_view what, absl::StatusCode otherwise);

// The line of a LibTorch error that matters to people.
std::string ErrorSummary(absl::string_view text);

// Calls `body`, which returns a Status or StatusOr. The one place where
// LibTorch's exceptions are caught.
template <typename Body>
std::invoke_result_t<Body> Guarded(absl::string_view what, absl::StatusCode otherwise, Body body) {
  try {
    return body();
  } catch (...) {
    return StatusOfException(what, otherwise);
  }
}

}  // namespace edgebench::worker
