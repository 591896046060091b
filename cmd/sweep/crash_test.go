package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrialsThatEndTheProcess: whatever ends the process in the middle of a trial,
// the run comes to its end when it is started again a few times: the trial is the
// record of a failure, and all others are there.
func TestTrialsThatEndTheProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode, message string
		starts        int // at most, the last of which ends with all records
	}{
		{"overflow", "fatal error: stack overflow", 3},
		{"race", "fatal error: concurrent use of a map", 3},
		{"stray", "panic: mode stray", 3},
		{"exit", "without a word", 5},
		{"goexit", "runtime.Goexit", 1},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeSpec(t, dir, "c.yaml", "about: Who ends it?\nmodel: probe\nblocks:\n  - params: {x: {linspace: [1, 50, 50]}, mode: ok}\n  - params: {x: 7.5, mode: "+c.mode+"}\n")
			must(t, sweep(t, dir, "check", "c.yaml"), 0)
			for start := 1; ; start++ {
				code := exitCode(t, sweep(t, dir, "run", "c.yaml", "--workers", "2"))
				if code == exitFailed {
					break
				}
				if start == c.starts {
					t.Fatalf("start %d ends with status %d", start, code)
				}
			}
			must(t, sweep(t, dir, "verify", "results/c"), 0)
			out := must(t, sweep(t, dir, "failures", "results/c"), 0)
			if !strings.Contains(out, "crash") || !strings.Contains(out, c.message) || strings.Contains(out, "0xc0") {
				t.Errorf("failures says %s", out)
			}
			if _, err := os.Stat(filepath.Join(dir, "results/c/running")); !os.IsNotExist(err) {
				t.Errorf("what ran is still noted: %v", err)
			}
		})
	}
}
