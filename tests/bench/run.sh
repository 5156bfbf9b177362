#!/bin/bash
# Measures edgebench itself, and prints a table of figures with their goals.
#
#   tests/bench/run.sh             builds in build/release first
#   tests/bench/run.sh BUILD_DIR   takes the programs of another build
#
# Takes some minutes, most of it to watch the daemon do nothing, and 300 MB below $TMPDIR for a
# database. Figures are ratios where they can be; run it on a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

programs=(edgebench edgebench-agent edgebench-worker bench_agent bench_database bench_latency bench_sampler bench_zoo
          bench_harness bench_statistics)
build="${1:-build/release}"
if [ $# -eq 0 ]; then
  deploy/install-deps.sh build test
  deploy/build.sh -DEDGEBENCH_BUILD_TESTS=ON "${programs[@]}"
fi
for program in "${programs[@]}"; do
  [ -x "$build/bin/$program" ] || { echo "run.sh: $build/bin/$program is not built" >&2; exit 1; }
done

scratch="$(mktemp -d)"
agent=
stop_agent() {
  [ -n "$agent" ] || return 0
  kill "$agent" 2>/dev/null || true
  wait "$agent" || true
  agent=
}
trap 'stop_agent; rm -rf "$scratch"' EXIT

# Sets `agent` to its process id and `tcp` to the address it chose.
start_agent() {  # FLAG...
  local tenths
  : >"$scratch/agent.log"  # there before the agent in the background opens it
  "$build/bin/edgebench-agent" --listen "unix:$scratch/agent.sock" --listen 127.0.0.1:0 \
    --data "$scratch/data" --name bench "$@" 2>"$scratch/agent.log" &
  agent=$!
  for ((tenths = 0; tenths < 300; ++tenths)); do
    tcp="$(sed -n 's/^edgebench-agent ready on .*\(127\.0\.0\.1:[0-9]*\).*/\1/p' "$scratch/agent.log")"
    [ -z "$tcp" ] || return 0
    kill -0 "$agent" 2>/dev/null || break
    sleep 0.1
  done
  echo "run.sh: the agent did not become ready:" >&2
  cat "$scratch/agent.log" >&2
  exit 1
}

# Debian's torch belongs to Debian's Python, whatever comes first on PATH.
small="$scratch/small.pt"
/usr/bin/python3 - "$small" <<'PYTHON'
import sys, torch
torch.jit.script(torch.nn.Linear(8, 4).eval()).save(sys.argv[1])
PYTHON

{
  printf 'what\tmeasured\tgoal\treached\n'
  start_agent --warm-worker 0
  "$build/bin/bench_agent" cold "unix:$scratch/agent.sock" "$small"
  stop_agent
  # A small cache, so that each upload evicts the last and reuses its memory: in a
  # virtual machine, memory that is touched for the first time can cost ten times
  # what writing to it does.
  start_agent --cache-max 300MB
  "$build/bin/bench_agent" warm "unix:$scratch/agent.sock" "$tcp" "$small" "$scratch/upload"
  stop_agent
  "$build/bin/bench_harness"
  "$build/bin/bench_statistics"
  "$build/bin/bench_latency"
  "$build/bin/bench_sampler"
  "$build/bin/bench_zoo"
  mkdir "$scratch/database"
  "$build/bin/bench_database" "$scratch/database" "$build/bin"
} >"$scratch/rows"
column -t -s $'\t' "$scratch/rows"
