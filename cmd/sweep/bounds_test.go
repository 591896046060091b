package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestLargePlan: a plan of 10^12 trials is run for a moment and looked at, in bounded
// memory and time.
func TestLargePlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "big.yaml", "about: How large can it be?\nmodel: probe\nreplicates: 1000\nparams:\n  x: {linspace: [0, 1, 1000000]}\n  n: {linspace: [0, 999, 1000]}\n")
	path := sweep(t, dir).Path
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"check big.yaml", 0, "1000000000000 trials"},
		{"run big.yaml --for 2s", exitWorkLeft, "of 1000000000000 trials"},
		{"run big.yaml --for 2s", exitWorkLeft, "done before"},
		{"status results/big", 0, "missing: trials 1000 to "},
		{"why big.yaml x=0,n=0,replicate=17", 0, "is done, by run"},
		{"watch results/big --once", 0, "of 1000000000000 trials"},
		{"verify results/big", exitDifference, "trials have no record"},
		{"failures results/big", 0, "0 of"},
		{"diff results/big results/big", 0, "those in both are equal"},
	} {
		// 4 GB of addresses, of which Go takes one or two without use.
		cmd := exec.Command("sh", "-c", fmt.Sprintf("ulimit -v 4000000; exec %s %s", path, c.args))
		cmd.Dir = dir
		begun := time.Now()
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) {
			t.Fatalf("%s: status %d\n%s", c.args, code, out)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s took %v", c.args, took)
		}
	}
}
