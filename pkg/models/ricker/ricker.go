package ricker

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
	r         = models.Float("r", 2.6, "growth rate").AtLeast(-10).AtMost(20).In("1/step")
	x0        = models.OptionalFloat("x0", "population at the start; drawn uniformly from (0, 1) if it is not given").Above(0).AtMost(1e3).In("capacity")
	transient = models.Int("transient", 1000, "steps before the orbit").AtLeast(0).AtMost(1e12).In("steps")
	keep      = models.Int("keep", 200, "steps of the orbit that are kept").AtLeast(1).AtMost(1e6).In("steps")
	steps     = models.Int("steps", 100_000, "steps that the exponent is a mean over; none below 40").AtLeast(0).AtMost(1e12).In("steps")
	longest   = models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps")

	start = models.NewStream("start")

	trace = models.NewTrace("state", "capacity", "steps", "population at each step of the transient and the orbit")

	orbit      = models.Series("orbit", "capacity", "population after the transient")
	lyapunov   = models.Scalar("lyapunov", "1/step", "Lyapunov exponent; null if not asked for")
	lyapunovSE = models.Scalar("lyapunov_se", "1/step", "its standard error")
	period     = models.Integer("period", "steps", "period at the end; null if none was found")
	ending     = models.Label("ending", "how the orbit ended", dynamics.Periodic.String(), dynamics.NoPeriod.String(), dynamics.Diverged.String())
)

// Model is the Ricker map.
var Model = &models.Model{
	Name:    "ricker",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{r, x0, transient, keep, steps, longest},
	Streams: []*models.Stream{start},
	Traces:  []*models.Trace{trace},
	Outputs: []models.Output{orbit, lyapunov, lyapunovSE, period, ending},
	Carries: true,
	Run:     run,
}

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
	t.After = append(t.After[:0], x) // what an orbit that diverges hands on
	ended, err := measured(ctx, t, Map{r.Of(t)}, x)
	ending.Put(t, ended.String())
	return err
}

// measured puts all that is measured on the orbit from x.
func measured(ctx context.Context, t *models.Trial, m Map, x float64) (dynamics.Ending, error) {
	orbit.None(t)
	lyapunov.None(t)
	lyapunovSE.None(t)
	period.None(t)
	points, state, e, err := measure.Points(ctx, nil, trace.Along(t, m, 1), []float64{x}, measure.PointsSettings{Transient: transient.Of(t), Keep: keep.Of(t)})
	if e != dynamics.Limit || err != nil {
		return dynamics.Diverged, err
	}
	orbit.Put(t, points)
	if n := steps.Of(t); n >= 40 { // twenty blocks with their gaps
		l, x, e, err := measure.LyapunovScalar(ctx, m.advance, state[0], measure.LyapunovSettings{Steps: n})
		if e != dynamics.Limit || err != nil {
			return dynamics.Diverged, err
		}
		lyapunov.Put(t, l.Mean)
		lyapunovSE.Put(t, l.SE)
		state[0] = x
	}
	p, err := measure.Period(ctx, m, state, measure.PeriodSettings{Longest: longest.Of(t)})
	if p.Ending == dynamics.Diverged || err != nil {
		return dynamics.Diverged, err
	}
	if p.Ending == dynamics.Periodic {
		period.Put(t, int64(p.Period))
	}
	t.After = append(t.After[:0], p.State...)
	return p.Ending, nil
}
