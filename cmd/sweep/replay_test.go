package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

func TestReplay(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "f.yaml", failing)
	if code, _, err := call(t, "run", "f.yaml"); code != exitFailed {
		t.Fatal(err)
	}
	for _, c := range []struct {
		trial string
		code  int
		want  []string
	}{
		{"6", 0, []string{"trial 6, replicate 0, id ", "x = 1\n", "mode = ok", "work = 0 s\n", "square = 1\n", "word = naïve\n", "list = [1], 1 values\n", "equal: the record has the same outputs"}},
		{"3", 0, []string{"replicate 1", "failed after", "error: mode error at x = 0.5\n", "equal: the record has the same failure"}},
		{"4", 0, []string{"panic: mode panic at x = 0.5\n  github.com/neurosweep/sweep/pkg/models/probe.run probe.go:", "equal: the record has the same failure"}},
		{"24", exitUsage, []string{"no trial 24", "trials 0 to 23"}},
		{"0abz", exitUsage, []string{"at least 4 digits"}},
		{"ffffffffffffffff", exitUsage, []string{"no trial of the plan"}},
	} {
		code, out, err := call(t, "replay", "f.yaml", c.trial)
		for _, want := range c.want {
			if code != c.code || !strings.Contains(out+err, want) {
				t.Errorf("%s: exit status %d, no %q in\n%s%s", c.trial, code, want, out, err)
			}
		}
	}
	// By id.
	var answer struct{ Replay replayed }
	_, out, _ := call(t, "replay", "results/f", "6", "--json")
	if err := json.Unmarshal([]byte(out), &answer); err != nil || len(answer.Replay.ID) != 32 || !answer.Replay.Record.Equal || answer.Replay.Outputs["square"] != 1. {
		t.Fatalf("%v\n%s", err, out)
	}
	if code, out, err := call(t, "replay", "results/f", strings.ToUpper(answer.Replay.ID[:9])); code != 0 || !strings.Contains(out, "trial 6,") {
		t.Errorf("%d %s%s", code, out, err)
	}
}

// TestReplayDiffers: records that were changed by a bit, to a NaN, from a failure
// are found to be so; a trial without a record has nothing to differ from.
func TestReplayDiffers(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", goodSpec)
	forge(t, "g.yaml", "results", func(p *models.Point, trial *models.Trial) bool {
		switch p.Trial {
		case 2:
			trial.Slots[0].Bits += 3
		case 3:
			trial.Slots[0].Bits = math.Float64bits(math.NaN())
			trial.Slots[2].State = models.Null
		}
		return p.Trial != 4
	})
	for _, c := range []struct {
		trial string
		code  int
		want  []string
	}{
		{"1", 0, []string{"equal"}},
		{"2", exitDifference, []string{"square = 0.25\n", "DIFFERENT: the record, by run 2", "square = 0.25000000000000017, 3 ulp away\n"}},
		{"3", exitDifference, []string{"DIFFERENT", "square = NaN\n", "word = -\n"}},
		{"4", 0, []string{"there is no record to compare it with"}},
	} {
		code, out, err := call(t, "replay", "g.yaml", c.trial)
		for _, want := range c.want {
			if code != c.code || !strings.Contains(out, want) {
				t.Errorf("%s: exit status %d, no %q in\n%s%s", c.trial, code, want, out, err)
			}
		}
	}
	code, out, _ := call(t, "replay", "g.yaml", "2", "--json")
	var answer struct{ Replay replayed }
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitDifference {
		t.Fatal(code, err)
	}
	if r := answer.Replay.Record; r == nil || r.Equal || len(r.Columns) != 1 || r.Columns[0].Column != "square" || r.Columns[0].MaxULP != 3 {
		t.Error(out)
	}
}

// TestReplayChain: a link begins with the state that the one before it left,
// from a sealed part and from the journal; a changed one is found.
func TestReplayChain(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "h.yaml", strings.NewReplacer("81", "2", "501", "11").Replace(hysteresis))
	if code, _, err := call(t, "run", "h.yaml"); code != 0 {
		t.Fatal(err)
	}
	for _, trial := range []string{"0", "7", "17", "43"} {
		if code, out, err := call(t, "replay", "h.yaml", trial); code != 0 || !strings.Contains(out, "equal: the record has the same outputs") || !strings.Contains(out, "direction = ") {
			t.Errorf("%s: %d\n%s%s", trial, code, out, err)
		}
	}
	forge(t, "h.yaml", "journal", func(p *models.Point, trial *models.Trial) bool {
		if p.Trial == 7 {
			trial.After[0] = math.Nextafter(trial.After[0], 2)
		}
		return p.Trial != 30
	})
	for trial, want := range map[string]string{"6": "equal", "7": "another state at its end", "17": "equal", "31": "trial 31 begins with the state that trial 30 left, which has no record yet"} {
		code, out, err := call(t, "replay", "journal/h", trial)
		if code != map[string]int{"7": exitDifference, "31": exitError}[trial] || !strings.Contains(out+err, want) {
			t.Errorf("%s: %d\n%s%s", trial, code, out, err)
		}
	}
	if err := os.RemoveAll("results/h/states"); err != nil {
		t.Fatal(err)
	}
	if code, _, err := call(t, "replay", "results/h", "7"); code != exitError || !strings.Contains(err, "is not in the folder") {
		t.Errorf("%d %s", code, err)
	}
}

