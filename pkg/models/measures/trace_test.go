package measures_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
)

// TestTrace: what is recorded of an orbit begins with its start, goes on step by
// step through the transient and ends with what the measures keep.
func TestTrace(t *testing.T) {
	for _, c := range []struct {
		model, measure, output string
		given                  values
		dim                    int
		dt                     float64
		steps                  int // how many are recorded, 0 if that depends on the orbit
		shown                  func(x []float64) float64
	}{
		{"henon", "orbit", "orbit", values{"transient": 50, "keep": 30}, 2, 1, 80, func(x []float64) float64 { return x[0] }},
		{"henon", "period", "", values{"transient": 50}, 2, 1, 50, nil},
		{"henon", "escape", "", values{"transient": 0}, 2, 1, -1, nil},
		{"logistic", "orbit", "orbit", values{"transient": 700, "keep": 30}, 1, 1, 730, func(x []float64) float64 { return x[0] }},
		{"logistic", "distinct", "", values{"transient": 0, "keep": 30}, 1, 1, 30, nil},
		{"logistic", "lyapunov", "", values{"transient": 50_000}, 1, 1, 50_000, nil},
		{"logistic", "lyapunov", "", values{"transient": 50_000, "r": 4.5}, 1, 1, 0, nil}, // it diverges
		{"logistic", "zero_one", "", values{"transient": 300}, 1, 1, 300, nil},
		{"ricker", "orbit", "orbit", values{"transient": 50, "keep": 30}, 1, 1, 80, func(x []float64) float64 { return x[0] }},
		{"gcm", "orbit", "orbit", values{"n": 3, "transient": 50, "keep": 30}, 3, 1, 80, nil},
		{"lorenz", "maxima", "", values{"transient": 5.0, "keep": 3}, 3, 0.005, 0, nil},
		{"lorenz", "lyapunov", "", values{"transient": 5.0, "time": 10.0}, 3, 0.005, 1000, nil},
		{"quadratic", "orbit", "", values{"limit": 40, "keep": 30, "re": -0.1}, 2, 1, 70, nil},
	} {
		m := all.Find(c.model)
		m = m.Asking(m.Offered(c.measure))
		trace := m.Traces[0]
		r := models.NewRecording([]models.Kept{{Trace: trace, Every: 1}}, 0)
		trial := models.NewSetting(m, 1, nil).NewTrial()
		trial.Record(r)
		trial.Start(point(m, c.given))
		if err := m.Execute(context.Background(), trial); err != nil {
			t.Fatal(err)
		}
		var states [][]float64
		for i, s := range r.Samples(trace) {
			k := i / c.dim
			if s.I != i%c.dim || s.Time != float64(k)*c.dt {
				t.Fatalf("%s: number %d is number %d of time %v", c.model, i, s.I, s.Time)
			}
			if s.I == 0 {
				states = append(states, nil)
			}
			states[k] = append(states[k], s.Value)
		}
		if c.steps != 0 && len(states) != c.steps+1 {
			t.Errorf("%s, asked for %s: %d states are recorded, not %d", c.model, c.measure, len(states), c.steps+1)
		}
		for i, x := range states {
			for _, x := range x {
				if !(math.Abs(x) <= 1e12) && i < len(states)-1 {
					t.Fatalf("%s: state %d of %d is %v", c.model, i, len(states), x)
				}
			}
		}
		if c.shown == nil {
			continue
		}
		var got []float64
		for _, x := range states {
			got = append(got, c.shown(x))
		}
		for i, o := range m.Outputs {
			if o.Decl().Name == c.output {
				if want := trial.Slots[i].Series; !slices.Equal(got[len(got)-len(want):], want) {
					t.Errorf("%s: the trace ends with %v, and %s is %v", c.model, got[len(got)-len(want):], c.output, want)
				}
			}
		}
	}
}
