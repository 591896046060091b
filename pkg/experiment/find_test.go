package experiment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// findPlans are plans of every layout, small enough to be looked through.
var findPlans = map[string]string{
	"constants":  "params: {n: 50}",
	"grid":       "replicates: 3\nparams: {n: [20, 10, 40], gamma: {linspace: [0, 0.95, 6]}, sigma: {logspace: [-1, 2, 7]}, self: [true, false], scaling: [raw, per-sqrt-n]}",
	"geomspace":  "params: {sigma: {geomspace: [0.1, 7, 12]}, n: {geomspace: [2, 64, 6]}}",
	"falling":    "params: {current: {linspace: [3, -2, 11]}, n: {range: [90, 10, -5]}}",
	"refined":    "replicates: 2\nparams: {gamma: {linspace: [0, 0.9, 4], refine: 2}, n: [10, 20]}",
	"zip":        "replicates: 2\nparams: {theta: [1, 2, 3], current: [5, 4, 7], n: [10, 20]}\nzip: [theta, current]",
	"derived":    "params: {gamma: {linspace: [0, 0.9, 10]}, sigma: [1, 2, 3]}\nderive: {window: 20 + int(40 * gamma), current: gamma * sigma, ratio: gamma / sigma}",
	"depends":    "params: {n: [2, 3, 5], transient: {range: [0, n, 1]}}",
	"conditions": "params: {scaling: [raw, per-sqrt-n], mean: {linspace: [0, 1, 5], when: scaling == \"raw\"}, sigma: [1, 2]}\nreplicates: 2",
	"where":      "replicates: 2\nparams: {gamma: {linspace: [0, 0.9, 10]}, sigma: {linspace: [0, 9, 10]}, n: [10, 20]}\nwhere: gamma * 10 > sigma",
	"sample":     "replicates: 2\nsample: {design: sobol, count: 32, over: {gamma: {uniform: [0, 0.9]}, n: {integer: [2, 6]}}}\nparams: {sigma: [1, 2]}",
	"blocks":     "replicates: 2\nparams: {n: [10, 20]}\nblocks:\n  - params: {gamma: [0, 0.5], current: 2}\n  - params: {gamma: [0.5, 0.75], sigma: [3, 4], current: [0, 2]}\n  - params: {gamma: {linspace: [0, 0.5, 5]}, current: 2}",
}

// findBrute looks at every point.
func findBrute(p *Plan, q Query) (trials []int64) {
	var pt models.Point
	for trial := range p.Len() {
		p.Point(trial, &pt)
		if pt.Replicate != q.Replicate || q.Direction != 0 && pt.Direction != q.Direction {
			continue
		}
		fits := true
		for param, v := range q.Values {
			fits = fits && pt.Values[param] == v
		}
		if fits {
			trials = append(trials, trial)
		}
	}
	return trials
}

