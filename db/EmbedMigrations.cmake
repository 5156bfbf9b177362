# cmake -DOUTPUT=FILE -DFUNCTION=NAME -DSOURCES=a.sql;b.sql -P EmbedMigrations.cmake
#   Writes a C++ source that defines edgebench::db::NAME(), which returns the
#   given SQL files in that order.
set(content "// Generated from the SQL files; edit those.\n#include \"db/migrations.h\"\n\n")
string(APPEND content "namespace edgebench::db {\n\n")
string(APPEND content "const std::vector<Migration>& ${FUNCTION}() {\n")
string(APPEND content "  static const auto* const migrations = new std::vector<Migration>{\n")
foreach(source IN LISTS SOURCES)
  get_filename_component(name "${source}" NAME_WE)
  file(READ "${source}" sql)
  string(APPEND content "      {\"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
string(APPEND content "  };\n  return *migrations;\n}\n\n}  // namespace edgebench::db\n")
file(WRITE "${OUTPUT}" "${content}")
