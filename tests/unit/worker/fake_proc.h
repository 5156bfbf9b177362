#pragma once

#include <filesystem>
#include <string>

#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace edgebench::worker {

// A folder that looks like /proc to ProcessMemory.
class FakeProc {
 public:
  FakeProc() { std::filesystem::create_directories(root_.File("self")); }

  const std::string& root() const { return root_.path(); }

  bool WriteStatus(const std::string& text) {
    return WriteFileAtomically(root_.File("self/status"), text).ok();
  }
  bool WriteStat(const std::string& text) {
    return WriteFileAtomically(root_.File("self/stat"), text).ok();
  }
  bool WriteSmapsRollup(const std::string& text) {
    return WriteFileAtomically(root_.File("self/smaps_rollup"), text).ok();
  }
  bool WriteVmstat(const std::string& text) {
    return WriteFileAtomically(root_.File("vmstat"), text).ok();
  }
  bool AllowReset() { return WriteFileAtomically(root_.File("self/clear_refs"), "").ok(); }

 private:
  TempDir root_;
};

}  // namespace edgebench::worker
