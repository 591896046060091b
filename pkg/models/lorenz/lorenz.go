package lorenz

import (
	"context"
	_ "embed"
	"math"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	sigma     = models.Float("sigma", 10, "Prandtl number").Above(0).AtMost(1e3)
	rho       = models.Float("rho", 28, "heating over its critical value").AtLeast(0).AtMost(1e3)
	beta      = models.Float("beta", 8./3, "shape of the rolls").Above(0).AtMost(1e3)
	dt        = models.Float("dt", 0.005, "step of the integration").AtLeast(1e-5).AtMost(0.1).In("time")
	transient = models.Float("transient", 50, "time before the orbit").AtLeast(0).AtMost(1e7).In("time")
	keep      = models.Int("keep", 100, "maxima of z that are kept").AtLeast(1).AtMost(1e6)
	duration  = models.Float("time", 300, "time that the exponents are means over").AtLeast(10).AtMost(1e7).In("time")

	start = models.NewStream("start")

	state = models.NewTrace("state", "", "time", "x, y and z at each step of the transient and until the maxima are found")

	maxima     = models.Series("maxima", "", "successive maxima of z; fewer than asked for if the orbit came to rest, null if it diverged")
	lyapunov   = models.Series("lyapunov", "1/time", "the three Lyapunov exponents, in descending order; null if the orbit diverged")
	lyapunovSE = models.Series("lyapunov_se", "1/time", "their standard errors")
	dimension  = models.Scalar("dimension", "", "Lyapunov dimension of Kaplan and Yorke")
	ending     = models.Label("ending", "how the orbit ended", dynamics.Converged.String(), dynamics.Limit.String(), dynamics.Diverged.String())
)

// Model is the flow of Lorenz.
var Model = &models.Model{
	Name:    "lorenz",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{sigma, rho, beta, dt, transient, keep, duration},
	Streams: []*models.Stream{start},
	Traces:  []*models.Trace{state},
	Outputs: []models.Output{maxima, lyapunov, lyapunovSE, dimension, ending},
	Carries: true,
	Run:     run,
}

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

// between is the time between two orthonormalisations: the fastest direction, at
// rate -14.6, shrinks by a half in it.
const between = 0.05

// rest is the speed below which the orbit is at rest: rounding leaves 1e-13 of
// coordinates of size 10 to 100.
const rest = 1e-10

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
	t.After = append(t.After[:0], x...) // what an orbit that diverges hands on
	ended, err := measured(ctx, t, Flow{sigma.Of(t), rho.Of(t), beta.Of(t)}, x)
	ending.Put(t, ended.String())
	return err
}

// measured puts all that is measured on the orbit from x.
func measured(ctx context.Context, t *models.Trial, f Flow, x []float64) (dynamics.Ending, error) {
	maxima.None(t)
	lyapunov.None(t)
	lyapunovSE.None(t)
	dimension.None(t)
	h := dt.Of(t)
	skip := int(math.Ceil(transient.Of(t) / h))
	points, x, e, err := measure.Points(ctx, nil, state.Along(t, dynamics.NewRK4(f, h, 1), h), x, measure.PointsSettings{
		Transient: skip, Keep: keep.Of(t), Coordinate: 2, Pick: measure.Maxima,
		// A turn takes 0.75 time units, at rest none is ever over.
		Limit: int(2 * float64(keep.Of(t)) / h),
	})
	if e != dynamics.Limit || err != nil {
		return dynamics.Diverged, err
	}
	maxima.Put(t, points)
	each := max(1, int(math.Round(between/h)))
	m := dynamics.NewRK4(f, h, each)
	s, err := measure.Lyapunov(ctx, m, x, measure.LyapunovSettings{Steps: int(math.Ceil(duration.Of(t) / m.Time()))})
	if s.Ending != dynamics.Limit || err != nil {
		return dynamics.Diverged, err
	}
	lyapunov.Put(t, s.Exponents)
	lyapunovSE.Put(t, s.SE)
	dimension.Put(t, measure.KaplanYorke(s.Exponents))
	t.After = append(t.After[:0], s.State...)
	speed := make([]float64, 3)
	f.Derivative(speed, s.State)
	if !dynamics.Beyond(speed, rest) {
		return dynamics.Converged, nil
	}
	return dynamics.Limit, nil
}
