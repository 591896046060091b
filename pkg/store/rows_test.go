package store

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// plainRecord is rec with what reflect.DeepEqual cannot compare, NaN, as bits,
// and without what a trial did not put.
func plainRecord(rec *Record) map[string]any {
	m := map[string]any{"trial": rec.Trial, "id": rec.ID, "timing": rec.Timing, "run": rec.Run}
	if rec.Failure != nil {
		m["failure"] = *rec.Failure
	}
	for i := range rec.Outputs {
		s := &rec.Outputs[i]
		name := testModel.Outputs[i].Decl().Name
		switch {
		case s.State != models.Set:
			m[name] = s.State
		case testModel.Outputs[i].Decl().Kind == models.SeriesKind:
			m[name] = string(bytesOf(s.Series))
		case testModel.Outputs[i].Decl().Kind == models.LabelKind:
			m[name] = s.Text
		default:
			m[name] = s.Bits
		}
	}
	m["state"] = string(bytesOf(rec.State))
	return m
}

// TestRows: records come back as they were put, from a sealed part and from the
// journal, whole and in pieces, with a chain that goes on from the one to the
// other, and two of one trial as one.
func TestRows(t *testing.T) {
	plan := newTestPlan(partRows + 3000)
	plan.chain = 4
	dir := t.TempDir()
	s := open(t, dir, plan, "r")
	random := rand.New(rand.NewPCG(1, 2))
	identity := plan.setting.NewIdentity()
	want := make(map[int64]*Record)
	tr := plan.setting.NewTrial()
	var p models.Point
	put := func(b *Batch, trial int64, err error) {
		plan.Point(trial, &p)
		tr.Start(&p)
		for i, o := range testModel.Outputs {
			switch s := &tr.Slots[i]; {
			case random.IntN(5) == 0:
				o.Decl().None(tr)
			case o.Decl().Kind == models.LabelKind:
				label.Put(tr, "naïve")
			case o.Decl().Kind == models.SeriesKind:
				series.Put(tr, strange[:random.IntN(5)])
			case o.Decl().Kind == models.BoolKind:
				yes.Put(tr, random.IntN(2) == 0)
			default:
				s.State, s.Bits = models.Set, math.Float64bits(strange[random.IntN(len(strange))])
			}
		}
		tr.After = append(tr.After, float64(trial), strange[random.IntN(len(strange))])
		timing := Timing{Wall: trial + 1, CPU: trial%3 - 1, Attempt: 1 + int(trial%2)}
		b.Add(&p, tr, err, timing)
		rec := NewRecord(identity.Of(&p), &p, tr, err, timing)
		rec.Run = "r"
		if old := want[trial]; old == nil || old.Failure != nil {
			want[trial] = rec
		}
	}
	b := s.NewBatch()
	failure := &models.Failure{Class: "panic", Message: "at \xff", Stack: "f x.go:1\n"}
	for trial := range plan.Len() {
		switch {
		case trial >= partRows && trial%5 == 1:
			continue // not run yet
		case trial%7 == 3:
			put(b, trial, failure)
		default:
			put(b, trial, nil)
		}
		if trial == partRows+3 || trial == partRows+10 {
			put(b, trial, failure) // behind a measurement, and behind a failure
		}
		if b.Len() >= blockRows {
			if err := s.Append(b); err != nil {
				t.Fatal(err)
			}
			b = s.NewBatch()
		}
	}
	if err := s.Append(b); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if _, err := os.Stat(filepath.Join(dir, trialsDir, partName(0))); err != nil {
		t.Fatal(err)
	}

	rows, err := OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if got := rows.Report().Done; got != int64(len(want)) {
		t.Errorf("%d records, not %d", got, len(want))
	}
	last, n := int64(-1), 0
	check := func(rec *Record) error {
		if rec.Trial <= last {
			t.Fatalf("trial %d stands behind trial %d", rec.Trial, last)
		}
		last = rec.Trial
		n++
		if rec.Trial > 5000 && rec.Trial < partRows-5000 && rec.Trial%64 != 0 {
			return nil // what is compared is slow to compare
		}
		if got, want := plainRecord(rec), plainRecord(want[rec.Trial]); !reflect.DeepEqual(got, want) {
			t.Fatalf("trial %d is\n%v\nand not\n%v", rec.Trial, got, want)
		}
		return nil
	}
	if err := rows.Each(AllColumns, check); err != nil || n != len(want) {
		t.Errorf("%d records, %v", n, err)
	}
	last, n = -1, 0
	if err := rows.Range(AllColumns, partRows-5000, partRows+2500, check); err != nil || n != 5000+2000 {
		t.Errorf("%d records, %v", n, err)
	}
	last, n = -1, 0
	picked := []int64{0, 1, 4095, 4096, partRows - 1, partRows, partRows + 2, partRows + 2999}
	var found []int64
	err = rows.Pick(AllColumns, picked, func(rec *Record) error {
		found = append(found, rec.Trial)
		return check(rec)
	})
	if want := []int64{0, 1, 4095, 4096, partRows - 1, partRows, partRows + 2999}; err != nil || !slices.Equal(found, want) {
		t.Errorf("%v, not %v; %v", found, want, err)
	}
	for trial, there := range map[int64]bool{partRows - 1: true, partRows + 1: true, partRows + 2: false} {
		rec, err := rows.At(trial)
		if err != nil || (rec != nil) != there {
			t.Errorf("trial %d: %v, %v", trial, rec, err)
		}
	}
	// Fewer columns: the same trials and statuses, and the failures whole.
	for _, c := range []Columns{StatusColumns, FailureColumns} {
		n = 0
		err := rows.Each(c, func(rec *Record) error {
			n++
			w := want[rec.Trial]
			if rec.ID != w.ID || (rec.Failure != nil) != (w.Failure != nil) || c == FailureColumns && w.Failure != nil && *rec.Failure != *w.Failure {
				t.Fatalf("trial %d: %+v", rec.Trial, rec)
			}
			return nil
		})
		if err != nil || n != len(want) {
			t.Errorf("%d records, %v", n, err)
		}
	}
	if v, err := ModelVersion(dir); v != 1 || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
}

// TestStatusOfLiveWriter: while records move from the journal to parts, a look
// at the folder sees no fewer than the look before.
func TestStatusOfLiveWriter(t *testing.T) {
	dir, plan := t.TempDir(), newTestPlan(2*partRows)
	s, err := Open(context.Background(), dir, plan, []byte("spec"), Options{Run: Run{ID: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() {
		var err error
		trials := make([]int64, 4096)
		for first := int64(0); first < plan.Len() && err == nil; first += int64(len(trials)) {
			for i := range trials {
				trials[i] = first + int64(i)
			}
			b := s.NewBatch()
			records(b, plan, trials, func(n int) int { return n - 1 })
			err = s.Append(b)
		}
		written <- errors.Join(err, s.Close())
	}()
	last, looks := int64(0), 0
	for open := true; open; {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			open = false
		default:
		}
		rows, err := OpenRows(dir, plan)
		if err != nil {
			t.Fatal(err)
		}
		looks++
		r := rows.Report()
		if r.Done < last || len(r.Problems) > 0 {
			t.Errorf("look %d sees %d records after %d, and %v", looks, r.Done, last, r.Problems)
		}
		if got := rows.Recorded(0, plan.Len()); got != r.Done {
			t.Errorf("%d trials are recorded, and %d records there", got, r.Done)
		}
		last = r.Done
		rows.Close()
	}
	if last != plan.Len() || looks < 3 {
		t.Errorf("%d records after %d looks", last, looks)
	}
}
