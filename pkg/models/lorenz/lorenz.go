package lorenz

import (
	"context"
	_ "embed"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	sigma = models.Float("sigma", 10, "Prandtl number").Above(0).AtMost(1e3)
	rho   = models.Float("rho", 28, "heating over its critical value").AtLeast(0).AtMost(1e3)
	beta  = models.Float("beta", 8./3, "shape of the rolls").Above(0).AtMost(1e3)

	// The fastest direction, at rate -14.6, shrinks by a half between two
	// orthonormalisations; a turn takes 0.75.
	on = measures.OnFlow(measures.FlowDefaults{
		Defaults: measures.Defaults{Keep: 100, Time: 300, Dim: 3, Shown: "z", State: "x, y and z"},
		Dt:       0.005, Transient: 50, Interval: 0.2, Between: 0.05, Coordinate: 2, Turn: 1, Level: 27,
	})

	start = models.NewStream("start")
)

// Model is the flow of Lorenz.
var Model = (&models.Model{
	Name:     "lorenz",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{sigma, rho, beta, on.Dt, on.Transient},
	Streams:  []*models.Stream{start},
	Outputs:  []models.Output{on.Ending},
	Measures: on.All(),
	Traces:   []*models.Trace{on.State},
	Carries:  true,
	Run:      run,
}).Asking(on.Maxima, on.Lyapunov)

// Flow is the flow of Lorenz as a system.
type Flow struct{ Sigma, Rho, Beta float64 }

// Dim is 3.
func (f Flow) Dim() int { return 3 }

// Derivative sets dst to dx/dt.
func (f Flow) Derivative(dst, x []float64) {
	dst[0] = f.Sigma * (x[1] - x[0])
	dst[1] = float64(x[0]*(f.Rho-x[2])) - x[1]
	dst[2] = float64(x[0]*x[1]) - float64(f.Beta*x[2])
}

// Tangent sets dst to J(x) v.
func (f Flow) Tangent(dst, x, v []float64) {
	for k := 0; k < len(v); k += 3 {
		a, b, c := v[k], v[k+1], v[k+2]
		dst[k] = f.Sigma * (b - a)
		dst[k+1] = float64((f.Rho-x[2])*a) - b - float64(x[0]*c)
		dst[k+2] = float64(x[1]*a) + float64(x[0]*b) - float64(f.Beta*c)
	}
}

func run(ctx context.Context, t *models.Trial) error {
	x := []float64{1, 1, rho.Of(t) - 1}
	if len(t.Before) == 3 {
		copy(x, t.Before)
	} else {
		rng := start.Of(t)
		for i := range x {
			x[i] += float64(2*rng.Float64()) - 1
		}
	}
	return on.Run(ctx, t, Flow{sigma.Of(t), rho.Of(t), beta.Of(t)}, x)
}
