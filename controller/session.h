#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "controller/connect.h"
#include "controller/report/table.h"
#include "controller/rewritten_line.h"
#include "controller/shared_store.h"
#include "controller/terminal.h"

namespace edgebench::controller {

// What the outside world is to one call of the command line; tests bring their own.
struct World {
  std::ostream& out;  // data
  std::ostream& err;  // progress, warnings, hints
  Terminal terminal;
  AgentConnector& connector;
  Clock& clock;
};

// One call of the command line: the world, the database, the devices.
class Session {
 public:
  explicit Session(const World& world) : world_(world), progress_(world.err) {}

  World& world() { return world_; }
  void set_database_path(std::string path) { database_path_ = std::move(path); }

  // As --db says, or the default.
  std::string DatabasePath() const;

  // Opened at the first use. The status names the file and the next step.
  absl::StatusOr<SharedStore*> Store();
  // For commands that only read: a file that cannot be written, of the schema of this program,
  // will do as well. Then nothing is fetched by Collect. A file that --db names is not made:
  // NOT_FOUND.
  absl::StatusOr<SharedStore*> ReadableStore();

  // NOT_FOUND with the nearest names.
  absl::StatusOr<db::Device> FindDevice(const std::string& name);
  // `local` first.
  absl::StatusOr<std::vector<db::Device>> Devices();
  absl::StatusOr<ConnectedDevice> Connect(const std::string& device_name);

  // Fetches what finished while nobody watched (collector.h), and tells of it
  // on stderr. Never fails the command: the results stay where they are.
  void Collect();

  // From any thread: lines on stderr.
  void Warn(absl::string_view text) ABSL_LOCKS_EXCLUDED(err_mutex_);
  void Tell(absl::string_view text) ABSL_LOCKS_EXCLUDED(err_mutex_);
  // What goes on. On a terminal it takes the place of the one before, and gives way to what is
  // told; in a pipe it is a line like any other.
  void ShowProgress(absl::string_view text) ABSL_LOCKS_EXCLUDED(err_mutex_);
  void EndProgress() ABSL_LOCKS_EXCLUDED(err_mutex_);

  Table::Style table_style() const;

 private:
  bool IsNamedAndMissing() const;

  World world_;
  std::string database_path_;
  // Tried once: a file that another process holds is waited for.
  std::optional<absl::StatusOr<std::unique_ptr<SharedStore>>> store_;
  std::unique_ptr<SharedStore> read_only_store_;

  absl::Mutex err_mutex_;
  RewrittenLine progress_ ABSL_GUARDED_BY(err_mutex_);
};

}  // namespace edgebench::controller
