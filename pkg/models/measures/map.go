package measures

import (
	"cmp"
	"context"
	"fmt"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

// Defaults are what differs between models: defaults of parameters, in steps for
// maps, and what is shown.
type Defaults struct {
	Transient, Keep, Steps int64

	// Length is the name of the setting that is called steps otherwise, for a
	// model that has another use for the word.
	Length string

	// Time is the default of the time that exponents of a flow are means over.
	Time float64

	// Dim is the dimension of the state: it bounds how many exponents there are.
	// 0 stands for one that depends on parameters; only the largest exponent is
	// measured then.
	Dim int64

	// Numbers is how many numbers a state has, if Dim does not say; nil if nothing
	// says it.
	Numbers *models.Length

	// Shown says what a series shows of a state, as in "x"; Unit is its unit.
	Shown, Unit string

	// State says what the numbers of a state are, as in "x and y"; by default
	// Shown.
	State string
}

// Map is what the orbits of a map can be asked for.
type Map struct {
	suite

	Transient, Keep, Steps, Longest *models.IntParam
	Tolerance                       *models.FloatParam

	Orbit, Distinct, Lyapunov, LyapunovTwo, Period, FixedPoint, Escape *models.Measure

	Series
}

// mostSteps is how many steps a setting may ask for.
const mostSteps = 1e12

// leastSteps are the steps of exponents: twenty blocks with their gaps.
const leastSteps = 40

// OnMap declares the measures of a map.
func OnMap(d Defaults) *Map {
	m := &Map{
		Transient: models.Int("transient", d.Transient, "steps before anything is measured").AtLeast(0).AtMost(mostSteps).In("steps"),
		Keep:      models.Int("keep", d.Keep, "steps of the orbit that are kept").AtLeast(1).AtMost(1e6).In("steps"),
		Steps:     models.Int(cmp.Or(d.Length, "steps"), d.Steps, "steps that exponents are means over").AtLeast(leastSteps).AtMost(mostSteps).In("steps"),
		Longest:   models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps"),
		Tolerance: models.Float("tolerance", 1e-8, "largest difference of two states that count as one, relative to the largest").Above(0).AtMost(1),
	}
	m.Ending = models.Label("ending", "how the orbit ended; limit if no period was looked for",
		dynamics.Limit.String(), dynamics.Periodic.String(), dynamics.NoPeriod.String(), dynamics.Diverged.String())
	m.State = models.NewTrace("state", d.Unit, "steps", cmp.Or(d.State, d.Shown)+" at each step of the transient, and of the orbit that is kept if it is asked for")
	m.declareOrbit(d)
	m.Lyapunov = declareLyapunov(&m.suite, d, "step", m.Steps, func(t *models.Trial, o *Orbit) (dynamics.Map, int) { return o.Map, m.Steps.Of(t) })
	m.LyapunovTwo = declareTwo(&m.suite, "step", m.Steps, func(t *models.Trial, o *Orbit) (dynamics.Map, int) { return o.Map, m.Steps.Of(t) })
	m.declarePeriod()
	m.FixedPoint = declareFixedPoint(&m.suite, d)
	m.declareEscape()
	m.Series.declare(&m.suite, d, nil)
	return m
}

// All are the measures in the order in which they are made; own ones come behind
// the exponents, before the orbit is looked at for a period.
func (m *Map) All(own ...*models.Measure) []*models.Measure {
	list := append([]*models.Measure{m.Escape, m.Orbit, m.Distinct, m.Lyapunov}, own...)
	list = append(list, m.Period, m.LyapunovTwo, m.FixedPoint)
	return append(list, m.Series.All()...)
}

// Run measures the orbit behind the transient.
func (m *Map) Run(ctx context.Context, t *models.Trial, o *Orbit) error {
	return m.RunBehind(ctx, t, o, m.Transient.Of(t))
}

// kept are the points that are kept, made once.
func (m *Map) kept(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
	if o.points != nil {
		return dynamics.Limit, nil
	}
	points := make([]float64, m.Keep.Of(t))
	e, err := o.show(ctx, points, o.traced, nil)
	if e == dynamics.Diverged || err != nil {
		return e, err
	}
	o.points = points
	return e, nil
}

func (m *Map) declareOrbit(d Defaults) {
	orbit := models.Series("orbit", d.Unit, d.Shown+" after the transient; null if it diverged").Long(models.AsManyAs(m.Keep))
	m.Orbit = m.add(&models.Measure{
		Name: "orbit", Doc: "the orbit after the transient, as an orbit diagram shows it",
		Params: []models.Param{m.Keep}, Outputs: []models.Output{orbit},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		e, err := m.kept(ctx, t, o)
		if e != dynamics.Diverged && err == nil {
			orbit.Put(t, o.points)
		}
		return e, err
	})

	distinct := models.Integer("distinct", "", "values in the orbit that are further apart than the square root of tolerance; null if it diverged")
	m.Distinct = m.add(&models.Measure{
		Name: "distinct", Doc: "how many values the orbit after the transient visits",
		Params: []models.Param{m.Keep, m.Tolerance}, Outputs: []models.Output{distinct},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		e, err := m.kept(ctx, t, o)
		if e != dynamics.Diverged && err == nil {
			distinct.Put(t, int64(measure.Distinct(o.points, separation(m.Tolerance.Of(t)))))
		}
		return e, err
	})
}

func (m *Map) declarePeriod() {
	period := models.Integer("period", "steps", "period at the end; null if none was found")
	m.Period = m.add(&models.Measure{
		Name: "period", Doc: "the period of the orbit in its last state",
		Params: []models.Param{m.Longest, m.Tolerance}, Outputs: []models.Output{period},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		p, err := measure.Period(ctx, o.Map, o.X, measure.PeriodSettings{Longest: m.Longest.Of(t), Tolerance: m.Tolerance.Of(t), Bound: o.Bound})
		if err != nil || p.Ending == dynamics.Diverged {
			return p.Ending, err
		}
		if p.Ending == dynamics.Periodic {
			period.Put(t, int64(p.Period))
		}
		o.X, o.Ending = p.State, p.Ending
		return p.Ending, nil
	})
}

func (m *Map) declareEscape() {
	radius := models.Float("radius", 100, "distance from 0 beyond which an orbit has escaped").Above(0).AtMost(dynamics.DefaultBound)
	limit := models.Int("escape_limit", 1000, "steps after which an orbit counts as bound").AtLeast(1).AtMost(1e9).In("steps")
	escape := models.Integer("escape", "steps", "first step, from the start, beyond the radius; null if there is none up to the limit")
	m.Escape = m.add(&models.Measure{
		Name: "escape", Doc: "the escape time, counted from the start",
		Params: []models.Param{radius, limit}, Outputs: []models.Output{escape},
	}, true, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		n, e, err := measure.Escape(ctx, o.Map, o.X, radius.Of(t), limit.Of(t))
		if err == nil && e == dynamics.Diverged {
			escape.Put(t, int64(n))
		}
		return dynamics.Limit, err // an orbit beyond the radius may come back
	})
}

