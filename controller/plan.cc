#include "controller/plan.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/exit_code.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

namespace fs = std::filesystem;

constexpr char kModels[] = "models";
constexpr char kSweep[] = "sweep";
constexpr size_t kMostPlanBytes = 1 << 20;
// An alias of YAML repeats a study or a list in three bytes.
constexpr size_t kMostStudies = 256;
constexpr size_t kMostValues = 1000;
constexpr int kShownWidth = 60;

// Plural where a plan has a list, and the word that the field has for it.
const std::map<std::string, std::string>& FlagsOfWords() {
  static const auto* const words =
      new std::map<std::string, std::string>{{"devices", "device"},
                                             {"precisions", "precision"},
                                             {"engines", "engine"},
                                             {"repeats", "processes"}};
  return *words;
}

const std::vector<std::string>& SweepKeys() {
  static const auto* const keys = new std::vector<std::string>{"batch",  "image-size", "seq-len",
                                                               "frames", "ctc-weight", "threads"};
  return *keys;
}

const std::vector<std::string>& FileKeys() {
  static const auto* const keys = new std::vector<std::string>{kModels, "calibration", "weights"};
  return *keys;
}

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A single value, and where it stands.
struct Value {
  std::string text;
  YAML::Mark mark;
};

// What one key of a study says.
struct Setting {
  std::string word;  // the key, which may be the plural of the flag
  std::vector<Value> values;
  YAML::Mark mark;
};

std::vector<std::string> TextsOf(const std::vector<Value>& values) {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(value.text);
  return texts;
}

// "'resnet19'" or "\"int9\"", as messages name what is wrong.
bool Quotes(absl::string_view message, const std::string& text) {
  return absl::StrContains(message, absl::StrCat("'", text, "'")) ||
         absl::StrContains(message, absl::StrCat("\"", text, "\""));
}

// By the name of the flag, or kModels.
using Settings = std::map<std::string, Setting>;

// The flags of bench, which say what a key takes.
class Flags {
 public:
  Flags() { AddBenchFlags(app_, options_); }

  bool Has(const std::string& name) const {
    return app_.get_option_no_throw("--" + name) != nullptr && name != "help";
  }
  bool IsSwitch(const std::string& name) const {
    return app_.get_option_no_throw("--" + name)->get_expected_max() == 0;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app_.get_options()) {
      for (const std::string& name : option->get_lnames())
        if (name != "help") names.push_back(name);
    }
    return names;
  }
  // The options that settings make. The message is that of the parser.
  static absl::StatusOr<BenchOptions> Parse(const Settings& settings) {
    Flags flags;
    std::vector<std::string> arguments, models;
    for (const auto& [name, setting] : settings) {
      for (const auto& [value, mark] : setting.values) {
        if (name == kModels) {
          models.push_back(value);
        } else if (flags.IsSwitch(name)) {
          if (value == "true") arguments.push_back("--" + name);
        } else {
          arguments.push_back(absl::StrCat("--", name, "=", value));
        }
      }
    }
    // Behind this nothing is a flag, whatever a file is called.
    arguments.emplace_back("--");
    arguments.insert(arguments.end(), models.begin(), models.end());
    std::reverse(arguments.begin(), arguments.end());  // as the parser wants them
    try {
      flags.app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(error.what());
    }
    return flags.options_;
  }

 private:
  CLI::App app_;
  BenchOptions options_;
};

class Parser {
 public:
  Parser(const std::string& path, bool quick)
      : path_(path), folder_(fs::path(path).parent_path()), quick_(quick) {}

  absl::StatusOr<Plan> Parse(absl::string_view text) {
    YAML::Node root;
    try {
      root = YAML::Load(std::string(text));
    } catch (const YAML::DeepRecursion& error) {
      return At(error.mark, "this is nested too deep for a plan");
    } catch (const YAML::Exception& error) {
      return At(error.mark, error.msg);
    }
    if (!root.IsMap())
      return At(root.Mark(), "a plan is a list of keys and values, as in docs/plans.md");
    return ReadRoot(root);
  }

 private:
  std::string PlaceOf(const YAML::Mark& mark) const {
    if (mark.is_null()) return path_;
    return absl::StrCat(path_, ":", mark.line + 1, ":", mark.column + 1);
  }

