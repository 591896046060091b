package neuron

import (
	"context"
	_ "embed"
	"math"

	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	w         = models.Float("w", 8, "weight of the neuron onto itself").AtLeast(-1e6).AtMost(1e6)
	b         = models.Float("b", -4, "bias").AtLeast(-1e6).AtMost(1e6)
	response  = models.Choice("response", "the function of w x + b that the next activity is", "logistic")
	start     = models.Float("start", 0, "activity that a trial begins with, where no state is carried to it").AtLeast(0).AtMost(1)
	transient = models.Int("transient", 100_000, "steps after which a trial is given up").AtLeast(1).AtMost(1e12).In("steps")
	tolerance = models.Float("tolerance", 1e-10, "distance from an orbit at which it counts as reached").Above(0).AtMost(1e-3)

	activity   = models.Scalar("x", "", "activity at the end")
	ending     = models.Label("ending", "what the activity went to: a fixed point, a cycle of period 2, or neither within the steps", fixed, cycle, limit)
	period     = models.Integer("period", "steps", "period of the orbit found; null at a limit")
	steps      = models.Integer("steps", "steps", "steps made")
	multiplier = models.Scalar("multiplier", "", "product of the slope f' over the orbit found; null at a limit")
	orbit      = models.Series("orbit", "", "values of the orbit found, in ascending order; null at a limit")
)

// Model is the single neuron with a weight onto itself.
var Model = &models.Model{
	Name:    "neuron",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{w, b, response, start, transient, tolerance},
	Outputs: []models.Output{activity, ending, period, steps, multiplier, orbit},
	Carries: true,
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	f := unit{w.Of(t), b.Of(t), responses[response.Of(t)]}
	x := start.Of(t)
	if t.Before != nil {
		x = t.Before[0]
	}
	e, err := settle(ctx, f, x, transient.Of(t), tolerance.Of(t))
	if err != nil {
		return err
	}
	t.After = append(t.After[:0], e.x)
	activity.Put(t, e.x)
	ending.Put(t, e.ending)
	steps.Put(t, int64(e.steps))
	switch e.ending {
	case fixed:
		period.Put(t, 1)
		multiplier.Put(t, e.multiplier)
		orbit.Put(t, []float64{e.x})
	case cycle:
		period.Put(t, 2)
		multiplier.Put(t, e.multiplier)
		y, _ := f.step(e.x)
		orbit.Put(t, []float64{min(e.x, y), max(e.x, y)})
	case limit:
		period.None(t)
		multiplier.None(t)
		orbit.None(t)
	}
	return nil
}

// unit is the map x -> σ(w x + b).
type unit struct {
	w, b     float64
	response func(u float64) (value, slope float64)
}

// responses are the functions σ, each with its slope, by the names that the
// parameter response has for them.
var responses = map[string]func(u float64) (value, slope float64){
	"logistic": logistic,
}

// logistic is 1/(1 + e^-u). The slope is taken from the value, where σ' =
// σ (1 - σ); beyond |u| of 37 the value is 1 or the slope that of e^u, as they
// round.
func logistic(u float64) (value, slope float64) {
	value = 1 / (1 + math.Exp(-u))
	return value, value * (1 - value)
}

// step is f(x) and f'(x).
func (f unit) step(x float64) (y, slope float64) {
	y, slope = f.response(float64(f.w*x) + f.b)
	return y, f.w * slope
}

// The endings.
const (
	fixed = "fixed"
	cycle = "cycle"
	limit = "limit"
)

// end is how an orbit ended.
type end struct {
	x          float64
	ending     string
	steps      int
	multiplier float64
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
		y, slope := f.step(x)
		if math.Abs(y-x) <= tolerance*math.Abs(1-slope) {
			return end{x, fixed, n, slope}, nil
		}
		if math.Abs(y-x) > shortest*tolerance {
			z, next := f.step(y)
			if product := slope * next; math.Abs(z-x) <= tolerance*math.Abs(1-product) {
				return end{x, cycle, n, product}, nil
			}
		}
		if n == most {
			return end{x, limit, n, 0}, nil
		}
		x = y
	}
}