// declareLyapunov declares the exponents by tangent vectors. system is the map
// whose exponents they are, and how many of its steps they are means over.
func declareLyapunov(s *suite, d Defaults, per string, length models.Param, system func(t *models.Trial, o *Orbit) (dynamics.Map, int)) *models.Measure {
	if d.Dim <= 1 {
		return declareLargest(s, d, per, length, system)
	}
	k := models.Int("k", d.Dim, "how many Lyapunov exponents, the largest first").AtLeast(1).AtMost(d.Dim)
	lyapunov := models.Series("lyapunov", "1/"+per, "the k largest Lyapunov exponents, in descending order; null if the orbit diverged").Long(models.AsManyAs(k))
	lyapunovSE := models.Series("lyapunov_se", "1/"+per, "their standard errors; NaN for an exponent that is -inf").Long(models.AsManyAs(k))
	dimension := models.Scalar("dimension", "", "Lyapunov dimension of Kaplan and Yorke; null unless all exponents were asked for")
	return s.add(&models.Measure{
		Name: "lyapunov", Doc: "Lyapunov exponents, by tangent vectors",
		Params: []models.Param{length, k}, Outputs: []models.Output{lyapunov, lyapunovSE, dimension},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		m, steps := system(t, o)
		s, err := measure.Lyapunov(ctx, m, o.X, measure.LyapunovSettings{Steps: steps, Exponents: k.Of(t), Bound: o.Bound})
		if err != nil || s.Ending == dynamics.Diverged {
			return s.Ending, err
		}
		lyapunov.Put(t, s.Exponents)
		lyapunovSE.Put(t, s.SE)
		if len(s.Exponents) == m.Dim() {
			dimension.Put(t, measure.KaplanYorke(s.Exponents))
		}
		o.X = s.State
		return s.Ending, nil
	})
}

