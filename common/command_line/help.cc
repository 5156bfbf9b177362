#include "common/command_line/help.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace edgebench {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kIndent = 2;
constexpr size_t kWidestColumn = 28;  // of terms; a longer one has a line of its own
constexpr char kGeneral[] = "General";
constexpr char kDefaultOptionGroup[] = "Options";
constexpr char kDefaultCommandGroup[] = "Subcommands";  // CLI11's

using Entries = std::vector<HelpSection::Entry>;

// Paragraphs are parted by the ends of lines.
std::string Paragraphs(const std::string& text) {
  std::string wrapped;
  for (const absl::string_view paragraph : absl::StrSplit(text, '\n'))
    absl::StrAppend(&wrapped, absl::StrJoin(WrapText(std::string(paragraph), kWidth), "\n"), "\n");
  return wrapped;
}

// Where the texts of these terms begin.
size_t ColumnFor(const Entries& entries) {
  size_t column = 0;
  for (const HelpSection::Entry& entry : entries) {
    const size_t needed = kIndent + entry.term.size() + 2;
    if (needed <= kWidestColumn) column = std::max(column, needed);
  }
  return column == 0 ? kWidestColumn : column;
}

std::string InColumns(const Entries& entries, size_t column) {
  std::string lines;
  for (const HelpSection::Entry& entry : entries) {
    std::string line = std::string(kIndent, ' ') + entry.term;
    if (line.size() + 2 > column && !entry.text.empty()) {
      absl::StrAppend(&lines, line, "\n");
      line.clear();
    }
    for (const std::string& part : WrapText(entry.text, kWidth - column)) {
      line.resize(column, ' ');
      absl::StrAppend(&lines, line, part, "\n");
      line.clear();
    }
    if (entry.text.empty()) absl::StrAppend(&lines, line, "\n");
  }
  return lines;
}

// A line that goes on is told from another call by its indentation.
std::string ExamplesText(const std::vector<Example>& examples) {
  std::string text;
  for (const Example& example : examples) {
    for (const std::string& line : WrapText(example.what, kWidth - kIndent - 2))
      absl::StrAppend(&text, "  # ", line, "\n");
    for (const std::string& line : LinesOf(example)) absl::StrAppend(&text, "  ", line, "\n");
  }
  return text;
}

bool IsShown(const CLI::Option& option) {
  return !option.get_group().empty() && option.nonpositional();
}

bool TakesMany(const CLI::Option& option) {
  return option.get_items_expected_max() > std::max(option.get_items_expected_min(), 1);
}

// What the parser accepts behind a command too: of those it is in.
std::vector<const CLI::Option*> InheritedBy(const CLI::App& command) {
  std::vector<const CLI::Option*> inherited;
  for (const CLI::App* app = &command; app->get_fallthrough() && app->get_parent() != nullptr;
       app = app->get_parent()) {
    for (const CLI::Option* option : app->get_parent()->get_options()) {
      // A flag of the program itself, such as --version, is no use behind a command.
      const bool is_flag = option->get_items_expected_max() == 0;
      if (IsShown(*option) && !is_flag) inherited.push_back(option);
    }
  }
  return inherited;
}

HelpFormatter& PagesOf(CLI::App& command) {
  auto pages = std::dynamic_pointer_cast<HelpFormatter>(command.get_formatter());
  if (pages == nullptr) {
    pages = std::make_shared<HelpFormatter>();
    command.formatter(pages);
  }
  return *pages;
}

const HelpFormatter::Extras& ExtrasOf(const CLI::App& command) {
  static const auto* const none = new HelpFormatter::Extras();
  const auto* const pages = dynamic_cast<const HelpFormatter*>(command.get_formatter().get());
  return pages != nullptr ? pages->Of(command) : *none;
}

}  // namespace

std::vector<std::string> WrapText(const std::string& text, size_t width) {
  std::vector<std::string> lines;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= width) {
      absl::StrAppend(&lines.back(), " ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

void AddExamples(CLI::App& command, std::vector<Example> examples) {
  PagesOf(command).Of(command).examples = std::move(examples);
}

void AddSection(CLI::App& command, HelpSection section) {
  PagesOf(command).Of(command).sections.push_back(std::move(section));
}

void InGroup(CLI::App& command, const char* heading, const std::function<void()>& add) {
  const std::string before = command.option_defaults()->get_group();
  command.option_defaults()->group(heading);
  add();
  command.option_defaults()->group(before);
}

const std::vector<Example>& ExamplesOf(const CLI::App& command) {
  return ExtrasOf(command).examples;
}

const std::vector<HelpSection>& SectionsOf(const CLI::App& command) {
  return ExtrasOf(command).sections;
}

std::vector<std::string> LinesOf(const Example& example) {
  std::vector<std::string> lines;
  bool goes_on = false;
  for (const absl::string_view line : absl::StrSplit(example.call, '\n')) {
    lines.push_back(absl::StrCat(goes_on ? "  " : "", line));
    goes_on = absl::EndsWith(line, "\\");
  }
  return lines;
}

std::string FullName(const CLI::App& command) {
  if (command.get_parent() == nullptr) return command.get_name();
  return absl::StrCat(FullName(*command.get_parent()), " ", command.get_name());
}

std::string PurposeOf(const CLI::App& command) {
  std::string purpose = command.get_description();
  if (purpose.empty()) return purpose;
  purpose.front() = absl::ascii_toupper(purpose.front());
  if (purpose.back() != '.') purpose.push_back('.');
  return purpose;
}

std::string ArgumentTerm(const CLI::Option& argument) {
  std::string term = argument.get_name(/*positional=*/true);
  if (TakesMany(argument)) term += "...";
  return argument.get_required() ? term : absl::StrCat("[", term, "]");
}

std::string OptionTerm(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  std::string term = absl::StrJoin(names, ", ");
  if (option.get_items_expected_max() > 0) absl::StrAppend(&term, " ", option.get_type_name());
  return term;
}

std::string OptionText(const CLI::Option& option) {
  const std::string& text = option.get_description();
  const std::string value = option.get_default_str();
  return value.empty() ? text : absl::StrCat(text, text.empty() ? "" : "; ", "default: ", value);
}

std::vector<const CLI::Option*> ArgumentsOf(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) {
    return option->get_positional() && !option->get_group().empty();
  });
}

