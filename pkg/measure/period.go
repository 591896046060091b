package measure

import (
	"context"
	"math"
	"slices"

	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Cycle finds the period of an orbit of exact states (the spins of a binary
// network) by Brent's method: [dynamics.Periodic] with the smallest period and
// the pre-period, the steps before the cycle is entered, or [dynamics.NoPeriod]
// after limit steps. next sets dst to the state after x; the two do not overlap.
//
// Cost: at most 3 (preperiod + period) steps and comparisons for the period and
// preperiod + period more for the pre-period; four states of memory.
//
// R.P. Brent, BIT 20:176 (1980).
func Cycle[E comparable](ctx context.Context, x []E, next func(dst, x []E), limit int) (preperiod, period int, e dynamics.Ending, err error) {
	a, b, spare := slices.Clone(x), slices.Clone(x), make([]E, len(x))
	// In a network a step computes a product of the state with a matrix.
	work, step := patience.New(ctx), len(x)*len(x)+len(x)
	power := 1
	for steps := 0; ; steps++ {
		if err := work.Spend(step); err != nil {
			return 0, 0, dynamics.NoPeriod, err
		}
		if steps >= limit {
			return 0, 0, dynamics.NoPeriod, nil
		}
		next(spare, b)
		b, spare = spare, b
		period++
		if slices.Equal(a, b) {
			break
		}
		if period == power {
			copy(a, b)
			power *= 2
			period = 0
		}
	}
	copy(a, x)
	copy(b, x)
	move := func(v *[]E) error {
		next(spare, *v)
		*v, spare = spare, *v
		return work.Spend(step)
	}
	for range period {
		if err := move(&b); err != nil {
			return 0, 0, dynamics.NoPeriod, err
		}
	}
	for ; !slices.Equal(a, b); preperiod++ {
		if err := move(&a); err != nil {
			return 0, 0, dynamics.NoPeriod, err
		}
		if err := move(&b); err != nil {
			return 0, 0, dynamics.NoPeriod, err
		}
	}
	return preperiod, period, dynamics.Periodic, nil
}

// PeriodSettings are the settings of [Period].
type PeriodSettings struct {
	Transient int     // steps before the window; default 0
	Longest   int     // longest period that is looked for, in steps; default 128
	Tolerance float64 // largest difference of two states that count as one, relative to the largest coordinate in the window; default 1e-8
	PrePeriod bool    // measure the pre-period too
	Bound     float64 // where the orbit counts as diverged; default dynamics.DefaultBound
}

// Orbital is what [Period] finds.
type Orbital struct {
	Period    int       // in steps; 0 if none
	PrePeriod int       // steps from the start from which on the orbit repeats within the tolerance; -1 if not measured
	State     []float64 // at the end of the window
	Ending    dynamics.Ending
}

// Period is the smallest period p of an orbit of real states for which
//
//	|x(n) - x(n-p)| <= Tolerance max|x|
//
// in every coordinate for all of the last max(64, 3 p) steps of the window, which
// is as long as the longest period needs: [dynamics.Periodic], else
// [dynamics.NoPeriod]. Near a bifurcation convergence is slow and the
// transient has to be long for a period to be found; a cycle that is wider than
// the tolerance is never taken for a shorter one.
//
// Cost: Transient + 4 Longest + 64 steps, memory for the last of these; the
// pre-period costs another 2 Transient steps.
func Period(ctx context.Context, m dynamics.Map, x []float64, s PeriodSettings) (Orbital, error) {
	if s.Longest == 0 {
		s.Longest = 128
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-8
	}
	if s.Bound == 0 {
		s.Bound = dynamics.DefaultBound
	}
	if s.Transient < 0 || s.Longest < 1 || !(s.Tolerance > 0) {
		panic("measure: settings of a period that make no sense")
	}
	n := m.Dim()
	o := dynamics.NewOrbit(m, x)
	if e, err := o.Advance(ctx, s.Transient, s.Bound); e != dynamics.Limit || err != nil {
		return Orbital{PrePeriod: -1, State: o.X, Ending: e}, err
	}
	window := max(64, 3*s.Longest) + s.Longest
	// It grows as it is filled: the longest window of a large system is more than any
	// machine has, and whoever watches its memory is to see it come.
	states := make([]float64, 0, min(window*n, patience.Share))
	var size float64
	for range window {
		if e, err := o.Advance(ctx, 1, s.Bound); e != dynamics.Limit || err != nil {
			return Orbital{PrePeriod: -1, State: o.X, Ending: e}, err
		}
		states = append(states, o.X...)
		for _, v := range o.X {
			size = max(size, math.Abs(v))
		}
	}
	result := Orbital{PrePeriod: -1, State: o.X, Ending: dynamics.NoPeriod}
	tolerance := s.Tolerance * size
	work := patience.New(ctx)
	for p := 1; p <= s.Longest; p++ {
		same, err := repeats(work, states, n, p, max(64, 3*p), tolerance)
		if err != nil {
			return result, err
		}
		if same {
			result.Period, result.Ending = p, dynamics.Periodic
			break
		}
	}
	if result.Ending != dynamics.Periodic || !s.PrePeriod {
		return result, nil
	}
	// A second walk, two states p steps apart: the last step at which they
	// differ is the last of the pre-period.
	a, b := dynamics.NewOrbit(m, x), dynamics.NewOrbit(m, x)
	if _, err := b.Advance(ctx, result.Period, s.Bound); err != nil {
		return result, err
	}
	result.PrePeriod = 0
	for t := range s.Transient + window - result.Period {
		if err := work.Spend(2 * dynamics.Work(m)); err != nil {
			return result, err
		}
		if !near(a.X, b.X, tolerance) {
			result.PrePeriod = t + 1
		}
		a.Step()
		b.Step()
	}
	return result, nil
}

// repeats reports whether the last count states of dimension n are each near
// the state p before.
func repeats(work *patience.Patience, states []float64, n, p, count int, tolerance float64) (bool, error) {
	for i := len(states) - n; i >= len(states)-count*n; i -= n {
		if err := work.Spend(n); err != nil {
			return false, err
		}
		if !near(states[i:i+n], states[i-p*n:i-p*n+n], tolerance) {
			return false, nil
		}
	}
	return true, nil
}

func near(a, b []float64, tolerance float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tolerance) {
			return false
		}
	}
	return true
}
