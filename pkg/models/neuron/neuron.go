package neuron

import (
	"context"
	_ "embed"
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	w         = models.Float("w", 8, "weight of the neuron onto itself").AtLeast(-1e6).AtMost(1e6)
	b         = models.Float("b", -4, "bias").AtLeast(-1e6).AtMost(1e6)
	a         = models.Float("a", 6.2, "steepness of the Gaussian response").AtLeast(0).AtMost(1e6)
	response  = models.Choice("response", "how the next activity depends on the last", "logistic", "tanh", "gaussian", "quadratic")
	start     = models.Float("start", 0, "activity that a trial begins with, where no state is carried to it").AtLeast(-1e6).AtMost(1e6)
	transient = models.Int("transient", 100_000, "steps after which no fixed point or cycle of period 2 is looked for any more").AtLeast(1).AtMost(1e12).In("steps")
	tolerance = models.Float("tolerance", 1e-10, "distance from an orbit at which it counts as reached").Above(0).AtMost(1e-3)
	longest   = models.Int("longest", 64, "longest period that is looked for after the transient").AtLeast(1).AtMost(1e6).In("steps")

	state = models.NewTrace("state", "", "steps", "activity at each step until the orbit is known, or of all of the transient")

	activity   = models.Scalar("x", "", "activity at the end")
	ending     = models.Label("ending", "what the activity went to: a fixed point, a cycle, neither as far as was looked, or beyond all bounds", fixed, cycle, none, diverged)
	period     = models.Integer("period", "steps", "period of the orbit found; null if none was")
	steps      = models.Integer("steps", "steps", "steps made until the orbit was known, or all of the transient")
	multiplier = models.Scalar("multiplier", "", "product of the slope f' over the orbit found; null if none was")

	keep   = models.Int("keep", 200, "steps of the orbit that are kept if no period is found").AtLeast(0).AtMost(1e6).In("steps")
	points = models.Series("orbit", "", "values of the orbit found, in ascending order, or of the steps kept if none was; null if it diverged")
	orbit  = on.Own(&models.Measure{
		Name: "orbit", Doc: "the orbit found, or some steps if none was",
		Params: []models.Param{keep}, Outputs: []models.Output{points},
	}, visited)

	// steps is an output here.
	on = measures.OnMap(measures.Defaults{Steps: 10_000, Keep: 200, Length: "exponent", Dim: 1, Shown: "x"})
)

// Model is the single neuron with a weight onto itself.
var Model = (&models.Model{
	Name:     "neuron",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{w, b, a, response, start, transient, tolerance, longest},
	Outputs:  []models.Output{activity, ending, period, steps, multiplier},
	Measures: append([]*models.Measure{orbit, on.Lyapunov, on.LyapunovTwo, on.FixedPoint}, on.Series.All()...),
	Traces:   []*models.Trace{state},
	Size:     []models.Param{transient, on.Steps},
	Carries:  true,
	Run:      run,
}).Asking(orbit)

func run(ctx context.Context, t *models.Trial) error {
	f := unit{w: w.Of(t), b: b.Of(t), a: a.Of(t), response: responses[response.Of(t)]}
	x := start.Of(t)
	if t.Before != nil {
		x = t.Before[0]
	}
	if state.Recorded(t) {
		f.see = func(n int, x float64) { state.Add(t, float64(n), x) }
	}
	e, err := settle(ctx, f, x, transient.Of(t), tolerance.Of(t))
	if err == nil && e.ending == none {
		e, err = f.follow(ctx, e, longest.Of(t))
	}
	if err != nil {
		return err
	}
	at := &ended{&f, e}
	period.None(t)
	multiplier.None(t)
	if e.ending == diverged {
		on.None(t)
		t.After = append(t.After, x) // the next link begins where this one did
	} else {
		if _, err := on.Follow(ctx, t, &measures.Orbit{Map: at, X: []float64{e.x}, Advance: f.advance}); err != nil {
			return err
		}
		t.After = append(t.After, at.x)
	}
	if e.period > 0 {
		period.Put(t, int64(e.period))
		multiplier.Put(t, e.multiplier)
	}
	activity.Put(t, at.x)
	ending.Put(t, e.ending)
	steps.Put(t, int64(e.steps))
	return nil
}

// ended is the map and how its orbit ended.
type ended struct {
	*unit
	end
}

// visited puts the cycle that the orbit ended on, or the next steps if there is
// none.
func visited(ctx context.Context, t *models.Trial, o *measures.Orbit) (dynamics.Ending, error) {
	at := o.Map.(*ended)
	if at.ending != none {
		points.Put(t, at.orbit(*at.unit))
		return dynamics.Limit, nil
	}
	next := make([]float64, keep.Of(t))
	for i := range next {
		at.x, _ = at.step(at.x)
		next[i] = at.x
	}
	points.Put(t, next)
	o.X[0] = at.x
	return dynamics.Limit, nil
}

