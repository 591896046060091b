package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

// changedSpec runs a spec and then another of the same name that shares 6 of its
// 8 points: its data set of 8 is in history/ then.
func changedSpec(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", "about: q\nmodel: probe\nreplicates: 2\nparams: {x: [1, 2, 3, 4]}\n")
	if code, _, err := call(t, "run", "g.yaml"); code != 0 {
		t.Fatal(err)
	}
	writeSpec(t, ".", "g.yaml", "about: q\nmodel: probe\nreplicates: 2\nparams: {x: [1, 2, 3, 5]}\n")
	if code, _, err := call(t, "run", "g.yaml"); code != 0 {
		t.Fatal(err)
	}
}

func historyParts(t *testing.T, want int) []string {
	t.Helper()
	parts, _ := filepath.Glob("results/g/history/*/*/*.parquet") // the pattern is good
	if len(parts) != want {
		t.Fatalf("history/ has %v, not %d parts", parts, want)
	}
	return parts
}

func TestGC(t *testing.T) {
	changedSpec(t)
	historyParts(t, 2) // trials and timings
	want := hashes(t, "results/g/trials")
	if err := os.WriteFile("results/g/.tmp/part-000000.parquet.0123", make([]byte, 2000), 0o666); err != nil {
		t.Fatal(err)
	}
	code, out, err := call(t, "gc", "results/g/")
	contains(t, out, ".tmp/part-000000.parquet.0123", "2 kB", "half written", "STAYS: has 2 records of an earlier spec of this file", "could be removed; 'sweep gc results/g --yes' does so")
	if code != 0 || err != "" {
		t.Error(code, err)
	}
	historyParts(t, 2)

	var answer struct{ GC store.Litter }
	if code, _, err := call(t, "gc", "g.yaml", "--yes"); code != 0 {
		t.Error(err)
	}
	historyParts(t, 2)
	if err := os.WriteFile("results/g/.tmp/part-000000.parquet.0123", make([]byte, 2000), 0o666); err != nil {
		t.Fatal(err)
	}
	code, out, _ = call(t, "gc", "g.yaml", "--json", "--earlier", "--yes")
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != 0 || !answer.GC.Removed || len(answer.GC.Remove) != 2 || len(answer.GC.Keep) != 0 {
		t.Errorf("%d %v\n%s", code, err, out)
	}
	historyParts(t, 0)
	if specs, _ := filepath.Glob("results/g/history/*/spec.yaml"); len(specs) != 1 {
		t.Errorf("the earlier specs are %v", specs)
	}
	if left, _ := filepath.Glob("results/g/.tmp/*"); len(left) > 0 {
		t.Errorf("%v", left)
	}
	sameHashes(t, "after gc", hashes(t, "results/g/trials"), want)
	if code, out, _ := call(t, "verify", "g.yaml"); code != 0 {
		t.Error(out)
	}
	if code, out, _ := call(t, "gc", "g.yaml", "--yes"); code != 0 || out != "results/g: there is nothing to remove\n" {
		t.Errorf("%d %s", code, out)
	}
}

// TestGCKeepsWhatIsMissing: records that the data set has lost stay, and the next
// run takes them over.
func TestGCKeepsWhatIsMissing(t *testing.T) {
	changedSpec(t)
	for _, name := range []string{"trials/part-000000.parquet", "timings/part-000000.parquet"} {
		if err := os.Remove("results/g/" + name); err != nil {
			t.Fatal(err)
		}
	}
	// The checksums tell that they were there.
	if code, _, err := call(t, "gc", "g.yaml", "--yes"); code != exitError {
		t.Error(code)
	} else {
		contains(t, err, "is not sound, and nothing is removed", "part-000000.parquet")
	}
	if err := os.Remove("results/g/SHA256SUMS"); err != nil {
		t.Fatal(err)
	}
	code, out, err := call(t, "gc", "g.yaml", "--yes")
	contains(t, out, "STAYS: has 6 records that the data set lacks", "there is nothing to remove")
	if code != 0 {
		t.Error(code, err)
	}
	historyParts(t, 2)
	if code, _, err := call(t, "run", "g.yaml"); code != 0 {
		t.Fatal(err)
	}
	if code, out, _ := call(t, "gc", "g.yaml"); code != 0 {
		t.Error(out)
	} else {
		contains(t, out, "STAYS: has 2 records of an earlier spec")
	}
}

