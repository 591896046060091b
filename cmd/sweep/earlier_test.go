package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerbsKnowWhatRunTakesOver: plan, status and why of a spec that has changed say what
// the next run then does, wherever the records lie.
func TestVerbsKnowWhatRunTakesOver(t *testing.T) {
	const spec = "about: What is there?\nmodel: probe\nreplicates: 2\nparams: {x: [0, 1, 2, 3, 4, 5], n: 2}\n"
	change := strings.NewReplacer
	for _, c := range []struct {
		name, here string
		pilot      string // of how many trials the journal has records; "" for all, sealed
		back       bool   // a third spec has been run, so that the first's records lie in history/
		earlier    int64  // records that are taken over
		refused    bool
	}{
		{name: "the spec itself", here: spec},
		{name: "a longer axis", here: change("4, 5", "4, 5, 6, 7").Replace(spec), earlier: 12},
		{name: "a longer axis, from the journal", here: change("4, 5", "4, 5, 6, 7").Replace(spec), pilot: "5", earlier: 5},
		{name: "a longer axis, from history", here: change("4, 5", "4, 5, 6, 7").Replace(spec), back: true, earlier: 12},
		{name: "from journal and history", here: change("4, 5", "4, 5, 6, 7").Replace(spec), pilot: "5", back: true, earlier: 5},
		{name: "back to the spec", here: spec, back: true, earlier: 12},
		{name: "a part of it", here: change("0, 1, 2, ", "").Replace(spec), earlier: 6},
		{name: "a replicate more", here: change("replicates: 2", "replicates: 3").Replace(spec), earlier: 12},
		{name: "a constant becomes an axis", here: change("n: 2", "n: [2, 3]").Replace(spec), earlier: 12},
		{name: "a derived column", here: spec + "derive: {y: 2 * x}\n", earlier: 12},
		{name: "an override", here: change("n: 2", "n: 3").Replace(spec), earlier: 0},
		{name: "seed", here: "seed: 9\n" + spec, earlier: 0},
		{name: "with failures", here: change("n: 2}", "n: 2, mode: [ok, error]}").Replace(spec), earlier: 12},
		{name: "model", here: "about: Another\nmodel: logistic\nparams: {r: [3.2, 3.9], steps: 40}\n", refused: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeSpec(t, ".", "g.yaml", spec)
			verb := []string{"run", "g.yaml", "--figures", "none"}
			if c.pilot != "" {
				verb = []string{"plan", "g.yaml", "--pilot", c.pilot}
			}
			if code, _, err := call(t, verb...); code != 0 {
				t.Fatal(err)
			}
			if c.back {
				writeSpec(t, ".", "g.yaml", change("[0, 1, 2, 3, 4, 5]", "[8, 9]").Replace(spec))
				if code, _, err := call(t, "run", "g.yaml", "--figures", "none"); code != 0 {
					t.Fatal(err)
				}
			}
			writeSpec(t, ".", "g.yaml", c.here)
			before := snapshot(t, "results")
			var plan struct {
				Plan struct{ Trials, Done, From_earlier, Moves int64 }
			}
			code, out, err := call(t, "plan", "g.yaml", "--json")
			if code != 0 || json.Unmarshal([]byte(out), &plan) != nil {
				t.Fatalf("plan: exit status %d\n%s%s", code, out, err)
			}
			var state struct {
				Status struct{ Planned, Done, From_earlier, Moves int64 }
			}
			code, out, err = call(t, "status", "g.yaml", "--json")
			if code != 0 || json.Unmarshal([]byte(out), &state) != nil {
				t.Fatalf("status: exit status %d\n%s%s", code, out, err)
			}
			if p, s := plan.Plan, state.Status; p.From_earlier != c.earlier || s.From_earlier != c.earlier || p.Done != s.Done || p.Trials != s.Planned || p.Moves != s.Moves {
				t.Errorf("plan says %+v, status %+v, where %d are taken over", p, s, c.earlier)
			}
			_, shownPlan, _ := call(t, "plan", "g.yaml")
			_, shownStatus, _ := call(t, "status", "g.yaml")
			if strings.Contains(shownStatus, "problem") { // a part of another plan is none, whatever its columns
				t.Errorf("status:\n%s", shownStatus)
			}
			if c.earlier > 0 {
				want := fmt.Sprintf("%d of %d done (%d from an earlier spec)", plan.Plan.Done, plan.Plan.Trials, c.earlier)
				contains(t, shownPlan, want, fmt.Sprintf("%d to do", plan.Plan.Trials-plan.Plan.Done))
				contains(t, shownStatus, want)
			} else if strings.Contains(shownPlan+shownStatus, "earlier spec)") {
				t.Errorf("what is taken over of none?\n%s%s", shownPlan, shownStatus)
			}
			why := make(map[int64]string)
			for trial := range plan.Plan.Trials {
				var answer struct{ Why struct{ State string } }
				if code, out, err := call(t, "why", "g.yaml", fmt.Sprint(trial), "--json"); code != 0 || json.Unmarshal([]byte(out), &answer) != nil {
					t.Fatalf("why %d: exit status %d\n%s%s", trial, code, out, err)
				}
				why[trial] = answer.Why.State
			}
			reusable := int64(0)
			for _, state := range why {
				if state == "reusable" {
					reusable++
				}
			}
			if reusable != c.earlier {
				t.Errorf("why says of %d points that they are taken over, not of %d", reusable, c.earlier)
			}
			sameHashes(t, "after plan, status and why", snapshot(t, "results"), before)

			// The run does what was said.
			code, out, err = call(t, "run", "g.yaml", "--json", "--figures", "none")
			if c.refused {
				if code != exitSpec || !strings.Contains(err, "name: in the spec or by --name") || !strings.Contains(shownPlan, "refuses the folder") || !strings.Contains(shownStatus, "refuses the folder") {
					t.Errorf("exit status %d\n%s%s\n%s", code, err, shownPlan, shownStatus)
				}
				sameHashes(t, "after a run that refuses", snapshot(t, "results"), before)
				if code, _, err := call(t, "run", "g.yaml", "--name", "other", "--figures", "none"); code != 0 {
					t.Error(err)
				}
				if code, out, _ := call(t, "verify", "g.yaml", "--name", "other"); code != 0 {
					t.Error(out)
				}
				return
			}
			if code != 0 && code != exitFailed {
				t.Fatal(err)
			}
			if n := computed(t, out); n != plan.Plan.Trials-plan.Plan.Done {
				t.Errorf("the run computed %d trials, where plan said that %d are to do", n, plan.Plan.Trials-plan.Plan.Done)
			}
			code, out, _ = call(t, "status", "g.yaml", "--json")
			if json.Unmarshal([]byte(out), &state) != nil || state.Status.From_earlier != 0 || state.Status.Done != state.Status.Planned {
				t.Errorf("status after the run: exit status %d\n%s", code, out)
			}
		})
	}
}

