#!/bin/sh
# Prints how long the Mandelbrot set takes in Go (pkg/models/quadratic) and in C at
# -O3 with the same arithmetic, and the ratio of the two; the bar is 1.2. Both count
# the same cells, or this fails. -ffp-contract=off keeps C from fusing
# multiplications with additions, which would change the picture.
set -eu
cd "$(dirname "$0")/.."
runs=${1:-3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -O3 -ffp-contract=off -o "$dir/mandelbrot" bench/mandelbrot.c
c=$("$dir/mandelbrot" "$runs")
go=$(GOAMD64=v1 go test -run '^$' -bench Mandelbrot -benchtime "${runs}x" ./pkg/models/quadratic | awk '
	/^BenchmarkMandelbrot/ { for (i = 2; i < NF; i++) { if ($(i+1) == "inside") n = $i; if ($(i+1) == "best-s") s = $i } }
	END { printf "%d %.3f\n", n, s }')
echo "$c $go" | awk '{
	printf "C %s s, Go %s s, ratio %.3f, %d cells inside\n", $2, $4, $4 / $2, $1
	if ($1 != $3) { print "the two count different cells: " $1 " and " $3; exit 1 }
}'