// TestGCKeepsMeasurements: a measurement stays where the data set has a failure.
func TestGCKeepsMeasurements(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", goodSpec)
	every := func(*models.Point, *models.Trial) bool { return true }
	forge(t, "g.yaml", "first", every)
	probe := *all.Find("probe")
	right := probe.Run
	probe.Run = func(ctx context.Context, t *models.Trial) error {
		if err := right(ctx, t); err != nil || t.Slots[0].Float() != 0.25 {
			return err
		}
		return errors.New("no such day")
	}
	forgeWith(t, []*models.Model{&probe}, "g.yaml", "results", every)
	if err := os.CopyFS("results/g/history/earlier", os.DirFS("first/g")); err != nil {
		t.Fatal(err)
	}
	code, out, err := call(t, "gc", "g.yaml", "--yes")
	contains(t, out, "STAYS: has 2 records that the data set lacks")
	if code != 0 {
		t.Error(err)
	}
	historyParts(t, 2)
}

// TestGCDamaged: a damaged file that was set aside goes once nothing is missing.
func TestGCDamaged(t *testing.T) {
	changedSpec(t)
	if code, _, err := call(t, "gc", "g.yaml", "--earlier", "--yes"); code != 0 {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"trials/part-000000.parquet": "PAR1 and no more", "journal/0123.journal": "torn"} {
		if err := os.WriteFile("results/g/"+path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// Before the next run: no part of history/, and a data set that is not sound.
	if code, _, err := call(t, "gc", "g.yaml", "--yes"); code != exitError {
		t.Error(code)
	} else {
		contains(t, err, "is not sound, and nothing is removed", "part-000000.parquet")
	}
	if code, _, err := call(t, "run", "g.yaml"); code != 0 {
		t.Fatal(err)
	}
	parts := historyParts(t, 2) // its timings have moved with it
	code, out, _ := call(t, "gc", "g.yaml")
	contains(t, out, "part-000000.parquet", "0123.journal", "is damaged; the data set is complete without it", "could be removed")
	if code != 0 {
		t.Error(code)
	}
	// With trials missing it stays.
	sealed, err := os.ReadFile("results/g/trials/part-000000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("results/g/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trials/part-000000.parquet", "SHA256SUMS"} {
		if err := os.Remove("results/g/" + name); err != nil {
			t.Fatal(err)
		}
	}
	_, out, _ = call(t, "gc", "g.yaml", "--yes")
	contains(t, out, "STAYS: is damaged, and might hold records", "there is nothing to remove")
	historyParts(t, 2)
	for name, text := range map[string][]byte{"trials/part-000000.parquet": sealed, "SHA256SUMS": sums} {
		if err := os.WriteFile("results/g/"+name, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, err := call(t, "gc", "g.yaml", "--yes"); code != 0 {
		t.Error(err)
	}
	historyParts(t, 0)
	if _, err := os.Stat(filepath.Dir(filepath.Dir(parts[0]))); !os.IsNotExist(err) {
		t.Errorf("an empty folder is left: %v", err)
	}
}

// TestGCLocked: gc does not remove while a run writes.
func TestGCLocked(t *testing.T) {
	changedSpec(t)
	spec, err := experiment.Read("g.yaml", experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	record, err := store.NewRun(nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), "results/g", spec.Plan(), spec.Resolved(), store.Options{Run: record})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("results/g/.tmp/being-written", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, err := call(t, "gc", "g.yaml", "--yes"); code != exitLocked {
		t.Errorf("%d %s", code, err)
	}
	code, out, _ := call(t, "gc", "g.yaml", "--json")
	var answer struct{ GC store.Litter }
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != 0 || len(answer.GC.Remove) != 0 || len(answer.GC.Keep) != 1 {
		t.Errorf("%d %v\n%s", code, err, out)
	}
	historyParts(t, 2)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}
