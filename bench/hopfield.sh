#!/bin/sh
# Prints how long a Hopfield network of 10^4 and of 10^5 neurons at load 0.138 takes
# from a pattern to its fixed point: in C with AVX-512 (bench/hopfield.c), with each
# kernel of internal/spins that this processor has, and, for 10^4, with a dense matrix
# in NumPy (bench/hopfield.py) if $PYTHON has it. The bars: 1.3 of C's time with
# AVX-512, 6 with the portable kernel, 100 times NumPy's speed. All must reach the same
# fixed point after as many sweeps, or this fails. Times are CPU times of one thread,
# the least of all runs; C and Go take turns, for the given number of rounds.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -O3 -march=native -o "$dir/c" bench/hopfield.c
GOAMD64=v1 go test -c -o "$dir/go" ./pkg/models/hopfield
compare() { # NEURONS PATTERNS RUNS
	for round in $(seq "$rounds"); do
		"$dir/c" "$1" "$2" "$3"
		"$dir/go" -test.run '^$' -test.bench "Reference/^N=$1\$" -test.benchtime "${3}x" | awk 'NF == 5 && $3 ~ /^[0-9a-f]+$/'
	done >"$dir/times"
	if [ "$1" = 10000 ] && "${PYTHON:-python3}" -c 'import numpy' 2>/dev/null; then
		OPENBLAS_NUM_THREADS=1 "${PYTHON:-python3}" bench/hopfield.py "$1" "$2" >>"$dir/times"
	fi
	echo "N = $1, p = $2"
	awk '
		!($1 in best) { best[$1] = $4; names[++k] = $1 }
		$4 < best[$1] { best[$1] = $4 }
		!($1 in draw) || $5 < draw[$1] { draw[$1] = $5 }
		NR == 1 { sweeps = $2; sum = $3 }
		$2 != sweeps || $3 != sum { print $1 " ends elsewhere: " $0; bad = 1 }
		END {
			printf "  %d sweeps to fixed point %s\n", sweeps, sum
			for (i = 1; i <= k; i++) {
				c = names[i]
				printf "  %-9s %10.3f ms %9.2f of C", c, 1e3 * best[c], best[c] / best["C"]
				if (c == "numpy") {
					printf ", %.0f ms for the weights: %.0f times avx512, %.0f with its patterns drawn", 1e3 * draw[c],
						(best[c] + draw[c]) / best["avx512"], (best[c] + draw[c]) / (best["avx512"] + draw["avx512"])
				} else if (draw[c] > 0)
					printf ", %.1f ms for the patterns", 1e3 * draw[c]
				print ""
			}
			exit bad
		}' "$dir/times"
}
compare 10000 1380 50
compare 100000 13800 1
