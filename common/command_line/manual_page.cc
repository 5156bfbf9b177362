#include "common/command_line/manual_page.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/command_line/help.h"

namespace edgebench {
namespace {

// Text as it is: troff would take a backslash, and a dot or an apostrophe at the beginning of
// a line, for its own, and print other characters for a hyphen, a quote, a caret, a tilde.
std::string Escaped(absl::string_view text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"},
                                                   {"-", "\\-"},
                                                   {"'", "\\(aq"},
                                                   {"`", "\\(ga"},
                                                   {"^", "\\(ha"},
                                                   {"~", "\\(ti"}});
  return absl::StartsWith(escaped, ".") ? absl::StrCat("\\&", escaped) : escaped;
}

// In lines of a length that people can read in the source, which troff fills anew.
std::string Filled(const std::string& text) {
  constexpr size_t kWidth = 72;
  std::string filled;
  for (const std::string& line : WrapText(text, kWidth))
    absl::StrAppend(&filled, Escaped(line), "\n");
  return filled;
}

std::string Bold(absl::string_view text) { return absl::StrCat("\\fB", Escaped(text), "\\fR"); }
std::string Italic(absl::string_view text) { return absl::StrCat("\\fI", Escaped(text), "\\fR"); }

// Flags and commands are typed as they stand, what is in capitals is to be replaced.
std::string Marked(const std::string& usage) {
  std::vector<std::string> words;
  for (const absl::string_view word : absl::StrSplit(usage, ' ', absl::SkipEmpty())) {
    const bool is_literal =
        absl::StartsWith(word, "-") || std::any_of(word.begin(), word.end(), absl::ascii_islower);
    words.push_back(is_literal ? Bold(word) : Italic(word));
  }
  return absl::StrJoin(words, " ");
}

void AddHeading(const std::string& heading, std::string& page) {
  absl::StrAppend(&page, ".SH ", Escaped(absl::AsciiStrToUpper(heading)), "\n");
}

// A heading begins one already.
void BeginParagraph(std::string& page) {
  const size_t last_line = page.rfind('\n', page.size() - 2) + 1;
  if (page.compare(last_line, 2, ".S") != 0) absl::StrAppend(&page, ".PP\n");
}

void AddParagraphs(const std::string& text, std::string& page) {
  for (const absl::string_view paragraph : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    BeginParagraph(page);
    absl::StrAppend(&page, Filled(std::string(paragraph)));
  }
}

void AddEntry(const std::string& term, const std::string& text, std::string& page) {
  absl::StrAppend(&page, ".TP\n", term, "\n", Filled(text));
}

void AddExampleList(const std::vector<Example>& examples, std::string& page) {
  for (const Example& example : examples) {
    BeginParagraph(page);
    absl::StrAppend(&page, Filled(example.what + ":"), ".PP\n.nf\n.RS 4\n");
    for (const std::string& line : LinesOf(example)) absl::StrAppend(&page, Escaped(line), "\n");
    absl::StrAppend(&page, ".RE\n.fi\n");
  }
}

void AddOptions(const CLI::App& command, std::string& page) {
  const std::vector<OptionGroup> groups = OptionGroupsOf(command);
  AddHeading("Options", page);
  for (const OptionGroup& group : groups) {
    if (groups.size() > 1) absl::StrAppend(&page, ".SS ", Escaped(group.heading), "\n");
    for (const CLI::Option* const option : group.options)
      AddEntry(Marked(OptionTerm(*option)), OptionText(*option), page);
  }
}

void AddArguments(const CLI::App& command, std::string& page) {
  for (const CLI::Option* const argument : ArgumentsOf(command))
    AddEntry(Italic(argument->get_name(true)), OptionText(*argument), page);
}

// Those of a program, which have pages of their own.
void AddReferences(const CLI::App& program, const Manual& manual, std::string& page) {
  AddHeading("Commands", page);
  for (const CommandGroup& group : CommandGroupsOf(program)) {
    absl::StrAppend(&page, ".SS ", Escaped(group.heading), "\n");
    for (const CLI::App* const command : group.commands) {
      AddEntry(absl::StrCat(Bold(ManualPageName(*command)), "(", manual.section, ")"),
               PurposeOf(*command), page);
    }
  }
}

