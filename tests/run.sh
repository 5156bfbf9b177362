#!/bin/bash
# Installs what is missing, builds everything with warnings as errors, and runs
# all tests. Arguments go to ctest:
#
#   tests/run.sh                  all tests
#   tests/run.sh -R JobQueue      those whose names match
#   tests/run.sh -LE integration  all but those with a label
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install-deps.sh build test
deploy/build.sh -DEDGEBENCH_BUILD_TESTS=ON

# A test that loads LibTorch and quantizes takes up to 2 GB.
memory_jobs=$(awk '/^MemAvailable:/ { print int($2 / 2097152) }' /proc/meminfo)
jobs=$(nproc)
[ "$jobs" -le "$memory_jobs" ] || jobs=$((memory_jobs > 0 ? memory_jobs : 1))
# Threads that wait for each other by spinning starve those of the test beside.
export OMP_WAIT_POLICY=passive
exec ctest --preset release --parallel "$jobs" "$@"
