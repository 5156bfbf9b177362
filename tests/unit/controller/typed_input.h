#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "common/file.h"

namespace edgebench::controller {

// Stands in for stdin while it lives: what a test types, the program reads.
class TypedInput {
 public:
  TypedInput() : former_(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    keyboard_ = UniqueFd(ends[1]);
    EXPECT_EQ(dup2(read_end.get(), STDIN_FILENO), STDIN_FILENO);
  }
  ~TypedInput() {
    if (former_.valid()) dup2(former_.get(), STDIN_FILENO);
  }
  TypedInput(const TypedInput&) = delete;
  TypedInput& operator=(const TypedInput&) = delete;

  void Type(const std::string& keys) { EXPECT_TRUE(WriteAll(keyboard_.get(), keys, "stdin").ok()); }
  void Close() { keyboard_.Reset(); }

 private:
  UniqueFd former_, keyboard_;
};

}  // namespace edgebench::controller
