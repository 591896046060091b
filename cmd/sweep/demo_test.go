package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestDemo runs what `make demo` runs, BMS on the cells that are checked only,
// and checks the data as a user would, in pandas.
func TestDemo(t *testing.T) {
	py := python(t)
	results := t.TempDir()
	must(t, sweep(t, "../..", "run", "experiments/hopfield-capacity.yaml", "--variant", "quick", "--results", results), 0)
	must(t, sweep(t, "../..", "run", "experiments/bms-regimes.yaml", "--variant", "quick", "-s", "gamma=[0.5, 0.95]", "-s", "sigma=[2, 4]", "--results", results), 0)
	for _, name := range []string{"hopfield-capacity-quick", "bms-regimes-quick"} {
		must(t, sweep(t, "../..", "verify", filepath.Join(results, name)), 0)
	}
	out, err := exec.Command(py, "testdata/demo.py", results).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
