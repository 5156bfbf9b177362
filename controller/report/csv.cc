#include "controller/report/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace edgebench::controller {

std::string CsvField(absl::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == absl::string_view::npos &&
                     text.front() != ' ' && text.back() != ' ';
  if (plain) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace edgebench::controller
