#include "controller/report/query_writer.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/report/csv.h"
#include "controller/report/measurement_json.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

// The shortest text that reads back as the same number.
std::string TextOf(double value) {
  nlohmann::json number = value;
  return std::isfinite(value) ? number.dump() : absl::StrCat(value);
}

// nullptr for NULL.
struct ToText {
  std::string operator()(std::monostate /*null*/) const { return ""; }
  std::string operator()(int64_t value) const { return absl::StrCat(value); }
  std::string operator()(double value) const { return TextOf(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const db::Blob& value) const {
    return absl::BytesToHexString(value.bytes);
  }
};

bool IsNull(const db::QueryValue& value) { return std::holds_alternative<std::monostate>(value); }

bool IsNumber(const db::QueryValue& value) {
  return std::holds_alternative<int64_t>(value) || std::holds_alternative<double>(value);
}

class TableWriter : public QueryWriter {
 public:
  TableWriter(std::ostream& out, Table::Style style) : out_(out), style_(style) {}

  absl::Status Columns(const std::vector<std::string>& names) override {
    names_ = names;
    numeric_.assign(names.size(), true);
    return absl::OkStatus();
  }

  absl::Status Row(const std::vector<db::QueryValue>& values) override {
    if (++count_ > kMostTableRows) return absl::OkStatus();
    std::vector<std::string> cells;
    for (size_t i = 0; i < values.size(); ++i) {
      if (!IsNull(values[i]) && !IsNumber(values[i])) numeric_[i] = false;
      cells.push_back(IsNull(values[i]) ? "-" : Printable(std::visit(ToText(), values[i])));
    }
    rows_.push_back(std::move(cells));
    return absl::OkStatus();
  }

  void Finish() override {
    std::vector<Table::Column> columns;
    for (size_t i = 0; i < names_.size(); ++i) {
      columns.push_back(
          {Printable(names_[i]), numeric_[i] ? Table::Align::kRight : Table::Align::kLeft});
    }
    Table table(std::move(columns));
    for (std::vector<std::string>& row : rows_) table.AddRow(std::move(row));
    out_ << table.Render(style_);
    if (count_ > kMostTableRows) {
      out_ << "... and " << count_ - kMostTableRows
           << " rows more: add LIMIT, or write them with --format csv\n";
    }
  }

 private:
  std::ostream& out_;
  const Table::Style style_;
  std::vector<std::string> names_;
  std::vector<bool> numeric_;  // so far
  std::vector<std::vector<std::string>> rows_;
  int64_t count_ = 0;
};

class CsvWriter : public QueryWriter {
 public:
  explicit CsvWriter(std::ostream& out) : out_(out) {}

  absl::Status Columns(const std::vector<std::string>& names) override {
    Write(names, [](const std::string& name) { return CsvField(name); });
    return absl::OkStatus();
  }
  absl::Status Row(const std::vector<db::QueryValue>& values) override {
    Write(values, [](const db::QueryValue& value) {
      return IsNull(value) ? "" : CsvField(std::visit(ToText(), value));
    });
    return out_ ? absl::OkStatus() : absl::UnknownError("the output cannot be written");
  }
  void Finish() override {}

 private:
  template <typename Values, typename Field>
  void Write(const Values& values, Field field) {
    out_ << absl::StrJoin(values, ",", [&](std::string* line, const auto& value) {
      line->append(field(value));
    }) << '\n';
  }

  std::ostream& out_;
};

class JsonWriter : public QueryWriter {
 public:
  explicit JsonWriter(std::ostream& out) : out_(out) {}

  absl::Status Columns(const std::vector<std::string>& names) override {
    out_ << "{\n  \"schema_version\": " << kJsonSchemaVersion
         << ",\n  \"columns\": " << Dump(nlohmann::json(names)) << ",\n  \"rows\": [";
    return absl::OkStatus();
  }
  absl::Status Row(const std::vector<db::QueryValue>& values) override {
    nlohmann::json row = nlohmann::json::array();
    for (const db::QueryValue& value : values) row.push_back(std::visit(ToJson(), value));
    out_ << (first_ ? "\n    " : ",\n    ") << Dump(row);
    first_ = false;
    return out_ ? absl::OkStatus() : absl::UnknownError("the output cannot be written");
  }
  void Finish() override { out_ << (first_ ? "]\n}\n" : "\n  ]\n}\n"); }

 private:
  struct ToJson {
    nlohmann::json operator()(std::monostate /*null*/) const { return nullptr; }
    nlohmann::json operator()(int64_t value) const { return value; }
    nlohmann::json operator()(double value) const {
      return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
    }
    nlohmann::json operator()(const std::string& value) const { return value; }
    nlohmann::json operator()(const db::Blob& value) const { return ToText()(value); }
  };
  // Names of files need not be UTF-8.
  static std::string Dump(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  std::ostream& out_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<QueryWriter> MakeTableWriter(std::ostream& out, Table::Style style) {
  return std::make_unique<TableWriter>(out, style);
}

std::unique_ptr<QueryWriter> MakeCsvWriter(std::ostream& out) {
  return std::make_unique<CsvWriter>(out);
}

std::unique_ptr<QueryWriter> MakeJsonWriter(std::ostream& out) {
  return std::make_unique<JsonWriter>(out);
}

}  // namespace edgebench::controller
