#include "db/run_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "db/connection.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

void InsertCell(Connection& connection, const std::string& run_id, int64_t device_id,
                const std::string& address, int64_t position, const RecordedRun::Cell& cell) {
  CachedStatement insert(
      connection,
      "INSERT INTO run_cell (run_id, device_id, position, address, settings, processes,"
      " model_path, calibration_path, weights_path) VALUES (:run, :device, :position, :address,"
      " :settings, :processes, :model, :calibration, :weights)");
  BindText(insert, ":run", run_id);
  insert.bind(":device", device_id);
  insert.bind(":position", position);
  BindText(insert, ":address", address);
  BindMessage(insert, ":settings", cell.settings);
  insert.bind(":processes", cell.processes);
  BindText(insert, ":model", cell.model_path);
  BindText(insert, ":calibration", cell.calibration_path);
  BindText(insert, ":weights", cell.weights_path);
  insert.exec();
}

int MostProcesses(const RecordedRun& run) {
  int most = 1;
  for (const RecordedRun::OnDevice& part : run.devices)
    for (const RecordedRun::Cell& cell : part.cells) most = std::max(most, cell.processes);
  return most;
}

absl::Status ReadCells(Connection& connection, RecordedRun& run) {
  CachedStatement select(
      connection,
      "SELECT device.name, run_cell.address, settings,"
      " coalesce(run_cell.processes, run.processes), model_path, calibration_path, weights_path"
      " FROM run_cell JOIN run ON run.id = run_cell.run_id JOIN device ON device.id = "
      "run_cell.device_id WHERE run_id = :id"
      " ORDER BY device_id, position");
  BindText(select, ":id", run.id);
  while (select.executeStep()) {
    const std::string device = select.getColumn(0).getString();
    if (run.devices.empty() || run.devices.back().device != device)
      run.devices.push_back({device, select.getColumn(1).getString(), {}});
    RecordedRun::Cell cell;
    EDGEBENCH_RETURN_IF_ERROR(ReadMessage(select.getColumn(2), &cell.settings));
    cell.processes = select.getColumn(3).getInt();
    cell.model_path = select.getColumn(4).getString();
    cell.calibration_path = select.getColumn(5).getString();
    cell.weights_path = select.getColumn(6).getString();
    run.devices.back().cells.push_back(std::move(cell));
  }
  return absl::OkStatus();
}

}  // namespace

void InsertRecordedRun(Connection& connection, const RecordedRun& run,
                       const std::function<int64_t(const RecordedRun::OnDevice&)>& device_id) {
  CachedStatement insert(connection,
                         "INSERT INTO run (id, started_at, processes, name, note, trial)"
                         " VALUES (:id, :at, :processes, :name, :note, :trial)");
  BindText(insert, ":id", run.id);
  BindTextOrNull(insert, ":name", run.labels.name);
  BindTextOrNull(insert, ":note", run.labels.note);
  insert.bind(":trial", run.labels.trial ? 1 : 0);
  BindText(insert, ":at", TextOfTime(run.started_time));
  // Not NULL: its cells are known.
  insert.bind(":processes", MostProcesses(run));
  insert.exec();
  for (const std::string& tag : run.labels.tags) {
    CachedStatement label(connection, "INSERT INTO run_tag (run_id, tag) VALUES (:run, :tag)");
    BindText(label, ":run", run.id);
    BindText(label, ":tag", tag);
    label.exec();
  }
  for (const RecordedRun::OnDevice& part : run.devices) {
    const int64_t device = device_id(part);
    int64_t position = 0;
    for (const RecordedRun::Cell& cell : part.cells)
      InsertCell(connection, run.id, device, part.address, position++, cell);
  }
}

RunLabels LabelsOfRun(Connection& connection, const std::string& id) {
  RunLabels labels;
  CachedStatement run(connection, "SELECT name, note, trial FROM run WHERE id = :id");
  BindText(run, ":id", id);
  if (run.executeStep()) {
    labels.name = run.getColumn(0).getString();
    labels.note = run.getColumn(1).getString();
    labels.trial = run.getColumn(2).getInt() != 0;
  }
  CachedStatement tags(connection, "SELECT tag FROM run_tag WHERE run_id = :id ORDER BY tag");
  BindText(tags, ":id", id);
  while (tags.executeStep()) labels.tags.push_back(tags.getColumn(0).getString());
  return labels;
}

absl::StatusOr<RecordedRun> FindRun(Connection& connection, const std::string& id) {
  CachedStatement select(connection,
                         "SELECT started_at, finished_at IS NOT NULL FROM run"
                         " WHERE id = :id AND processes IS NOT NULL");
  BindText(select, ":id", id);
  if (!select.executeStep()) {
    return absl::NotFoundError(
        absl::StrCat("there is no run ", id, " of which the cells are known"));
  }
  RecordedRun run;
  run.id = id;
  EDGEBENCH_ASSIGN_OR_RETURN(run.started_time, TimeOfText(select.getColumn(0).getString()));
  run.finished = select.getColumn(1).getInt() != 0;
  run.labels = LabelsOfRun(connection, id);
  EDGEBENCH_RETURN_IF_ERROR(ReadCells(connection, run));
  return run;
}

std::optional<std::string> NewestUnfinishedRun(Connection& connection) {
  CachedStatement select(connection,
                         "SELECT id FROM run WHERE processes IS NOT NULL AND finished_at IS NULL"
                         " ORDER BY started_at DESC LIMIT 1");
  if (!select.executeStep()) return std::nullopt;
  return select.getColumn(0).getString();
}

void SetRunFinished(Connection& connection, const std::string& id, absl::Time now) {
  CachedStatement update(connection, "UPDATE run SET finished_at = :at WHERE id = :id");
  BindText(update, ":at", TextOfTime(now));
  BindText(update, ":id", id);
  update.exec();
  CachedStatement tidy(connection,
                       "DELETE FROM run WHERE id = :id"
                       " AND NOT EXISTS (SELECT 1 FROM job WHERE run_id = :id)");
  BindText(tidy, ":id", id);
  tidy.exec();
}

}  // namespace edgebench::db
