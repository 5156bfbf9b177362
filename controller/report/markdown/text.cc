#include "controller/report/markdown/text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr int kWidestName = 60;
constexpr int kWidestCode = 1000;

bool IsWord(absl::string_view text, size_t at) {
  return at < text.size() && absl::ascii_isalnum(static_cast<unsigned char>(text[at]));
}

// ":tada:" of a text that begins with its colon.
bool IsEmoji(absl::string_view text) {
  size_t end = 1;
  while (IsWord(text, end) || (end < text.size() && absl::StrContains("_+-", text.substr(end, 1))))
    ++end;
  return end > 1 && end < text.size() && text[end] == ':';
}

// Within words, as in mobilenet_v2, a low line is nothing else; nor is a colon before a blank.
bool NeedsBackslash(absl::string_view text, size_t at) {
  const char character = text[at];
  if (character == '_') return !(at > 0 && IsWord(text, at - 1) && IsWord(text, at + 1));
  // ":tada:" and "https://".
  if (character == ':') return IsEmoji(text.substr(at)) || absl::StartsWith(text.substr(at), "://");
  // At the beginning of a line: a heading, an item of a list, a line below a heading.
  const bool ends_word = at + 1 == text.size() || text[at + 1] == ' ';
  if (character == '#') return at == 0;
  if (absl::StrContains("-+=", text.substr(at, 1)))
    return at == 0 && (ends_word || text.find_first_not_of("-+= ") == absl::string_view::npos);
  if (character == '.' || character == ')') {
    const bool numbered =
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
    return (numbered && ends_word) || absl::EndsWithIgnoreCase(text.substr(0, at), "www");
  }
  return absl::StrContains("\\`*|[]~$@", text.substr(at, 1));
}

std::string RowText(const std::vector<std::string>& cells) {
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

}  // namespace

std::string MarkdownText(absl::string_view text, int columns) {
  // Marks that combine take no column, in any number.
  const size_t most_bytes = 8 * static_cast<size_t>(columns);
  const std::string plain = CutToWidth(Printable(text.substr(0, most_bytes)), columns);
  std::string escaped;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == '<') {
      escaped += "&lt;";
    } else if (plain[i] == '>') {
      escaped += "&gt;";
    } else if (plain[i] == '&') {
      escaped += "&amp;";
    } else {
      if (NeedsBackslash(plain, i)) escaped += '\\';
      escaped += plain[i];
    }
  }
  return escaped;
}

std::string MarkdownName(absl::string_view name) { return MarkdownText(name, kWidestName); }

std::string MarkdownCode(const std::vector<std::string>& lines) {
  std::string block = "```sh\n";
  for (const std::string& line : lines) {
    // Backticks would end the block.
    const std::string shown = absl::StrReplaceAll(Printable(line), {{"```", "` ` `"}});
    absl::StrAppend(&block, CutToWidth(shown, kWidestCode), "\n");
  }
  return block + "```\n\n";
}

std::string ListText(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return absl::StrJoin(parts, "");
  return absl::StrCat(absl::StrJoin(parts.begin(), parts.end() - 1, ", "), " and ", parts.back());
}

std::string MarkdownTable::Render(size_t numbers_from) const {
  std::vector<std::string> rule;
  for (size_t i = 0; i < header_.size(); ++i) rule.emplace_back(i < numbers_from ? "---" : "---:");
  std::string text = RowText(header_) + RowText(rule);
  for (const std::vector<std::string>& row : rows_) text += RowText(row);
  return text + "\n";
}

}  // namespace edgebench::controller
