package henon

import (
	"context"
	_ "embed"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	a      = models.Float("a", 1.4, "strength of the fold").AtLeast(-10).AtMost(10)
	b      = models.Float("b", 0.3, "factor by which areas shrink, and turn over").AtLeast(-1).AtMost(1)
	x0     = models.Float("x0", 0, "x at the start").AtLeast(-1e3).AtMost(1e3)
	y0     = models.Float("y0", 0, "y at the start").AtLeast(-1e3).AtMost(1e3)
	spread = models.Float("spread", 0.01, "largest random shift of x and of y at the start").AtLeast(0).AtMost(1e3)

	on = measures.OnMap(measures.Defaults{Transient: 1000, Keep: 200, Steps: 100_000, Dim: 2, Shown: "x", State: "x and y"})

	start = models.NewStream("start")
)

// Model is the map of Hénon.
var Model = (&models.Model{
	Name:     "henon",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{a, b, x0, y0, spread, on.Transient},
	Streams:  []*models.Stream{start},
	Outputs:  []models.Output{on.Ending},
	Measures: on.All(),
	Traces:   []*models.Trace{on.State},
	Carries:  true,
	Run:      run,
}).Asking(on.Orbit, on.Lyapunov, on.Period)

// Map is the map of Hénon as a system.
type Map struct{ A, B float64 }

// Dim is 2.
func (m Map) Dim() int { return 2 }

// Step sets dst to the state after x.
func (m Map) Step(dst, x []float64) {
	dst[0] = 1 - float64(m.A*x[0]*x[0]) + x[1]
	dst[1] = m.B * x[0]
}

// Tangent sets dst to J(x) v.
func (m Map) Tangent(dst, x, v []float64) {
	for k := 0; k < len(v); k += 2 {
		dst[k] = v[k+1] - float64(2*m.A*x[0]*v[k])
		dst[k+1] = m.B * v[k]
	}
}

// shift is a uniform number from [-width, width).
func shift(u, width float64) float64 { return width * (float64(2*u) - 1) }

func run(ctx context.Context, t *models.Trial) error {
	x := []float64{x0.Of(t), y0.Of(t)}
	if len(t.Before) == 2 {
		copy(x, t.Before)
	} else if rng := start.Of(t); spread.Of(t) > 0 {
		for i := range x {
			x[i] += float64(shift(rng.Float64(), spread.Of(t)))
		}
	}
	return on.Run(ctx, t, &measures.Orbit{Map: Map{a.Of(t), b.Of(t)}, X: x})
}
