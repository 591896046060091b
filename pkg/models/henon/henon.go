package henon

import (
	"context"
	_ "embed"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	a         = models.Float("a", 1.4, "strength of the fold").AtLeast(-10).AtMost(10)
	b         = models.Float("b", 0.3, "factor by which areas shrink, and turn over").AtLeast(-1).AtMost(1)
	x0        = models.Float("x0", 0, "x at the start").AtLeast(-1e3).AtMost(1e3)
	y0        = models.Float("y0", 0, "y at the start").AtLeast(-1e3).AtMost(1e3)
	spread    = models.Float("spread", 0.01, "largest random shift of x and of y at the start").AtLeast(0).AtMost(1e3)
	transient = models.Int("transient", 1000, "steps before the orbit").AtLeast(0).AtMost(1e12).In("steps")
	keep      = models.Int("keep", 200, "steps of the orbit that are kept").AtLeast(1).AtMost(1e6).In("steps")
	steps     = models.Int("steps", 100_000, "steps that the exponents are means over; none below 40").AtLeast(0).AtMost(1e12).In("steps")
	longest   = models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps")

	start = models.NewStream("start")

	state = models.NewTrace("state", "", "steps", "x and y at each step of the transient and the orbit")

	orbit      = models.Series("orbit", "", "x after the transient; null if it diverged")
	lyapunov   = models.Series("lyapunov", "1/step", "both Lyapunov exponents, in descending order; null if not asked for or the orbit diverged")
	lyapunovSE = models.Series("lyapunov_se", "1/step", "their standard errors")
	dimension  = models.Scalar("dimension", "", "Lyapunov dimension of Kaplan and Yorke")
	period     = models.Integer("period", "steps", "period at the end; null if none was found")
	ending     = models.Label("ending", "how the orbit ended", dynamics.Periodic.String(), dynamics.NoPeriod.String(), dynamics.Diverged.String())
)

// Model is the map of Hénon.
var Model = &models.Model{
	Name:    "henon",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{a, b, x0, y0, spread, transient, keep, steps, longest},
	Streams: []*models.Stream{start},
	Traces:  []*models.Trace{state},
	Outputs: []models.Output{orbit, lyapunov, lyapunovSE, dimension, period, ending},
	Carries: true,
	Run:     run,
}

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
	t.After = append(t.After[:0], x...) // what an orbit that diverges hands on
	ended, err := measured(ctx, t, Map{a.Of(t), b.Of(t)}, x)
	ending.Put(t, ended.String())
	return err
}

// measured puts all that is measured on the orbit from x.
func measured(ctx context.Context, t *models.Trial, m Map, x []float64) (dynamics.Ending, error) {
	orbit.None(t)
	lyapunov.None(t)
	lyapunovSE.None(t)
	dimension.None(t)
	period.None(t)
	points, x, e, err := measure.Points(ctx, nil, state.Along(t, m, 1), x, measure.PointsSettings{Transient: transient.Of(t), Keep: keep.Of(t)})
	if e != dynamics.Limit || err != nil {
		return dynamics.Diverged, err
	}
	orbit.Put(t, points)
	if n := steps.Of(t); n >= 40 { // twenty blocks with their gaps
		s, err := measure.Lyapunov(ctx, m, x, measure.LyapunovSettings{Steps: n})
		if s.Ending != dynamics.Limit || err != nil {
			return dynamics.Diverged, err
		}
		lyapunov.Put(t, s.Exponents)
		lyapunovSE.Put(t, s.SE)
		dimension.Put(t, measure.KaplanYorke(s.Exponents))
		x = s.State
	}
	p, err := measure.Period(ctx, m, x, measure.PeriodSettings{Longest: longest.Of(t)})
	if p.Ending == dynamics.Diverged || err != nil {
		return dynamics.Diverged, err
	}
	if p.Ending == dynamics.Periodic {
		period.Put(t, int64(p.Period))
	}
	t.After = append(t.After[:0], p.State...)
	return p.Ending, nil
}
