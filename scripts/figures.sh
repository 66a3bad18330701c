# Small statistics and the result files of the benchmarks. Source it after common.sh.
# shellcheck shell=bash

least() { printf '%s\n' "$@" | sort -n | head -n 1; }
most() { printf '%s\n' "$@" | sort -n | tail -n 1; }
median() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
quotient() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }

# median_row "A B C"... : the median of each column.
median_row() {
  local column row=()
  for column in 1 2 3; do
    # shellcheck disable=SC2046 # one figure per line
    row+=("$(median $(printf '%s\n' "$@" | cut -d' ' -f$column))")
  done
  say "${row[*]}"
}

# The machine's load before a measurement: figures taken beside other work tell little.
machine_load() { cut -d' ' -f1 /proc/loadavg; }

note_load() {
  awk -v load="$1" -v cores="$(nproc)" 'BEGIN { exit !(load > cores / 2) }' || return 0
  say "The machine was busy at the start (load $1 on $(nproc) cores): a quiet one gives better figures."
}

# write_result NAME: keeps standard input as the figures of that benchmark.
write_result() {
  mkdir -p "$ROOT/benchmarks/results"
  cat >"$ROOT/benchmarks/results/$1.json"
  say "written to benchmarks/results/$1.json"
}
