#!/bin/sh
# What the engine costs a trial of the model probe, from start to exit of the
# program: CPU time and elapsed time in ns, peak memory in MB.
#
# Usage: engine.sh SWEEP-BINARY [TRIALS...]    (default 100000 1000000 10000000)
#
# On a machine that does something else run it several times and take the least
# of each column; CPU time grows too when others use the processor's caches.
set -eu
sweep=$(realpath "$1")
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for trials in ${*:-100000 1000000 10000000}; do
	for order in progressive row shuffle; do
		cat >"$dir/engine.yaml" <<SPEC
about: What does the engine cost a trial?
model: probe
order: $order
replicates: 10
params:
  x: {linspace: [0, 1, $((trials / 10))]}
  n: 0
SPEC
		/usr/bin/time -o "$dir/time" -f '%U %S %e %M' "$sweep" run "$dir/engine.yaml" --figures none --progress none --results "$dir/results" >/dev/null 2>&1
		awk -v n="$trials" -v o="$order" '{printf "%9d %-12s %6.0f ns CPU %6.0f ns elapsed %4.0f MB", n, o, ($1 + $2) / n * 1e9, $3 / n * 1e9, $4 / 1024}' "$dir/time"
		/usr/bin/time -o "$dir/time" -f '%e' "$sweep" status "$dir/results/engine" >/dev/null
		printf '   status %s s' "$(cat "$dir/time")"
		/usr/bin/time -o "$dir/time" -f '%e' "$sweep" run "$dir/engine.yaml" --figures none --progress none --results "$dir/results" >/dev/null 2>&1
		printf '   run again %s s\n' "$(cat "$dir/time")"
		rm -rf "$dir/results"
	done
done
