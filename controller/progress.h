#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "controller/device_run.h"
#include "controller/rewritten_line.h"
#include "controller/terminal.h"

namespace edgebench::controller {

// Shows a run on stderr. On a terminal one line is rewritten in place; in a
// pipe each process that ends gets a line of its own, where there are several, and what runs
// gets one where nothing was written for two seconds. Thread-safe.
class Progress final : public RunObserver {
 public:
  // `total` processes of `cells` cells over all devices. `out` and `clock` outlive this.
  Progress(std::ostream& out, const Terminal& terminal, Clock& clock, size_t total, size_t cells);

  void OnSubmitting(const CellReport& report) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnFileSent(const CellReport& report, const std::string& name, int64_t sent_bytes,
                  int64_t total_bytes) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCellStarted(const CellReport& report) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnAgentLost(const std::string& device) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnEvent(const std::string& device, const v1::JobEvent& event) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCellEnded(const CellReport& report) override ABSL_LOCKS_EXCLUDED(mutex_);

  // Draws the line again, or breaks the silence of a pipe. To be called several times a second.
  void Redraw() ABSL_LOCKS_EXCLUDED(mutex_);
  // Removes the line, so that something else may be written.
  void Clear() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and nothing is written until Resume: what is to be said meanwhile
  // is said then.
  void Pause() ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // The cell that a device is busy with.
  struct Running {
    std::string label;
    std::string doing;  // in words; empty: what the events say
    v1::Stage stage = v1::STAGE_UNSPECIFIED;
    v1::Progress progress;
    bool measures = true;
    bool queued = false;
    bool lost = false;  // the agent does not answer
    std::vector<std::string> warnings;
    absl::Time started, stage_started;  // by the agent's clock
    // By this clock, as far as the share of the stage that is done tells.
    std::optional<int64_t> ends_ns;
    int64_t whole_ns = 0;  // of the cell, where ends_ns is known
  };

  std::string Line() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Remaining() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t LeftByEnded() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<int64_t> LeftByRunning() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Estimate(const v1::JobEvent& event, Running& running) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static std::string Doing(const Running& running);
  void Draw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BreakSilence() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PrintLine(const std::string& text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Those that the result does not repeat.
  void PrintWarnings(const CellReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether a log needs a line of it, or the command tells of it anyway.
  bool IsWorthALine(const CellReport& report) const;
  void PrintEnd(const CellReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::ostream& out_;
  const Terminal terminal_;
  Clock& clock_;
  const size_t total_;
  const bool only_cell_;
  const int64_t started_ns_;

  absl::Mutex mutex_;
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_end_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_line_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  RewrittenLine line_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  std::string unsaid_ ABSL_GUARDED_BY(mutex_);  // lines that came during a pause
  std::map<std::string, Running> running_ ABSL_GUARDED_BY(mutex_);  // by device
};

}  // namespace edgebench::controller
