#pragma once

#include <ostream>

#include "absl/strings/string_view.h"

namespace edgebench::controller {

// A line at the end of a terminal that is written again and again in place, without escape codes.
class RewrittenLine {
 public:
  // Outlived by the stream.
  explicit RewrittenLine(std::ostream& out) : out_(out) {}

  // Cut to a width; control characters are left out.
  void Draw(absl::string_view text, int width);
  void Erase();

 private:
  std::ostream& out_;
  int drawn_width_ = 0;
};

}  // namespace edgebench::controller
