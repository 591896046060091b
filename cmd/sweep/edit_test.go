package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

// ranNow runs a spec and returns how many trials it computed and took over.
func ranNow(t *testing.T, code int, args ...string) (computed, reused int64) {
	t.Helper()
	got, out, err := call(t, append([]string{"run", "--json", "--figures", "none"}, args...)...)
	if got != code {
		t.Fatalf("exit status %d: %s", got, err)
	}
	var answer struct {
		Run struct{ Computed, Reused int64 }
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return answer.Run.Computed, answer.Run.Reused
}

// recordsOf is all records of a result folder by identity.
func recordsOf(t *testing.T, spec, dir string) map[models.ID]*store.Record {
	t.Helper()
	s, err := experiment.Read(spec, experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := store.OpenRows(dir, s.Plan())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := make(map[models.ID]*store.Record)
	if err := rows.Each(store.TraceColumns, func(r *store.Record) error { found[r.ID] = r.Clone(); return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEditColumns: a spec whose edit changes the columns of the data set costs the new
// identities, and what is taken over keeps its run, its time, its state and its traces.
func TestEditColumns(t *testing.T) {
	const chains = "about: chains\nmodel: neuron\nparams: {b: {linspace: [-8, 0, 9]}, w: 8}\ncarry: {axis: b, direction: both}\n"
	const traces = "about: q\nmodel: probe\nrecord: [walk]\nparams: {x: [1, 2, 3], n: 5}\n"
	const failing = "about: q\nmodel: probe\nparams: {x: [1, 2, 3], mode: [ok, error], n: 2}\n"
	const derived = "about: q\nmodel: probe\nrecord: [walk]\nderive: {d: 2 * x}\nparams: {x: [1, 2], n: 3}\n"
	edit := func(spec string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(spec) }
	for name, c := range map[string]struct {
		first, second    string
		computed, reused int64
		code             int
	}{
		"a constant becomes an axis, with chains":        {chains, edit(chains, "w: 8}", "w: [8, 9]}"), 18, 18, 0},
		"an axis of one value becomes one of two":        {edit(chains, "w: 8}", "w: [8]}"), edit(chains, "w: 8}", "w: [8, 9]}"), 18, 18, 0},
		"a constant becomes an axis, with traces":        {traces, edit(traces, "n: 5", "n: [5, 6]"), 3, 3, 0},
		"an axis becomes a constant, with traces":        {edit(traces, "n: 5", "n: [5, 6]"), traces, 0, 3, 0},
		"a value is derived, with traces":                {traces, edit(traces, "params", "derive: {d: 2 * x}\nparams"), 0, 3, 0},
		"a value is derived no more, with traces":        {derived, edit(derived, "derive: {d: 2 * x}\n", ""), 0, 2, 0},
		"a derived value becomes a text":                 {derived, edit(derived, "2 * x", "'x > 1 ? \"high\" : \"low\"'"), 0, 2, 0},
		"a constant becomes an axis, with failures":      {failing, edit(failing, "n: 2", "n: [2, 3]"), 6, 6, exitFailed},
		"a value is derived, with failures":              {failing, edit(failing, "params", "derive: {d: 2 * x}\nparams"), 0, 6, exitFailed},
		"axes change places, one is longer, with traces": {"about: q\nmodel: probe\nrecord: [walk]\nparams: {x: [1, 2], n: [3, 4]}\n", "about: q\nmodel: probe\nrecord: [walk]\nparams: {n: [4, 3, 1], x: [1, 2]}\n", 2, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeSpec(t, ".", "e.yaml", c.first)
			ranNow(t, c.code, "e.yaml")
			before := recordsOf(t, "e.yaml", "results/e")
			writeSpec(t, ".", "e.yaml", c.second)
			if computed, reused := ranNow(t, c.code, "e.yaml"); computed != c.computed || reused != c.reused {
				t.Errorf("%d trials were run and %d taken over, not %d and %d", computed, reused, c.computed, c.reused)
			}
			same := int64(0)
			for id, r := range recordsOf(t, "e.yaml", "results/e") {
				b := before[id]
				if b == nil {
					continue
				}
				same++
				if r.Run != b.Run || r.Run == "" || r.Timing != b.Timing || len(r.State) != len(b.State) || len(r.Traces) != len(b.Traces) {
					t.Errorf("%v was run by %q in %+v, and is now of %q in %+v", id, b.Run, b.Timing, r.Run, r.Timing)
				}
				for i := range r.Traces {
					if r.Traces[i] != b.Traces[i] {
						t.Errorf("%v: trace %d differs", id, i)
					}
				}
			}
			if same != c.reused {
				t.Errorf("%d records are there again, not %d", same, c.reused)
			}
			if code, out, _ := call(t, "verify", "results/e"); code != 0 {
				t.Error(out)
			}
			// The same bytes as a run that took nothing over.
			ranNow(t, c.code, "e.yaml", "--results", "fresh")
			sameHashes(t, "trials", hashes(t, "results/e/trials"), hashes(t, "fresh/e/trials"))

			// Back: all of it is found again.
			writeSpec(t, ".", "e.yaml", c.first)
			if computed, _ := ranNow(t, c.code, "e.yaml"); computed != 0 {
				t.Errorf("to go back, %d trials were run", computed)
			}
		})
	}
}

// TestEditOtherModel: a folder whose records are of another model is refused before
// anything of it changes.
func TestEditOtherModel(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "e.yaml", "about: q\nmodel: probe\nparams: {x: [1, 2, 3]}\n")
	ranNow(t, 0, "e.yaml")
	before := tree(t, "results")
	spec := "about: q\nmodel: logistic\nparams: {r: [3.1, 3.2]}\n"
	writeSpec(t, ".", "e.yaml", spec)
	if code, _, err := call(t, "run", "e.yaml"); code == 0 || !strings.Contains(err, "probe") {
		t.Error(code, err)
	}
	s, err := experiment.Read("e.yaml", experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), "results/e", s.Plan(), s.Resolved(), store.Options{})
	if other := new(store.OtherModelError); !errors.As(err, &other) || *other != (store.OtherModelError{Dir: "results/e", There: "probe", Here: "logistic"}) {
		t.Error(err)
	}
	sameHashes(t, "the folder", tree(t, "results"), before)
}

// TestSurvey: what a run would find is known without it, from the journal, from parts
// and from history/.
func TestSurvey(t *testing.T) {
	t.Chdir(t.TempDir())
	survey := func() *store.Surveyed {
		t.Helper()
		s, err := experiment.Read("e.yaml", experiment.Options{Models: all.Models})
		if err != nil {
			t.Fatal(err)
		}
		found, err := store.Survey(t.Context(), "results/e", s.Plan())
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	check := func(what string, done, earlier, present, moves int64) {
		t.Helper()
		before := tree(t, ".")
		if s := survey(); s.Done != done || s.FromEarlier != earlier || s.Present != present || s.Moves != moves || int64(len(s.Timed)) != earlier {
			t.Errorf("%s: %+v", what, s)
		}
		sameHashes(t, what, tree(t, "."), before)
	}
	writeSpec(t, ".", "e.yaml", "about: q\nmodel: probe\nrecord: [walk]\nparams: {x: [1, 2, 3], n: 2}\n")
	check("no folder", 0, 0, 0, 0)
	ranNow(t, 0, "e.yaml")
	check("run", 3, 0, 0, 0)
	writeSpec(t, ".", "e.yaml", "about: q\nmodel: probe\nrecord: [walk]\nparams: {x: [2, 3, 4, 5], n: [2]}\n")
	check("edited", 0, 2, 3, 1)
	if _, reused := ranNow(t, 0, "e.yaml"); reused != 2 {
		t.Errorf("%d were taken over", reused)
	}
	writeSpec(t, ".", "e.yaml", "about: q\nmodel: probe\nrecord: [walk]\nparams: {x: [1, 5, 6], n: 2}\n")
	check("edited again", 0, 2, 4, 3) // one of history/, one of the data set
	writeSpec(t, ".", "e.yaml", "about: q\nmodel: probe\nrecord: {walk: {every: 2}}\nparams: {x: [1, 5, 6], n: 2}\n")
	check("other traces", 0, 0, 4, 4)
	writeSpec(t, ".", "e.yaml", "about: q\nmodel: probe\nparams: {x: [1, 5, 6], n: 2}\n")
	check("no traces", 0, 2, 4, 3)
	if err := os.Remove(filepath.Join("results/e/trials/part-000000.parquet")); err != nil {
		t.Fatal(err)
	}
	check("a part is gone", 0, 1, 0, 0)
}
