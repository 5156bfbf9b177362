#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace edgebench {

// The help page of a command: its purpose, usage, examples, arguments, commands and options in
// groups, sections, and the footer, in this order and within 80 columns. CLI11 holds the
// flags; what else stands on a page is added here, by the command that it is of, and is also
// what its manual page is made of (manual_page.h).

// Something to type, and what it is good for.
struct Example {
  std::string what;
  std::string call;  // several lines: several calls, or one that goes on behind a backslash
};

// A list of terms, such as "Exit status".
struct HelpSection {
  struct Entry {
    std::string term, text;
  };
  std::string heading;
  std::vector<Entry> entries;
  // Whether the manual pages of the commands within this one have it as well.
  bool of_all_commands = false;
};

void AddExamples(CLI::App& command, std::vector<Example> examples);
void AddSection(CLI::App& command, HelpSection section);

// The flags that `add` adds stand under a heading of their own.
void InGroup(CLI::App& command, const char* heading, const std::function<void()>& add);

// What the two functions above have added; empty for a command that has none.
const std::vector<Example>& ExamplesOf(const CLI::App& command);
const std::vector<HelpSection>& SectionsOf(const CLI::App& command);

// The words of a text in lines of a width.
std::vector<std::string> WrapText(const std::string& text, size_t width);

// The lines of its call, those that a call goes on in indented.
std::vector<std::string> LinesOf(const Example& example);

// "edgebench device add".
std::string FullName(const CLI::App& command);
// "edgebench quantize MODEL --precision X -o FILE [OPTIONS]".
std::string UsageOf(const CLI::App& command);
// "Measure models." of a description "measure models".
std::string PurposeOf(const CLI::App& command);

// "MODEL...", "[JOB]": an argument as usage shows it.
std::string ArgumentTerm(const CLI::Option& argument);
// "-o, --output FILE".
std::string OptionTerm(const CLI::Option& option);
// What it does and, where the parser knows one, its default.
std::string OptionText(const CLI::Option& option);

std::vector<const CLI::Option*> ArgumentsOf(const CLI::App& command);

struct OptionGroup {
  std::string heading;
  std::vector<const CLI::Option*> options;
};
// Those of the command in the order they were added, and last, as "General", what its parents
// have and take behind it too, and --help.
std::vector<OptionGroup> OptionGroupsOf(const CLI::App& command);

struct CommandGroup {
  std::string heading;
  std::vector<const CLI::App*> commands;
};
std::vector<CommandGroup> CommandGroupsOf(const CLI::App& command);

// Renders the page. Commands inherit it from the program that they are added to, so that one
// object knows the examples and sections of all.
class HelpFormatter final : public CLI::Formatter {
 public:
  struct Extras {
    std::vector<Example> examples;
    std::vector<HelpSection> sections;
  };

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;

  Extras& Of(const CLI::App& command) { return extras_[&command]; }
  const Extras& Of(const CLI::App& command) const;

 private:
  std::map<const CLI::App*, Extras> extras_;
};

// Gives a program pages as above: before any command is added to it.
void UseHelpPages(CLI::App& program);

}  // namespace edgebench
