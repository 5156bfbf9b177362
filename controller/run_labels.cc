#include "controller/run_labels.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/job_options.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

absl::Status CheckTag(const std::string& tag) {
  const bool fits = !tag.empty() && tag.size() <= kMaxTagBytes &&
                    tag.find(',') == std::string::npos && Printable(tag) == tag;
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", CutToWidth(Printable(tag), 40),
                                                 "' is no tag: use 1 to ", kMaxTagBytes,
                                                 " bytes of text without commas and line breaks"));
}

absl::Status CheckLength(const char* what, const std::string& text) {
  if (text.size() <= kMaxNoteBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the ", what, " of a run has at most ", kMaxNoteBytes, " bytes, and this one ", text.size()));
}

}  // namespace

void AddRunLabelFlags(CLI::App& command, RunLabelOptions& options) {
  InGroup(command, "Labels of the run", [&] {
    AddList(command, "--tag", options.tags, "words to find its results by: results --tag T");
    command.add_option("--note", options.note, "a sentence that stays with its results")
        ->type_name("TEXT");
  });
}

absl::StatusOr<db::RunLabels> LabelsFrom(const RunLabelOptions& options) {
  EDGEBENCH_RETURN_IF_ERROR(CheckLength("name", options.name));
  EDGEBENCH_RETURN_IF_ERROR(CheckLength("note", options.note));
  for (const std::string& tag : options.tags) EDGEBENCH_RETURN_IF_ERROR(CheckTag(tag));
  const std::set<std::string> tags(options.tags.begin(), options.tags.end());
  return db::RunLabels{options.name, options.note, {tags.begin(), tags.end()}};
}

}  // namespace edgebench::controller
