package associative_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/associative"
	"github.com/neurosweep/sweep/pkg/models/hopfield"
)

// TestSameAsHopfield runs one spec with both models: rule hebb has the patterns,
// the starts and the order of updates of the model hopfield, rule diluted its graph
// too, and both end in the same states.
func TestSameAsHopfield(t *testing.T) {
	sameAsHopfield(t, "hebb", `
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
	type row map[string]float64
	rows := func(m *models.Model, extra string) (all []row) {
		file := filepath.Join(t.TempDir(), "spec.yaml")
		if err := os.WriteFile(file, []byte("about: Are they the same?\nmodel: "+m.Name+spec+extra), 0o666); err != nil {
			t.Fatal(err)
		}
		read, err := experiment.Read(file, experiment.Options{Models: []*models.Model{m}})
		if err != nil {
			t.Fatal(err)
		}
		plan := read.Plan()
		trial := plan.Setting().NewTrial()
		for k := range plan.Len() {
			var p models.Point
			plan.Point(k, &p)
			trial.Start(&p)
			if err := m.Execute(t.Context(), trial); err != nil {
				t.Fatal(err)
			}
			r := make(row)
			for i, o := range m.Outputs {
				switch slot := &trial.Slots[i]; {
				case slot.State != models.Set:
				case o.Decl().Kind == models.ScalarKind:
					r[o.Decl().Name] = slot.Float()
				case o.Decl().Kind == models.IntegerKind:
					r[o.Decl().Name] = float64(int64(slot.Bits))
				}
			}
			all = append(all, r)
		}
		return all
	}
	want, got := rows(hopfield.Model, ""), rows(associative.Model, "  rule: "+rule+"\n")
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
