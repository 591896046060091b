package runner

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestNearby: trials tell of those near them, where there is something to tell, on
// axes of any unit, beside values that are not set, behind sizes.
func TestNearby(t *testing.T) {
	wall := func(size, place float64) float64 {
		if place == unset {
			return 9 * size
		}
		return size * (1 + 50*math.Exp(-place*place))
	}
	observed := func(wall func(size, place float64) float64) (all []Observation) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 600 {
			size, place := math.Exp2(float64(r.IntN(8))), float64(r.IntN(41))/4-5
			if r.IntN(20) == 0 {
				place = unset
			}
			all = append(all, Observation{[]float64{math.Log(size), 7, place, 1e9 * float64(r.IntN(2))}, wall(size, place) * math.Exp(0.2*r.NormFloat64())})
		}
		return all
	}
	cost := FitCost(observed(wall), 1)
	for _, place := range []float64{-20, -5, -2, -1.1, 0, 0.1, 3, 20, unset} {
		for _, size := range []float64{1, 100} {
			// Eight trials of 0.2 have a standard error of 0.07; the slope of the
			// ridge is 0.3 between two places.
			traits := []float64{math.Log(size), 7, place, 0}
			if got, want := cost.Wall(traits), wall(size, place); math.Abs(math.Log(got/want)) > 0.6 {
				t.Errorf("size %v at %v: %v s, want %v", size, place, got, want)
			}
			if low, high := cost.Band(traits); !(low < high && high < 4*low) {
				t.Errorf("size %v at %v: from %v to %v s", size, place, low, high)
			}
		}
	}
	if cost := FitCost(observed(func(size, _ float64) float64 { return size }), 1); cost.nearby != nil {
		t.Error("places are believed that tell nothing")
	}
	if cost := FitCost(observed(wall)[:leastNearby-1], 1); cost.nearby != nil {
		t.Error("a few places are believed")
	}
}
