package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watched takes some seconds.
const watched = `about: What does a watcher see?
model: probe
order: progressive
replicates: 20
params:
  x: {linspace: [0, 1, 5]}
  n: 3
  work: 5e-2
`

// TestWatchOnce: a frame of a folder at rest, of which nothing changes.
func TestWatchOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "f.yaml", failing)
	if code, _, err := call(t, "run", "f.yaml"); code != exitFailed {
		t.Fatal(err)
	}
	before := tree(t, "results")
	code, out, stderr := call(t, "watch", "results/f", "--once")
	if code != 0 || stderr != "" {
		t.Fatalf("%d\n%s", code, stderr)
	}
	for _, want := range []string{"results/f: done\n", "] 24 of 24 trials, 100.0 %", "grid 1 [====================] 12 of 12\n", "16 failed:\n  8 × error: mode error at x = #\n", "  8 × panic: "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Errorf("there are escapes in %q", out)
	}
	if after := tree(t, "results"); !maps.Equal(before, after) {
		t.Errorf("the folder changed:\n%v\n%v", before, after)
	}
	if code, _, _ := call(t, "watch", "nowhere", "--once"); code != exitSpec {
		t.Errorf("of nothing: %d", code)
	}
}

// TestWatch watches a run in another process on a terminal: to its end, and
// until the user ends it.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "w.yaml", watched)
	run := sweep(t, dir, "run", "w.yaml", "--workers", "1", "--results", "r")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer run.Process.Kill()
	results := filepath.Join(dir, "r", "w")
	for range 600 {
		if _, err := os.Stat(filepath.Join(results, "README.md")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := os.Stat(results); err != nil {
		run.Process.Kill()
		run.Wait()
		t.Fatalf("%v\n%s", err, run.Stderr)
	}
	if out := must(t, sweep(t, dir, "watch", "r/w", "--once"), 0); !strings.Contains(out, "r/w: process ") || !strings.Contains(out, " of 100 trials") {
		t.Errorf("while it runs:\n%s", out)
	}
	for _, c := range []struct {
		key  string
		code int
	}{{"q", 0}, {"\x03", exitInterrupted}} {
		s := onTerminal(t, sweep(t, dir, "watch", "r/w"), 60, 20)
		modes := s.settings()
		s.await(" of 100 trials", s.await(enterScreen, 0))
		if _, err := s.master.WriteString(c.key); err != nil {
			t.Fatal(err)
		}
		s.cmd.Wait()
		if got := s.cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("%q: exit status %d", c.key, got)
		}
		s.await(leaveScreen, 0)
		if s.settings() != modes {
			t.Errorf("%q: the terminal is left as %+v, not %+v", c.key, s.settings(), modes)
		}
	}
	s := onTerminal(t, sweep(t, dir, "watch", "r/w"), 90, 24)
	seen := s.await("[========", 0)
	s.resize(24, 6)
	s.await("…", seen) // what does not fit
	s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != 0 {
		t.Errorf("at the run's end: exit status %d\n%s", got, s.shown())
	}
	s.await(leaveScreen+"r/w: done", 0)
	if err := run.Wait(); err != nil {
		t.Errorf("the run that was watched: %v\n%s", err, run.Stderr)
	}
}