  absl::Status At(const YAML::Mark& mark, absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(mark), ": ", what));
  }

  // The key, once it is certain that it is one word that was not there before.
  absl::StatusOr<std::string> KeyOf(const YAML::Node& key, std::set<std::string>& seen) const {
    if (!key.IsScalar()) return At(key.Mark(), "a key is a word");
    const std::string& name = key.Scalar();
    if (!seen.insert(name).second)
      return At(key.Mark(), absl::StrCat("'", name, "' is there twice"));
    return name;
  }

  absl::StatusOr<std::vector<Value>> ValuesOf(const std::string& name,
                                              const YAML::Node& node) const {
    std::vector<Value> values;
    if (node.IsScalar()) {
      values.push_back({node.Scalar(), node.Mark()});
    } else if (node.IsSequence() && node.size() > 0) {
      for (const YAML::Node& item : node) {
        if (!item.IsScalar())
          return At(item.Mark(), absl::StrCat(name, ": a list of single values"));
        values.push_back({item.Scalar(), item.Mark()});
      }
    } else {
      return At(node.Mark(), absl::StrCat(name, node.IsMap() ? ": one value or a list of them"
                                                             : ": a value is missing"));
    }
    if (values.size() > kMostValues) {
      return At(node.Mark(), absl::StrCat(name, ": ", values.size(), " values, at most ",
                                          kMostValues, " are taken"));
    }
    for (const auto& [text, mark] : values)
      if (text.empty()) return At(mark, absl::StrCat(name, ": an empty value"));
    return values;
  }

  // The name of the run or its note.
  absl::StatusOr<std::string> LabelOf(const std::string& name, const YAML::Node& node) const {
    if (!node.IsScalar()) return At(node.Mark(), absl::StrCat(name, ": a text"));
    RunLabelOptions labels;
    (name == "name" ? labels.name : labels.note) = node.Scalar();
    EDGEBENCH_RETURN_IF_ERROR(CheckLabels(labels, node.Mark()));
    return node.Scalar();
  }

  absl::StatusOr<std::vector<std::string>> TagsOf(const std::string& name,
                                                  const YAML::Node& node) const {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<Value> values, ValuesOf(name, node));
    for (const auto& [tag, mark] : values) {
      RunLabelOptions labels;
      labels.tags = {tag};
      EDGEBENCH_RETURN_IF_ERROR(CheckLabels(labels, mark));
    }
    return TextsOf(values);
  }

  absl::StatusOr<Plan> ReadRoot(const YAML::Node& root) {
    Plan plan;
    Settings defaults, own, quick;
    std::optional<YAML::Node> studies;
    std::set<std::string> seen;
    for (const auto& entry : root) {
      EDGEBENCH_ASSIGN_OR_RETURN(const std::string key, KeyOf(entry.first, seen));
      if (key == "name") {
        EDGEBENCH_ASSIGN_OR_RETURN(plan.labels.name, LabelOf(key, entry.second));
      } else if (key == "notes" || key == "note") {
        EDGEBENCH_ASSIGN_OR_RETURN(plan.labels.note, LabelOf(key, entry.second));
      } else if (key == "tags") {
        EDGEBENCH_ASSIGN_OR_RETURN(plan.labels.tags, TagsOf(key, entry.second));
      } else if (key == "defaults") {
        EDGEBENCH_ASSIGN_OR_RETURN(defaults, ReadStudy(key, entry.second));
      } else if (key == "quick") {
        EDGEBENCH_ASSIGN_OR_RETURN(quick, ReadStudy(key, entry.second));
      } else if (key == "studies") {
        studies.emplace(entry.second);
      } else {
        EDGEBENCH_RETURN_IF_ERROR(ReadKey(entry.first, entry.second, kRootKeys, own));
      }
    }
    if (studies && !own.empty()) {
      return At(own.begin()->second.mark,
                absl::StrCat("'", own.begin()->first,
                             "' stands beside studies: put it into defaults, or into a study"));
    }
    return ReadStudies(root, studies, defaults, own, quick, std::move(plan));
  }

  absl::Status CheckLabels(const RunLabelOptions& labels, const YAML::Mark& mark) const {
    const auto checked = LabelsFrom(labels);
    return checked.ok() ? absl::OkStatus() : At(mark, checked.status().message());
  }

  absl::StatusOr<Plan> ReadStudies(const YAML::Node& root, const std::optional<YAML::Node>& studies,
                                   const Settings& defaults, const Settings& own,
                                   const Settings& quick, Plan plan) {
    if (!studies) {
      EDGEBENCH_RETURN_IF_ERROR(AddStudy(root.Mark(), {&defaults, &own}, quick, plan));
      return plan;
    }
    if (!studies->IsSequence() || studies->size() == 0)
      return At(studies->Mark(), "studies: a list of studies, each beginning with a dash");
    if (studies->size() > kMostStudies) {
      return At(studies->Mark(), absl::StrCat("studies: ", studies->size(), " of them, at most ",
                                              kMostStudies, " are taken: part the plan"));
    }
    for (const YAML::Node& node : *studies) {
      EDGEBENCH_ASSIGN_OR_RETURN(const Settings study, ReadStudy("a study", node));
      EDGEBENCH_RETURN_IF_ERROR(AddStudy(node.Mark(), {&defaults, &study}, quick, plan));
    }
    return plan;
  }

  absl::StatusOr<Settings> ReadStudy(const std::string& what, const YAML::Node& node) {
    if (!node.IsMap()) return At(node.Mark(), absl::StrCat(what, ": keys and values"));
    Settings settings;
    std::set<std::string> seen;
    for (const auto& entry : node) {
      EDGEBENCH_RETURN_IF_ERROR(KeyOf(entry.first, seen).status());
      EDGEBENCH_RETURN_IF_ERROR(ReadKey(entry.first, entry.second, {}, settings));
    }
    return settings;
  }

  // `others`: keys that would be right in this place as well, for "did you mean".
  absl::Status ReadKey(const YAML::Node& key, const YAML::Node& value,
                       const std::vector<std::string>& others, Settings& settings) {
    const std::string& word = key.Scalar();
    if (word == kSweep) return ReadSweep(value, settings);
    const auto named = FlagsOfWords().find(word);
    std::string name = named == FlagsOfWords().end() ? word : named->second;
    if (name == "model") name = kModels;
    if (name != kModels && !flags_.Has(name)) {
      std::vector<std::string> known = flags_.Names();
      for (const auto& [plural, flag] : FlagsOfWords()) known.push_back(plural);
      known.insert(known.end(), {kModels, kSweep});
      known.insert(known.end(), others.begin(), others.end());
      const bool is_of_plan = others.empty() && Has(kRootKeys, word);
      return At(key.Mark(), absl::StrCat("there is no key '", CutToWidth(word, kShownWidth), "'",
                                         is_of_plan ? " here: it is one of the whole plan" : ".",
                                         is_of_plan ? "" : DidYouMean(word, known)));
    }
    return Set(word, name, key, value, settings);
  }

  absl::Status ReadSweep(const YAML::Node& node, Settings& settings) {
    if (!node.IsMap()) {
      return At(node.Mark(), absl::StrCat("sweep: axes with lists of values: ",
                                          absl::StrJoin(SweepKeys(), ", ")));
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      EDGEBENCH_ASSIGN_OR_RETURN(const std::string axis, KeyOf(entry.first, seen));
      if (!Has(SweepKeys(), axis)) {
        return At(entry.first.Mark(), absl::StrCat("sweep: there is no axis '", axis, "'.",
                                                   DidYouMean(axis, SweepKeys()),
                                                   " Axes: ", absl::StrJoin(SweepKeys(), ", ")));
      }
      EDGEBENCH_RETURN_IF_ERROR(Set(axis, axis, entry.first, entry.second, settings));
    }
    return absl::OkStatus();
  }

  // Judged by itself, so that what is wrong is told where it stands.
  absl::Status Set(const std::string& word, const std::string& name, const YAML::Node& key,
                   const YAML::Node& node, Settings& settings) {
    if (settings.count(name) > 0)
      return At(key.Mark(), absl::StrCat("'", word, "' says what stands there already"));
    Setting setting;
    setting.word = word;
    setting.mark = node.Mark();
    EDGEBENCH_ASSIGN_OR_RETURN(setting.values, ValuesOf(word, node));
    if (name != kModels && flags_.IsSwitch(name)) {
      bool on = false;
      if (setting.values.size() != 1 || !YAML::convert<bool>::decode(node, on))
        return At(node.Mark(), absl::StrCat(word, ": true or false"));
      setting.values = {{on ? "true" : "false", node.Mark()}};
    }
    if (Has(FileKeys(), name))
      for (Value& value : setting.values) value.text = BesidePlan(value.text);
    Settings alone = {{name, setting}};
    alone.emplace(kModels, Setting{kModels, {{"any", {}}}, {}});
    const auto parsed = Flags::Parse(alone);
    if (!parsed.ok()) {
      // The parser names the flag, which nobody has typed.
      absl::string_view why = parsed.status().message();
      absl::ConsumePrefix(&why, absl::StrCat("--", name, ": "));
      return At(MarkOfWrong(setting, name), absl::StrCat(word, ": ", why));
    }
    settings[name] = std::move(setting);
    return absl::OkStatus();
  }

  // Of the first value that is refused by itself; else of all.
  static YAML::Mark MarkOfWrong(const Setting& setting, const std::string& name) {
    for (const Value& value : setting.values) {
      Settings alone = {{name, {setting.word, {value}, value.mark}}};
      alone.emplace(kModels, Setting{kModels, {{"any", {}}}, {}});
      if (!Flags::Parse(alone).ok()) return value.mark;
    }
    return setting.mark;
  }

  // Names of models of the zoo stay as they are, unless a file lies there.
  std::string BesidePlan(const std::string& value) const {
    const fs::path beside = folder_ / value;
    std::error_code ignored;
    return fs::path(value).is_relative() && fs::exists(beside, ignored) ? beside.string() : value;
  }

  absl::Status AddStudy(const YAML::Mark& mark, const std::vector<const Settings*>& parts,
                        const Settings& quick, Plan& plan) {
    Settings settings;
    const auto put = [&settings](const Settings& part) {
      for (const auto& [name, setting] : part) settings[name] = setting;
    };
    for (const Settings* part : parts) put(*part);
    if (quick_) {
      PutQuickDefaults(settings);
      put(quick);
    }
    if (settings.count(kModels) == 0) return At(mark, "a study needs models");
    PlannedStudy study;
    study.place = absl::StrCat(path_, ", study ", plan.studies.size() + 1);
    for (const auto& [name, setting] : settings) study.keys[name] = KeyFrom(setting);
    absl::StatusOr<BenchOptions> options = Flags::Parse(settings);
    if (!options.ok()) return study.Locate(options.status());
    study.options = *std::move(options);
    plan.studies.push_back(std::move(study));
    return absl::OkStatus();
  }

  PlannedStudy::Key KeyFrom(const Setting& setting) const {
    PlannedStudy::Key key = {setting.word, PlaceOf(setting.mark), {}};
    for (const auto& [text, mark] : setting.values) key.values.push_back({text, PlaceOf(mark)});
    return key;
  }

  // A study that says how many samples or how long by another key keeps that.
  static void PutQuickDefaults(Settings& settings) {
    const bool timed = settings.count("k") > 0 || settings.count("sustained") > 0;
    if (!timed) settings["max-time"] = {"max-time", {{kQuickMaxTime, {}}}, {}};
    settings["processes"] = {"repeats", {{absl::StrCat(kQuickRepeats), {}}}, {}};
  }

  static inline const std::vector<std::string> kRootKeys = {"name",     "notes",   "tags",
                                                            "defaults", "studies", "quick"};

  const std::string path_;
  const fs::path folder_;
  const bool quick_;
  const Flags flags_;
};

