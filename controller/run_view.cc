#include "controller/run_view.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/estimate.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr size_t kNewest = 5;

struct Count {
  int ended = 0, all = 0;
};

Count CountOf(const RunView& view) {
  Count count;
  for (const RunView::OnDevice& device : view.devices) {
    count.ended += device.ended;
    count.all += device.all;
  }
  return count;
}

std::string State(const RunView& view) {
  if (view.finished) return "finished";
  if (view.cut_off) return absl::StrCat("cut off; to go on: edgebench run --resume ", view.id);
  return "goes on";
}

std::string EndedText(const RunView::Ended& ended) {
  return absl::StrCat(ended.device, ": ", ended.cell, ": ", ended.what);
}

}  // namespace

std::string RenderRunView(const RunView& view, const Table::Style& style, absl::TimeZone zone) {
  const Count count = CountOf(view);
  std::string text = absl::StrCat("run ", view.id.substr(0, 8),
                                  view.name.empty() ? "" : absl::StrCat(" ", view.name), ", begun ",
                                  absl::FormatTime("%H:%M", view.started, zone), ": ", count.ended,
                                  " of ", count.all, " measurements, ", State(view));
  text = (style.width > 0 ? CutToWidth(Printable(text), style.width) : Printable(text)) + "\n\n";
  Table table({{"device"},
               {"done", Table::Align::kRight},
               {"now"},
               {"left", Table::Align::kRight, 1},
               {"°C", Table::Align::kRight, 2}});
  for (const RunView::OnDevice& device : view.devices) {
    table.AddRow({device.device, absl::StrCat(device.ended, "/", device.all),
                  device.now.empty() ? "-" : Printable(device.now),
                  device.left ? absl::StrCat("about ", RoughDuration(*device.left)) : "-",
                  device.celsius ? absl::StrFormat("%.0f", *device.celsius) : "-"});
  }
  text += table.Render(style);
  if (view.ended.empty()) return text;
  text += "\nlast results\n";
  const size_t from = view.ended.size() - std::min(view.ended.size(), kNewest);
  for (size_t i = from; i < view.ended.size(); ++i) {
    const std::string line = "  " + Printable(EndedText(view.ended[i]));
    text += (style.width > 0 ? CutToWidth(line, style.width) : line) + "\n";
  }
  return text;
}

std::vector<std::string> NewLines(const RunView& before, const RunView& now) {
  std::vector<std::string> lines;
  const Count count = CountOf(now);
  for (size_t i = before.ended.size(); i < now.ended.size(); ++i) {
    lines.push_back(
        absl::StrCat("[", i + 1, "/", count.all, "] ", Printable(EndedText(now.ended[i]))));
  }
  if (now.finished && !before.finished) lines.push_back(absl::StrCat("run ", now.id, " finished"));
  if (now.cut_off && !before.cut_off) {
    lines.push_back(
        absl::StrCat("run ", now.id, " was cut off; to go on: edgebench run --resume ", now.id));
  }
  return lines;
}

std::string StateLine(const RunView& view) {
  const Count count = CountOf(view);
  std::vector<std::string> devices;
  absl::Duration longest = absl::ZeroDuration();
  bool is_known = true;
  for (const RunView::OnDevice& device : view.devices) {
    if (device.ended >= device.all) continue;
    devices.push_back(
        absl::StrCat(device.device, ": ", device.now.empty() ? "waits" : Printable(device.now)));
    is_known = is_known && device.left.has_value();
    longest = std::max(longest, device.left.value_or(absl::ZeroDuration()));
  }
  return absl::StrCat("[", count.ended, "/", count.all, "] ", absl::StrJoin(devices, " | "),
                      is_known && longest > absl::ZeroDuration()
                          ? absl::StrCat(" · about ", RoughDuration(longest), " left")
                          : "");
}

}  // namespace edgebench::controller
