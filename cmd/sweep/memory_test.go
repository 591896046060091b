package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/runner"
)

// hoarding is a spec of which one trial in each replicate takes memory without
// end, and the others a while.
const hoarding = `about: Does a trial that takes all memory cost the others anything?
model: probe
seed: 4
replicates: 2
params:
  x: {linspace: [0, 1, 20]}
  n: 1000
  work: 5e-3
  mode: [ok, MODE]
where: mode == "ok" or x == 0
`

// TestMemoryLimit: trials of endless memory are failures with a class of their own,
// the others have their records, and those are the same bits as without a limit.
func TestMemoryLimit(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "hoard.yaml", strings.Replace(hoarding, "MODE", "hoard", 1))
	// The same points but those that take memory, with no limit.
	writeSpec(t, dir, "innocent.yaml", strings.Replace(strings.Replace(hoarding, "MODE", "hoard", 1), ` or x == 0`, "", 1))
	must(t, sweep(t, dir, "run", "innocent.yaml", "--memory", "0", "--results", "free"), 0)
	var want map[string]string
	for _, workers := range []string{"1", "4"} {
		out := must(t, sweep(t, dir, "run", "hoard.yaml", "--memory", "300MiB", "--workers", workers, "--results", "w"+workers), exitFailed)
		if !strings.Contains(out, "42 of 42 trials, 2 failed") || !strings.Contains(out, "sweep: memory: trial ") {
			t.Errorf("%s workers: %s", workers, out)
		}
		folder := filepath.Join("w"+workers, "hoard")
		got := hashes(t, filepath.Join(dir, folder, "trials"))
		if want == nil {
			want = got
		}
		sameHashes(t, workers+" workers", got, want)
		must(t, sweep(t, dir, "verify", folder), 0)
		d, _ := compared(t, filepath.Join(dir, "free", "innocent"), filepath.Join(dir, folder), exitDifference)
		if d.Records != (recordDiff{A: 40, B: 42, Both: 40, OnlyB: 2}) {
			t.Errorf("%s workers: beside a run without a limit the records are %+v", workers, d.Records)
		}

		var answer struct {
			Failures struct {
				Groups []struct {
					Class, Replay string
					Count         int
					Message       string `json:"example_message"`
				}
			}
		}
		if err := json.Unmarshal([]byte(must(t, sweep(t, dir, "failures", folder, "--json"), 0)), &answer); err != nil {
			t.Fatal(err)
		}
		groups := answer.Failures.Groups
		if len(groups) != 1 || groups[0].Class != "memory" || groups[0].Count != 2 || !strings.Contains(groups[0].Message, "the limit of 300 MiB") {
			t.Fatalf("failures: %+v", groups)
		}
		// The command that it names meets the same end.
		replay := strings.Fields(groups[0].Replay)
		out = must(t, sweep(t, dir, append(replay[1:], "--memory", "300MiB")...), 0)
		if !strings.Contains(out, "equal: the record has the same failure") {
			t.Errorf("replay: %s", out)
		}
	}
}

// TestMemoryHardLimit: a trial that ignores that it is cancelled and goes on taking
// memory ends the run, not the machine, and the next run goes on without it.
func TestMemoryHardLimit(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "devour.yaml", strings.Replace(strings.Replace(hoarding, "MODE", "devour", 1), "replicates: 2", "replicates: 1", 1))
	run := func(code int) string {
		return must(t, sweep(t, dir, "run", "devour.yaml", "--memory", "200MiB", "--workers", "3", "--grace", "200ms"), code)
	}
	out := run(exitError)
	if !strings.Contains(out, "which is recorded as failed, ignored that it was cancelled; run it again") || !strings.Contains(out, "what was recorded before is safe") {
		t.Errorf("the run that was ended says %s", out)
	}
	if s := statusOf(t, dir, "results/devour"); s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	if out := run(exitFailed); !strings.Contains(out, "21 of 21 trials, 1 failed") {
		t.Errorf("the run after it says %s", out)
	}
	must(t, sweep(t, dir, "verify", "results/devour"), 0)
}

// TestMemoryUlimit: a trial that takes more than the process may map is a failure,
// whatever limit is set, and the others are run.
func TestMemoryUlimit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what may be mapped is known on Linux alone")
	}
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "h.yaml", "about: Who takes it?\nmodel: probe\nparams: {x: [1, 2], mode: [ok, hoard]}\nwhere: mode == \"ok\" or x == 1\n")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -v 2800000; exec "$0" run h.yaml --figures none --workers 1 --memory 100GiB`, path)
	cmd.Dir = dir
	cmd.Stderr = new(bytes.Buffer)
	out := must(t, cmd, exitFailed)
	for _, want := range []string{"3 of 3 trials, 1 failed", "the limit of 100 GiB is more than the process can have", "recorded as failed"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
	if out := must(t, sweep(t, dir, "failures", "results/h"), 0); !strings.Contains(out, "memory") {
		t.Errorf("%s", out)
	}
	must(t, sweep(t, dir, "verify", "results/h"), 0)
}

func TestParseMemory(t *testing.T) {
	machine := runner.MachineMemory()
	for _, c := range []struct {
		text string
		want int64
	}{
		{"0", 0}, {"300MiB", 300 << 20}, {"20GiB", 20 << 30}, {"1.5 GiB", 3 << 29}, {"2GB", 2e9}, {"0.5TiB", 1 << 39}, {"50%", machine / 2}, {"100%", machine},
	} {
		var got int64
		if err := parseMemory(&got, c.text); err != nil || got != c.want {
			t.Errorf("%s: %d, %v; not %d", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", "20", "20gib", "-1GiB", "x", "GiB", "101%", "0%", "NaN%", "1MiB", "1e300GiB", "InfGiB", "NaNMiB"} {
		var got int64
		if err := parseMemory(&got, text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	if _, err := os.Stat("/proc/self/cgroup"); err == nil && machine < 64<<20 {
		t.Errorf("the machine has %d bytes of memory", machine)
	}
}
