package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

const audit100 = "about: Are the bits right?\nmodel: probe\nreplicates: 10\nparams: {x: {linspace: [0.1, 1, 10]}, n: 2}\n"

func TestAudit(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", audit100)
	if code, _, err := call(t, "run", "a.yaml"); code != 0 {
		t.Fatal(err)
	}
	before := tree(t, "results")
	for args, want := range map[string]string{
		"--sample 10%":       "results/a: 10 of 100 trials run again with seed 1\nall equal, bit for bit\n",
		"--sample 0.001":     "results/a: 1 of 100 ",
		"--count 7 --seed 3": "results/a: 7 of 100 trials run again with seed 3\n",
		"--sample 100%":      "results/a: 100 of 100 ",
		"--count 1000":       "results/a: 100 of 100 ",
	} {
		if code, out, err := call(t, append([]string{"audit", "a.yaml"}, strings.Fields(args)...)...); code != 0 || !strings.HasPrefix(out, want) {
			t.Errorf("%s: %d\n%s%s", args, code, out, err)
		}
	}
	if after := tree(t, "results"); !maps.Equal(before, after) {
		t.Errorf("the audit changed the folder: %v, and before %v", after, before)
	}
	for args, want := range map[string]string{
		"--sample 0%": "not \"0%\"", "--sample 101%": "not \"101%\"", "--sample many": "not \"many\"", "--count 0": "above zero",
	} {
		if code, _, err := call(t, append([]string{"audit", "a.yaml"}, strings.Fields(args)...)...); code != exitError || !strings.Contains(err, want) {
			t.Errorf("%s: %d %s", args, code, err)
		}
	}
	for _, args := range []string{"", "--sample 1% --count 3"} {
		if code, _, _ := call(t, append([]string{"audit", "a.yaml"}, strings.Fields(args)...)...); code != exitUsage {
			t.Errorf("%s: %d", args, code)
		}
	}
}

// tree is the size and time of every file below dir, by path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		files[path] = info.ModTime().String() + " " + fs.FormatFileInfo(info)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestAuditFinds: records that were changed are found, each in its column, with
// the same answer at any number of workers.
func TestAuditFinds(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", strings.Replace(audit100, ", n: 2}", "}\nderive: {n: 2 + int(x)}", 1)) // lists of two lengths
	forge(t, "a.yaml", "results", func(p *models.Point, trial *models.Trial) bool {
		switch p.Trial {
		case 20:
			trial.Slots[0].Bits -= 2
		case 30:
			trial.Slots[0].Bits += 9
		case 40:
			trial.Slots[5].Series = trial.Slots[5].Series[:1]
		case 50:
			trial.Slots[5].Series[1] = math.Nextafter(trial.Slots[5].Series[1], 9)
		}
		return p.Trial != 99
	})
	var first string
	for _, workers := range []string{"1", "3"} {
		code, out, _ := call(t, "audit", "results/a", "--sample", "100%", "--workers", workers)
		for _, want := range []string{
			"results/a: 99 of 99 trials", "DIFFERENT: 4 trials\n",
			"\nsquare   97     2          9 ulp", " 20\n",
			"\nlist     97     2          1 ulp, 1 without  40\n",
			"\nuniform  99     0          -", "\nsweep replay results/a 20\n",
		} {
			if code != exitDifference || !strings.Contains(out, want) {
				t.Errorf("%d: no %q in\n%s", code, want, out)
			}
		}
		if first == "" {
			first = out
		}
		if out != first {
			t.Errorf("%s workers: another answer\n%s", workers, out)
		}
	}
	code, out, _ := call(t, "audit", "results/a", "--sample", "100%", "--json")
	var answer struct{ Audit audited }
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitDifference || answer.Audit.Different != 4 || answer.Audit.Columns[1].MaxULP != 9 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestAuditFailedNow: a record of a trial that fails when run again.
func TestAuditFailedNow(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", "about: q\nmodel: probe\nreplicates: 3\nparams: {work: 0.3, mode: sleep}\n")
	if code, _, err := call(t, "run", "a.yaml", "--workers", "3"); code != 0 {
		t.Fatal(err)
	}
	code, out, _ := call(t, "audit", "a.yaml", "--count", "1", "--timeout", "10ms")
	if code != exitDifference || !strings.Contains(out, "fails now: timeout: no result after 10ms") {
		t.Errorf("%d\n%s", code, out)
	}
}

// TestAuditChain: links begin with recorded states, and a changed one is found
// at the link that left it and at the one that began with it.
func TestAuditChain(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "h.yaml", strings.NewReplacer("81", "2", "501", "11").Replace(hysteresis))
	if code, _, err := call(t, "run", "h.yaml", "--results", "right"); code != 0 {
		t.Fatal(err)
	}
	if code, out, err := call(t, "audit", "right/h", "--sample", "60%"); code != 0 || !strings.HasPrefix(out, "right/h: 27 of 44 ") {
		t.Errorf("%d\n%s%s", code, out, err)
	}
	forge(t, "h.yaml", "results", func(p *models.Point, trial *models.Trial) bool {
		if p.Trial == 7 {
			trial.After[0] += 0.25
		}
		return p.Trial != 30
	})
	code, out, _ := call(t, "audit", "h.yaml", "--count", "44")
	for _, want := range []string{"42 of 43 trials run again with seed 1, 1 left out", "DIFFERENT: 2 trials\n", "\nx           41     1 ", "\nstate       40     2 ", "\nsweep replay results/h 7\n"} {
		if code != exitDifference || !strings.Contains(out, want) {
			t.Errorf("%d: no %q in\n%s", code, want, out)
		}
	}
}

// TestSample: it is a function of the seed, and larger ones hold smaller ones.
func TestSample(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "a.yaml", audit100)
	if code, _, err := call(t, "run", "a.yaml"); code != 0 {
		t.Fatal(err)
	}
	a := &app{}
	dir, plan, err := a.folder("results/a", specFlags{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := store.OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	draw := func(n int64, seed uint64) map[int64]bool {
		trials, err := drawSample(rows, n, seed)
		if err != nil || int64(len(trials)) != n {
			t.Fatal(trials, err)
		}
		set := make(map[int64]bool)
		for _, trial := range trials {
			set[trial] = true
		}
		return set
	}
	small, large, other := draw(10, 1), draw(40, 1), draw(10, 2)
	for trial := range small {
		if !large[trial] {
			t.Errorf("trial %d is in the small sample only", trial)
		}
	}
	if maps.Equal(small, other) || !maps.Equal(small, draw(10, 1)) {
		t.Error("the seed does not say which sample")
	}
}
