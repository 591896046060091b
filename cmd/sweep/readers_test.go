package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is the interpreter that `make venv` sets up.
func python(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".venv", "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run 'make venv' first, which needs python3 with its venv module ('make test' does both)", err)
	}
	return path
}

// TestReaders has four independent readers read a data set with every kind of
// value, null, NaN, infinities, empty lists and failures.
func TestReaders(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	writeSpec(t, dir, "kinds.yaml", `about: Do independent readers see the same rows?
model: probe
seed: 5
replicates: 2
params:
  x: [0, -1.5, 0.1, 1e-320, 1e154]
  n: [0, 1, 3]
  mode: [ok, nan, inf, minus-inf, none, error, panic]
  flag: [true, false]
`)
	must(t, sweep(t, dir, "run", "kinds.yaml"), exitFailed)
	out, err := exec.Command(py, "testdata/readers.py", filepath.Join(dir, "results", "kinds"), "420").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)

	// A planted fault: a data set with one row less, and one with another value.
	for fault, found := range map[string]string{
		"t = t.slice(1)": "pyarrow: 419 rows, not 420",
		"t = t.set_column(t.schema.get_field_index('count'), t.schema.field('count'), pa.array([None if x is None else x + (i == 7) for i, x in enumerate(t['count'].to_pylist())]))": "polars: trial 7: count is 1, not 0",
	} {
		script := "import sys, pyarrow as pa, pyarrow.parquet as pq\nt = pq.read_table(sys.argv[1])\nm = t.schema.metadata\n" + fault + "\npq.write_table(t, sys.argv[1], compression='zstd')\n"
		copied := filepath.Join(t.TempDir(), "kinds")
		if err := os.CopyFS(copied, os.DirFS(filepath.Join(dir, "results", "kinds"))); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(py, "-c", script, filepath.Join(copied, "trials", "part-000000.parquet")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		out, err := exec.Command(py, "testdata/readers.py", copied, "420").CombinedOutput()
		if err == nil || !strings.Contains(string(out), found) {
			t.Errorf("the fault %q was not found: %v\n%s", fault, err, out)
		}
	}
}
