package associative_test

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/models/associative"
	"github.com/neurosweep/sweep/pkg/models/hopfield"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

// TestSameAsHopfield runs one spec with both models: rule hebb has the patterns,
// the starts and the order of updates of the model hopfield, rule diluted its graph
// too, and both end in the same states.
func TestSameAsHopfield(t *testing.T) {
	sameAsHopfield(t, "hebb", `
about: Are they the same?
seed: 3
replicates: 2
params:
  n: [70, 100]
  alpha: [0.05, 0.14, 0.3]
  update: [async, sync]
  diagonal: [false, true]
  start: [0.7, 1]
  trials: 6
`)
	sameAsHopfield(t, "diluted", `
about: Are they the same?
seed: 4
replicates: 2
params:
  n: [70, 130]
  connectivity: [7, 20, 69]
  alpha: [0.1, 0.4, 0.9]
  update: [async, sync]
  start: [0.7, 1]
  trials: 6
  max_sweeps: 60
`)
}

func sameAsHopfield(t *testing.T, rule, spec string) {
	t.Helper()
	want, got := modeltest.Numbers(t, hopfield.Model, spec), modeltest.Numbers(t, associative.Model, spec+"  rule: "+rule+"\n")
	cycles := make(map[float64]bool)
	for k := range want {
		cycles[want[k]["cycle_length"]] = true // 0: null
		for name, x := range want[k] {
			if name == "two_cycle_fraction" {
				continue // which associative does not measure; cycle_length says whether there is one
			}
			// Means over the tries are divided in another order.
			if y, ok := got[k][name]; !ok || math.Abs(x-y) > 1e-12 {
				t.Errorf("trial %d: %s is %v, hopfield has %v", k, name, y, x)
			}
		}
	}
	if rule == "diluted" && (!cycles[0] || !cycles[1] || len(cycles) < 5) {
		t.Errorf("the cycles are of lengths %v: too few kinds", cycles)
	}
}
