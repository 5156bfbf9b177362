# edgebench_torch_test(NAME SOURCES... [LIBS libs...] [LABELS ...] [TIMEOUT s])
#   A test that includes LibTorch's headers. One process, because LibTorch is
#   slow to load.

# Debian's python3-torch belongs to /usr/bin/python3, whatever comes first on PATH.
find_program(EDGEBENCH_TORCH_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH
  DOC "A Python that has torch and torchvision; the tests compare with what it computes")

# A precompiled header fits only the flags that it was made with. So the tests,
# which are not optimized and are executables, share one of their own.
edgebench_library(torch_test_pch CXX_STANDARD 17
  SOURCES "${PROJECT_SOURCE_DIR}/agent/worker/torch/pch.cc"
  PUBLIC edgebench_torch edgebench::common GTest::gmock)
set_target_properties(edgebench_torch_test_pch PROPERTIES POSITION_INDEPENDENT_CODE OFF)
target_compile_options(edgebench_torch_test_pch PRIVATE -fPIE -O0)
target_precompile_headers(edgebench_torch_test_pch PRIVATE <torch/script.h> <gmock/gmock.h>)

function(edgebench_torch_test NAME)
  edgebench_test(${NAME} CXX_STANDARD 17 ONE_PROCESS ${ARGN})
  target_link_libraries(${NAME} PRIVATE edgebench_torch edgebench::common)
  target_precompile_headers(${NAME} REUSE_FROM edgebench_torch_test_pch)
  target_compile_definitions(${NAME} PRIVATE
    EDGEBENCH_TORCH_PYTHON="${EDGEBENCH_TORCH_PYTHON}"
    EDGEBENCH_TEST_SCRIPTS="${PROJECT_SOURCE_DIR}/tests/unit/worker")
endfunction()
