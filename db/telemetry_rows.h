#pragma once

#include <cstdint>

#include "edgebench/v1/result.pb.h"

namespace SQLite {
class Statement;
}  // namespace SQLite

namespace edgebench::db {

class Connection;

// How the conditions of a measurement lie in the tables measurement, environment and
// telemetry. Called within Database::Run only, as all of measurement_rows.h.

// Binds the columns of measurement that 0004_telemetry.sql added.
void BindConditions(SQLite::Statement& insert, const v1::JobResult& result);

// The same of environment.
void BindSurroundings(SQLite::Statement& insert, const v1::HostInfo& host);

void InsertTelemetry(Connection& connection, int64_t measurement_id,
                     const v1::Telemetry& telemetry);

// Removes what BindConditions and InsertTelemetry store, and ReadTelemetry puts back.
void ClearTelemetryRows(v1::Telemetry& telemetry);
void ReadTelemetry(Connection& connection, int64_t measurement_id, v1::Telemetry& telemetry);

}  // namespace edgebench::db
