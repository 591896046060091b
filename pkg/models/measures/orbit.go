package measures

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/models"
)

// Orbit is an orbit being measured.
type Orbit struct {
	Map dynamics.Map // moves the state
	X   []float64    // the state, which measures move on

	// Flow is what Map integrates, in steps of Dt; nil for a map.
	Flow dynamics.Flow
	Dt   float64

	// Shown is the number that stands for a state in series; by default its
	// first coordinate.
	Shown func(x []float64) float64

	// Fill sets dst to the states after x and returns the last, and Advance goes
	// n steps from x and sums up ln |f'|: loops of a map of one number, written
	// out for speed. Without them Map is iterated.
	Fill    func(dst []float64, x float64) float64
	Advance func(x float64, n int) (y, sum float64)

	// Bound is where the orbit counts as diverged; by default
	// dynamics.DefaultBound.
	Bound float64

	// Ending is how the orbit ended, if it did not diverge: dynamics.Limit until
	// a measure finds out more.
	Ending dynamics.Ending

	traced  path        // how it moves along what is traced
	rests   func() bool // whether the state is one of rest
	points  []float64   // what is kept, once that is made
	states  []float64   // the sample of states, and what is shown of it
	sampled []float64
}

// path is how an orbit moves on: by its map, or by the loop written out for it.
type path struct {
	dynamics.Map
	fill func(dst []float64, x float64) float64
}

// Traced is the map that moves the orbit and adds the states to the trace, if it is
// recorded: for a measure of the model's own that goes on where the transient ended.
func (o *Orbit) Traced() dynamics.Map { return o.traced.Map }

// first is what is shown of a state if nothing else is said.
func first(x []float64) float64 { return x[0] }

// reducer is a measure and what makes it.
type reducer struct {
	*models.Measure
	// early measures are made on the start, before the transient, and leave the
	// orbit there.
	early bool
	with  func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error)
}

// suite is the measures of one model that a package makes.
type suite struct {
	// Ending is how the orbit ended.
	Ending *models.LabelOutput
	// State is the trace of the orbit: of the transient, and of what is kept behind it.
	State *models.Trace

	list []reducer
}

func (s *suite) add(x *models.Measure, early bool, with func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error)) *models.Measure {
	s.list = append(s.list, reducer{x, early, with})
	return x
}

// Own adds a measure of the model's own, made where the model lists it: with puts
// all its outputs and may move the orbit on. Outputs of an orbit that diverged
// have no value and are put by nobody.
func (s *suite) Own(x *models.Measure, with func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error)) *models.Measure {
	return s.add(x, false, with)
}

// RunBehind puts the outputs of all measures that are asked for, behind a transient of
// so many steps of the map, and the ending, and leaves the last state in t.After;
// the start, if the orbit diverged.
func (s *suite) RunBehind(ctx context.Context, t *models.Trial, o *Orbit, transient int) error {
	t.After = append(t.After[:0], o.X...)
	o.X = slices.Clone(o.X)
	e, err := s.measured(ctx, t, o, transient)
	if err != nil {
		return err
	}
	if e == dynamics.Diverged {
		s.Ending.Put(t, e.String())
		return nil
	}
	if o.rests != nil && o.rests() {
		o.Ending = dynamics.Converged
	}
	t.After = append(t.After[:0], o.X...)
	s.Ending.Put(t, o.Ending.String())
	return nil
}

func (s *suite) measured(ctx context.Context, t *models.Trial, o *Orbit, transient int) (dynamics.Ending, error) {
	s.prepare(t, o)
	if e, err := s.all(ctx, t, o, true); e == dynamics.Diverged || err != nil {
		return e, err
	}
	if e, err := o.skip(ctx, transient); e == dynamics.Diverged || err != nil {
		return e, err
	}
	return s.all(ctx, t, o, false)
}

// Follow puts the outputs of the measures asked for that are made behind the
// transient, from where the orbit is. It is for models that come there by
// themselves and say themselves how the orbit ended.
func (s *suite) Follow(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
	s.prepare(t, o)
	return s.all(ctx, t, o, false)
}

// prepare says that nothing was measured so far.
func (s *suite) prepare(t *models.Trial, o *Orbit) {
	if o.Shown == nil {
		o.Shown = first
	}
	if o.Bound == 0 {
		o.Bound = dynamics.DefaultBound
	}
	s.trace(t, o)
	s.None(t)
}

// trace has the trace, where it is recorded, see how the orbit moves on, until it
// has diverged.
func (s *suite) trace(t *models.Trial, o *Orbit) {
	o.traced = path{s.State.Along(t, o.Map, cmp.Or(o.Dt, 1)), o.Fill}
	if o.Fill == nil || !s.State.Recorded(t) {
		return
	}
	steps, inside := 0, true
	o.traced.fill = func(dst []float64, x float64) float64 {
		if steps == 0 {
			s.State.Add(t, 0, x)
		}
		last := o.Fill(dst, x)
		for _, x := range dst {
			if steps++; inside {
				s.State.Add(t, float64(steps), x)
				inside = math.Abs(x) <= o.Bound
			}
		}
		return last
	}
}

// None says that no measure asked for has a value.
func (s *suite) None(t *models.Trial) {
	for _, x := range t.Asked() {
		for _, output := range x.Outputs {
			output.Decl().None(t)
		}
	}
}

// all makes the measures asked for, early ones or the others, in the model's
// order.
func (s *suite) all(ctx context.Context, t *models.Trial, o *Orbit, early bool) (dynamics.Ending, error) {
	for _, x := range t.Asked() {
		i := slices.IndexFunc(s.list, func(m reducer) bool { return m.Measure == x })
		if i < 0 || s.list[i].early != early {
			continue
		}
		if e, err := s.list[i].with(ctx, t, o); e == dynamics.Diverged || err != nil {
			return e, err
		}
	}
	return dynamics.Limit, nil
}

// skip moves the orbit on by n steps.
func (o *Orbit) skip(ctx context.Context, n int) (dynamics.Ending, error) {
	if o.Fill == nil {
		w := dynamics.NewOrbit(o.traced.Map, o.X)
		e, err := w.Advance(ctx, n, o.Bound)
		o.X = w.X
		return e, err
	}
	var some [256]float64
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return dynamics.Limit, err
		}
		for range 64 {
			k := min(n, len(some))
			o.X[0] = o.traced.fill(some[:k], o.X[0])
			n -= k
		}
		if !(math.Abs(o.X[0]) <= o.Bound) {
			return dynamics.Diverged, nil
		}
	}
	return dynamics.Limit, nil
}

// show sets dst to what is shown of the next states along p, and appends the whole
// states to *states if that is not nil.
func (o *Orbit) show(ctx context.Context, dst []float64, p path, states *[]float64) (dynamics.Ending, error) {
	if p.fill != nil {
		o.X[0] = p.fill(dst, o.X[0])
		if states != nil {
			*states = append(*states, dst...)
		}
		if dynamics.Beyond(dst, o.Bound) {
			return dynamics.Diverged, nil
		}
		return dynamics.Limit, nil
	}
	w := dynamics.NewOrbit(p.Map, o.X)
	for i := range dst {
		if e, err := w.Advance(ctx, 1, o.Bound); e == dynamics.Diverged || err != nil {
			return e, err
		}
		dst[i] = o.Shown(w.X)
		if states != nil {
			*states = append(*states, w.X...)
		}
	}
	o.X = w.X
	return dynamics.Limit, nil
}
