package ricker

import (
	"context"
	_ "embed"
	"math"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	r  = models.Float("r", 2.6, "growth rate").AtLeast(-10).AtMost(20).In("1/step")
	x0 = models.OptionalFloat("x0", "population at the start; drawn uniformly from (0, 1) if it is not given").Above(0).AtMost(1e3).In("capacity")

	on = measures.OnMap(measures.Defaults{Transient: 1000, Keep: 200, Steps: 100_000, Dim: 1, Shown: "the population", Unit: "capacity"})

	start = models.NewStream("start")
)

// Model is the Ricker map.
var Model = (&models.Model{
	Name:     "ricker",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{r, x0, on.Transient},
	Streams:  []*models.Stream{start},
	Outputs:  []models.Output{on.Ending},
	Measures: on.All(),
	Traces:   []*models.Trace{on.State},
	Carries:  true,
	Run:      run,
}).Asking(on.Orbit, on.Lyapunov, on.Period)

// Map is the Ricker map as a system.
type Map struct{ R float64 }

// Dim is 1.
func (m Map) Dim() int { return 1 }

// Step sets dst to the state after x.
func (m Map) Step(dst, x []float64) { dst[0] = x[0] * math.Exp(m.R*(1-x[0])) }

// Tangent sets dst to (1 - R x) exp(R (1 - x)) v.
func (m Map) Tangent(dst, x, v []float64) {
	d := (1 - float64(m.R*x[0])) * math.Exp(m.R*(1-x[0]))
	for i := range v {
		dst[i] = d * v[i]
	}
}

// advance goes n steps from x and sums up ln |f'|.
func (m Map) advance(x float64, n int) (y, sum float64) {
	for range n {
		growth := float64(m.R * (1 - x))
		sum += math.Log(math.Abs(1-float64(m.R*x))) + growth
		x *= math.Exp(growth)
	}
	return x, sum
}

func run(ctx context.Context, t *models.Trial) error {
	x, given := x0.Lookup(t)
	switch {
	case len(t.Before) == 1:
		x = t.Before[0]
	case !given:
		x = 1 - start.Of(t).Float64() // in (0, 1]
	}
	m := Map{r.Of(t)}
	return on.Run(ctx, t, &measures.Orbit{Map: m, X: []float64{x}, Advance: m.advance})
}
