# edgebench_library(NAME SOURCES... [PUBLIC libs...] [PRIVATE libs...] [CXX_STANDARD n])
#   A static library with the alias edgebench::NAME. Includes are written from
#   the top of the tree: #include "common/stats.h".
# edgebench_executable(NAME SOURCES... LIBS libs...)
# edgebench_test(NAME SOURCES... LIBS libs... [LABELS ...] [ONE_PROCESS] [TIMEOUT s])
#   A GoogleTest program. ONE_PROCESS registers it as one ctest test, for
#   programs that are slow to start.

add_library(edgebench_options INTERFACE)
target_compile_features(edgebench_options INTERFACE cxx_std_17)
target_include_directories(edgebench_options INTERFACE "${PROJECT_SOURCE_DIR}")
# Without contraction: arm64 has fused multiply-add and GCC uses it unasked, so the
# same model and data would be quantized to other bytes than on amd64.
# -pthread, which some libraries ask for: targets that share a precompiled header must
# not differ in it.
target_compile_options(edgebench_options INTERFACE
  -ffp-contract=off -pthread
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  "$<$<CXX_COMPILER_ID:Clang>:-Wthread-safety;-Wreserved-identifier>"
  "$<$<BOOL:${EDGEBENCH_WERROR}>:-Werror>")
if(EDGEBENCH_SANITIZE)
  target_compile_options(edgebench_options INTERFACE
    "-fsanitize=${EDGEBENCH_SANITIZE}" -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(edgebench_options INTERFACE "-fsanitize=${EDGEBENCH_SANITIZE}")
endif()
if(EDGEBENCH_SANITIZE MATCHES thread)
  add_library(edgebench_tsan_absl_mutex OBJECT
    "${PROJECT_SOURCE_DIR}/cmake/sanitizers/tsan_absl_mutex.cc")
  target_link_libraries(edgebench_tsan_absl_mutex PRIVATE edgebench_options absl::synchronization)
endif()

# Precompiled where there are many files: they take four seconds to parse. CLI11 is not
# among them: its global objects make every file that includes it compile half of it,
# another five seconds, used or not.
set(EDGEBENCH_FREQUENT_HEADERS
  <functional> <map> <memory> <string> <vector>
  <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/synchronization/mutex.h>
  <absl/time/time.h> <edgebench/v1/result.pb.h> <edgebench/v1/worker.pb.h>)

function(edgebench_library NAME)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "CXX_STANDARD" "SOURCES;PUBLIC;PRIVATE")
  if(NOT ARG_CXX_STANDARD)
    set(ARG_CXX_STANDARD 20)
  endif()
  add_library(edgebench_${NAME} STATIC ${ARG_SOURCES})
  add_library(edgebench::${NAME} ALIAS edgebench_${NAME})
  set_target_properties(edgebench_${NAME} PROPERTIES CXX_STANDARD ${ARG_CXX_STANDARD} CXX_STANDARD_REQUIRED ON)
  target_link_libraries(edgebench_${NAME} PUBLIC edgebench_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

function(edgebench_executable NAME)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "CXX_STANDARD" "SOURCES;LIBS")
  if(NOT ARG_CXX_STANDARD)
    set(ARG_CXX_STANDARD 20)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES CXX_STANDARD ${ARG_CXX_STANDARD} CXX_STANDARD_REQUIRED ON)
  target_link_libraries(${NAME} PRIVATE edgebench_options ${ARG_LIBS})
  if(TARGET edgebench_tsan_absl_mutex)
    target_link_libraries(${NAME} PRIVATE edgebench_tsan_absl_mutex absl::synchronization
                          ${CMAKE_DL_LIBS})
  endif()
endfunction()

function(edgebench_test NAME)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "ONE_PROCESS" "CXX_STANDARD;TIMEOUT" "SOURCES;LIBS;LABELS")
  if(NOT ARG_CXX_STANDARD)
    set(ARG_CXX_STANDARD 20)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  edgebench_executable(${NAME} SOURCES ${ARG_SOURCES} LIBS ${ARG_LIBS} GTest::gmock_main
                       CXX_STANDARD ${ARG_CXX_STANDARD})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  # A test's own code needs no optimizer, and compiles a fifth faster without.
  target_compile_options(${NAME} PRIVATE -O0)
  if(ARG_CXX_STANDARD EQUAL 20)
    target_precompile_headers(${NAME} REUSE_FROM edgebench_test_pch)
  endif()
  if(ARG_ONE_PROCESS)
    add_test(NAME ${NAME} COMMAND ${NAME})
    set_tests_properties(${NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  else()
    # A sanitized program that is read from a cold disk, beside another test, may
    # take longer than the default of 5 s to say which tests it has.
    gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  endif()
endfunction()
