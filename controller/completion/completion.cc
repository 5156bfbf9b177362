#include "controller/completion/completion.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/command_line/help.h"
#include "common/names.h"
#include "controller/job_options.h"
#include "controller/report/comparison.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr int kDescriptionWidth = 60;
constexpr char kListEnd[] = ",..";
constexpr char kHelp[] = "help";

// Where the cursor is, as far as the words before it tell.
struct Place {
  const CLI::App* command = nullptr;
  const CLI::Option* awaiting = nullptr;  // an option whose value comes next
  std::vector<std::string> arguments;
  std::set<const CLI::Option*> given;
  bool only_arguments = false;  // behind "--"
  bool helps = false;           // behind "help"
  std::string database;
};

std::vector<Candidate> Words(const std::vector<std::string>& words) {
  std::vector<Candidate> candidates;
  for (const std::string& word : words) candidates.push_back({word, ""});
  return candidates;
}

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool TakesMany(const CLI::Option& option) {
  return option.get_items_expected_max() > std::max(option.get_items_expected_min(), 1);
}

bool IsNamed(const CLI::Option& option, absl::string_view flag) {
  const bool is_long = absl::ConsumePrefix(&flag, "--");
  if (!is_long && !absl::ConsumePrefix(&flag, "-")) return false;
  const std::vector<std::string>& names = is_long ? option.get_lnames() : option.get_snames();
  return std::find(names.begin(), names.end(), flag) != names.end();
}

// Those of a command, and those of its parents that it takes as well.
std::vector<const CLI::Option*> FlagsOf(const CLI::App& command) {
  std::vector<const CLI::Option*> flags;
  for (const OptionGroup& group : OptionGroupsOf(command))
    flags.insert(flags.end(), group.options.begin(), group.options.end());
  return flags;
}

const CLI::Option* FindFlag(const CLI::App& command, absl::string_view flag) {
  for (const CLI::Option* const option : FlagsOf(command))
    if (IsNamed(*option, flag)) return option;
  return nullptr;
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& command) {
  std::vector<const CLI::App*> commands;
  for (const CommandGroup& group : CommandGroupsOf(command))
    commands.insert(commands.end(), group.commands.begin(), group.commands.end());
  return commands;
}

// One word further. A flag that nobody knows is taken for one without a value.
void Pass(const std::string& word, Place& place) {
  const auto take = [&](const CLI::Option& option, const std::string& value) {
    if (IsNamed(option, "--db")) place.database = value;
  };
  if (place.awaiting != nullptr) {
    take(*std::exchange(place.awaiting, nullptr), word);
  } else if (place.only_arguments) {
    place.arguments.push_back(word);
  } else if (word == "--") {
    place.only_arguments = true;
  } else if (word.size() > 1 && word.front() == '-') {
    const size_t equals = word.find('=');
    const CLI::Option* const option = FindFlag(*place.command, word.substr(0, equals));
    if (option == nullptr) return;
    place.given.insert(option);
    if (equals != std::string::npos) {
      take(*option, word.substr(equals + 1));
    } else if (TakesValue(*option)) {
      place.awaiting = option;
    }
  } else {
    for (const CLI::App* const command : CommandsOf(*place.command)) {
      if (command->get_name() != word || !place.arguments.empty()) continue;
      place.command = command;
      return;
    }
    if (word == kHelp && place.command->get_parent() == nullptr) {
      place.helps = true;
    } else {
      place.arguments.push_back(word);
    }
  }
}

// What a kind of value can be.
struct Values {
  std::vector<Candidate> candidates;
  Completion::Files files = Completion::Files::kNone;
};

std::vector<std::string> AxisNames() {
  std::vector<std::string> names;
  for (const Axis axis :
       {Axis::kPrecision, Axis::kDevice, Axis::kTarget, Axis::kThreads, Axis::kRun})
    names.push_back(AxisName(axis));
  return names;
}

std::vector<std::string> EnginesOfFlag() {
  std::vector<std::string> names = EngineNames();
  names.emplace_back(kAllEngines);
  return names;
}

// "on|off".
std::vector<std::string> Alternatives(absl::string_view type) {
  const bool is_literal =
      absl::StrContains(type, "|") && std::none_of(type.begin(), type.end(), absl::ascii_isupper);
  if (!is_literal) return {};
  return absl::StrSplit(type, '|');
}

Values ValuesOf(const std::string& type, const NameSource& names, const std::string& database) {
  using Files = Completion::Files;
  static const auto* const name_kinds =
      new std::map<std::string, NameKind>{{"DEVICE", NameKind::kDevices},
                                          {"MODEL", NameKind::kModels},
                                          {"MEASURED", NameKind::kMeasuredModels},
                                          {"JOB", NameKind::kJobs},
                                          {"PENDING", NameKind::kPendingJobs},
                                          {"RUN", NameKind::kRuns},
                                          {"PLAN", NameKind::kRuns},
                                          {"TAG", NameKind::kTags}};
  static const auto* const words_of_types =
      new std::map<std::string, std::vector<std::string>>{{"PRECISION", PrecisionNames()},
                                                          {"ENGINE", EnginesOfFlag()},
                                                          {"OBSERVER", ObserverNames()},
                                                          {"AXIS", AxisNames()},
                                                          {"TARGET", {"cpu", "cuda:0"}}};
  static const auto* const file_kinds = new std::map<std::string, Files>{{"MODEL", Files::kModels},
                                                                         {"FILE", Files::kAny},
                                                                         {"PLAN", Files::kAny},
                                                                         {"LOG", Files::kAny},
                                                                         {"DIR", Files::kFolders}};
  Values values;
  if (const auto kind = name_kinds->find(type); kind != name_kinds->end())
    values.candidates = names(kind->second, database);
  const auto words = words_of_types->find(type);
  for (Candidate& word : Words(words != words_of_types->end() ? words->second : Alternatives(type)))
    values.candidates.push_back(std::move(word));
  if (const auto files = file_kinds->find(type); files != file_kinds->end())
    values.files = files->second;
  return values;
}

