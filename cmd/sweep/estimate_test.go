package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// TestForecast plays runs with a clock of its own, in the order in which trials
// are handed out: what is forecast must come true, where trials differ by their
// size, and where they differ by where they are.
func TestForecast(t *testing.T) {
	for _, c := range []struct {
		name, params string
		wall         func(n, sigma float64) float64 // s
		workers      int
		factor       float64 // that what is left may be wrong by
	}{
		{"sizes", "n: [10, 30, 100, 300]", func(n, _ float64) float64 { return n * n / 1e4 }, 2, 1.15},
		{"all alike", "n: 100", func(float64, float64) float64 { return 3 }, 4, 1.5},
		// A thousandfold between death and chaos, which no size tells.
		{"regimes", "sigma: {linspace: [0.5, 10, 33]}, gamma: {linspace: [0, 0.95, 33]}", func(_, sigma float64) float64 {
			if sigma < 4 {
				return 0.01
			}
			return 10
		}, 2, 1.3},
		// As relaxations near a transition.
		{"ridge", "gamma: {linspace: [0, 0.95, 9]}, sigma: {geomspace: [0.1, 10, 65]}", func(_, sigma float64) float64 {
			return 1 + 100*math.Exp(-50*math.Pow(math.Log(sigma/3), 2))
		}, 2, 1.3},
		{"fewer trials than workers", "n: [500, 50]", func(n, _ float64) float64 { return n }, 64, 1.5},
	} {
		spec, err := experiment.Parse("x.yaml", []byte("about: a\nmodel: bms\nreplicates: 10\nparams: {"+c.params+"}\n"), experiment.Options{Models: all.Models})
		if err != nil {
			t.Fatal(err)
		}
		plan := spec.Plan()
		order := plan.Sequence().Next(make([]int64, 0, plan.Len()))
		value := func(p *models.Point, name string) float64 { return p.Values[spec.Model.Param(name)].Float() }
		random := rand.New(rand.NewPCG(1, 2))
		start := time.Now()
		done := make(map[int64]bool)
		sizes := make(map[float64]bool)    // of trials that have ended
		free := make([]float64, c.workers) // s, when each worker is
		type ending struct {
			at    float64
			trial int64
			wall  float64
		}
		var endings []ending
		var p models.Point
		for _, trial := range order {
			plan.Point(trial, &p)
			wall := c.wall(value(&p, "n"), value(&p, "sigma")) * (0.8 + 0.4*random.Float64())
			i := slices.Index(free, slices.Min(free))
			free[i] += wall
			endings = append(endings, ending{free[i], trial, wall})
		}
		slices.SortFunc(endings, func(a, b ending) int { return cmp.Compare(a.at, b.at) })
		f := &forecast{plan: plan, costs: runner.NewCosts(spec.Model), workers: c.workers, began: start, todo: func(trials []int64) []int64 {
			return slices.DeleteFunc(trials, func(trial int64) bool { return done[trial] })
		}}
		for k, e := range endings {
			done[e.trial] = true
			plan.Point(e.trial, &p)
			f.costs.Observe(&p, seconds(e.wall))
			sizes[value(&p, "n")] = true
			if len(endings) > 100 && k%16 != 0 {
				continue
			}
			got := f.left(start.Add(seconds(e.at)), store.Counts{Planned: plan.Len(), Done: int64(k + 1)}).Seconds()
			if c.name == "sizes" && len(sizes) == 1 && got > 0 {
				t.Errorf("%.3g s are said to be left when only the smallest trials have ended", got)
			}
			share := e.at / endings[len(endings)-1].at
			if want := endings[len(endings)-1].at - e.at; share > 0.25 && share < 0.75 && max(got/want, want/got) > c.factor {
				t.Errorf("%s, %.0f %% gone: %.3g s left, where it took %.3g s", c.name, 100*share, got, want)
				break
			}
		}
		if got := f.left(start.Add(1e6*time.Second), store.Counts{Planned: 5, Done: 5}); got != 0 {
			t.Errorf("%s: %v left when all is done", c.name, got)
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

// What an earlier run cut off takes longer than it ran, also in the estimate of a plan.
func TestEstimateKnowsWhatWasCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "u.yaml", "about: What is left for the next night?\nmodel: probe\norder: row\nparams: {x: [1, 2], work: [0.01, 6], mode: sleep}\n")
	must(t, sweep(t, dir, "run", "u.yaml", "--for", "800ms", "--grace", "200ms", "--workers", "4", "--figures", "none"), exitWorkLeft)
	out, err := sweep(t, dir, "plan", "u.yaml", "--json", "--workers", "2").Output()
	var answer struct {
		Plan struct{ Estimate *estimate }
	}
	if err := errors.Join(err, json.Unmarshal(out, &answer)); err != nil || answer.Plan.Estimate == nil {
		t.Fatalf("%v: %s", err, out)
	}
	// Both that are left ran for half a second at least, on a worker each.
	if s := answer.Plan.Estimate.Seconds.Mid; s < 0.5 || s > 60 {
		t.Errorf("what was cut off after most of a second is to take %v s", s)
	}
}
