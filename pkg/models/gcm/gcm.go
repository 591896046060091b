package gcm

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
	n         = models.Int("n", 50, "number of units N").AtLeast(2).AtMost(10_000)
	r         = models.Float("r", 4, "growth rate").AtLeast(0).AtMost(4)
	eps       = models.Float("eps", 0.4, "coupling").AtLeast(0).AtMost(1)
	transient = models.Int("transient", 10_000, "steps before the orbit").AtLeast(0).AtMost(1e12).In("steps")
	keep      = models.Int("keep", 100, "steps of the mean that are kept").AtLeast(1).AtMost(1e6).In("steps")
	steps     = models.Int("steps", 10_000, "steps that the exponents are means over").AtLeast(40).AtMost(1e12).In("steps")
	longest   = models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps")

	start = models.NewStream("start", n)

	state = models.NewTrace("state", "", "steps", "all units at each step of the transient and the orbit")

	orbit        = models.Series("orbit", "", "mean of the units after the transient")
	separation   = models.Scalar("spread", "", "largest difference of two units at the end")
	synchronised = models.Bool("synchronised", "the spread is below 1e-12")
	clusters     = models.Integer("clusters", "", "groups of units that are within 1e-6 at the end")
	lyapunov     = models.Scalar("lyapunov", "1/step", "largest Lyapunov exponent of the network")
	lyapunovSE   = models.Scalar("lyapunov_se", "1/step", "its standard error")
	transverse   = models.Scalar("transverse", "1/step", "rate at which differences from the synchronous state grow")
	transverseSE = models.Scalar("transverse_se", "1/step", "its standard error")
	period       = models.Integer("period", "steps", "period of the network at the end; null if none was found")
	ending       = models.Label("ending", "how the orbit ended", dynamics.Periodic.String(), dynamics.NoPeriod.String())
)

// Model is globally coupled logistic maps.
var Model = &models.Model{
	Name:    "gcm",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{n, r, eps, transient, keep, steps, longest},
	Streams: []*models.Stream{start},
	Traces:  []*models.Trace{state},
	Outputs: []models.Output{orbit, separation, synchronised, clusters, lyapunov, lyapunovSE, transverse, transverseSE, period, ending},
	Carries: true,
	Run:     run,
}

// together is the spread below which units are synchronised; see the doc.
const together = 1e-12

func run(ctx context.Context, t *models.Trial) error {
	g := Network{n.Of(t), r.Of(t), eps.Of(t)}
	x := make([]float64, g.N)
	rng := start.Of(t)
	own := 1 - rng.Float64() // of the local map, in (0, 1]
	if len(t.Before) == g.N {
		copy(x, t.Before)
	} else {
		for i := range x {
			x[i] = rng.Float64()
		}
	}

	// All states stay in [0, 1], so nothing diverges.
	o := dynamics.NewOrbit(state.Along(t, g, 1), x)
	if _, err := o.Advance(ctx, transient.Of(t), dynamics.DefaultBound); err != nil {
		return err
	}
	points := make([]float64, keep.Of(t))
	for i := range points {
		if _, err := o.Advance(ctx, 1, dynamics.DefaultBound); err != nil {
			return err
		}
		points[i] = mean(o.X)
	}
	orbit.Put(t, points)

	s, err := measure.Lyapunov(ctx, g, o.X, measure.LyapunovSettings{Steps: steps.Of(t), Exponents: 1})
	if err != nil {
		return err
	}
	lyapunov.Put(t, s.Exponents[0])
	lyapunovSE.Put(t, s.SE[0])
	separation.Put(t, spread(s.State))
	synchronised.Put(t, spread(s.State) < together)
	clusters.Put(t, int64(measure.Distinct(s.State, 1e-6)))

	e, _, _, err := measure.LyapunovScalar(ctx, local(g.R), own, measure.LyapunovSettings{Steps: steps.Of(t), Transient: 1000})
	if err != nil {
		return err
	}
	transverse.Put(t, e.Mean+math.Log(1-g.Eps))
	transverseSE.Put(t, e.SE)

	p, err := measure.Period(ctx, g, s.State, measure.PeriodSettings{Longest: longest.Of(t)})
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
