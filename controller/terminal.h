#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench::controller {

// What is at the other end of the standard streams.
struct Terminal {
  bool stdin_is_terminal = false;
  bool stdout_is_terminal = false;
  bool stderr_is_terminal = false;
  // Columns; 0 when stdout is no terminal: nothing need be cut.
  int stdout_width = 0;
  int stderr_width = 0;
  // Escape codes on stdout: a terminal, TERM is not "dumb", NO_COLOR is unset.
  bool color = false;

  bool interactive() const { return stdin_is_terminal && stderr_is_terminal; }
};

Terminal DetectTerminal();

// Columns that UTF-8 text takes: 0 for combining marks, 2 for East Asian wide
// characters, 1 otherwise. Bytes that are no UTF-8 count one each.
int DisplayWidth(absl::string_view text);

// The text, cut to a width; what was cut ends with "…".
std::string CutToWidth(absl::string_view text, int width);

// The words of a text in lines of a width; a word that is wider has a line of its own.
std::vector<std::string> WrapWords(absl::string_view text, int width);

// The text without control characters, as it may be shown on a terminal:
// names of files and messages of devices may hold anything.
std::string Printable(absl::string_view text);
// The same of each line of a text; the ends of the lines stay.
std::string PrintableLines(absl::string_view text);

}  // namespace edgebench::controller
