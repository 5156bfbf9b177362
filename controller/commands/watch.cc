#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/interrupt.h"
#include "controller/run_watch.h"

namespace edgebench::controller {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(500);
// Of a pipe. With the interval, not over two seconds.
constexpr int64_t kSilenceNs = 1'300'000'000;

struct Options {
  std::string run_id;
};

absl::StatusOr<std::string> FindRun(SharedStore& store, const std::string& asked) {
  if (!asked.empty()) {
    return store.Use([&](db::ResultStore& results) { return results.FindRecordedRun(asked); });
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string newest, store.Use([](db::ResultStore& results) {
    return results.NewestUnfinishedRun();
  }));
  if (!newest.empty()) return newest;
  return absl::NotFoundError(
      "no run goes on; one is begun by: edgebench run PLAN, or edgebench bench MODEL");
}

// Drawn anew in place of what was drawn before.
class Screen {
 public:
  explicit Screen(std::ostream& out) : out_(out) {}

  void Draw(const std::string& text) {
    if (lines_ > 0) out_ << "\033[" << lines_ << "A\033[J";
    out_ << text << std::flush;
    lines_ = 0;
    for (const char c : text) lines_ += c == '\n' ? 1 : 0;
  }

 private:
  std::ostream& out_;
  int lines_ = 0;
};

absl::StatusOr<ExitCode> RunWatchCommand(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string run_id, FindRun(*store, options.run_id));
  EDGEBENCH_ASSIGN_OR_RETURN(RunWatch watch, RunWatch::Begin(session, *store, run_id));
  EDGEBENCH_ASSIGN_OR_RETURN(InterruptMonitor monitor, InterruptMonitor::Create());
  // Escape codes only where they are understood and wanted.
  const bool in_place = session.world().terminal.color;
  std::ostream& out = session.world().out;
  Screen screen(out);
  RunView before;
  int64_t last_line_ns = session.world().clock.NowNanos();
  while (true) {
    EDGEBENCH_ASSIGN_OR_RETURN(RunView view, watch.Look());
    if (in_place) {
      screen.Draw(RenderRunView(view, session.table_style(), absl::LocalTimeZone()));
    } else {
      std::vector<std::string> lines = NewLines(before, view);
      const int64_t now_ns = session.world().clock.NowNanos();
      const bool is_over = view.finished || view.cut_off;
      if (lines.empty() && !is_over && now_ns - last_line_ns >= kSilenceNs)
        lines.push_back(StateLine(view));
      if (!lines.empty()) last_line_ns = now_ns;
      for (const std::string& line : lines) out << line << '\n' << std::flush;
    }
    if (view.finished) return ExitCode::kOk;
    if (view.cut_off) return ExitCode::kFinding;
    before = std::move(view);
    const InterruptMonitor::Event event = monitor.Wait(kInterval);
    if (event == InterruptMonitor::Event::kInterrupt || event == InterruptMonitor::Event::kHangUp)
      return ExitCode::kInterrupted;
  }
}

}  // namespace

CommandBody DefineWatch(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(command,
              {{"The run that goes on, or the newest that was cut off", "edgebench watch"},
               {"One of several, by the beginning of its id", "edgebench watch 0f8fad5b"}});
  command
      .add_option("RUN", options->run_id,
                  "the beginning of its id; default: the newest that has not finished")
      ->type_name("RUN");
  command.footer(
      "Shows devices, what each is busy with, results as they come, and the temperature\n"
      "after the last job; ends with the run, or at Ctrl-C, which leaves the run alone.\n"
      "In a pipe each result is a line, and so is what goes on, every two seconds. Exit status 1: "
      "the run was cut off.");
  return [options](Session& session) { return RunWatchCommand(*options, session); };
}

}  // namespace edgebench::controller
