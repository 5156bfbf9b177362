#pragma once

#include <vector>

#include "db/database.h"

namespace edgebench::db {

// The schemas, in db/sql/journal and db/sql/results. A step that has been
// released is never edited: a change is a new file.
const std::vector<Migration>& JournalMigrations();
const std::vector<Migration>& ResultsMigrations();

// PRAGMA application_id, so that one is not taken for the other: "EBjn", "EBrs".
inline constexpr int kJournalApplicationId = 0x45426a6e;
inline constexpr int kResultsApplicationId = 0x45427273;

}  // namespace edgebench::db
