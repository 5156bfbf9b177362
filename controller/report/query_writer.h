#pragma once

#include <memory>
#include <ostream>

#include "controller/report/table.h"
#include "db/query.h"

namespace edgebench::controller {

// Writers of the rows of a query. Call Finish when the last row has come.
class QueryWriter : public db::QueryReader {
 public:
  virtual void Finish() = 0;
};

// For people. Holds all rows, as the widths of columns are known at the end: at most kMostTableRows
// of them, and says that there are more.
inline constexpr int kMostTableRows = 10'000;
std::unique_ptr<QueryWriter> MakeTableWriter(std::ostream& out, Table::Style style);

// RFC 4180, with a header, in UTF-8, lines ended by \n. NULL is nothing, and the empty text "".
// Bytes that are no text are written in hexadecimal.
std::unique_ptr<QueryWriter> MakeCsvWriter(std::ostream& out);

// {"schema_version", "columns": [names], "rows": [[values]]}. Bytes as with CSV.
std::unique_ptr<QueryWriter> MakeJsonWriter(std::ostream& out);

}  // namespace edgebench::controller
