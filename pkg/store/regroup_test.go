package store

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// fill appends the records of the trials in batches of so many. What a record
// holds is a function of its trial.
func fill(t *testing.T, s *Store, trials []int64, rows int) {
	t.Helper()
	fillWith(t, s, trials, rows, func(trial int64, tr *models.Trial) error {
		scalar.Put(tr, float64(trial)/7)
		tr.After = append(tr.After[:0], float64(trial), float64(trial)/3)
		return nil
	})
}

// fillWith appends records of the trials that hold what put puts, or its failure.
func fillWith(t *testing.T, s *Store, trials []int64, rows int, put func(trial int64, tr *models.Trial) error) {
	t.Helper()
	tr := s.plan.Setting().NewTrial()
	var p models.Point
	for chunk := range slices.Chunk(trials, rows) {
		b := s.NewBatch()
		for _, trial := range chunk {
			s.plan.Point(trial, &p)
			tr.Start(&p)
			for _, o := range testModel.Outputs {
				o.Decl().None(tr)
			}
			b.Add(&p, tr, put(trial, tr), Timing{Wall: 1, CPU: 2, Attempt: 1})
		}
		if err := s.Append(b); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, dir string, plan Plan, run string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir, plan, []byte("spec"), Options{Run: Run{ID: run}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ascending(n int64) []int64 {
	trials := make([]int64, n)
	for i := range trials {
		trials[i] = int64(i)
	}
	return trials
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustVerify(t *testing.T, dir string, plan Plan) {
	t.Helper()
	r, err := Verify(dir, plan)
	if err != nil || !r.Complete() {
		t.Fatalf("Verify: %+v, %v", r, err)
	}
}

// sealedSums are the checksums of a complete data set without the timings.
func sealedSums(t *testing.T, dir string) map[string]string {
	t.Helper()
	sums, err := readSums(dir)
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(sums, func(name, _ string) bool { return filepath.Dir(name) == timingsDir })
	return sums
}

// TestRegroup: in an order in which every batch touches every part, frames are
// regrouped, a part is sealed from little more than its own records, and the
// bytes are those of the plain order.
func TestRegroup(t *testing.T) {
	plan := newTestPlan(3*partRows + 1000)
	plan.chain = 1000 // with states
	plain, mixed := t.TempDir(), t.TempDir()
	s := open(t, plain, plan, "a")
	fill(t, s, ascending(plan.trials), blockRows)
	mustClose(t, s)

	trials := ascending(plan.trials)
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	s = open(t, mixed, plan, "a")
	half := len(trials) / 2
	fill(t, s, trials[:half], blockRows)
	mustClose(t, s)
	// Closing regroups, so that this is cheap to read.
	n, err := inspect(mixed, plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.readJournal(); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for p := range n.parts.all() {
		for _, e := range p.entries {
			rows += e.rows
		}
	}
	n.close()
	if rows > 2*half {
		t.Errorf("the parts are read from frames of %d rows in all, for %d records", rows, half)
	}
	s = open(t, mixed, plan, "b")
	if left := s.Left(slices.Clone(trials)); len(left) != len(trials)-half {
		t.Errorf("%d trials are left, not %d", len(left), len(trials)-half)
	}
	fill(t, s, trials[half:], blockRows)
	mustClose(t, s)
	mustVerify(t, mixed, plan)
	if got, want := sealedSums(t, mixed), sealedSums(t, plain); !maps.Equal(got, want) || len(want) != 8 {
		t.Errorf("the data set is\n%v\nand not\n%v", got, want)
	}
	if left, err := list(filepath.Join(mixed, journalDir)); err != nil || len(left) > 0 {
		t.Errorf("the journal still has %v, %v", left, err)
	}
}

// TestRegroupKilled: a kill while a segment is regrouped leaves it and the new
// one.
func TestRegroupKilled(t *testing.T) {
	plan, dir := newTestPlan(5000), t.TempDir()
	s := open(t, dir, plan, "a")
	trials := ascending(plan.trials)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	fill(t, s, trials[:4000], 100)
	close(s.queue) // as Close does, which waits until all is in the journal
	s.wait.Wait()
	old := s.active
	before, err := os.ReadFile(old.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.rotate(); err != nil {
		t.Fatal(err)
	}
	if err := s.regroup(old); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old.path); !os.IsNotExist(err) {
		t.Errorf("the regrouped segment is still there: %v", err)
	}
	if err := os.WriteFile(old.path, before, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := s.closeFiles(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, plan, "b")
	if left := s.Left(ascending(5000)); len(left) != 1000 {
		t.Errorf("%d trials are left, not 1000", len(left))
	}
	fill(t, s, trials[4000:], 100)
	mustClose(t, s)
	mustVerify(t, dir, plan)
	whole := t.TempDir()
	s = open(t, whole, plan, "a")
	fill(t, s, ascending(5000), 100)
	mustClose(t, s)
	if got, want := sealedSums(t, dir), sealedSums(t, whole); !maps.Equal(got, want) {
		t.Errorf("the data set is\n%v\nand not\n%v", got, want)
	}
}

// TestState finds states in the journal and in a sealed part, and failures.
func TestState(t *testing.T) {
	plan, dir := newTestPlan(partRows+1000), t.TempDir()
	plan.chain = 500
	s := open(t, dir, plan, "a")
	const broken = partRows - 3
	add := func(trial int64, class string) {
		b := s.NewBatch()
		var p models.Point
		plan.Point(trial, &p)
		b.Add(&p, plan.setting.NewTrial(), &models.Failure{Class: class, Message: fmt.Sprint("at ", trial)}, Timing{CPU: -1, Attempt: 1})
		if err := s.Append(b); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, s, ascending(broken), blockRows)
	add(broken, "panic")
	add(broken+1, "carry")
	add(broken+2, "carry")
	fill(t, s, ascending(partRows + 300)[partRows:], 100)
	mustClose(t, s)
	s = open(t, dir, plan, "b")
	defer mustClose(t, s)
	if !s.parts.sealed(0) || s.parts.sealed(1) {
		t.Fatal("one part was to be sealed")
	}
	for _, trial := range []int64{0, 17, broken - 1, partRows, partRows + 299} {
		state, failure, err := s.State(trial)
		if err != nil || failure != nil || len(state) != 2 || state[0] != float64(trial) || math.Float64bits(state[1]) != math.Float64bits(float64(trial)/3) {
			t.Errorf("trial %d: %v, %v, %v", trial, state, failure, err)
		}
	}
	_, failure, err := s.State(broken)
	if err != nil || failure == nil || failure.Class != "panic" || failure.Message != fmt.Sprint("at ", broken) {
		t.Errorf("%v, %v", failure, err)
	}
	if _, failure, err = s.State(partRows - 1); err != nil || failure == nil || failure.Class != "carry" {
		t.Errorf("%v, %v", failure, err)
	}
	if _, _, err = s.State(partRows + 300); err == nil {
		t.Error("a trial without a record has a state")
	}
}

// TestStatesAreVerified: damage to states/ is named, and a state where there is
// none to be.
func TestStatesAreVerified(t *testing.T) {
	plan, dir := newTestPlan(100), t.TempDir()
	plan.chain = 10
	s := open(t, dir, plan, "a")
	fill(t, s, ascending(100), 10)
	mustClose(t, s)
	mustVerify(t, dir, plan)
	path := filepath.Join(dir, statesDir, partName(0))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{whole[:len(whole)/2], nil, append(bytes.Clone(whole[:len(whole)/2]), bytes.Repeat([]byte{7}, len(whole)-len(whole)/2)...)} {
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := Verify(dir, plan)
		if err != nil || r.Complete() || !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.File == filepath.Join(statesDir, partName(0)) }) {
			t.Errorf("Verify: %+v, %v", r, err)
		}
	}
	states := newBlock(statesTable())
	states.columns[0].addInt(4)
	states.columns[2].addNull()
	if checkStates(states, []string{statusOK}) == nil || checkStates(states, []string{statusFailed}) != nil {
		t.Error("a missing state is not told from one that is not to be")
	}
}

// TestNearest names what differs between a point and the record nearest to it.
func TestNearest(t *testing.T) {
	plan, dir := newTestPlan(100), t.TempDir()
	s := open(t, dir, plan, "a")
	fill(t, s, ascending(100), 10)
	mustClose(t, s)
	var p models.Point
	plan.Point(42, &p)
	if f, err := Find(dir, plan, plan.setting.NewIdentity().Of(&p)); err != nil || f == nil || f.Status != statusOK || f.Run != "a" || f.Earlier {
		t.Errorf("Find: %+v, %v", f, err)
	}
	newer := *testModel
	newer.Version = 2
	newer.Params = append(slices.Clone(testModel.Params), models.Int("added", 3, "a parameter that came with version 2"))
	later := &testPlan{setting: models.NewSetting(&newer, 5, nil), trials: 100}
	p.Values = []models.Value{models.FloatValue(42.4), models.IntValue(3)}
	if f, err := Find(dir, later, later.setting.NewIdentity().Of(&p)); err != nil || f != nil {
		t.Errorf("Find: %+v, %v", f, err)
	}
	near, err := Nearest(dir, later, &p)
	if err != nil || near == nil {
		t.Fatal(near, err)
	}
	want := []Difference{{"added", "3", ""}, {"version of the model", "2", "1"}, {"seed", "5", "1"}, {"x", "42.4", "42"}}
	if near.Trial != 42 || !slices.Equal(near.Differs, want) {
		t.Errorf("%+v, want %v", near, want)
	}
}