func TestULPs(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		x, y     float64
		distance uint64
		none     bool
	}{
		{1, 1, 0, false},
		{1, math.Nextafter(1, 2), 1, false},
		{-1, math.Nextafter(-1, 0), 1, false},
		{math.Copysign(0, -1), 0, 1, false},
		{-5e-324, 5e-324, 3, false}, // -0 and 0 lie between
		{math.MaxFloat64, inf, 1, false},
		{-inf, inf, 0xffe0000000000001, false},
		{nan, 1, 0, true},
		{nan, nan, 0, false},
	} {
		if d, none := ulps(c.x, c.y); d != c.distance || none != c.none {
			t.Errorf("%v and %v: %#x, %v", c.x, c.y, d, none)
		}
		if d, none := ulps(c.y, c.x); d != c.distance || none != c.none {
			t.Errorf("%v and %v: %#x, %v", c.y, c.x, d, none)
		}
	}
}

// TestReplayRecords: traces are written to a new file, which another reader reads
// and whose numbers are those of the model, and the record stays as it is.
func TestReplayRecords(t *testing.T) {
	py := python(t)
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "l.yaml", "about: traces\nmodel: logistic\nparams: {r: [3.2, 3.9], x0: 0.25, transient: 10}\nmeasure: {orbit: {keep: 300}}\n")
	writeSpec(t, ".", "h.yaml", "about: traces\nmodel: hopfield\nparams: {n: 60, patterns: 3, trials: 2}\n")
	for _, spec := range []string{"l.yaml", "h.yaml"} {
		if code, _, err := call(t, "run", spec); code != 0 {
			t.Fatal(err)
		}
	}
	code, out, err := call(t, "replay", "l.yaml", "1", "--record", "all")
	if code != 0 || !strings.Contains(out, "traces in results/l/traces/1.parquet") || !strings.Contains(out, "equal: the record has the same outputs") {
		t.Fatalf("%d %s%s", code, out, err)
	}
	if code, _, err := call(t, "replay", "l.yaml", "1", "--record", "state"); code != exitError || !strings.Contains(err, "is there already") {
		t.Errorf("%d %s", code, err)
	}
	if code, out, err := call(t, "replay", "h.yaml", "0", "--record", "energy", "--out", "here/e.parquet"); code != 0 {
		t.Errorf("%d %s%s", code, out, err)
	}
	for _, c := range []struct{ args, want string }{
		{"l.yaml 1 --record x", `no trace "x"; it has state, or all`},
		{"l.yaml 1 --out y.parquet", "--out says where"},
	} {
		if code, _, err := call(t, append([]string{"replay"}, strings.Fields(c.args)...)...); code != exitError || !strings.Contains(err, c.want) {
			t.Errorf("%s: %d %s", c.args, code, err)
		}
	}
	script := `
import pandas as pd
t = pd.read_parquet("results/l/traces/1.parquet")
assert list(t.columns) == ["trace", "time", "i", "value"] and set(t.trace) == {"state"} and set(t.i) == {0}
assert list(t.time) == list(range(311)), t.time
x = list(t.value)
assert x[0] == 0.25 and all(abs(b - 3.9 * a * (1 - a)) < 1e-15 for a, b in zip(x, x[1:]))
d = pd.read_parquet("results/l/trials")
assert list(d.orbit[1]) == x[11:]
e = pd.read_parquet("here/e.parquet")
assert set(e.trace) == {"energy"} and set(e.i) == {0, 1}
last = e.groupby("i").value.last()
assert abs(last.mean() - pd.read_parquet("results/h/trials").energy[0]) < 1e-12
assert all((g.value.diff().dropna() <= 0).all() for _, g in e.groupby("i"))
`
	if out, err := exec.Command(py, "-c", script).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if code, out, _ := call(t, "verify", "results/l"); code != 0 {
		t.Error(out)
	}
}
