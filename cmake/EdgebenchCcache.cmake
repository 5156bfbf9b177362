# Compiles through ccache where it is installed. The precompiled header for
# LibTorch is only cached with these settings, see ccache's manual,
# "Precompiled headers".
find_program(EDGEBENCH_CCACHE ccache)
mark_as_advanced(EDGEBENCH_CCACHE)
if(EDGEBENCH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${EDGEBENCH_CCACHE}")
endif()
