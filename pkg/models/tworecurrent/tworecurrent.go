package tworecurrent

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
	network   = models.Choice("network", "which of the two networks", "wang", "pasemann")
	a         = models.Float("a", 5, "weight a, of wang").AtLeast(-1e3).AtMost(1e3)
	b         = models.Float("b", 25, "weight b, of wang").AtLeast(-1e3).AtMost(1e3)
	mu        = models.Float("mu", 2, "gain of the weights, of wang").AtLeast(0).AtMost(1e3)
	theta1    = models.Float("theta1", -3.5, "bias of the first neuron, of pasemann").AtLeast(-1e3).AtMost(1e3)
	theta2    = models.Float("theta2", 3, "bias of the second neuron, of pasemann").AtLeast(-1e3).AtMost(1e3)
	transient = models.Int("transient", 2000, "steps before the orbit").AtLeast(0).AtMost(1e12).In("steps")
	keep      = models.Int("keep", 200, "steps of the orbit that are kept").AtLeast(1).AtMost(1e6).In("steps")
	steps     = models.Int("steps", 20_000, "steps that the exponents are means over; none below 40").AtLeast(0).AtMost(1e12).In("steps")
	longest   = models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps")

	start = models.NewStream("start")

	state = models.NewTrace("state", "", "steps", "both neurons at each step of the transient and the orbit")

	orbit      = models.Series("orbit", "", "y - x of wang or x of pasemann after the transient")
	lyapunov   = models.Series("lyapunov", "1/step", "both Lyapunov exponents, in descending order; null if not asked for")
	lyapunovSE = models.Series("lyapunov_se", "1/step", "their standard errors; NaN for an exponent that is -inf")
	period     = models.Integer("period", "steps", "period at the end; null if none was found")
	ending     = models.Label("ending", "how the orbit ended", dynamics.Periodic.String(), dynamics.NoPeriod.String())
)

// Model is two neurons that drive each other.
var Model = &models.Model{
	Name:    "tworecurrent",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{network, a, b, mu, theta1, theta2, transient, keep, steps, longest},
	Streams: []*models.Stream{start},
	Traces:  []*models.Trace{state},
	Outputs: []models.Output{orbit, lyapunov, lyapunovSE, period, ending},
	Carries: true,
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	var m dynamics.Map
	low, high := 0.0, 1.0
	shown := func(x []float64) float64 { return x[1] - x[0] }
	if network.Of(t) == "wang" {
		m = Wang{a.Of(t), b.Of(t), mu.Of(t)}
	} else {
		m = Pasemann{theta1.Of(t), theta2.Of(t)}
		low, high = -10, 10
		shown = func(x []float64) float64 { return x[0] }
	}
	x := make([]float64, 2)
	if len(t.Before) == 2 {
		copy(x, t.Before)
	} else {
		rng := start.Of(t)
		for i := range x {
			x[i] = low + float64((high-low)*rng.Float64())
		}
	}

	// All states are bounded by the weights, so nothing diverges.
	o := dynamics.NewOrbit(state.Along(t, m, 1), x)
	if _, err := o.Advance(ctx, transient.Of(t), dynamics.DefaultBound); err != nil {
		return err
	}
	points := make([]float64, keep.Of(t))
	for i := range points {
		o.Step()
		points[i] = shown(o.X)
	}
	orbit.Put(t, points)
	lyapunov.None(t)
	lyapunovSE.None(t)
	x = o.X
	if n := steps.Of(t); n >= 40 { // twenty blocks with their gaps
		s, err := measure.Lyapunov(ctx, m, x, measure.LyapunovSettings{Steps: n})
		if err != nil {
			return err
		}
		lyapunov.Put(t, s.Exponents)
		lyapunovSE.Put(t, s.SE)
		x = s.State
	}
	p, err := measure.Period(ctx, m, x, measure.PeriodSettings{Longest: longest.Of(t)})
	if err != nil {
		return err
	}
	if p.Ending == dynamics.Periodic {
		period.Put(t, int64(p.Period))
	} else {
		period.None(t)
	}
	ending.Put(t, p.Ending.String())
	t.After = append(t.After[:0], p.State...)
	return nil
}
