#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace edgebench::worker {

// Where a zip archive keeps its records (APPNOTE.TXT of PKWARE, sections 4.3.7 to
// 4.5.3, with the 64-bit forms that PyTorch writes).
struct ZipRecord {
  std::string name;
  uint64_t offset = 0;  // of the content, from the start of the file
  uint64_t size = 0;
  bool stored = false;  // as it is: neither compressed nor encrypted
};

// nullopt unless the file is an archive that is whole, of at most 262,144 records.
// The content of each lies within the file, whatever a hostile one says.
std::optional<std::vector<ZipRecord>> ReadZipDirectory(const uint8_t* file, uint64_t size);

}  // namespace edgebench::worker
