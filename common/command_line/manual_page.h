#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace edgebench {

// What a manual page says of the whole program.
struct Manual {
  int section = 1;
  std::string program;                // "edgebench 0.1.0"
  std::string date;                   // "2023-05-01"
  std::vector<std::string> see_also;  // "edgebench-agent(8)"
};

// Today, or the day of SOURCE_DATE_EPOCH, which makes the same pages again.
std::string ManualDate();

// "edgebench-device" for the command `device` of edgebench.
std::string ManualPageName(const CLI::App& command);

// The manual page of a program or a command, in troff with the macros man(7), of what its help
// page says (help.h). The commands within a command are on its page; those of a program have
// pages of their own, which it refers to.
std::string ManualPage(const CLI::App& command, const Manual& manual);

}  // namespace edgebench
