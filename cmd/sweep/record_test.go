package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// walks keeps traces of trials of all lengths, of which some fail and some take long
// enough to be killed in.
const walks = `about: Are the traces kept?
model: probe
seed: 2
replicates: 40
record: {walk: {every: 3}}
params:
  x: [0, -1.5, 0.1, 1e154]
  n: [0, 1, 50, 2000]
  mode: [ok, error, nan]
  work: 1e-3
`

// withoutRecord is a spec that keeps no traces.
func withoutRecord(spec string) string {
	var lines []string
	for line := range strings.Lines(spec) {
		if !strings.HasPrefix(line, "record:") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// TestRecordSameBits: series/ has the same bytes at any number of workers and after
// kills, and trials/ those that it has without traces.
func TestRecordSameBits(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "w.yaml", walks)
	writeSpec(t, dir, "without.yaml", withoutRecord(walks))
	without := sweep(t, dir, "run", "without.yaml", "--results", "r")
	start := time.Now()
	must(t, without, exitFailed)
	took := time.Since(start)
	trials := hashes(t, filepath.Join(dir, "r/without/trials"))
	if _, err := os.Stat(filepath.Join(dir, "r/without/series")); err == nil {
		t.Error("there are traces that nobody asked for")
	}
	var series map[string]string
	same := func(what, folder string) {
		t.Helper()
		sameHashes(t, what, hashes(t, filepath.Join(dir, folder, "trials")), trials)
		got := hashes(t, filepath.Join(dir, folder, "series"))
		if series == nil {
			series = got
		}
		sameHashes(t, what+", series", got, series)
		must(t, sweep(t, dir, "verify", folder), 0)
	}
	for _, workers := range []string{"1", "2", "7"} {
		must(t, sweep(t, dir, "run", "w.yaml", "--workers", workers, "--results", "w"+workers), exitFailed)
		same(workers+" workers", "w"+workers+"/w")
	}
	random := rand.New(rand.NewPCG(3, 4))
	kills := 0
	for attempt := range 4 {
		cmd := sweep(t, dir, "run", "w.yaml", "--results", "killed", "--workers", fmt.Sprint(1+attempt%3))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		signal := []os.Signal{syscall.SIGKILL, syscall.SIGINT}[attempt%2]
		timer := time.AfterFunc(time.Duration((0.2+0.2*random.Float64())*float64(took)), func() { cmd.Process.Signal(signal) })
		cmd.Wait()
		timer.Stop()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed {
			kills++
		}
	}
	if kills == 0 {
		t.Error("no run was killed")
	}
	must(t, sweep(t, dir, "run", "w.yaml", "--results", "killed"), exitFailed)
	same(fmt.Sprint("killed ", kills, " times"), "killed/w")
	if left, _ := os.ReadDir(filepath.Join(dir, "killed/w/journal")); len(left) > 0 {
		t.Errorf("the journal still has %d segments", len(left))
	}
	if _, err := os.Stat(filepath.Join(dir, "killed/w/series/tail.parquet")); err == nil {
		t.Error("the tail is still there")
	}
}

// TestRecordReaders: independent readers find in series/ the numbers that replay
// writes, of a model with traces side by side, of one with tries, and of a chain,
// whose states are there too.
func TestRecordReaders(t *testing.T) {
	py := python(t)
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		spec, every string
		code        int
		trials      []string
	}{
		{walks, `{"walk": 3}`, exitFailed, []string{"2", "120", "362", "1081", "1919"}},
		{"about: x\nmodel: hopfield\nreplicates: 3\nrecord: {energy: {every: 3}, overlap: {}}\nparams: {n: [60, 120], alpha: [0.1, 0.2], trials: 3}\n", `{"overlap": 1, "energy": 3}`, 0, []string{"0", "7", "11"}},
		{"about: x\nmodel: bms\nrecord: [firing, potential]\nparams: {n: 20, sigma: [1, 5], window: 100, transient: 50}\n", `{"potential": 1, "firing": 1}`, 0, []string{"0", "1"}},
		{strings.NewReplacer("81", "2", "501", "11", "params:", "record: {state: {every: 2}}\nparams:").Replace(hysteresis), `{"state": 2}`, 0, []string{"0", "7", "17", "43"}},
	} {
		if err := os.RemoveAll("results"); err != nil {
			t.Fatal(err)
		}
		writeSpec(t, ".", "s.yaml", c.spec)
		if code, _, err := call(t, "run", "s.yaml"); code != c.code {
			t.Fatal(err)
		}
		for _, trial := range c.trials {
			if code, out, err := call(t, "replay", "s.yaml", trial, "--record", "all"); code != 0 {
				t.Fatal(out, err)
			}
		}
		args := append([]string{filepath.Join(filepath.Dir(py), "..", "..", "cmd", "sweep", "testdata", "series.py"), "results/s", c.every}, c.trials...)
		out, err := exec.Command(py, args...).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		// A planted fault: one number is another.
		script := "import sys, pyarrow.parquet as pq, pyarrow as pa\nt = pq.read_table(sys.argv[1])\nv = t['value'].to_pylist()\nv[0] = 0.123\nt = t.set_column(3, 'value', pa.array(v))\npq.write_table(t, sys.argv[1])\n"
		file := "results/s/traces/" + c.trials[len(c.trials)-1] + ".parquet"
		if out, err := exec.Command(py, "-c", script, file).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if out, err := exec.Command(py, args...).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("other numbers")) {
			t.Errorf("a number that is another was not found: %v\n%s", err, out)
		}
		if code, out, _ := call(t, "verify", "results/s"); code != 0 {
			t.Error(out)
		}
	}
}