// declareLargest declares the exponent of a map of one number, or the largest
// one.
func declareLargest(s *suite, d Defaults, per string, length models.Param, system func(t *models.Trial, o *Orbit) (dynamics.Map, int)) *models.Measure {
	which := "Lyapunov exponent"
	if d.Dim == 0 {
		which = "largest Lyapunov exponent"
	}
	lyapunov := models.Scalar("lyapunov", "1/"+per, which+"; null if the orbit diverged")
	lyapunovSE := models.Scalar("lyapunov_se", "1/"+per, "its standard error; NaN if it is -inf")
	return s.add(&models.Measure{
		Name: "lyapunov", Doc: fmt.Sprintf("the %s, by tangent vectors", which),
		Params: []models.Param{length}, Outputs: []models.Output{lyapunov, lyapunovSE},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		m, steps := system(t, o)
		settings := measure.LyapunovSettings{Steps: steps, Exponents: 1, Bound: o.Bound}
		if o.Advance != nil {
			l, x, e, err := measure.LyapunovScalar(ctx, o.Advance, o.X[0], settings)
			if err != nil || e == dynamics.Diverged {
				return e, err
			}
			lyapunov.Put(t, l.Mean)
			lyapunovSE.Put(t, l.SE)
			o.X[0] = x
			return e, nil
		}
		s, err := measure.Lyapunov(ctx, m, o.X, settings)
		if err != nil || s.Ending == dynamics.Diverged {
			return s.Ending, err
		}
		lyapunov.Put(t, s.Exponents[0])
		lyapunovSE.Put(t, s.SE[0])
		o.X = s.State
		return s.Ending, nil
	})
}

// declareTwo declares the largest exponent by two trajectories.
func declareTwo(s *suite, per string, length models.Param, system func(t *models.Trial, o *Orbit) (dynamics.Map, int)) *models.Measure {
	lyapunov := models.Scalar("lyapunov_two", "1/"+per, "largest Lyapunov exponent of two trajectories; null if the orbit diverged")
	lyapunovSE := models.Scalar("lyapunov_two_se", "1/"+per, "its standard error; NaN if it is -inf")
	return s.add(&models.Measure{
		Name: "lyapunov_two", Doc: "the largest Lyapunov exponent, by two trajectories and no derivative",
		Params: []models.Param{length}, Outputs: []models.Output{lyapunov, lyapunovSE},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		m, steps := system(t, o)
		l, e, err := measure.LyapunovTwo(ctx, m, o.X, measure.LyapunovSettings{Steps: steps, Bound: o.Bound})
		if err == nil && e != dynamics.Diverged {
			lyapunov.Put(t, l.Mean)
			lyapunovSE.Put(t, l.SE)
		}
		return e, err
	})
}

// declareFixedPoint declares the fixed point, of a flow the equilibrium, that
// Newton's method finds from the last state.
func declareFixedPoint(s *suite, d Defaults) *models.Measure {
	numbers := d.Numbers
	if d.Dim > 0 {
		numbers = models.Exactly(int(d.Dim))
	}
	point := models.Series("fixed_point", "", "coordinates of the fixed point; null if none was found").Long(numbers)
	stability := models.Label("stability", "stability of the fixed point; null if none was found",
		measure.Stable.String(), measure.Saddle.String(), measure.Unstable.String(), measure.Fold.String(), measure.Flip.String(), measure.NeimarkSacker.String(), measure.Hopf.String())
	re := models.Series("multipliers_re", "", "real parts of the eigenvalues of the Jacobian matrix there, the most unstable first").Long(numbers)
	im := models.Series("multipliers_im", "", "their imaginary parts").Long(numbers)
	return s.add(&models.Measure{
		Name: "fixed_point", Doc: "the fixed point to which Newton's method leads from the last state, and its stability",
		Outputs: []models.Output{point, stability, re, im},
	}, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
		var p measure.FixedPoint
		var err error
		if o.Flow != nil {
			p, err = measure.FindEquilibrium(ctx, o.Flow, o.X, measure.NewtonSettings{})
		} else {
			p, err = measure.FindFixedPoint(ctx, o.Map, o.X, measure.NewtonSettings{})
		}
		if err != nil || p.Ending != dynamics.Converged || p.Class == 0 {
			return dynamics.Limit, err
		}
		point.Put(t, p.X)
		stability.Put(t, p.Class.String())
		var a, b []float64
		for _, z := range p.Multipliers {
			a, b = append(a, real(z)), append(b, imag(z))
		}
		re.Put(t, a)
		im.Put(t, b)
		return dynamics.Limit, ctx.Err()
	})
}
