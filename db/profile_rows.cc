#include "db/profile_rows.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "db/connection.h"
#include "db/sqlite_values.h"

namespace edgebench::db {
namespace {

void InsertOperator(Connection& connection, int64_t measurement_id, int position,
                    const v1::ProfileReport::Operator& op) {
  CachedStatement insert(
      connection,
      "INSERT INTO profile_operator VALUES (:id, :position, :name, :kind, :precision, :calls,"
      " :total_ns, :min_ns, :self_ns, :share, :multiply_adds, :bytes, :input_shape,"
      " :output_shape)");
  insert.bind(":id", measurement_id);
  insert.bind(":position", position);
  BindTextOrNull(insert, ":name", op.name());
  BindText(insert, ":kind", op.kind());
  BindTextOrNull(insert, ":precision", PrecisionName(op.precision()));
  insert.bind(":calls", op.calls());
  insert.bind(":total_ns", op.total_ns());
  insert.bind(":min_ns", op.min_ns());
  insert.bind(":self_ns", op.self_ns());
  insert.bind(":share", op.share());
  std::optional<int64_t> multiply_adds, bytes;
  if (op.has_multiply_adds()) multiply_adds = op.multiply_adds();
  if (op.has_bytes()) bytes = op.bytes();
  BindInteger(insert, ":multiply_adds", multiply_adds);
  BindInteger(insert, ":bytes", bytes);
  BindTextOrNull(insert, ":input_shape", op.input_shape());
  BindTextOrNull(insert, ":output_shape", op.output_shape());
  insert.exec();
}

void InsertPeak(Connection& connection, int64_t measurement_id, int position,
                const v1::RooflinePeaks::Peak& peak) {
  CachedStatement insert(
      connection,
      "INSERT INTO peak VALUES (:id, :position, :quantity, :threads, :workload, :per_second)");
  insert.bind(":id", measurement_id);
  insert.bind(":position", position);
  BindText(insert, ":quantity", PeakQuantityName(peak.quantity()));
  insert.bind(":threads", peak.threads());
  BindTextOrNull(insert, ":workload", peak.workload());
  BindText(insert, ":per_second", absl::StrCat("[", absl::StrJoin(peak.per_second(), ","), "]"));
  insert.exec();
}

}  // namespace

void InsertProfileRows(Connection& connection, int64_t measurement_id,
                       const v1::JobResult& result) {
  int position = 0;
  for (const v1::ProfileReport::Operator& op : result.profile().operators())
    InsertOperator(connection, measurement_id, position++, op);
  position = 0;
  for (const v1::RooflinePeaks::Peak& peak : result.peaks().peaks()) {
    if (PeakQuantityName(peak.quantity()).empty()) continue;  // a newer agent's
    InsertPeak(connection, measurement_id, position++, peak);
  }
}

}  // namespace edgebench::db