// unit is the map x -> f(x) of one neuron.
type unit struct {
	w, b, a  float64
	response func(f *unit, x float64) (y, slope float64)
	see      func(n int, x float64) // is shown the steps that settle takes, if it is not nil
}

// responses are f and f' by the names that the parameter response has for them.
var responses = map[string]func(f *unit, x float64) (y, slope float64){
	"logistic": func(f *unit, x float64) (y, slope float64) {
		y, slope = logistic(float64(f.w*x) + f.b)
		return y, f.w * slope
	},
	"tanh": func(f *unit, x float64) (y, slope float64) {
		y = math.Tanh(float64(f.w*x) + f.b)
		return y, f.w * (1 - float64(y*y))
	},
	"gaussian": func(f *unit, x float64) (y, slope float64) {
		bell := math.Exp(-f.a * float64(x*x))
		return bell + f.b, -2 * f.a * x * bell
	},
	"quadratic": func(f *unit, x float64) (y, slope float64) {
		return float64(f.w*float64(x*x)) + f.b, 2 * f.w * x
	},
}

// logistic is 1/(1 + e^-u). The slope is taken from the value, where σ' =
// σ (1 - σ); beyond |u| of 37 the value is 1 or the slope that of e^u, as they
// round.
func logistic(u float64) (value, slope float64) {
	value = 1 / (1 + math.Exp(-u))
	return value, value * (1 - value)
}

// step is f(x) and f'(x).
func (f *unit) step(x float64) (y, slope float64) { return f.response(f, x) }

// Dim is 1: a neuron is a map of one number.
func (f *unit) Dim() int { return 1 }

// Step makes dst f(x).
func (f *unit) Step(dst, x []float64) { dst[0], _ = f.step(x[0]) }

// Tangent makes dst f'(x) v.
func (f *unit) Tangent(dst, x, v []float64) {
	_, slope := f.step(x[0])
	for i := range v {
		dst[i] = slope * v[i]
	}
}

// advance goes n steps from x and sums up ln |f'|.
func (f *unit) advance(x float64, n int) (y, sum float64) {
	for range n {
		next, slope := f.step(x)
		sum += math.Log(math.Abs(slope))
		x = next
	}
	return x, sum
}

// The endings.
const (
	fixed    = "fixed"
	cycle    = "cycle"
	none     = "none"
	diverged = "diverged"
)

// end is how an orbit ended.
type end struct {
	x          float64
	ending     string
	steps      int
	period     int
	multiplier float64
}

// orbit is the cycle that e is on, in ascending order.
func (e end) orbit(f unit) []float64 {
	points := make([]float64, e.period)
	x := e.x
	for i := range points {
		points[i] = x
		x, _ = f.step(x)
	}
	slices.Sort(points)
	return points
}

// follow looks for a longer period than 2 after the transient that ended at e.
func (f unit) follow(ctx context.Context, e end, longest int) (end, error) {
	p, err := measure.Period(ctx, &f, []float64{e.x}, measure.PeriodSettings{Longest: longest})
	if err != nil {
		return e, err
	}
	e.x = p.State[0]
	switch p.Ending {
	case dynamics.Diverged:
		e.ending = diverged
	case dynamics.Periodic:
		e.ending, e.period, e.multiplier = cycle, p.Period, 1
		if e.period == 1 {
			e.ending = fixed
		}
		for x, i := e.x, 0; i < e.period; i++ {
			y, slope := f.step(x)
			e.multiplier *= slope
			x = y
		}
	}
	return e, nil
}

// shortest is how many tolerances the step of a cycle must be long, so that a
// fixed point that is nearly reached is not taken for a cycle around it: their
// two estimates of the distance agree to first order only.
const shortest = 100

// settle iterates f from x until the orbit is known to within tolerance.
func settle(ctx context.Context, f unit, x float64, most int, tolerance float64) (end, error) {
	for n := 0; ; n++ {
		if n&0xfff == 0 {
			if err := ctx.Err(); err != nil {
				return end{}, err
			}
		}
		if f.see != nil {
			f.see(n, x)
		}
		y, slope := f.step(x)
		if math.Abs(y) > dynamics.DefaultBound {
			return end{x: y, ending: diverged, steps: n}, nil
		}
		// An orbit that is repelled only passes by.
		if math.Abs(slope) <= 1 && math.Abs(y-x) <= tolerance*math.Abs(1-slope) {
			return end{x, fixed, n, 1, slope}, nil
		}
		if math.Abs(y-x) > shortest*tolerance {
			z, next := f.step(y)
			if product := slope * next; math.Abs(product) <= 1 && math.Abs(z-x) <= tolerance*math.Abs(1-product) {
				return end{x, cycle, n, 2, product}, nil
			}
		}
		if n == most {
			return end{x: x, ending: none, steps: n}, nil
		}
		x = y
	}
}