// "observer" of "--observer is for ...", and what comes behind it; empty where it is no flag.
absl::string_view FlagAtTheStart(absl::string_view message, absl::string_view& rest) {
  if (!absl::ConsumePrefix(&message, "--")) return "";
  const size_t end = message.find_first_of(": ");
  if (end == absl::string_view::npos) return "";
  rest = message.substr(end);
  return message.substr(0, end);
}

absl::Status WithMessage(const absl::Status& status, absl::string_view message) {
  absl::Status changed(status.code(), message);
  status.ForEachPayload([&changed](absl::string_view type, const absl::Cord& payload) {
    changed.SetPayload(type, payload);
  });
  return changed;
}

}  // namespace

absl::Status PlannedStudy::Locate(const absl::Status& status) const {
  const absl::string_view message = status.message();
  absl::string_view rest;
  const auto named = keys.find(std::string(FlagAtTheStart(message, rest)));
  const auto key = named == keys.end() ? keys.find(kModels) : named;
  if (key == keys.end()) return WithPrefix(status, absl::StrCat(place, ": "));
  const auto value = std::find_if(key->second.values.begin(), key->second.values.end(),
                                  [&](const Value& v) { return Quotes(message, v.text); });
  const bool is_quoted = value != key->second.values.end();
  if (named == keys.end())
    return WithPrefix(status, absl::StrCat(is_quoted ? value->place : place, ": "));
  return WithMessage(status, absl::StrCat(is_quoted ? value->place : key->second.place, ": ",
                                          key->second.word, rest));
}

absl::StatusOr<Plan> ParsePlan(absl::string_view text, const std::string& path, bool quick) {
  return Parser(path, quick).Parse(text);
}

absl::StatusOr<Plan> ReadPlan(const std::string& path, bool quick) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return absl::InvalidArgumentError(absl::StrCat(path, " is a folder; name a plan in it"));
  const absl::StatusOr<std::string> text = ReadFile(path, kMostPlanBytes);
  if (absl::IsOutOfRange(text.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is no plan: it has more than ", kMostPlanBytes, " bytes"));
  }
  EDGEBENCH_RETURN_IF_ERROR(text.status());
  return ParsePlan(*text, path, quick);
}

}  // namespace edgebench::controller
