#include "agent/worker/files/zip_directory.h"

#include <algorithm>

namespace edgebench::worker {
namespace {

constexpr uint32_t kIn64Bits = 0xffffffff;
constexpr uint64_t kMostRecords = 1 << 18;

// Little-endian numbers of a file. What lies beyond its end is 0, which is no
// signature and no size that fits.
class Bytes {
 public:
  Bytes(const uint8_t* file, uint64_t size) : file_(file), size_(size) {}

  uint64_t size() const { return size_; }
  bool Has(uint64_t position, uint64_t count) const {
    return position <= size_ && count <= size_ - position;
  }
  uint16_t U16(uint64_t position) const { return static_cast<uint16_t>(Number(position, 2)); }
  uint32_t U32(uint64_t position) const { return static_cast<uint32_t>(Number(position, 4)); }
  uint64_t U64(uint64_t position) const { return Number(position, 8); }
  std::string Text(uint64_t position, uint64_t count) const {
    if (!Has(position, count)) return {};
    return std::string(reinterpret_cast<const char*>(file_ + position), count);
  }

 private:
  uint64_t Number(uint64_t position, unsigned count) const {
    if (!Has(position, count)) return 0;
    uint64_t number = 0;
    for (unsigned i = 0; i < count; ++i) {
      number |= static_cast<uint64_t>(file_[position + i]) << (8 * i);
    }
    return number;
  }

  const uint8_t* file_;
  uint64_t size_;
};

struct Directory {
  uint64_t offset = 0;
  uint64_t entries = 0;
};

// The record that ends an archive, before a comment of any length.
std::optional<uint64_t> FindEnd(const Bytes& bytes) {
  constexpr uint64_t kEndSize = 22;
  constexpr uint64_t kLongestComment = 65535;
  if (bytes.size() < kEndSize) return std::nullopt;
  const uint64_t last = bytes.size() - kEndSize;
  const uint64_t first = last - std::min(last, kLongestComment);
  for (uint64_t position = last + 1; position-- > first;) {
    if (bytes.U32(position) == 0x06054b50) return position;
  }
  return std::nullopt;
}

std::optional<Directory> FindDirectory(const Bytes& bytes) {
  const std::optional<uint64_t> end = FindEnd(bytes);
  if (!end.has_value()) return std::nullopt;
  constexpr uint64_t kLocatorSize = 20;
  if (*end >= kLocatorSize && bytes.U32(*end - kLocatorSize) == 0x07064b50) {
    const uint64_t end64 = bytes.U64(*end - kLocatorSize + 8);
    if (bytes.U32(end64) != 0x06064b50) return std::nullopt;
    return Directory{bytes.U64(end64 + 48), bytes.U64(end64 + 32)};
  }
  return Directory{bytes.U32(*end + 16), bytes.U16(*end + 10)};
}

struct Entry {
  uint64_t compressed = 0;
  uint64_t size = 0;
  uint64_t local_header = 0;
};

// Numbers of 32 bits that are full stand in an extra field, in this order.
void Widen(const Bytes& bytes, uint64_t extra, uint64_t extra_end, Entry& entry) {
  while (extra + 4 <= extra_end) {
    uint64_t position = extra + 4;
    extra = position + bytes.U16(extra + 2);
    if (bytes.U16(position - 4) != 1) continue;
    for (uint64_t* number : {&entry.size, &entry.compressed, &entry.local_header}) {
      if (*number != kIn64Bits) continue;
      *number = bytes.U64(position);
      position += 8;
    }
    return;
  }
}

// The record whose entry is at `position`, which moves to the next one.
std::optional<ZipRecord> ReadEntry(const Bytes& bytes, uint64_t& position) {
  constexpr uint64_t kEntrySize = 46;
  constexpr uint64_t kLocalHeaderSize = 30;
  if (bytes.U32(position) != 0x02014b50) return std::nullopt;
  const uint64_t name = position + kEntrySize;
  const uint64_t extra = name + bytes.U16(position + 28);
  const uint64_t comment = extra + bytes.U16(position + 30);
  Entry entry = {bytes.U32(position + 20), bytes.U32(position + 24), bytes.U32(position + 42)};
  Widen(bytes, extra, comment, entry);
  const uint64_t local = entry.local_header;
  if (bytes.U32(local) != 0x04034b50) return std::nullopt;

  ZipRecord record;
  record.name = bytes.Text(name, extra - name);
  record.offset = local + kLocalHeaderSize + bytes.U16(local + 26) + bytes.U16(local + 28);
  record.size = entry.size;
  const bool encrypted = (bytes.U16(position + 8) & 1) != 0;
  record.stored = bytes.U16(position + 10) == 0 && entry.compressed == entry.size && !encrypted;
  if (!bytes.Has(record.offset, entry.compressed)) return std::nullopt;
  position = comment + bytes.U16(position + 32);
  return record;
}

}  // namespace

std::optional<std::vector<ZipRecord>> ReadZipDirectory(const uint8_t* file, uint64_t size) {
  const Bytes bytes(file, size);
  const std::optional<Directory> directory = FindDirectory(bytes);
  if (!directory.has_value() || directory->entries > kMostRecords) return std::nullopt;
  std::vector<ZipRecord> records;
  uint64_t position = directory->offset;
  for (uint64_t i = 0; i < directory->entries; ++i) {
    std::optional<ZipRecord> record = ReadEntry(bytes, position);
    if (!record.has_value()) return std::nullopt;
    records.push_back(*std::move(record));
  }
  return records;
}

}  // namespace edgebench::worker
