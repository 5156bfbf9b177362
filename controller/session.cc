#include "controller/session.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/address.h"
#include "controller/collector.h"
#include "controller/exit_code.h"
#include "controller/grid.h"
#include "controller/long_work.h"
#include "controller/paths.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

constexpr absl::Duration kCollectTimeout = absl::Seconds(2);
constexpr char kInMemory[] = ":memory:";

absl::StatusOr<std::unique_ptr<SharedStore>> OpenStore(const std::string& path) {
  auto opened = db::ResultStore::Open(path);
  if (opened.ok()) return std::make_unique<SharedStore>(*std::move(opened));
  // All of these are for the user to mend before anything can start.
  const bool named = absl::StrContains(opened.status().message(), path);
  const std::string prefix = named ? "" : absl::StrCat("cannot use the database ", path, ": ");
  return WithExitCode(WithPrefix(opened.status(), prefix), ExitCode::kUsage);
}

}  // namespace

std::string Session::DatabasePath() const {
  return database_path_.empty() ? DefaultDatabasePath() : database_path_;
}

absl::StatusOr<SharedStore*> Session::Store() {
  if (!store_) store_ = OpenStore(DatabasePath());
  if (!store_->ok()) return store_->status();
  return (*store_)->get();
}

bool Session::IsNamedAndMissing() const {
  std::error_code ignored;
  return !database_path_.empty() && database_path_ != kInMemory && !store_ &&
         !std::filesystem::exists(database_path_, ignored);
}

absl::StatusOr<SharedStore*> Session::ReadableStore() {
  if (read_only_store_ != nullptr) return read_only_store_.get();
  if (IsNamedAndMissing()) {
    return WithExitCode(
        absl::NotFoundError(absl::StrCat("there is no database ", database_path_,
                                         ": it is made when something is measured into it")),
        ExitCode::kUsage);
  }
  absl::StatusOr<SharedStore*> store = Store();
  if (store.ok() || !absl::IsPermissionDenied(store.status())) return store;
  auto opened = db::ResultStore::OpenReadOnly(DatabasePath());
  if (!opened.ok()) return WithExitCode(opened.status(), ExitCode::kUsage);
  read_only_store_ = std::make_unique<SharedStore>(*std::move(opened));
  return read_only_store_.get();
}

absl::StatusOr<std::vector<db::Device>> Session::Devices() {
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, ReadableStore());
  EDGEBENCH_ASSIGN_OR_RETURN(
      auto devices, store->Use([](db::ResultStore& results) { return results.ListDevices(); }));
  devices.insert(devices.begin(), LocalDevice());
  return devices;
}

absl::StatusOr<db::Device> Session::FindDevice(const std::string& name) {
  if (name == kLocalDevice) return LocalDevice();
  EDGEBENCH_ASSIGN_OR_RETURN(const auto devices, Devices());
  std::vector<std::string> names;
  for (const db::Device& device : devices) {
    if (device.name == name) return device;
    names.push_back(device.name);
  }
  // An address is a fair guess, but results are stored under a device's name.
  const std::string to_add =
      NormalizeAddress(name).ok() ? absl::StrCat("NAME ", name) : absl::StrCat(name, " HOST:PORT");
  return absl::NotFoundError(absl::StrCat("there is no device '", name, "'.",
                                          DidYouMean(name, names),
                                          "\nAdd it with: edgebench device add ", to_add));
}

absl::StatusOr<ConnectedDevice> Session::Connect(const std::string& device_name) {
  EDGEBENCH_ASSIGN_OR_RETURN(const db::Device device, FindDevice(device_name));
  const LongWork work(*this, absl::StrCat("connecting to ", device_name));
  return ConnectDevice(world_.connector, device, ConnectTimeouts());
}

void Session::Collect() {
  if (IsNamedAndMissing()) return;
  const auto store = Store();
  if (!store.ok()) return;
  const auto collected = [&] {
    const LongWork work(*this, "fetching earlier results");
    return CollectPending(world_.connector, **store, kCollectTimeout);
  }();
  if (!collected.ok()) return Warn(collected.status().message());
  for (const db::Measurement& measurement : collected->stored) {
    Tell(absl::StrCat("fetched an earlier result: ", CellLabel(measurement.result.settings()),
                      " on ", measurement.device, ": ", VerdictText(measurement)));
  }
  for (const std::string& warning : collected->warnings) Warn(warning);
}

void Session::Warn(absl::string_view text) { Tell(absl::StrCat("warning: ", text)); }

void Session::Tell(absl::string_view text) {
  absl::MutexLock lock(&err_mutex_);
  progress_.Erase();
  // Messages of devices are part of many of these.
  world_.err << PrintableLines(text) << '\n' << std::flush;
}

void Session::ShowProgress(absl::string_view text) {
  if (!world_.terminal.stderr_is_terminal) return Tell(text);
  absl::MutexLock lock(&err_mutex_);
  progress_.Draw(text, world_.terminal.stderr_width - 1);
}

void Session::EndProgress() {
  absl::MutexLock lock(&err_mutex_);
  progress_.Erase();
}

Table::Style Session::table_style() const {
  return {world_.terminal.stdout_width, world_.terminal.color};
}

}  // namespace edgebench::controller
