#include "controller/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace edgebench::controller {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 1;
  bool valid = false;
};

CodePoint DecodeFirst(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || length > text.size() || lead > 0xf4) return {};
  uint32_t value = lead & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3f);
  }
  // Neither in more bytes than it takes, nor half of a pair of UTF-16: readers of XML refuse both.
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool half = value >= 0xd800 && value <= 0xdfff;
  return {value, length, value >= kLeast[length] && value <= 0x10ffff && !half};
}

bool IsCombining(uint32_t c) {
  return (c >= 0x0300 && c <= 0x036f) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f);
}

bool IsWide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
         (c >= 0x20000 && c <= 0x3fffd);
}

// Would show the text beside it in another order: the controls of Unicode Annex 9.
bool IsTurning(const CodePoint& point) {
  return point.value == 0x61c || (point.value >= 0x200e && point.value <= 0x200f) ||
         (point.value >= 0x202a && point.value <= 0x202e) ||
         (point.value >= 0x2066 && point.value <= 0x2069);
}

int WidthOf(const CodePoint& point) {
  if (!point.valid) return 1;
  return IsCombining(point.value) ? 0 : IsWide(point.value) ? 2 : 1;
}

int ColumnsOf(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  constexpr int kUsual = 80;
  return kUsual;
}

bool WantsColor() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool refused = no_color != nullptr && *no_color != '\0';
  return !refused && term != nullptr && absl::string_view(term) != "dumb";
}

}  // namespace

Terminal DetectTerminal() {
  Terminal terminal;
  terminal.stdin_is_terminal = isatty(STDIN_FILENO) != 0;
  terminal.stdout_is_terminal = isatty(STDOUT_FILENO) != 0;
  terminal.stderr_is_terminal = isatty(STDERR_FILENO) != 0;
  if (terminal.stdout_is_terminal) terminal.stdout_width = ColumnsOf(STDOUT_FILENO);
  if (terminal.stderr_is_terminal) terminal.stderr_width = ColumnsOf(STDERR_FILENO);
  terminal.color = terminal.stdout_is_terminal && WantsColor();
  return terminal;
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = DecodeFirst(text);
    width += WidthOf(point);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string CutToWidth(absl::string_view text, int width) {
  if (width <= 0) return "";
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string cut;
  int used = 0;
  while (!text.empty()) {
    const CodePoint point = DecodeFirst(text);
    if (used + WidthOf(point) > width - 1) break;
    used += WidthOf(point);
    cut.append(text.substr(0, point.bytes).data(), point.bytes);
    text.remove_prefix(point.bytes);
  }
  return cut + "…";
}

std::vector<std::string> WrapWords(absl::string_view text, int width) {
  std::vector<std::string> lines;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const bool fits =
        !lines.empty() && DisplayWidth(lines.back()) + 1 + DisplayWidth(word) <= width;
    if (fits) {
      absl::StrAppend(&lines.back(), " ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string Printable(absl::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const CodePoint point = DecodeFirst(text);
    const bool control = point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0);
    if (!point.valid || control || IsTurning(point)) {
      printable.push_back('?');
    } else {
      printable.append(text.data(), point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return printable;
}

std::string PrintableLines(absl::string_view text) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) lines.push_back(Printable(line));
  return absl::StrJoin(lines, "\n");
}

}  // namespace edgebench::controller