// TestRecordChanged: only what lacks the traces that are asked for is run again.
func TestRecordChanged(t *testing.T) {
	dir := t.TempDir()
	const spec = "about: What is taken over?\nmodel: hopfield\nreplicates: 4\n%sparams: {n: 50, alpha: %s}\n"
	for i, s := range []struct {
		record, alpha string
		computed      int64
	}{
		{"", "[0.1, 0.2]", 8},
		{"record: [overlap]\n", "[0.1, 0.2]", 8}, // it was not kept
		{"record: [overlap]\n", "[0.1, 0.15, 0.2]", 4},
		{"record: {overlap: {every: 2}}\n", "[0.1, 0.2]", 8},
		{"record: {overlap: {every: 2}, energy: {}}\n", "[0.1, 0.2]", 8},
		{"record: {energy: {}}\n", "[0.1, 0.2]", 0},
		{"record: [overlap]\n", "[0.1, 0.15, 0.2]", 0}, // history has it
		{"record: []\n", "[0.1, 0.15, 0.2]", 0},
		{"", "[0.1, 0.15, 0.2]", 0},
	} {
		writeSpec(t, dir, "x.yaml", fmt.Sprintf(spec, s.record, s.alpha))
		if out := must(t, sweep(t, dir, "plan", "x.yaml"), 0); !strings.Contains(out, fmt.Sprintf(", %d to do", s.computed)) {
			t.Errorf("step %d: plan does not say that %d trials are to do: %s", i, s.computed, out)
		}
		out := must(t, sweep(t, dir, "run", "x.yaml", "--json"), 0)
		if n := computed(t, out); n != s.computed {
			t.Errorf("step %d computed %d trials, not %d", i, n, s.computed)
		}
		must(t, sweep(t, dir, "verify", "results/x"), 0)
		fresh := fmt.Sprint("fresh", i)
		must(t, sweep(t, dir, "run", "x.yaml", "--results", fresh), 0)
		for _, folder := range []string{"trials", "series"} {
			if _, err := os.Stat(filepath.Join(dir, fresh, "x", folder)); err != nil {
				if left, _ := os.ReadDir(filepath.Join(dir, "results/x", folder)); len(left) > 0 {
					t.Errorf("step %d: %d files are left in %s", i, len(left), folder)
				}
				continue
			}
			sameHashes(t, fmt.Sprintf("step %d, %s", i, folder), hashes(t, filepath.Join(dir, "results/x", folder)), hashes(t, filepath.Join(dir, fresh, "x", folder)))
		}
	}
	if out := must(t, sweep(t, dir, "gc", "results/x", "--earlier", "--yes"), 0); !strings.Contains(out, "part-000000.parquet") {
		t.Error(out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "results/x/history/*/series/*")); len(left) > 0 {
		t.Errorf("gc leaves %v", left)
	}
}

