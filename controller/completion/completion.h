#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

namespace edgebench::controller {

// A word that may stand where the cursor is, and what it means; the latter may be empty.
struct Candidate {
  std::string word, description;
};

// Names that the program does not know by itself.
enum class NameKind {
  kDevices,
  kModels,          // that a device can build
  kMeasuredModels,  // that have results, files as well
  kJobs,
  kPendingJobs,
  kRuns,
  kTags,
};

// The names of a kind. `database` is what --db says, "" without it.
using NameSource =
    std::function<std::vector<Candidate>(NameKind kind, const std::string& database)>;

struct Completion {
  // Each begins with the word before the cursor.
  std::vector<Candidate> candidates;
  // Names of files that the shell is to offer besides, which knows about ~ and quotes.
  enum class Files { kNone, kAny, kModels, kFolders };
  Files files = Files::kNone;
  // It may go on right behind the word: an element of a list, a flag with "=".
  bool goes_on = false;
};

// What may follow. `words` are those behind the name of the program, the last of them the one
// to complete, which may be empty. Commands and flags are those of the program; values go by
// what help calls them: DEVICE, PRECISION,.. or on|off. Names are asked for only where one may
// stand.
Completion Complete(const CLI::App& program, const std::vector<std::string>& words,
                    const NameSource& names);

// The same as the scripts for the shells read it, a candidate on each line: the word, and behind
// a tab what it means. Last come lines that begin with a colon: ":files", ":models" (files that
// end with .pt), ":folders", ":nospace".
std::string CompletionText(const Completion& completion);

// The scripts themselves: completion_scripts.cc.in.
extern const char kBashCompletion[];
extern const char kZshCompletion[];
extern const char kFishCompletion[];

}  // namespace edgebench::controller