// Those within a command, whole.
void AddNested(const CLI::App& command, std::string& page) {
  AddHeading("Commands", page);
  for (const CommandGroup& group : CommandGroupsOf(command)) {
    for (const CLI::App* const nested : group.commands) {
      absl::StrAppend(&page, ".SS ", Marked(UsageOf(*nested)), "\n");
      AddParagraphs(PurposeOf(*nested), page);
      AddArguments(*nested, page);
      // Without those that the command has too, whose list follows.
      for (const CLI::Option* const option : nested->get_options()) {
        if (!option->nonpositional() || option == nested->get_help_ptr()) continue;
        AddEntry(Marked(OptionTerm(*option)), OptionText(*option), page);
      }
      AddExampleList(ExamplesOf(*nested), page);
      AddParagraphs(nested->get_footer(), page);
    }
  }
}

void AddSections(const CLI::App& command, std::string& page) {
  const auto add = [&page](const HelpSection& section) {
    AddHeading(section.heading, page);
    for (const HelpSection::Entry& entry : section.entries)
      AddEntry(Bold(entry.term), entry.text, page);
  };
  for (const HelpSection& section : SectionsOf(command)) add(section);
  if (command.get_parent() == nullptr) return;
  for (const HelpSection& section : SectionsOf(*command.get_parent()))
    if (section.of_all_commands) add(section);
}

void AddSeeAlso(const CLI::App& command, const Manual& manual, std::string& page) {
  std::vector<std::string> pages = manual.see_also;
  if (const CLI::App* const program = command.get_parent(); program != nullptr)
    pages.insert(pages.begin(), absl::StrCat(ManualPageName(*program), "(", manual.section, ")"));
  if (pages.empty()) return;
  AddHeading("See also", page);
  for (std::string& each : pages) {
    const size_t name = each.find('(');
    each = Bold(each.substr(0, name)) + each.substr(name);
  }
  absl::StrAppend(&page, absl::StrJoin(pages, ",\n"), "\n");
}

}  // namespace

std::string ManualDate() {
  // https://reproducible-builds.org/specs/source-date-epoch/
  int64_t seconds = 0;
  const char* const chosen = std::getenv("SOURCE_DATE_EPOCH");
  const bool is_chosen = chosen != nullptr && absl::SimpleAtoi(chosen, &seconds);
  return absl::FormatTime("%Y-%m-%d", is_chosen ? absl::FromUnixSeconds(seconds) : absl::Now(),
                          absl::UTCTimeZone());
}

std::string ManualPageName(const CLI::App& command) {
  return absl::StrReplaceAll(FullName(command), {{" ", "-"}});
}

std::string ManualPage(const CLI::App& command, const Manual& manual) {
  const std::string name = ManualPageName(command);
  const bool has_commands = !CommandGroupsOf(command).empty();
  const bool is_program = command.get_parent() == nullptr;
  std::string page = absl::StrCat(".\\\" Made of the help pages of the program.\n.TH ",
                                  Escaped(absl::AsciiStrToUpper(name)), " ", manual.section, " ",
                                  manual.date, " \"", Escaped(manual.program), "\"\n.nh\n.ad l\n");
  AddHeading("Name", page);
  const std::string purpose = PurposeOf(command);
  // As other pages have it: one line, a small letter at its beginning, no full stop.
  std::string what = command.get_description();
  what = what.substr(0, what.find_first_of(".\n"));
  absl::StrAppend(&page, Escaped(name), " \\- ", Escaped(what), "\n");
  AddHeading("Synopsis", page);
  absl::StrAppend(&page, Marked(UsageOf(command)), "\n");
  AddHeading("Description", page);
  AddParagraphs(purpose, page);
  AddParagraphs(command.get_footer(), page);
  if (!ArgumentsOf(command).empty()) {
    AddHeading("Arguments", page);
    AddArguments(command, page);
  }
  if (has_commands && is_program) AddReferences(command, manual, page);
  if (has_commands && !is_program) AddNested(command, page);
  AddOptions(command, page);
  AddSections(command, page);
  if (!ExamplesOf(command).empty()) {
    AddHeading("Examples", page);
    AddExampleList(ExamplesOf(command), page);
  }
  AddSeeAlso(command, manual, page);
  return page;
}

}  // namespace edgebench