// TestRecordTooLong: a trial whose traces are beyond the limit is a failed record
// that says what to do, replay fails in the same way or writes them, and to keep fewer helps.
func TestRecordTooLong(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "x.yaml", "about: How long may a trace be?\nmodel: logistic\nrecord: [state]\nmeasure: {orbit: {keep: 3}}\nparams: {transient: [10, 3000000, 20]}\n")
	must(t, sweep(t, dir, "run", "x.yaml"), exitFailed)
	if s := statusOf(t, dir, "results/x"); s.Done != 3 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	out := must(t, sweep(t, dir, "failures", "results/x"), 0)
	for _, want := range []string{"more than 2796202 numbers", "state has most", "record: {state: {every: 10}}"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if out := must(t, sweep(t, dir, "replay", "results/x", "1"), 0); !strings.Contains(out, "the record has the same failure") {
		t.Error(out)
	}
	if out := must(t, sweep(t, dir, "replay", "results/x", "1", "--record", "all"), 0); !strings.Contains(out, "too long to be kept") {
		t.Error(out)
	}
	must(t, sweep(t, dir, "verify", "results/x"), 0)
	must(t, sweep(t, dir, "run", "x.yaml", "-s", "record.state.every=2"), 0)
	must(t, sweep(t, dir, "verify", "results/x"), 0)
}

// TestRecordShown: plan and describe say what is kept, and README how to read it.
func TestRecordShown(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "h.yaml", "about: x\nmodel: hopfield\nrecord: {overlap: {every: 10}, energy: {}}\nparams: {n: 50, alpha: 0.1}\n")
	for args, want := range map[string]string{
		"check h.yaml":                              "1 trials",
		"plan h.yaml":                               "trace overlap: one number in 10 is kept in series/\ntrace energy: all of it is kept in series/\n",
		"plan h.yaml --json":                        `"every": 10`,
		"plan h.yaml -s record.energy.every=7":      "trace energy: one number in 7",
		"plan h.yaml -s record=[energy]":            "trace energy: all",
		"describe hopfield":                         "Traces, which record keeps and sweep replay --record writes",
		"run h.yaml":                                "1 of 1 trials",
		"replay h.yaml 0":                           "equal",
		"audit h.yaml --count 1":                    "all equal",
		"diff results/h results/h":                  "those in both are equal",
		"export results/h --csv --out exported.csv": "",
	} {
		if strings.HasPrefix(args, "run") {
			continue // below, since a map has no order
		}
		if _, err := os.Stat("results/h"); err != nil {
			if code, out, err := call(t, "run", "h.yaml"); code != 0 || !strings.Contains(out, "1 of 1 trials") {
				t.Fatal(out, err)
			}
		}
		if code, out, err := call(t, strings.Fields(args)...); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d, no %q in\n%s%s", args, code, want, out, err)
		}
	}
	text, err := os.ReadFile("results/h/README.md")
	if err != nil || !strings.Contains(string(text), "| `overlap` |  | sweep | one in 10 |") || !strings.Contains(string(text), `pd.read_parquet("results/h/series"`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestRecordAudited: audit and replay find a number of a trace that is another, in a
// sealed part and in the journal, and what is equal is so by both.
func TestRecordAudited(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "w.yaml", strings.NewReplacer("replicates: 40", "replicates: 2", "work: 1e-3", "work: 0", "2000", "5000").Replace(walks))
	for results, last := range map[string]int64{"sealed": 96, "journal": 80} {
		forge(t, "w.yaml", results, func(p *models.Point, trial *models.Trial) bool {
			if samples := trial.Recording().All()[0]; p.Trial == 18 {
				samples[len(samples)-1].Value = 1.25
			}
			return p.Trial < last
		})
		for args, want := range map[string]string{
			"replay RESULTS/w 18":           "other numbers of trace walk",
			"replay RESULTS/w 19":           "equal",
			"replay RESULTS/w 66":           "equal",
			"audit RESULTS/w --sample 100%": "trace walk",
		} {
			code, out, err := call(t, strings.Fields(strings.ReplaceAll(args, "RESULTS", results))...)
			wrong := want != "equal"
			if (code == exitDifference) != wrong || !wrong && code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s, %s: %d\n%s%s", results, args, code, out, err)
			}
			if strings.HasPrefix(args, "audit") && !strings.Contains(out, "DIFFERENT: 1 trials") {
				t.Error(out)
			}
		}
	}
}
