package dynamics

import "context"

// DefaultBound is where an orbit counts as diverged if nothing else is said:
// far outside of what the models here are scaled for, and small enough that
// squares and cubes of it are finite.
const DefaultBound = 1e12

// numbersPerCheck is how many numbers are computed between two looks at the context:
// some milliseconds.
const numbersPerCheck = 1 << 20

// Orbit iterates a map. It owns two states and allocates nothing per step.
type Orbit struct {
	// X is the present state; the caller may change its values.
	X []float64

	m    Map
	next []float64
}

// NewOrbit begins an orbit of m at a copy of x.
func NewOrbit(m Map, x []float64) *Orbit {
	if len(x) != m.Dim() {
		panic("dynamics: a state of the wrong size")
	}
	return &Orbit{X: append([]float64(nil), x...), m: m, next: make([]float64, len(x))}
}

// Step goes one step.
func (o *Orbit) Step() {
	o.m.Step(o.next, o.X)
	o.X, o.next = o.next, o.X
}

// Advance goes n steps, [Limit], or fewer if a coordinate gets larger than
// bound, [Diverged]. It heeds ctx, whose error is the only one.
func (o *Orbit) Advance(ctx context.Context, n int, bound float64) (Ending, error) {
	stride := min(1024, 1+numbersPerCheck/Work(o.m))
	long, _ := o.m.(*RK4)
	if long != nil && long.n < longSteps {
		long = nil
	}
	for left := 0; n > 0; n-- {
		if left == 0 {
			if err := ctx.Err(); err != nil {
				return Limit, err
			}
			left = stride
		}
		left--
		if long != nil {
			if err := long.step(ctx, o.next, o.X); err != nil {
				return Limit, err
			}
			o.X, o.next = o.next, o.X
		} else {
			o.Step()
		}
		if Beyond(o.X, bound) {
			return Diverged, nil
		}
	}
	return Limit, nil
}
