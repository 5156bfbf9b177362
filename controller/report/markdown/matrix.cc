#include "controller/report/markdown/matrix.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "controller/report/markdown/text.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

std::string ValueOf(const std::vector<SettingPart>& parts, const std::string& name) {
  for (const SettingPart& part : parts)
    if (part.name == name) return part.value;
  return "";
}

template <typename Value>
size_t IndexOf(const Value& value, std::vector<Value>& values) {
  const auto found = std::find(values.begin(), values.end(), value);
  if (found != values.end()) return static_cast<size_t>(found - values.begin());
  values.push_back(value);
  return values.size() - 1;
}

// fp32 first, then by the order of the precisions, then by variant.
bool ComesFirst(const ReportEntry& a, const ReportEntry& b) {
  const auto key = [](const ReportEntry& entry) {
    return std::make_pair(static_cast<int>(PrecisionOf(entry.measurement->result)), entry.variant);
  };
  return key(a) < key(b);
}

// By model and device; those of both stay in the order of the entries, which is by settings.
std::vector<size_t> InOrderOfRows(const std::vector<ReportEntry>& entries,
                                  std::vector<size_t> indices) {
  const auto place = [&entries](size_t i) {
    const db::Measurement& m = *entries[i].measurement;
    return std::make_pair(ModelText(m.result.settings()), m.device);
  };
  std::stable_sort(indices.begin(), indices.end(),
                   [&place](size_t a, size_t b) { return place(a) < place(b); });
  return indices;
}

}  // namespace

std::vector<SettingPart> SettingParts(const db::Measurement& measurement) {
  const v1::JobSettings& settings = measurement.result.settings();
  std::vector<SettingPart> parts;
  const auto add = [&parts](const char* name, std::string value) {
    if (!value.empty()) parts.push_back({name, std::move(value)});
  };
  const auto number = [](bool has, int value) { return has ? absl::StrCat(value) : ""; };
  add("batch", number(settings.has_batch(), settings.batch()));
  add("image", number(settings.has_image_size(), settings.image_size()));
  add("length", number(settings.has_seq_len(), settings.seq_len()));
  add("frames", number(settings.has_frames(), settings.frames()));
  add("decoding", DecodingText(settings));
  const std::optional<int> threads = ThreadsOf(measurement.result);
  add("threads", number(threads.has_value(), threads.value_or(0)));
  add("target", settings.target());
  add("scenario", ScenarioText(settings));
  add("placement", PlacementText(settings));
  return parts;
}

std::string PrecisionLabel(const ReportEntry& entry) {
  const std::string precision = PrecisionName(PrecisionOf(entry.measurement->result));
  return entry.variant.empty() ? precision : absl::StrCat(precision, " (", entry.variant, ")");
}

std::vector<std::string> ModelsOf(const std::vector<ReportEntry>& entries) {
  std::vector<std::string> models;
  for (const ReportEntry& entry : entries)
    IndexOf(ModelText(entry.measurement->result.settings()), models);
  return models;
}

Matrix::Matrix(const std::vector<ReportEntry>& entries, const std::vector<size_t>& indices)
    : entries_(entries) {
  std::vector<std::string> names;  // of all settings, in the order of tables
  std::map<std::string, std::set<std::string>> values;
  std::set<std::string> models;
  for (const char* name : {"batch", "image", "length", "frames", "decoding", "threads", "target",
                           "scenario", "placement"})
    names.emplace_back(name);
  std::vector<size_t> ordered = indices;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&entries](size_t a, size_t b) { return ComesFirst(entries[a], entries[b]); });
  for (const size_t i : ordered) {
    IndexOf(PrecisionLabel(entries[i]), labels_);
    const std::vector<SettingPart> parts = SettingParts(*entries[i].measurement);
    for (const std::string& name : names) values[name].insert(ValueOf(parts, name));
    models.insert(ModelText(entries[i].measurement->result.settings()));
  }
  with_model_ = models.size() > 1;
  header_ = with_model_ ? std::vector<std::string>{"model", "device"}
                        : std::vector<std::string>{"device"};
  std::vector<std::string> shared;
  for (const std::string& name : names) {
    if (values[name].size() > 1) {
      varying_.push_back(name);
      if (!with_model_) header_.push_back(name);
    } else if (!values[name].empty() && !values[name].begin()->empty()) {
      shared.push_back(absl::StrCat(name, " ", *values[name].begin()));
    }
  }
  // Models of several kinds have several kinds of sizes, which would make many empty columns.
  if (with_model_ && !varying_.empty()) header_.emplace_back("setting");
  shared_ = absl::StrJoin(shared, ", ");
  for (const size_t i : InOrderOfRows(entries, indices)) {
    const db::Measurement& m = *entries[i].measurement;
    Row& row =
        RowFor(absl::StrJoin({ModelText(m.result.settings()), m.device, SettingText(m)}, "\n"),
               entries[i]);
    row.cells[IndexOf(PrecisionLabel(entries[i]), labels_)].push_back(i);
  }
}

Matrix::Row& Matrix::RowFor(const std::string& key, const ReportEntry& entry) {
  const size_t index = IndexOf(key, keys_);
  if (index < rows_.size()) return rows_[index];
  const db::Measurement& m = *entry.measurement;
  Row& row = rows_.emplace_back();
  if (with_model_) row.names.push_back(MarkdownName(ModelText(m.result.settings())));
  row.names.push_back(MarkdownName(m.device));
  const std::vector<SettingPart> parts = SettingParts(m);
  std::vector<std::string> setting;
  for (const std::string& name : varying_) {
    const std::string value = ValueOf(parts, name);
    if (!value.empty()) setting.push_back(with_model_ ? absl::StrCat(name, " ", value) : value);
    if (!with_model_) row.names.push_back(MarkdownName(value));
  }
  if (with_model_ && !varying_.empty())
    row.names.push_back(MarkdownText(absl::StrJoin(setting, ", ")));
  row.cells.resize(labels_.size());
  return row;
}

std::string Matrix::Render(const std::function<std::string(const ReportEntry&)>& text) const {
  std::vector<std::vector<std::string>> cells;
  std::vector<bool> used(labels_.size(), false);
  for (const Row& row : rows_) {
    std::vector<std::string>& line = cells.emplace_back();
    for (size_t column = 0; column < labels_.size(); ++column) {
      std::vector<std::string> parts;
      for (const size_t i : row.cells[column]) {
        std::string part = text(entries_[i]);
        if (!part.empty()) parts.push_back(std::move(part));
      }
      if (!parts.empty()) used[column] = true;
      line.push_back(absl::StrJoin(parts, "<br>"));
    }
  }
  std::vector<std::string> header = header_;
  for (size_t column = 0; column < labels_.size(); ++column)
    if (used[column]) header.push_back(MarkdownName(labels_[column]));
  MarkdownTable table(header);
  for (size_t i = 0; i < rows_.size(); ++i) {
    const auto empty = [](const std::string& cell) { return cell.empty(); };
    if (std::all_of(cells[i].begin(), cells[i].end(), empty)) continue;
    std::vector<std::string> line = rows_[i].names;
    for (size_t column = 0; column < labels_.size(); ++column)
      if (used[column]) line.push_back(cells[i][column].empty() ? kUnknown : cells[i][column]);
    table.AddRow(std::move(line));
  }
  return table.empty() ? "" : table.Render(header_.size());
}

}  // namespace edgebench::controller
