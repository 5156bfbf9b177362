#include "controller/rewritten_line.h"

#include <algorithm>
#include <string>

#include "controller/terminal.h"

namespace edgebench::controller {

// The rest of a longer line is covered with blanks.
void RewrittenLine::Draw(absl::string_view text, int width) {
  const std::string line = CutToWidth(Printable(text), width);
  const int drawn = DisplayWidth(line);
  out_ << '\r' << line << std::string(static_cast<size_t>(std::max(drawn_width_ - drawn, 0)), ' ')
       << std::flush;
  drawn_width_ = drawn;
}

void RewrittenLine::Erase() {
  if (drawn_width_ == 0) return;
  out_ << '\r' << std::string(static_cast<size_t>(drawn_width_), ' ') << '\r' << std::flush;
  drawn_width_ = 0;
}

}  // namespace edgebench::controller
