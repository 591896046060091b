package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/report"
)

// failing has 8 panics, all at mode = panic, and 8 errors, all at mode = error.
const failing = `about: What fails?
model: probe
replicates: 2
params:
  x: [0.5, 1, 1.5, 2]
  mode: [ok, error, panic]
`

func TestFailureGroups(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "f.yaml", failing)
	if code, _, err := call(t, "run", "f.yaml"); code != exitFailed {
		t.Fatal(err)
	}
	code, out, err := call(t, "failures", "f.yaml")
	if code != 0 || err != "" {
		t.Fatal(code, err)
	}
	for _, want := range []string{
		"16 of 24 trials failed",
		"8 × error: mode error at x = #\n  all at mode = error, where the plan has 8 trials\n  trial 2: mode error at x = 0.5\n  sweep replay results/f 2\n",
		"8 × panic: mode panic at x = #\n  all at mode = panic, where the plan has 8 trials\n  trial 4: mode panic at x = 0.5\n    github.com/neurosweep/sweep/pkg/models/probe.run probe.go:",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	code, out, _ = call(t, "failures", "results/f", "--json")
	var answer struct {
		Schema   string
		Failures struct {
			Failed int
			Groups []report.FailureGroup
		}
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != 0 {
		t.Fatal(code, err)
	}
	if g := answer.Failures.Groups; answer.Schema != "sweep.failures/v1" || answer.Failures.Failed != 16 || len(g) != 2 || g[1].Of != 8 || g[1].Stack == "" || len(g[1].Shared) != 1 {
		t.Errorf("%s", out)
	}
}

// TestFailuresOfFewValues: failures at two of four values, in a data set that is
// still a journal.
func TestFailuresOfFewValues(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "few.yaml", "about: q\nmodel: probe\nreplicates: 5\nblocks:\n  - params: {x: [1, 2]}\n  - params: {x: [3, 4], mode: error}\n")
	forge(t, "few.yaml", "results", func(p *models.Point, _ *models.Trial) bool { return p.Trial != 3 })
	code, out, _ := call(t, "failures", "results/few")
	if want := "10 × error: mode error at x = #\n  all at x in {3, 4}, mode = error, where the plan has 10 trials\n"; code != 0 || !strings.Contains(out, "10 of 19") || !strings.Contains(out, want) {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestFailuresOfNone(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "ok.yaml", goodSpec)
	if code, _, err := call(t, "run", "ok.yaml"); code != 0 {
		t.Fatal(err)
	}
	if code, out, _ := call(t, "failures", "ok.yaml"); code != 0 || out != "results/ok: 0 of 6 trials failed\n" {
		t.Errorf("%d %s", code, out)
	}
	if code, _, err := call(t, "failures", "nowhere"); code != exitSpec || !strings.Contains(err, "nowhere") {
		t.Errorf("%d %s", code, err)
	}
}

func TestPattern(t *testing.T) {
	for message, want := range map[string]string{
		"no result after 5s: x":           "no result after 5s: x",
		"x = -1.5e-07 of v2, n = 4000":    "x = # of v2, n = #",
		"index out of range [3] of 0x1f":  "index out of range [#] of #",
		"the value is NaN, the norm +Inf": "the value is #, the norm #",
	} {
		if got := report.Pattern(message); got != want {
			t.Errorf("%q: %q, not %q", message, got, want)
		}
	}
}