// TestFind asks every layout for points that it has and for some that it has not, of
// few and of many values, and compares with a look at every point.
func TestFind(t *testing.T) {
	specs := make(map[string]*Spec)
	for name, text := range findPlans {
		specs[name] = parse(t, "about: a\nmodel: bms\n"+text)
	}
	for _, direction := range []string{"up", "down", "both"} {
		specs["carry "+direction] = parseCarrying(t, "replicates: 2\nparams: {current: {linspace: [0, 2, 5]}, sigma: [5, 6], n: [2, 4]}\ncarry: {axis: current, direction: "+direction+"}")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for name, s := range specs {
		p := s.Plan()
		several, none := 0, 0
		var pt, other models.Point
		for range 400 {
			p.Point(random.Int64N(p.Len()), &pt)
			p.Point(random.Int64N(p.Len()), &other)
			q := Query{Values: make(map[int]models.Value), Replicate: pt.Replicate}
			if random.IntN(2) == 0 {
				q.Direction = pt.Direction
			}
			if random.IntN(20) == 0 {
				q.Direction = 1 - 2*random.IntN(2)
			}
			keep := random.Float64()
			for i, v := range pt.Values {
				if random.IntN(10) == 0 {
					v = other.Values[i] // in the plan, but maybe not with the others
				}
				if v.IsSet() && random.Float64() < keep {
					q.Values[i] = v
				}
			}
			want := findBrute(p, q)
			if got := p.Find(q, int(p.Len())+1); !slices.Equal(got, want) {
				t.Fatalf("%s: %v finds %v, not %v", name, q, got, want)
			}
			if got := p.Find(q, 2); len(got) != min(2, len(want)) || len(got) > 0 && !slices.Contains(want, got[len(got)-1]) {
				t.Fatalf("%s: %v finds %v of %v", name, q, got, want)
			}
			if len(want) > 1 {
				several++
			}
			if len(want) == 0 {
				none++
			}
		}
		if several == 0 && p.Len() > 2 || none == 0 && len(p.Axes()) > 1 && name != "grid" && name != "falling" && name != "geomspace" && name != "refined" && name[:5] != "carry" {
			t.Errorf("%s: %d queries of several points, %d of none", name, several, none)
		}
		if got := p.Find(Query{Replicate: p.Replicates()}, 1); got != nil {
			t.Errorf("%s: a replicate too many is %v", name, got)
		}
	}
}

// TestNear compares the values nearest to others with a look at every point.
func TestNear(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, text := range findPlans {
		if name == "where" {
			continue // axes have values there that no point has
		}
		p := parse(t, "about: a\nmodel: bms\n"+text).Plan()
		for param := range p.Setting().Model.Params {
			var has []models.Value
			var pt models.Point
			for trial := range p.Len() {
				p.Point(trial, &pt)
				if v := pt.Values[param]; v.IsSet() && !slices.Contains(has, v) {
					has = append(has, v)
				}
			}
			if has == nil || has[0].Kind() != models.FloatKind && has[0].Kind() != models.IntKind || len(has) < 2 {
				continue
			}
			slices.SortFunc(has, compareNumbers)
			for range 20 {
				v := has[random.IntN(len(has))]
				x := v.Float() + float64(random.IntN(7)-3)/2
				if v.Kind() == models.IntKind {
					v = models.IntValue(int64(math.Floor(x)))
				} else {
					v = models.FloatValue(x)
				}
				i, exact := slices.BinarySearchFunc(has, v, compareNumbers)
				want := has[max(i-1, 0):min(i+1, len(has))]
				if exact {
					want = has[i : i+1]
				}
				if got := p.Near(param, v); !slices.Equal(got, want) {
					t.Errorf("%s: nearest to %s = %s is %v, not %v", name, p.Setting().Model.Params[param].Decl().Name, v, got, want)
				}
			}
		}
	}
}

// TestFindHuge: a plan of more points than could be looked at is searched at once.
func TestFindHuge(t *testing.T) {
	p := parse(t, "about: a\nmodel: bms\nreplicates: 10\nparams: {gamma: {linspace: [0, 0.9, 50001]}, current: {linspace: [0, 1, 1000001]}, self: [true, false]}\n").Plan()
	begun := time.Now()
	var pt models.Point
	for _, trial := range []int64{0, 1, p.Len() / 3, p.Len() - 1} {
		p.Point(trial, &pt)
		q := Query{Values: make(map[int]models.Value), Replicate: pt.Replicate}
		for i, v := range pt.Values {
			if v.IsSet() {
				q.Values[i] = v
			}
		}
		if got := p.Find(q, 2); !slices.Equal(got, []int64{trial}) {
			t.Errorf("trial %d is %v", trial, got)
		}
	}
	if got := p.Find(Query{}, 2); len(got) != 2 {
		t.Errorf("of all points two are %v", got)
	}
	// Searches by halves; a second is a thousand times what they take.
	if took := time.Since(begun); took > time.Second {
		t.Errorf("it took %v", took)
	}
}
