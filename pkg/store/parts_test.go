package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPartMarks compares a part with a map, through the step from a list to bits.
func TestPartMarks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &part{k: 3}
		first := int64(3) * partRows
		want := make(map[int64]bool)
		span := rapid.SampledFrom([]int64{10, 3000, partRows}).Draw(rt, "span")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for range rapid.SampledFrom([]int{0, 1, 50, 2000}).Draw(rt, "records") {
			trial := first + random.Int64N(span)
			if p.mark(trial) == want[trial] {
				rt.Fatalf("trial %d was marked before: %v", trial, want[trial])
			}
			want[trial] = true
		}
		if p.count != len(want) {
			rt.Fatalf("%d records, not %d", p.count, len(want))
		}
		end := first + span
		next := end
		for trial := end - 1; trial >= first; trial-- {
			if want[trial] {
				next = trial
			}
			if p.has(trial) != want[trial] || p.after(trial, end) != next {
				rt.Fatalf("trial %d: has %v, the next is %d, not %d", trial, p.has(trial), p.after(trial, end), next)
			}
		}
		got := 0
		for from, to := range p.ranges(first+1, end) {
			if from/blockRows != (to-1)/blockRows {
				rt.Fatalf("trials %d to %d are of two blocks", from, to)
			}
			before := got
			for trial := from; trial < to; trial++ {
				if want[trial] {
					got++
				}
			}
			if got == before {
				rt.Fatalf("there is no record from %d to %d", from, to)
			}
		}
		if all := len(want); got != all && !(want[first] && got == all-1) {
			rt.Fatalf("the ranges have %d of %d records", got, all)
		}
	})
}

// TestLargePlan: what a folder takes in memory and time grows with its records, not
// with the plan, wherever in the plan they are.
func TestLargePlan(t *testing.T) {
	plan, dir := newTestPlan(1<<40), t.TempDir()
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var trials []int64
	for i := range int64(3000) {
		trials = append(trials, i*(1<<40)/3000)
	}
	trials = append(trials, 1, 2, 3, 1<<40-1)
	slices.Sort(trials)
	before := heap()
	for round := range 3 { // the second finds them in the journal
		s := open(t, dir, plan, string(rune('a'+round)))
		left := s.Left(slices.Clone(trials))
		if want := []int{len(trials), len(trials) / 2, 0}[round]; len(left) != want {
			t.Fatalf("%d trials are left, not %d", len(left), want)
		}
		if round == 0 {
			left = left[:len(trials)-len(trials)/2]
		}
		fill(t, s, left, 100)
		if took := heap() - before; took > 64<<20 {
			t.Errorf("the store takes %d MB", took>>20)
		}
		mustClose(t, s)
	}
	r, err := Verify(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	if r.Done != int64(len(trials)) || len(r.Problems) != 1 || len(r.Missing) != maxRanges || r.Missing[0] != (Range{4, 1<<40/3000 - 1}) {
		t.Errorf("%+v", r)
	}
	rows, err := OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []int64
	if err := rows.Each(AllColumns, func(rec *Record) error { got = append(got, rec.Trial); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, trials) {
		t.Errorf("%d records are read, not %d", len(got), len(trials))
	}
	frames := 0
	if err := rows.Frames(context.Background(), func(f *Frame) error { frames += f.Len(); return nil }); err != nil {
		t.Fatal(err)
	}
	if frames != len(trials) {
		t.Errorf("frames have %d rows, not %d", frames, len(trials))
	}
	if n := rows.Recorded(0, 1<<40); n != int64(len(trials)) {
		t.Errorf("%d recorded, not %d", n, len(trials))
	}
	if n := rows.Recorded(2, 1<<39); n != 1501 { // 2, 3 and 1499 between
		t.Errorf("%d recorded, not 1501", n)
	}
	twice := func(c *Chunk) error {
		for row := range c.Rows() {
			if c.Int(0, row) != c.Int(2, row) || c.Text(1, row) != c.Text(3, row) {
				return fmt.Errorf("row %d: %d %s, and %d %s", row, c.Int(0, row), c.Text(1, row), c.Int(2, row), c.Text(3, row))
			}
		}
		return nil
	}
	if _, err := Scan(dir, plan, []string{"trial", "status", "trial", "status"}, twice); err != nil {
		t.Error(err)
	}
	scanned := 0
	if _, err := Scan(dir, plan, []string{"trial"}, func(c *Chunk) error { scanned += c.Rows(); return nil }); err != nil {
		t.Fatal(err)
	}
	if scanned != len(trials) {
		t.Errorf("trials/ has %d rows, not %d", scanned, len(trials))
	}
	if took := heap() - before; took > 64<<20 {
		t.Errorf("reading takes %d MB", took>>20)
	}
}
