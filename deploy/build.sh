#!/bin/bash
# Configures build/release and builds targets in it. quickstart.sh and
# tests/run.sh both build through here, with the same compiler flags, so that
# neither makes the other compile anything again.
#
#   deploy/build.sh [-DOPTION=VALUE]... [TARGET]...     without targets: everything
set -euo pipefail
cd "$(dirname "$0")/.."

options=()
targets=()
for argument in "$@"; do
  case "$argument" in
    -D*) options+=("$argument") ;;
    *) targets+=("$argument") ;;
  esac
done

# A source that includes LibTorch takes 1.5 GB to compile: on a small device,
# more compilers at once than fit would push it into swap.
memory_jobs=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
jobs=$(nproc)
[ "$jobs" -le "$memory_jobs" ] || jobs=$((memory_jobs > 0 ? memory_jobs : 1))

cmake --preset release -DEDGEBENCH_WERROR=ON "${options[@]}" --log-level=WARNING >/dev/null
echo "building in build/release, $jobs compilers at once"
cmake --build --preset release --parallel "$jobs" ${targets[@]:+--target "${targets[@]}"}
