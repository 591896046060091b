package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// TestForecast: the time left is by size where trials differ in size, and by the
// rate where they do not.
func TestForecast(t *testing.T) {
	for _, c := range []struct {
		n     string
		known func(n float64) float64 // s
		want  time.Duration           // for ten trials of each size on two workers, at 1 trial a second
	}{
		{"[10, 100, 1000]", func(n float64) float64 { return n * n / 1e4 }, time.Duration(float64(10*(0.01+1+100)) / 2 * float64(time.Second))},
		{"[100]", func(float64) float64 { return 1 }, 10 * time.Second},
	} {
		spec, err := experiment.Parse("x.yaml", []byte("about: a\nmodel: bms\nreplicates: 10\nparams: {n: "+c.n+"}\n"), experiment.Options{Models: all.Models})
		if err != nil {
			t.Fatal(err)
		}
		plan := spec.Plan()
		st, err := store.Open(t.TempDir(), plan, []byte("spec"), store.Options{Run: store.Run{ID: "a"}})
		if err != nil {
			t.Fatal(err)
		}
		costs := runner.NewCosts(spec.Model)
		var p models.Point
		for trial := range plan.Len() {
			plan.Point(trial, &p)
			costs.Observe(&p, time.Duration(c.known(p.Values[spec.Model.Param("n")].Float())*float64(time.Second)))
		}
		f := &forecast{plan: plan, store: st, costs: costs, workers: 2}
		now := time.Now()
		got := f.left(now, st.Counts(), 1)
		if math.Abs(got.Seconds()/c.want.Seconds()-1) > 0.01 {
			t.Errorf("n of %s: %v left, want %v", c.n, got, c.want)
		}
		if later := f.left(now.Add(time.Second), st.Counts(), 1); f.work > 0 && later != got-time.Second {
			t.Errorf("a second later: %v", later)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPilotTrials(t *testing.T) {
	spec, err := experiment.Parse("x.yaml", []byte("about: a\nmodel: probe\nreplicates: 1000\n"), experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	if got := pilotTrials(spec.Plan(), 20); len(got) != 20 || !slices.IsSorted(got) || got[0] > 100 || got[19] < 900 {
		t.Errorf("%v", got)
	}
}

func TestSizes(t *testing.T) {
	for bytes, want := range map[float64]string{0: "0 B", 999: "999 B", 1234: "1.23 kB", 5e9: "5 GB", 7.5e15: "7.5e+03 TB"} {
		if got := size(bytes); got != want {
			t.Errorf("%v bytes are %q, want %q", bytes, got, want)
		}
	}
}
