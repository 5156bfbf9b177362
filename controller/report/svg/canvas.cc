#include "controller/report/svg/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "controller/terminal.h"

namespace edgebench::controller::plot {
namespace {

constexpr int kWidestText = 400;

constexpr const char* kColors[] = {"#222222", "#0072B2", "#D55E00", "#009E73",
                                   "#CC79A7", "#B8860B", "#56B4E9"};
constexpr const char* kDashes[] = {"", "7 3", "2 3", "9 3 2 3", "4 2"};
// Around the origin; all of about the same area.
constexpr const char* kMarkers[] = {
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",                   // circle
    "M-3.6 -3.6H3.6V3.6H-3.6Z",                              // square
    "M0 -5L4.7 3.3H-4.7Z",                                   // triangle
    "M0 -5.2L5.2 0L0 5.2L-5.2 0Z",                           // diamond
    "M0 5L4.7 -3.3H-4.7Z",                                   // triangle, pointing down
    "M-1.6 -5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z",  // cross
};

template <size_t kSize>
const char* Pick(const char* const (&choices)[kSize], int number) {
  return choices[static_cast<size_t>(std::abs(number)) % kSize];
}

// Hundredths of a pixel are enough, and the same on every machine.
std::string Pixels(double value) {
  if (!std::isfinite(value)) value = 0;
  std::string text = absl::StrFormat("%.2f", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

// Of the height of the font; Arial's, and a little more, as other fonts are wider.
double WidthOf(char character) {
  if (absl::StrContains(" .,:;|!'ijltfrI()[]", absl::string_view(&character, 1))) return 0.34;
  if (absl::StrContains("mwMW@%", absl::string_view(&character, 1))) return 0.95;
  if (character >= 'A' && character <= 'Z') return 0.74;
  return 0.6;
}

}  // namespace

std::string XmlText(absl::string_view text) {
  return absl::StrReplaceAll(CutToWidth(Printable(text), kWidestText),
                             {{"&", "&amp;"},
                              {"<", "&lt;"},
                              {">", "&gt;"},
                              {"\"", "&quot;"},
                              {"'", "&#39;"},
                              // Valid UTF-8, and no characters of XML.
                              {"\xef\xbf\xbe", "?"},
                              {"\xef\xbf\xbf", "?"}});
}

double TextWidth(absl::string_view text, double font_size) {
  double width = 0;
  int narrow = 0;
  for (const char character : text) {
    if (static_cast<unsigned char>(character) >= 0x80) continue;
    width += WidthOf(character);
    ++narrow;
  }
  // What is no ASCII: by the columns that it takes.
  return font_size * (width + 0.62 * (DisplayWidth(text) - narrow));
}

std::string CutText(absl::string_view text, double font_size, double width) {
  std::string printable = Printable(text);
  if (TextWidth(printable, font_size) <= width) return printable;
  int low = 0, high = std::min(DisplayWidth(printable), kWidestText);
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    const bool fits = TextWidth(CutToWidth(printable, middle), font_size) <= width;
    (fits ? low : high) = fits ? middle : middle - 1;
  }
  return CutToWidth(printable, low);
}

Canvas::Canvas(absl::string_view title, absl::string_view description)
    : title_(XmlText(title)), description_(XmlText(description)) {}

void Canvas::Line(double x1, double y1, double x2, double y2, const char* color, double width,
                  absl::string_view dashes) {
  absl::StrAppend(&body_, "<line x1=\"", Pixels(x1), "\" y1=\"", Pixels(y1), "\" x2=\"", Pixels(x2),
                  "\" y2=\"", Pixels(y2), "\" stroke=\"", color, "\" stroke-width=\"",
                  Pixels(width), "\"");
  if (!dashes.empty()) absl::StrAppend(&body_, " stroke-dasharray=\"", dashes, "\"");
  absl::StrAppend(&body_, "/>\n");
}

void Canvas::Rectangle(double x, double y, double width, double height, const char* fill,
                       double opacity, const char* stroke) {
  absl::StrAppend(&body_, "<rect x=\"", Pixels(x), "\" y=\"", Pixels(y), "\" width=\"",
                  Pixels(width), "\" height=\"", Pixels(height), "\" fill=\"", fill,
                  "\" fill-opacity=\"", Pixels(opacity), "\" stroke=\"", stroke, "\"/>\n");
}

void Canvas::Polyline(const std::vector<std::pair<double, double>>& points, const Look& look) {
  if (points.size() < 2) return;
  std::string at;
  for (const auto& [x, y] : points)
    absl::StrAppend(&at, at.empty() ? "" : " ", Pixels(x), ",", Pixels(y));
  absl::StrAppend(&body_, "<polyline points=\"", at, "\" fill=\"none\" stroke=\"", ColorOf(look),
                  "\" stroke-width=\"1.6\" stroke-linejoin=\"round\"");
  const absl::string_view dashes = Pick(kDashes, look.dash);
  if (!dashes.empty()) absl::StrAppend(&body_, " stroke-dasharray=\"", dashes, "\"");
  absl::StrAppend(&body_, "/>\n");
}

void Canvas::Marker(double x, double y, const Look& look, bool hollow) {
  const char* const color = ColorOf(look);
  absl::StrAppend(&body_, "<path class=\"point\" transform=\"translate(", Pixels(x), " ", Pixels(y),
                  ")\" d=\"", Pick(kMarkers, look.marker), "\" fill=\"", hollow ? "#ffffff" : color,
                  "\" stroke=\"", color, "\" stroke-width=\"1.4\"/>\n");
}

void Canvas::Ring(double x, double y) {
  absl::StrAppend(&body_, "<circle cx=\"", Pixels(x), "\" cy=\"", Pixels(y),
                  "\" r=\"8.5\" fill=\"none\" stroke=\"#56B4E9\" stroke-width=\"1.6\"/>\n");
}

void Canvas::Text(double x, double y, absl::string_view text, const TextStyle& style) {
  constexpr const char* kAnchors[] = {"start", "middle", "end"};
  absl::StrAppend(&body_, "<text x=\"", Pixels(x), "\" y=\"", Pixels(y), "\" font-size=\"",
                  Pixels(style.size), "\" text-anchor=\"", kAnchors[static_cast<int>(style.anchor)],
                  "\" fill=\"", style.color, "\"");
  if (style.bold) absl::StrAppend(&body_, " font-weight=\"bold\"");
  if (style.halo) {
    absl::StrAppend(&body_, " paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"3\"");
  }
  if (style.upwards)
    absl::StrAppend(&body_, " transform=\"rotate(-90 ", Pixels(x), " ", Pixels(y), ")\"");
  absl::StrAppend(&body_, ">", XmlText(text), "</text>\n");
}

std::string Canvas::Finish(double width, double height) const {
  const std::string size =
      absl::StrCat("width=\"", Pixels(width), "\" height=\"", Pixels(height), "\"");
  return absl::StrCat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" ", size, " viewBox=\"0 0 ", Pixels(width), " ",
      Pixels(height), "\" role=\"img\" aria-labelledby=\"title desc\" ",
      "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n<title id=\"title\">",
      title_, "</title>\n<desc id=\"desc\">", description_, "</desc>\n",
      // Also where the page around it is dark.
      "<rect ", size, " fill=\"#ffffff\"/>\n", body_, "</svg>\n");
}

const char* Canvas::ColorOf(const Look& look) { return Pick(kColors, look.color); }

}  // namespace edgebench::controller::plot
