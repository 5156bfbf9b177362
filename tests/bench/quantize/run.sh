#!/bin/bash
# Quantizes the same models with edgebench and with PyTorch's own tooling in Python,
# and prints time, memory and parity of both, with their bounds.
#
#   tests/bench/quantize/run.sh                  builds in build/release first
#   tests/bench/quantize/run.sh BUILD_DIR [RUNS] takes the programs of another build
#
# Needs 4 GB of disk and 3 GB of memory; takes about ten minutes with 5 runs. Nothing
# here is a test that passes or fails, because a time says as much about the machine.
set -euo pipefail
cd "$(dirname "$0")/../../.."

build="${1:-build/release}"
if [ $# -eq 0 ]; then
  deploy/install-deps.sh build test
  deploy/build.sh edgebench edgebench-agent edgebench-worker
fi
for program in edgebench edgebench-agent edgebench-worker; do
  [ -x "$build/bin/$program" ] || { echo "run.sh: $build/bin/$program is not built" >&2; exit 1; }
done
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 tests/bench/quantize/compare.py "$build" "$scratch" "${2:-5}"
