package main

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// compared runs diff and checks its exit status.
func compared(t *testing.T, a, b string, code int) (folderDiff, string) {
	t.Helper()
	got, text, stderr := call(t, "diff", a, b)
	if got != code {
		t.Errorf("diff %s %s: exit status %d\n%s%s", a, b, got, text, stderr)
	}
	var answer struct{ Diff folderDiff }
	got, out, _ := call(t, "diff", a, b, "--json")
	if err := json.Unmarshal([]byte(out), &answer); err != nil || got != code || answer.Diff.Equal != (code == 0) {
		t.Fatalf("diff %s %s --json: exit status %d, %v\n%s", a, b, got, err, out)
	}
	return answer.Diff, text
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestDiffEqual(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", audit100)
	for _, results := range []string{"one", "two"} {
		if code, _, err := call(t, "run", "a.yaml", "--results", results); code != 0 {
			t.Fatal(err)
		}
	}
	d, text := compared(t, "one/a", "two/a", 0)
	contains(t, text, "spec: equal", "environment: equal", "records: 100 in both, 0 only in A, 0 only in B", "equal, bit for bit")
	if d.Records.Both != 100 || d.Samples != nil {
		t.Errorf("%+v", d)
	}
	if code, _, err := call(t, "diff", "one/a", "nowhere"); code != exitSpec || !strings.Contains(err, "nowhere: no such file") {
		t.Errorf("%d %s", code, err)
	}
}

// TestDiffFinds: changed values, a record that is missing and another spec that
// shares points, in another order.
func TestDiffFinds(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", audit100)
	if code, _, err := call(t, "run", "a.yaml"); code != 0 {
		t.Fatal(err)
	}
	forge(t, "a.yaml", "changed", func(p *models.Point, trial *models.Trial) bool {
		switch p.Trial {
		case 20:
			trial.Slots[0].Bits += 5
		case 30:
			trial.Slots[4].Bits = math.Float64bits(math.NaN())
		case 31:
			trial.Slots[1].State = models.Null
		}
		return p.Trial != 99
	})
	d, text := compared(t, "results/a", "changed/a", exitDifference)
	contains(t, text, "spec: equal", "records: 99 in both, 1 only in A, 0 only in B", "DIFFERENT: 3 of those in both", "square   98     1          5 ulp", "count    98     1          1 without")
	if d.Records.Different != 3 || d.Columns[1].First != 20 || d.Columns[5].Apart != 1 {
		t.Errorf("%+v", d)
	}
	d, _ = compared(t, "changed/a", "results/a", exitDifference)
	if d.Records.OnlyB != 1 || d.Records.OnlyA != 0 {
		t.Errorf("%+v", d.Records)
	}

	// A grid refined, turned round, and with a replicate less.
	if code, _, err := call(t, "run", "a.yaml", "--results", "other", "-s", "x={linspace: [1, 0.1, 19]}", "-s", "replicates=9"); code != 0 {
		t.Fatal(err)
	}
	d, text = compared(t, "results/a", "other/a", exitDifference)
	contains(t, text, "params.x.linspace  [0.1, 1, 10]  [1, 0.1, 19]", "replicates         10            9", "records: 90 in both, 10 only in A, 81 only in B", "those in both are equal, bit for bit")
	if len(d.Spec) != 2 || d.Samples != nil {
		t.Errorf("%+v", d)
	}
}

// TestDiffSamples: two seeds share places and no points. Their samples are told
// apart just where something was planted.
func TestDiffSamples(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", strings.Replace(audit100, "replicates: 10", "replicates: 30", 1))
	for seed, results := range map[string]string{"1": "one", "2": "two"} {
		if code, _, err := call(t, "run", "a.yaml", "--results", results, "-s", "seed="+seed); code != 0 {
			t.Fatal(err)
		}
	}
	d, text := compared(t, "one/a", "two/a", exitDifference) // the seed
	contains(t, text, "seed  1  2", "records: 0 in both, 300 only in A, 300 only in B", "10 places; 20 comparisons", "none is told apart")
	if s := d.Samples; s == nil || s.Places != 10 || s.Comparisons != 20 || s.Apart != 0 {
		t.Errorf("%+v", d.Samples)
	}

	writeSpec(t, ".", "three.yaml", strings.Replace(audit100, "replicates: 10", "replicates: 30\nseed: 3", 1))
	forge(t, "three.yaml", "planted", func(p *models.Point, trial *models.Trial) bool {
		if p.Trial/30 == 4 {
			trial.Slots[4].Bits = math.Float64bits(trial.Slots[4].Float()/4 + 0.75)
		}
		return true
	})
	d, text = compared(t, "one/a", "planted/three", exitDifference)
	contains(t, text, "DIFFERENT: 1 at the level 0.05, by Bonferroni", "uniform  x=0.5  30, 30")
	if s := d.Samples; s == nil || s.Apart != 1 || s.Smallest[0].Output != "uniform" || s.Smallest[0].Adjusted >= 0.05 {
		t.Errorf("%+v", d.Samples)
	}

	// A place of a chain has a direction.
	writeSpec(t, ".", "h.yaml", strings.NewReplacer("81", "2", "501", "11", "params:", "replicates: 4\nparams:").Replace(hysteresis))
	for seed, results := range map[string]string{"1": "one", "2": "two"} {
		if code, _, err := call(t, "run", "h.yaml", "--results", results, "-s", "seed="+seed); code != 0 {
			t.Fatal(err)
		}
	}
	_, text = compared(t, "one/h", "two/h", exitDifference)
	contains(t, text, "but 44 places; ", "none is told apart")

	// With three replicates nothing can be told.
	if code, _, err := call(t, "run", "a.yaml", "--results", "few", "-s", "seed=4", "-s", "replicates=3"); code != 0 {
		t.Fatal(err)
	}
	_, text = compared(t, "one/a", "few/a", exitDifference)
	contains(t, text, "10 places; 0 comparisons", "20 more have less than 4 values")
}

// TestDiffVersions: records of another version of the model are read by the plan
// of that version.
func TestDiffVersions(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", audit100)
	if code, _, err := call(t, "run", "a.yaml"); code != 0 {
		t.Fatal(err)
	}
	probe := probeVersion(2)
	forgeWith(t, probe, "a.yaml", "later", func(*models.Point, *models.Trial) bool { return true })
	d, text := compared(t, "results/a", "later/a", exitDifference)
	contains(t, text, "spec: equal", "model  probe version 1  probe version 2", "records: 0 in both, 100 only in A, 100 only in B", "10 places; 20 comparisons", "none is told apart")
	if len(d.Environment) == 0 {
		t.Error("the version is no difference")
	}
	for _, name := range []string{"trials/part-000000.parquet", "SHA256SUMS"} { // there never were any
		if err := os.Remove("later/a/" + name); err != nil {
			t.Fatal(err)
		}
	}
	d, _ = compared(t, "results/a", "later/a", exitDifference)
	if d.Records.B != 0 || d.Samples != nil {
		t.Errorf("%+v", d)
	}
}

// TestDiffSpecs: keys at every depth.
func TestDiffSpecs(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "b.yaml", "about: q\nmodel: probe\nblocks:\n  - params: {x: [1, 2]}\n  - params: {x: [3, 4], mode: error}\n")
	writeSpec(t, ".", "c.yaml", "# a comment\nabout: q\nmodel: probe\nblocks:\n  - params: {x: [1, 2]}\n  - params: {x: [3, 5]}\n")
	all := func(*models.Point, *models.Trial) bool { return true }
	forge(t, "b.yaml", "results", all)
	forge(t, "c.yaml", "results", all)
	_, text := compared(t, "results/b", "results/c", exitDifference)
	contains(t, text, "  blocks[1].params.mode  error   -\n  blocks[1].params.x     [3, 4]  [3, 5]\n", "records: 2 in both, 2 only in A, 2 only in B")
}
