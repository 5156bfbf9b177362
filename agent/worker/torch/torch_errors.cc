#include "agent/worker/torch/torch_errors.h"

#include <torch/script.h>

#include <exception>
#include <new>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/quantities.h"

namespace edgebench::worker {
namespace {

bool ContainsAny(absl::string_view text, std::initializer_list<absl::string_view> parts) {
  const std::string lower = absl::AsciiStrToLower(text);
  for (const absl::string_view part : parts) {
    if (absl::StrContains(lower, part)) return true;
  }
  return false;
}

// c10 throws OutOfMemoryError for CUDA only; the CPU allocator and oneDNN tell
// by their words, and the TorchScript interpreter wraps everything in text.
bool SaysOutOfMemory(absl::string_view text) {
  return ContainsAny(text, {"can't allocate memory", "not enough memory", "out of memory",
                            "cannot allocate memory", "std::bad_alloc", "out_of_memory"});
}

bool SaysNotImplemented(absl::string_view text) {
  return ContainsAny(text, {"didn't find engine for operation", "noqengine", "notimplementederror",
                            "is not currently supported on", "could not run '"});
}

// What oneDNN says of shapes it has no kernel for, and as well when memory runs out.
bool MayMeanOutOfMemory(absl::string_view text) {
  return ContainsAny(text, {"could not create a primitive", "could not execute a primitive"});
}

// "[enforce fail at alloc_cpu.cpp:75] ... you tried to allocate 9437184 bytes."
std::string AllocationSummary(absl::string_view text) {
  constexpr absl::string_view kMarker = "tried to allocate ";
  const size_t found = text.find(kMarker);
  int64_t bytes = 0;
  if (found == absl::string_view::npos) return ErrorSummary(text);
  const absl::string_view rest = text.substr(found + kMarker.size());
  if (!absl::SimpleAtoi(rest.substr(0, rest.find(' ')), &bytes)) return ErrorSummary(text);
  return absl::StrCat("an allocation of ", FormatBytes(bytes), " failed");
}

absl::Status StatusOfText(absl::string_view what, absl::string_view text,
                          absl::StatusCode otherwise) {
  if (SaysOutOfMemory(text)) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": ", AllocationSummary(text)));
  }
  std::string message = absl::StrCat(what, ": ", ErrorSummary(text));
  if (MayMeanOutOfMemory(text)) {
    absl::StrAppend(&message,
                    "; oneDNN says so of what it does not support and when memory runs out");
  }
  if (SaysNotImplemented(text)) return absl::UnimplementedError(message);
  return absl::Status(otherwise, message);
}

// The interpreter writes a traceback, whose code is indented, before the line that
// matters: "builtins.ValueError: no image". What was raised without a text has its
// class only. A text's own lines may look alike, so the first such line counts.
absl::string_view WithoutTraceback(absl::string_view text) {
  constexpr absl::string_view kNameCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
  size_t line = text.rfind("failed in the TorchScript interpreter");
  while (line < text.size()) {
    const size_t end = text.find_first_not_of(kNameCharacters, line);
    if (end != absl::string_view::npos && end > line && text.substr(end, 2) == ": ") {
      const absl::string_view message = text.substr(end + 2);
      const bool is_empty = absl::StripAsciiWhitespace(message).empty();
      return is_empty ? text.substr(line, end - line) : message;
    }
    line = text.find('\n', line);
    if (line != absl::string_view::npos) ++line;
  }
  return text;
}

}  // namespace

std::string ErrorSummary(absl::string_view text) {
  text = WithoutTraceback(text);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) return std::string(absl::StripSuffix(line, ":"));
  }
  return "no reason given";
}

absl::Status StatusOfException(absl::string_view what, absl::StatusCode otherwise) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": an allocation failed"));
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, ": ", ErrorSummary(error.what_without_backtrace())));
  } catch (const c10::NotImplementedError& error) {
    return absl::UnimplementedError(
        absl::StrCat(what, ": ", ErrorSummary(error.what_without_backtrace())));
  } catch (const c10::Error& error) {
    return StatusOfText(what, error.what_without_backtrace(), otherwise);
  } catch (const std::exception& error) {
    return StatusOfText(what, error.what(), otherwise);
  } catch (...) {
    return absl::Status(otherwise, absl::StrCat(what, ": an exception of an unknown type"));
  }
}

}  // namespace edgebench::worker
