#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench::controller::plot {

// Figures of reports are drawn here and not by a library. Of those that Debian has, PLplot and GNU
// plotutils draw letters as strokes or by Cairo, which makes text that can be neither searched nor
// read aloud, and differs with the fonts of the machine; gnuplot is a program that would have to be
// installed beside ours. None writes <title> and <desc>. What reports need is some hundred lines.

// Text as the content of an element or a value of an attribute: & < > " ' as entities, without
// characters that XML cannot hold, and never longer than 400 columns.
std::string XmlText(absl::string_view text);

// About what a text takes in a sans-serif font, in pixels; rather more than less.
double TextWidth(absl::string_view text, double font_size);

// The text, cut so that it takes no more; what was cut ends with "…".
std::string CutText(absl::string_view text, double font_size, double width);

// How a series of points looks. Told apart by colour, shape and dashes, so that it also is without
// colours. The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with
// any kind of colour vision tell apart. Numbers beyond what there is begin anew.
struct Look {
  int color = 0, marker = 0, dash = 0;
};

// A drawing that grows. Coordinates in pixels from the top left.
class Canvas {
 public:
  enum class Anchor { kStart, kMiddle, kEnd };
  struct TextStyle {
    double size = 12;
    Anchor anchor = Anchor::kStart;
    bool bold = false;
    bool upwards = false;  // turned by 90 degrees
    bool halo = false;     // white, over lines
    const char* color = "#222222";
  };

  // What is told to those who do not see it.
  Canvas(absl::string_view title, absl::string_view description);

  void Line(double x1, double y1, double x2, double y2, const char* color, double width = 1,
            absl::string_view dashes = "");
  void Rectangle(double x, double y, double width, double height, const char* fill, double opacity,
                 const char* stroke);
  void Polyline(const std::vector<std::pair<double, double>>& points, const Look& look);
  // Hollow where the figure is in doubt.
  void Marker(double x, double y, const Look& look, bool hollow);
  void Ring(double x, double y);
  void Text(double x, double y, absl::string_view text, const TextStyle& style);

  // A whole file.
  std::string Finish(double width, double height) const;

  static const char* ColorOf(const Look& look);

 private:
  std::string title_, description_, body_;
};

}  // namespace edgebench::controller::plot
