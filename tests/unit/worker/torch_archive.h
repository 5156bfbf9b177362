#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/worker/tensor_bytes.h"

namespace edgebench {

// Files as torch.save writes them, and as it never would.

struct ArchiveRecord {
  std::string name, content;
  uint16_t method = 0;  // 8: said to be deflated
};

// A zip archive. Offsets are those of its records, but for record number `moved`, which
// is said to begin where the first one does.
inline std::string ZipOf(const std::vector<ArchiveRecord>& records, int moved = -1) {
  std::string file, directory;
  for (size_t i = 0; i < records.size(); ++i) {
    const ArchiveRecord& record = records[i];
    const std::string facts =
        absl::StrCat(LittleEndian(record.method, 4), LittleEndian(0, 6),
                     LittleEndian(record.content.size(), 4), LittleEndian(record.content.size(), 4),
                     LittleEndian(record.name.size(), 2), LittleEndian(0, 2));
    const size_t offset = static_cast<int>(i) == moved ? 0 : file.size();
    absl::StrAppend(&directory, "PK\1\2", LittleEndian(20, 2), LittleEndian(20, 2),
                    LittleEndian(0, 2), facts, LittleEndian(0, 10), LittleEndian(offset, 4),
                    record.name);
    absl::StrAppend(&file, "PK\3\4", LittleEndian(20, 2), LittleEndian(0, 2), facts, record.name,
                    record.content);
  }
  return absl::StrCat(file, directory, "PK\5\6", LittleEndian(0, 4),
                      LittleEndian(records.size(), 2), LittleEndian(records.size(), 2),
                      LittleEndian(directory.size(), 4), LittleEndian(file.size(), 4),
                      LittleEndian(0, 2));
}

// --- opcodes of a pickle, each leaving one value on the stack

inline std::string PickledText(const std::string& text) {
  return absl::StrCat("X", LittleEndian(text.size(), 4), text);
}
inline std::string PickledNumber(int64_t number) {
  return absl::StrCat("\x8a\x08", LittleEndian(static_cast<uint64_t>(number), 8));
}
inline std::string PickledNumbers(const std::vector<int64_t>& numbers) {
  std::string tuple = "(";
  for (const int64_t number : numbers) tuple += PickledNumber(number);
  return tuple + "t";
}
// {NAME: VALUE, ...} of values that are pickled already.
inline std::string PickledDict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string dict = "}(";
  for (const auto& [name, value] : entries) absl::StrAppend(&dict, PickledText(name), value);
  return dict + "u";
}

struct PickledTensor {
  std::string storage = "FloatStorage", key = "0";
  int64_t offset = 0;
  std::vector<int64_t> shape, strides;
};

inline std::string Pickled(const PickledTensor& tensor) {
  return absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\n((", PickledText("storage"), "ctorch\n",
                      tensor.storage, "\n", PickledText(tensor.key), PickledText("cpu"),
                      PickledNumber(1), "tQ", PickledNumber(tensor.offset),
                      PickledNumbers(tensor.shape), PickledNumbers(tensor.strides),
                      "\x89"
                      "ccollections\nOrderedDict\n)RtR");
}

// The file of one object, and of the storages data/0, data/1, ...
inline std::string TorchFileOf(const std::string& pickled,
                               const std::vector<std::string>& storages) {
  std::vector<ArchiveRecord> records = {
      {"archive/data.pkl", absl::StrCat("\x80\x02", pickled, ".")}};
  for (size_t i = 0; i < storages.size(); ++i)
    records.push_back({absl::StrCat("archive/data/", i), storages[i]});
  return ZipOf(records);
}

}  // namespace edgebench