// What help calls the value. An argument's own name, unless a type is set.
std::string TypeOf(const CLI::Option& option) {
  std::string type = option.get_type_name();
  if (type.empty()) type = option.get_name(/*positional=*/true);
  return std::string(absl::StripSuffix(type, kListEnd));
}

// Candidates for the value of an option; `before` stands before it in the same word.
void AddValues(const CLI::Option& option, const std::string& before, const std::string& value,
               const Place& place, const NameSource& names, Completion& completion) {
  const bool is_list = option.get_delimiter() == ',';
  const size_t comma = is_list ? value.rfind(',') : std::string::npos;
  const std::string elements = comma != std::string::npos ? value.substr(0, comma + 1) : "";
  const std::string rest = value.substr(elements.size());
  // Once is enough.
  std::set<std::string> used = absl::StrSplit(elements, ',');
  if (option.get_positional()) used.insert(place.arguments.begin(), place.arguments.end());
  Values values = ValuesOf(TypeOf(option), names, place.database);
  for (Candidate& candidate : values.candidates) {
    if (!absl::StartsWith(candidate.word, rest) || used.count(candidate.word) > 0) continue;
    candidate.word = absl::StrCat(before, elements, candidate.word);
    completion.candidates.push_back(std::move(candidate));
  }
  completion.files = values.files;
  completion.goes_on = is_list;
}

void AddFlags(const std::string& word, const Place& place, Completion& completion) {
  for (const CLI::Option* const option : FlagsOf(*place.command)) {
    if (place.given.count(option) > 0 && !TakesMany(*option)) continue;
    for (const std::string& name : option->get_lnames()) {
      if (absl::StartsWith("--" + name, word))
        completion.candidates.push_back({"--" + name, OptionText(*option)});
    }
  }
}

void AddCommands(const std::string& word, const CLI::App& command, Completion& completion) {
  for (const CLI::App* const each : CommandsOf(command)) {
    if (absl::StartsWith(each->get_name(), word))
      completion.candidates.push_back({each->get_name(), each->get_description()});
  }
}

// The argument that the next word would be, nullptr where there can be none.
const CLI::Option* NextArgument(const Place& place) {
  const std::vector<const CLI::Option*> arguments = ArgumentsOf(*place.command);
  if (arguments.empty()) return nullptr;
  const size_t next = place.arguments.size();
  if (next < arguments.size()) return arguments[next];
  return TakesMany(*arguments.back()) ? arguments.back() : nullptr;
}

void AddWords(const std::string& word, const Place& place, const NameSource& names,
              Completion& completion) {
  AddCommands(word, *place.command, completion);
  const bool at_program = place.command->get_parent() == nullptr;
  if (at_program && !place.helps && absl::StartsWith(kHelp, word))
    completion.candidates.push_back({kHelp, "show the page of a command"});
  if (!completion.candidates.empty()) return;
  if (const CLI::Option* const argument = NextArgument(place)) {
    AddValues(*argument, "", word, place, names, completion);
  } else if (word.empty() && !place.only_arguments) {
    AddFlags(word, place, completion);
  }
}

}  // namespace

Completion Complete(const CLI::App& program, const std::vector<std::string>& words,
                    const NameSource& names) {
  Completion completion;
  if (words.empty()) return completion;
  Place place;
  place.command = &program;
  for (size_t i = 0; i + 1 < words.size(); ++i) Pass(words[i], place);
  const std::string& word = words.back();
  const size_t equals = word.find('=');
  if (place.awaiting != nullptr) {
    AddValues(*place.awaiting, "", word, place, names, completion);
  } else if (place.only_arguments || !absl::StartsWith(word, "-")) {
    AddWords(word, place, names, completion);
  } else if (equals == std::string::npos) {
    AddFlags(word, place, completion);
  } else if (const auto* const option = FindFlag(*place.command, word.substr(0, equals))) {
    AddValues(*option, word.substr(0, equals + 1), word.substr(equals + 1), place, names,
              completion);
  }
  return completion;
}

std::string CompletionText(const Completion& completion) {
  std::string text;
  for (const Candidate& candidate : completion.candidates) {
    // A name that would be two words, or would change the terminal, is none to offer.
    if (Printable(candidate.word) != candidate.word || absl::StrContains(candidate.word, " "))
      continue;
    const std::vector<std::string> words =
        absl::StrSplit(candidate.description, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
    const std::string description =
        CutToWidth(Printable(absl::StrJoin(words, " ")), kDescriptionWidth);
    absl::StrAppend(&text, candidate.word, description.empty() ? "" : "\t", description, "\n");
  }
  switch (completion.files) {
    case Completion::Files::kNone:
      break;
    case Completion::Files::kAny:
      text += ":files\n";
      break;
    case Completion::Files::kModels:
      text += ":models\n";
      break;
    case Completion::Files::kFolders:
      text += ":folders\n";
      break;
  }
  if (completion.goes_on) text += ":nospace\n";
  return text;
}

}  // namespace edgebench::controller
