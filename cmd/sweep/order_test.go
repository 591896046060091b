package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// TestKilledRunIsACoarserGrid kills a run of a 2-D grid in progressive order
// after more than a quarter of it: the whole grid of every second value is there,
// with the help of no more than an open that runs nothing and writes the tail.
func TestKilledRunIsACoarserGrid(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	writeSpec(t, dir, "grid.yaml", "about: What is there after a kill?\nmodel: probe\nparams:\n  x: {linspace: [0, 1, 33]}\n  n: {range: [0, 32, 1]}\n  work: 5e-3\n")
	cmd := sweep(t, dir, "run", "grid.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	half := regexp.MustCompile(`\([5-9]\d\.`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		// The coarser grid is 27 % of the points. What is in the journal when
		// half is there was synced, but for the last second of it.
		out, _ := sweep(t, dir, "status", "results/grid").Output()
		if half.Match(out) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a minute: %s", out)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	must(t, sweep(t, dir, "run", "grid.yaml", "--for", "1ns"), exitWorkLeft)
	const script = `
import sys, pandas
d = pandas.read_parquet(sys.argv[1])
coarse = d[(d.x_i % 2 == 0) & (d.n_i % 2 == 0)]
assert len(d) < 33 * 33, "the run was not killed in time"
assert len(coarse) == 17 * 17, f"{len(coarse)} of {17 * 17} points of the coarser grid, {len(d)} in all"
`
	if out, err := exec.Command(py, "-c", script, filepath.Join(dir, "results/grid/trials")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	must(t, sweep(t, dir, "run", "grid.yaml"), 0)
	must(t, sweep(t, dir, "verify", "results/grid"), 0)
}

// The axes along which a run goes from coarse to fine are named by plan, and change no
// byte of the data set and no identity.
func TestCoarseAxes(t *testing.T) {
	t.Chdir(t.TempDir())
	const spec = "about: What is there first?\nmodel: probe\nparams:\n  x: {linspace: [0, 1, 9]}\n  n: {range: [0, 7, 1]}\n"
	var first map[string]string
	for _, x := range []struct {
		more, said string
		axes       []string
	}{
		{"", "in progressive order\n", []string{"x", "n"}},
		{"figures: [{kind: line, x: x, y: mean(square), by: n}]\n", "in progressive order, coarse first along x\n", []string{"x"}},
		{"order: {coarse: [n]}\n", "in progressive order, coarse first along n\n", []string{"n"}},
		{"order: row\n", "in row order\n", nil},
	} {
		writeSpec(t, ".", "grid.yaml", spec+x.more)
		var answer struct{ Plan struct{ Coarse []string } }
		if err := json.Unmarshal([]byte(sweepOut(t, "plan", "--json", "grid.yaml")), &answer); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(answer.Plan.Coarse, x.axes) {
			t.Errorf("%q: coarse along %v, not %v", x.more, answer.Plan.Coarse, x.axes)
		}
		contains(t, sweepOut(t, "plan", "grid.yaml"), x.said)
		ranNow(t, 0, "grid.yaml")
		got := hashes(t, "results/grid/trials")
		if first == nil {
			first = got
		}
		sameHashes(t, x.more, got, first)
		writeSpec(t, ".", "grid.yaml", spec)
		if n, _ := ranNow(t, 0, "grid.yaml"); n != 0 {
			t.Errorf("%q: %d trials are run again under another order", x.more, n)
		}
		if err := os.RemoveAll("results"); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := call(t, "run", "grid.yaml", "-s", "order={coarse: [z]}")
	if code != exitSpec {
		t.Errorf("exit status %d", code)
	}
	contains(t, stderr, `-s order={coarse: [z]}:1:17: order.coarse[0]: model probe has no parameter "z"`)
}
