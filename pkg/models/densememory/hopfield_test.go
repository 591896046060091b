package densememory_test

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/models/densememory"
	"github.com/neurosweep/sweep/pkg/models/hopfield"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

// TestSameAsHopfield runs one spec with both models: order 2 has the patterns,
// the starts and the order of updates of the model hopfield, and ends in the same
// states.
func TestSameAsHopfield(t *testing.T) {
	spec := `
about: Are they the same?
seed: 3
replicates: 20
params:
  n: [70, 100]
  patterns: [5, 14, 30]
  start: [0.7, 1]
  trials: 1
`
	want, got := modeltest.Numbers(t, hopfield.Model, spec), modeltest.Numbers(t, densememory.Model, spec+"  order: 2\n")
	for k := range want {
		for _, name := range []string{"overlap", "success_fraction", "error_fraction", "sweeps", "stored"} {
			x := want[k][name]
			if y, ok := got[k][name]; !ok || math.Abs(x-y) > 1e-12 {
				t.Errorf("trial %d: %s is %v, hopfield has %v", k, name, y, x)
			}
		}
	}
}
