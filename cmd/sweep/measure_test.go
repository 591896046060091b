package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestMeasures: a spec that asks for two measures has their columns and no
// others; with 1 and 3 workers, and asked in another order, the data set has the
// same bits.
func TestMeasures(t *testing.T) {
	dir := t.TempDir()
	const text = `about: How chaotic is the map of Hénon?
model: henon
measure: {lyapunov: {k: 2, steps: 20000}, orbit: {keep: 20}}
params: {a: {linspace: [1.2, 1.4, 21]}}
`
	writeSpec(t, dir, "h.yaml", text)
	must(t, sweep(t, dir, "run", "h.yaml", "--workers", "1", "--results", "one"), 0)
	must(t, sweep(t, dir, "run", "h.yaml", "--workers", "3", "--results", "three"), 0)
	want := hashes(t, filepath.Join(dir, "one/h/trials"))
	sameHashes(t, "3 workers", hashes(t, filepath.Join(dir, "three/h/trials")), want)
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o777); err != nil {
		t.Fatal(err)
	}
	writeSpec(t, dir, "other/h.yaml", strings.Replace(text, "{lyapunov: {k: 2, steps: 20000}, orbit: {keep: 20}}", "[orbit, lyapunov]", 1))
	must(t, sweep(t, dir, "run", "other/h.yaml", "-s", "measure.lyapunov.steps=20000", "-s", "keep=20", "--results", "order"), 0)
	sameHashes(t, "another order", hashes(t, filepath.Join(dir, "order/h/trials")), want)

	part := filepath.Join(dir, "one/h/trials/part-000000.parquet")
	type row struct {
		A        float64   `parquet:"a"`
		Lyapunov []float64 `parquet:"lyapunov,list"`
		Orbit    []float64 `parquet:"orbit,list"`
	}
	rows, err := parquet.ReadFile[row](part)
	if err != nil || len(rows) != 21 {
		t.Fatal(len(rows), err)
	}
	for _, r := range rows {
		if len(r.Lyapunov) != 2 || math.Abs(r.Lyapunov[0]+r.Lyapunov[1]-math.Log(0.3)) > 1e-9 || len(r.Orbit) != 20 {
			t.Errorf("%+v; the exponents add up to ln 0.3", r)
		}
	}
	var names []string
	for _, c := range columnsOf(t, part) {
		if !slices.Contains([]string{"trial", "id", "replicate", "status", "error", "error_class"}, c) && !strings.HasSuffix(c, "_i") {
			names = append(names, c)
		}
	}
	if got, want := strings.Join(names, " "), "a b x0 y0 spread transient keep steps k ending dimension orbit lyapunov lyapunov_se"; got != want {
		t.Errorf("columns %s; want %s", got, want)
	}

	// Another measure is another point, and what was asked for first is kept.
	out := must(t, sweep(t, dir, "run", "h.yaml", "--workers", "1", "--results", "one", "-s", "measure.period={}"), 0)
	if !slices.Contains(columnsOf(t, part), "period") {
		t.Errorf("no period was measured: %s", out)
	}
	must(t, sweep(t, dir, "verify", "one/h"), 0)
}

// columnsOf are the names of a part's columns.
func columnsOf(t *testing.T, part string) (names []string) {
	t.Helper()
	f, err := os.Open(part)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Root().Columns() {
		names = append(names, c.Name())
	}
	return names
}
