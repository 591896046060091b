package logistic

import (
	"context"
	_ "embed"
	"math/rand/v2"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	r         = models.Float("r", 3.7, "growth rate").AtLeast(-10).AtMost(10)
	x0        = models.OptionalFloat("x0", "state at the start; drawn uniformly from (0, 1) if it is not given").Above(0).Below(1)
	transient = models.Int("transient", 1000, "steps before the orbit").AtLeast(0).AtMost(1e12).In("steps")
	keep      = models.Int("keep", 200, "steps of the orbit that are kept").AtLeast(0).AtMost(1e6).In("steps")
	steps     = models.Int("steps", 100_000, "steps that the exponent is a mean over; none below 40").AtLeast(0).AtMost(1e12).In("steps")
	longest   = models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps")
	tolerance = models.Float("tolerance", 1e-8, "largest difference of two states that count as one, relative to the largest").Above(0).AtMost(1)

	start = models.NewStream("start")

	state = models.NewTrace("state", "", "steps", "x at each step of the transient and the orbit")

	orbit        = models.Series("orbit", "", "x after the transient")
	distinct     = models.Integer("distinct", "", "values in the orbit that are further apart than the square root of tolerance; null if it diverged")
	lyapunov     = models.Scalar("lyapunov", "1/step", "Lyapunov exponent; null if not asked for or the orbit diverged")
	lyapunovSE   = models.Scalar("lyapunov_se", "1/step", "its standard error")
	period       = models.Integer("period", "steps", "period at the end; null if none was found")
	ending       = models.Label("ending", "how the orbit ended", dynamics.Periodic.String(), dynamics.NoPeriod.String(), dynamics.Diverged.String())
	reinjections = models.Integer("reinjections", "", "times that rounding put the orbit on 0 and it went on from a new random number")
)

// Model is the logistic map.
var Model = &models.Model{
	Name:    "logistic",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{r, x0, transient, keep, steps, longest, tolerance},
	Streams: []*models.Stream{start},
	Traces:  []*models.Trace{state},
	Outputs: []models.Output{orbit, distinct, lyapunov, lyapunovSE, period, ending, reinjections},
	Carries: true,
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	m := &walker{Map: Map{r.Of(t)}, again: func() *rand.Rand { return start.Of(t) }}
	x, given := x0.Lookup(t)
	switch {
	case len(t.Before) == 1:
		x = t.Before[0]
	case !given:
		x = open(start.Of(t))
	}
	if state.Recorded(t) {
		state.Add(t, 0, x)
		at := 0
		m.see = func(points []float64) {
			for _, x := range points {
				at++
				state.Add(t, float64(at), x)
			}
		}
	}
	t.After = append(t.After[:0], x) // what an orbit that diverges hands on
	ended, err := m.run(ctx, t, x)
	if err != nil {
		return err
	}
	ending.Put(t, ended.String())
	reinjections.Put(t, int64(m.reinjections))
	return nil
}

// run puts all that is measured on the orbit from x.
func (m *walker) run(ctx context.Context, t *models.Trial, x float64) (dynamics.Ending, error) {
	orbit.None(t)
	distinct.None(t)
	lyapunov.None(t)
	lyapunovSE.None(t)
	period.None(t)

	x, ended, err := m.skip(ctx, x, transient.Of(t))
	if err != nil || ended == dynamics.Diverged {
		return ended, err
	}
	points := make([]float64, keep.Of(t))
	x = m.fill(points, x)
	if dynamics.Beyond(points, dynamics.DefaultBound) {
		return dynamics.Diverged, nil
	}
	orbit.Put(t, points)

	// Twenty blocks with their gaps need that many steps.
	if n := steps.Of(t); n >= 40 {
		var e measure.Estimate
		e, x, ended, err = measure.LyapunovScalar(ctx, m.advance, x, measure.LyapunovSettings{Steps: n})
		if err != nil || ended == dynamics.Diverged {
			return ended, err
		}
		lyapunov.Put(t, e.Mean)
		lyapunovSE.Put(t, e.SE)
	}
	p, err := measure.Period(ctx, m.Map, []float64{x}, measure.PeriodSettings{Longest: longest.Of(t), Tolerance: tolerance.Of(t)})
	if err != nil || p.Ending == dynamics.Diverged {
		return p.Ending, err
	}
	distinct.Put(t, int64(measure.Distinct(points, separation(tolerance.Of(t)))))
	if p.Ending == dynamics.Periodic {
		period.Put(t, int64(p.Period))
	}
	t.After = append(t.After[:0], p.State...)
	return p.Ending, nil
}
