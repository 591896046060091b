package runner

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// observations are n trials of sizes drawn by size, whose wall is c Π size^power
// times e^(spread·normal).
func observations(n int, c, spread float64, power []float64, size func(r *rand.Rand) []float64) []Observation {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	var all []Observation
	for range n {
		o := Observation{Wall: c * math.Exp(spread*r.NormFloat64())}
		for j, s := range size(r) {
			o.Traits = append(o.Traits, math.Log(s))
			o.Wall *= math.Pow(s, power[j])
		}
		all = append(all, o)
	}
	return all
}

func logs(sizes ...float64) []float64 {
	for i := range sizes {
		sizes[i] = math.Log(sizes[i])
	}
	return sizes
}

func TestFitCost(t *testing.T) {
	two := func(r *rand.Rand) []float64 {
		return []float64{100 * math.Exp2(float64(r.IntN(7))), 1 + 9*r.Float64()}
	}
	for _, c := range []struct {
		name      string
		observed  []Observation
		at        []float64
		want      float64
		tolerance float64 // relative
		depends   bool
	}{
		// The ridge moves a slope by 1e-4: 2·ln(64)/2 of it here, at most.
		{"exact powers", observations(50, 1e-6, 0, []float64{2, 1}, two), logs(6400, 10), 1e-6 * 6400 * 6400 * 10, 2e-3, true},
		// The mean of a log-normal is e^(s²/2) above its median; three standard
		// errors of a fit of three numbers to 400.
		{"noise", observations(400, 1e-6, 0.5, []float64{2, 1}, two), logs(800, 5), 1e-6 * 800 * 800 * 5 * math.Exp(0.125), 3 * 0.53 * math.Sqrt(3./400), true},
		{"constant size", observations(20, 3, 0, []float64{1, 1}, func(*rand.Rand) []float64 { return []float64{7, 2} }), logs(7, 2), 42, 1e-9, false},
		{"one size of two", observations(20, 3, 0, []float64{1, 1}, func(r *rand.Rand) []float64 { return []float64{7, 2 + r.Float64()} }), logs(7, 2.5), 52.5, 1e-3, true},
		{"no size", []Observation{{nil, 2}, {nil, 2}}, nil, 2, 1e-9, false},
		{"one trial", []Observation{{logs(5), 2}}, logs(50), 2, 1e-9, false},
		{"too few to tell", []Observation{{logs(5), 1}, {logs(10), 4}, {logs(20), 16}}, logs(10), 7, 1e-9, false},
		// Sizes that vary together: which of them it is cannot be told, and need
		// not be.
		{"collinear", observations(30, 1, 0, []float64{1, 1}, func(r *rand.Rand) []float64 { x := 1 + float64(r.IntN(9)); return []float64{x, x} }), logs(4, 4), 16, 2e-3, true},
		{"no time at all", []Observation{{nil, 0}, {nil, 0}}, nil, shortestWall, 1e-9, false},
	} {
		cost := FitCost(c.observed, len(c.at))
		if got := cost.Wall(c.at); math.Abs(got/c.want-1) > c.tolerance {
			t.Errorf("%s: %v s, want %v (slopes %v)", c.name, got, c.want, cost.Slopes())
		}
		if cost.Depends() != c.depends {
			t.Errorf("%s: depends on size: %v", c.name, cost.Depends())
		}
		if low, high := cost.Band(c.at); !(low <= high) || math.IsInf(high, 0) || math.IsNaN(low) {
			t.Errorf("%s: a band from %v to %v", c.name, low, high)
		}
	}
	if FitCost(nil, 0) != nil {
		t.Error("a cost was fitted to nothing")
	}
}

// TestCostBands: of trials drawn anew, about eight in ten lie in their band, and
// the sums of most samples in theirs.
func TestCostBands(t *testing.T) {
	size := func(r *rand.Rand) []float64 { return []float64{math.Exp2(10 * r.Float64())} }
	all := observations(24_000, 1, 0.7, []float64{1.5}, size)
	in, sums, runs := 0, 0, 0
	for from := 0; from+120 <= len(all); from += 120 {
		cost := FitCost(all[from:from+40], 1)
		var got, want float64
		for _, o := range all[from+40 : from+120] {
			low, high := cost.Band(o.Traits)
			if low <= o.Wall && o.Wall <= high {
				in++
			}
			// As a share of the expectation, so that the largest does not
			// outweigh all: that is what SumFactor supposes.
			got, want = got+o.Wall/math.Exp(1.5*o.Traits[0]), want+cost.Wall(o.Traits)/math.Exp(1.5*o.Traits[0])
		}
		runs++
		if f := cost.SumFactor(80); got >= want/f && got <= want*f {
			sums++
		}
	}
	if share := float64(in) / float64(80*runs); share < 0.76 || share > 0.84 {
		t.Errorf("%.3f of the trials are in a band for 0.8", share)
	}
	// 0.9 is meant; the smearing of 40 trials has a heavy tail.
	if share := float64(sums) / float64(runs); share < 0.78 || share > 0.97 {
		t.Errorf("%.3f of the sums are in a band for 0.9", share)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		n      int
		length int64
	}{{20, 1000}, {20, 21}, {5, 5}, {7, 3}, {2048, 10_000_000}, {20, 16}} {
		got := Spread(c.n, c.length)
		if len(got) != int(min(int64(c.n), c.length)) || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("%d of %d: %v", c.n, c.length, got)
		}
		if got[0] < 0 || got[len(got)-1] >= c.length {
			t.Errorf("%d of %d: %v", c.n, c.length, got)
		}
		// No gap is thrice as wide as it must be.
		for i := range got[1:] {
			if gap := got[i+1] - got[i]; gap > 3*c.length/int64(len(got))+1 {
				t.Errorf("%d of %d: a gap of %d", c.n, c.length, gap)
			}
		}
	}
	// On an axis of four values that changes fastest each has its share.
	var share [4]int
	for _, trial := range Spread(400, 1<<20) {
		share[trial%4]++
	}
	if slices.Min(share[:]) < 80 || slices.Max(share[:]) > 120 {
		t.Errorf("the shares of four values are %v", share)
	}
}

// TestCostsBounded: however many trials are told about, a few thousand are kept,
// evenly.
func TestCostsBounded(t *testing.T) {
	c := NewCosts(&models.Model{})
	for i := range 100_000 {
		c.Observe(&models.Point{}, time.Duration(i)*time.Millisecond)
	}
	if n := len(c.observed); n > maxObserved || n < maxObserved/4 {
		t.Errorf("%d are kept", n)
	}
	mean := 0.0
	for _, o := range c.observed {
		mean += o.Wall / float64(len(c.observed))
	}
	if mean < 0.045e3 || mean > 0.055e3 {
		t.Errorf("the mean of what is kept is %v of 50", mean)
	}
}