// TestPlanEstimatesFromEarlier: an estimate goes by what will be taken over, and by sizes
// that are left.
func TestPlanEstimatesFromEarlier(t *testing.T) {
	t.Chdir(t.TempDir())
	const spec = "about: How long?\nmodel: probe\nreplicates: 3\nparams: {x: [0, 1, 2], work: 0.02}\n"
	writeSpec(t, ".", "g.yaml", spec)
	if code, _, err := call(t, "run", "g.yaml", "--figures", "none"); code != 0 {
		t.Fatal(err)
	}
	writeSpec(t, ".", "g.yaml", strings.Replace(spec, "[0, 1, 2]", "[0, 1, 2, 3]", 1))
	var answer struct {
		Plan struct {
			Done     int64
			Estimate *estimate
		}
	}
	code, out, _ := call(t, "plan", "g.yaml", "--json", "--workers", "1")
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != 0 || answer.Plan.Done != 9 || answer.Plan.Estimate == nil {
		t.Fatalf("exit status %d, %v\n%s", code, err, out)
	}
	// Three trials of 20 ms or, on a machine that is busy, more.
	if e := answer.Plan.Estimate; e.Observed != 9 || e.Seconds.Mid < 0.06 || e.Seconds.Mid > 3 || e.Bytes.Mid == 0 {
		t.Errorf("%+v", e)
	}
}

// TestStatusWithoutFolder: a spec that has not been run is not done in part.
func TestStatusWithoutFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", goodSpec)
	for _, verb := range judging {
		name, rest, _ := strings.Cut(verb.args, " ")
		args := append([]string{name, "g.yaml"}, strings.Fields(strings.ReplaceAll(rest, "results/g", "g.yaml"))...)
		if code, out, err := call(t, args...); code != exitError || out != "" || !strings.Contains(err, "'sweep run g.yaml' makes it one") {
			t.Errorf("sweep %v: exit status %d\n%s%s", args, code, out, err)
		}
	}
	if left, _ := filepath.Glob("*"); len(left) != 1 {
		t.Error(left)
	}
	if err := os.MkdirAll("results/g/runs", 0o777); err != nil {
		t.Fatal(err)
	}
	if code, _, err := call(t, "status", "g.yaml"); code != exitError {
		t.Error(code, err)
	}
}
