package measure

import (
	"context"
	"slices"

	"github.com/neurosweep/sweep/internal/patience"
)

// Damage sets dst[t] to the damage after t steps: the fraction of places at which
// two copies of a system differ that began at a and b, by the Hamming distance,
//
//	d(t) = (number of i with a_i(t) != b_i(t)) / N
//
// For systems that are not smooth (spins, spikes) it stands in for the Lyapunov
// exponent: damage that heals is order, damage that spreads is chaos, and
// ln(d(1)/d(0)) for a small d(0) is the rate at which it begins to. step sets dst
// to the state after x; the two do not overlap. a and b stay as they are. Once the
// copies agree they agree for ever, and no more steps are taken.
//
// Cost: two steps per step; four states of memory.
//
// S. Kauffman, Physica D 10:145 (1984); B. Derrida, Y. Pomeau, Europhys. Lett. 1:45
// (1986).
func Damage[E comparable](ctx context.Context, dst []float64, a, b []E, step func(dst, x []E)) error {
	if len(a) != len(b) || len(a) == 0 {
		panic("measure: two states of one size are needed")
	}
	a, b = slices.Clone(a), slices.Clone(b)
	spare := make([]E, len(a))
	// In a network a step computes a product of the state with a matrix.
	work := patience.New(ctx)
	for t := range dst {
		if err := work.Spend(2 * len(a) * (len(a) + 1)); err != nil {
			return err
		}
		if t > 0 {
			step(spare, a)
			a, spare = spare, a
			step(spare, b)
			b, spare = spare, b
		}
		differ := 0
		for i := range a {
			if a[i] != b[i] {
				differ++
			}
		}
		dst[t] = float64(differ) / float64(len(a))
		if differ == 0 {
			clear(dst[t:])
			return nil
		}
	}
	return nil
}