std::vector<OptionGroup> OptionGroupsOf(const CLI::App& command) {
  std::vector<OptionGroup> groups;
  OptionGroup general{kGeneral, InheritedBy(command)};
  for (const std::string& heading : command.get_groups()) {
    const auto is_in_it = [&](const CLI::Option* option) {
      return IsShown(*option) && option->get_group() == heading && option != command.get_help_ptr();
    };
    OptionGroup group{heading, command.get_options(is_in_it)};
    if (heading == kGeneral) {
      auto& all = general.options;
      all.insert(all.begin(), group.options.begin(), group.options.end());
    } else if (!group.options.empty()) {
      groups.push_back(std::move(group));
    }
  }
  if (command.get_help_ptr() != nullptr) general.options.push_back(command.get_help_ptr());
  // A short page needs no headings.
  if (groups.size() == 1 && groups.front().heading == kDefaultOptionGroup) {
    auto& own = groups.front().options;
    own.insert(own.end(), general.options.begin(), general.options.end());
  } else {
    if (groups.empty()) general.heading = kDefaultOptionGroup;
    groups.push_back(std::move(general));
  }
  return groups;
}

std::vector<CommandGroup> CommandGroupsOf(const CLI::App& command) {
  std::vector<CommandGroup> groups;
  for (const CLI::App* const each : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (each->get_group().empty()) continue;
    // A command within a command inherits the group of that.
    const bool is_default =
        each->get_group() == kDefaultCommandGroup || each->get_group() == command.get_group();
    const std::string heading = is_default ? "Commands" : each->get_group();
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const CommandGroup& known) { return known.heading == heading; });
    if (group == groups.end()) group = groups.insert(group, {heading, {}});
    group->commands.push_back(each);
  }
  return groups;
}

std::string UsageOf(const CLI::App& command) {
  std::vector<std::string> words = {FullName(command)};
  if (!CommandGroupsOf(command).empty()) words.emplace_back("COMMAND");
  for (const CLI::Option* const argument : ArgumentsOf(command))
    words.push_back(ArgumentTerm(*argument));
  for (const CLI::Option* const option : command.get_options()) {
    if (!option->get_required() || option->get_positional()) continue;
    const bool is_short = !option->get_snames().empty();
    words.push_back(absl::StrCat(
        is_short ? "-" + option->get_snames().front() : "--" + option->get_lnames().front(), " ",
        option->get_type_name()));
  }
  words.emplace_back("[OPTIONS]");
  return absl::StrJoin(words, " ");
}

const HelpFormatter::Extras& HelpFormatter::Of(const CLI::App& command) const {
  static const auto* const none = new Extras();
  const auto found = extras_.find(&command);
  return found != extras_.end() ? found->second : *none;
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  const Extras& extras = Of(*app);
  std::vector<std::pair<std::string, Entries>> lists;
  Entries arguments;
  for (const CLI::Option* const argument : ArgumentsOf(*app))
    arguments.push_back({argument->get_name(true), OptionText(*argument)});
  if (!arguments.empty()) lists.emplace_back("Arguments", std::move(arguments));
  for (const CommandGroup& group : CommandGroupsOf(*app)) {
    Entries entries;
    for (const CLI::App* const command : group.commands)
      entries.push_back({command->get_name(), command->get_description()});
    lists.emplace_back(group.heading, std::move(entries));
  }
  for (const OptionGroup& group : OptionGroupsOf(*app)) {
    Entries entries;
    for (const CLI::Option* const option : group.options)
      entries.push_back({OptionTerm(*option), OptionText(*option)});
    lists.emplace_back(group.heading, std::move(entries));
  }

  constexpr absl::string_view kUsage = "Usage: ";
  const std::string next_line = absl::StrCat("\n", std::string(kUsage.size() + 2, ' '));
  std::string page = absl::StrCat(
      Paragraphs(PurposeOf(*app)), "\n", kUsage,
      absl::StrJoin(WrapText(UsageOf(*app), kWidth - next_line.size()), next_line), "\n");
  if (!extras.examples.empty())
    absl::StrAppend(&page, "\nExamples:\n", ExamplesText(extras.examples));
  Entries all;
  for (const auto& [heading, entries] : lists)
    all.insert(all.end(), entries.begin(), entries.end());
  for (const auto& [heading, entries] : lists)
    absl::StrAppend(&page, "\n", heading, ":\n", InColumns(entries, ColumnFor(all)));
  for (const HelpSection& section : extras.sections) {
    absl::StrAppend(&page, "\n", section.heading, ":\n",
                    InColumns(section.entries, ColumnFor(section.entries)));
  }
  if (const std::string footer = app->get_footer(); !footer.empty())
    absl::StrAppend(&page, "\n", Paragraphs(footer));
  return page;
}

void UseHelpPages(CLI::App& program) { program.formatter(std::make_shared<HelpFormatter>()); }

}  // namespace edgebench
