#!/bin/bash
# Measures one model again and again in fresh processes, and prints how often `compare` would
# call it different from itself.
#
#   tests/bench/same_model.sh [PAIRS [BUILD_DIR]]
#
# 200 pairs, of three processes each side, take about half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."

pairs="${1:-200}"
build="${2:-build/release}"
for program in edgebench edgebench-agent edgebench-worker bench_same_model; do
  [ -x "$build/bin/$program" ] || { echo "same_model.sh: $build/bin/$program is not built" >&2; exit 1; }
done

scratch="$(mktemp -d)"
agent=
stop() {
  if [ -n "$agent" ]; then
    kill "$agent" 2>/dev/null || true
    wait "$agent" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap stop EXIT

"$build/bin/edgebench-agent" --listen "unix:$scratch/agent.sock" --data "$scratch/data" \
  2>"$scratch/agent.log" &
agent=$!
for ((tenths = 0; tenths < 300; ++tenths)); do
  ! grep -q '^edgebench-agent ready' "$scratch/agent.log" || break
  sleep 0.1
done
edgebench=("$build/bin/edgebench" --db "$scratch/results.db")
"${edgebench[@]}" device add bench "unix:$scratch/agent.sock" >/dev/null
# A call may start a thousand processes.
for ((left = pairs; left > 0; left -= 100)); do
  now=$((left < 100 ? left : 100))
  if ! "${edgebench[@]}" bench squeezenet1_1 --device bench --image-size 64 \
    --processes $((6 * now)) --max-time $((3 * now)) >"$scratch/bench.log" 2>&1; then
    cat "$scratch/bench.log" >&2
    exit 1
  fi
done
"$build/bin/bench_same_model" "$scratch/results.db" | column -t -s $'\t'
