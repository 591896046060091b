package measures

import (
	"cmp"
	"context"
	"math"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

// FlowDefaults are what differs between flows: defaults of parameters, in the
// flow's unit of time, and what is shown.
type FlowDefaults struct {
	Defaults
	Dt        float64 // step of the integration
	Transient float64
	Interval  float64 // from one state of a sample to the next: a quarter of a turn
	Between   float64 // from one orthonormalisation of tangent vectors to the next

	// Coordinate is the place of what is shown in the state, and Turn about how
	// long it takes from one of its maxima to the next.
	Coordinate int
	Turn       float64
	Level      float64 // of what is shown, where sections lie
}

// Flow is what the orbits of a flow can be asked for, integrated by the
// Runge-Kutta method of order 4 in steps of Dt.
type Flow struct {
	suite

	Dt, Transient, Time *models.FloatParam
	Keep                *models.IntParam

	Maxima, Section, Lyapunov, LyapunovTwo, FixedPoint *models.Measure

	Series

	defaults FlowDefaults
}

// rest is the speed below which the orbit is at rest: rounding leaves 1e-13 of
// coordinates of size 10 to 100.
const rest = 1e-10

// OnFlow declares the measures of a flow.
func OnFlow(d FlowDefaults) *Flow {
	f := &Flow{
		Dt:        models.Float("dt", d.Dt, "step of the integration").AtLeast(1e-5).AtMost(0.1).In("time"),
		Transient: models.Float("transient", d.Transient, "time before anything is measured").AtLeast(0).AtMost(1e7).In("time"),
		Time:      models.Float("time", d.Time, "time that exponents are means over").AtLeast(10).AtMost(1e7).In("time"),
		Keep:      models.Int("keep", d.Keep, "points of the orbit that are kept").AtLeast(1).AtMost(1e6),
		defaults:  d,
	}
	f.Ending = models.Label("ending", "how the orbit ended: it came to rest, moves on, or left",
		dynamics.Converged.String(), dynamics.Limit.String(), dynamics.Diverged.String())
	f.State = models.NewTrace("state", d.Unit, "time", cmp.Or(d.State, d.Shown)+" at each step of the transient, and until the maxima are found if they are asked for")
	f.declarePoints()
	f.Lyapunov = declareLyapunov(&f.suite, d.Defaults, "time", f.Time, f.between)
	f.LyapunovTwo = declareTwo(&f.suite, "time", f.Time, f.between)
	f.FixedPoint = declareFixedPoint(&f.suite, d.Defaults)
	interval := models.Float("interval", d.Interval, "time from one state of the sample to the next, in whole steps of dt").Above(0).AtMost(1e3).In("time")
	f.Series.declare(&f.suite, d.Defaults, interval)
	return f
}

// All are the measures in the order in which they are made.
func (f *Flow) All() []*models.Measure {
	return append([]*models.Measure{f.Maxima, f.Section, f.Lyapunov, f.LyapunovTwo, f.FixedPoint}, f.Series.All()...)
}

// Run measures the orbit of the flow from x behind the transient.
func (f *Flow) Run(ctx context.Context, t *models.Trial, flow dynamics.Flow, x []float64) error {
	h := f.Dt.Of(t)
	o := &Orbit{
		Flow: flow, Dt: h, Map: dynamics.NewRK4(flow, h, 1), X: x,
		Shown: func(x []float64) float64 { return x[f.defaults.Coordinate] },
	}
	o.rests = func() bool {
		speed := make([]float64, len(o.X))
		flow.Derivative(speed, o.X)
		return !dynamics.Beyond(speed, rest)
	}
	return f.RunBehind(ctx, t, o, int(math.Ceil(f.Transient.Of(t)/h)))
}

// between is the map from one orthonormalisation to the next, and how many of
// its steps exponents are means over.
func (f *Flow) between(t *models.Trial, o *Orbit) (dynamics.Map, int) {
	m := dynamics.NewRK4(o.Flow, o.Dt, whole(f.defaults.Between, o.Dt))
	return m, max(leastSteps, int(math.Ceil(f.Time.Of(t)/m.Time())))
}

func (f *Flow) declarePoints() {
	shown := f.defaults.Shown
	maxima := models.Series("maxima", f.defaults.Unit, "successive maxima of "+shown+"; fewer than asked for if the orbit came to rest, null if it diverged")
	f.Maxima = f.add(&models.Measure{
		Name: "maxima", Doc: "successive maxima of " + shown,
		Params: []models.Param{f.Keep}, Outputs: []models.Output{maxima},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		keep := f.Keep.Of(t)
		found, x, e, err := measure.Points(ctx, nil, o.traced.Map, o.X, measure.PointsSettings{
			Keep: keep, Coordinate: f.defaults.Coordinate, Pick: measure.Maxima, Limit: int(f.wait(keep) / o.Dt), Bound: o.Bound,
		})
		if err == nil && e != dynamics.Diverged {
			maxima.Put(t, found)
			o.X = x
		}
		return e, err
	})

	level := models.Float("level", f.defaults.Level, "value of "+shown+" that the section lies at").AtLeast(-1e6).AtMost(1e6)
	section := models.Series("section", "", "first coordinate where "+shown+" goes up through the level; fewer than asked for if the orbit comes there no more, null if it diverged")
	f.Section = f.add(&models.Measure{
		Name: "section", Doc: "a Poincaré section: where " + shown + " goes up through a level, located to 1e-9 in time",
		Params: []models.Param{f.Keep, level}, Outputs: []models.Output{section},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		at := level.Of(t)
		keep := f.Keep.Of(t)
		found, e, err := measure.SectionPoints(ctx, nil, o.Flow, o.X, dynamics.Tolerance{Bound: o.Bound}, measure.PointsSettings{
			Keep: keep, Limit: int(math.Ceil(f.wait(keep))),
			Section: dynamics.Section{G: func(x []float64) float64 { return x[f.defaults.Coordinate] - at }, Direction: 1},
		})
		if err == nil && e != dynamics.Diverged {
			section.Put(t, found)
		}
		return e, err
	})
}

// wait is the time in which that many turns are waited for: twice what they take,
// since at rest none is ever over.
func (f *Flow) wait(turns int) float64 { return 2 * f.defaults.Turn * float64(turns) }
