package hopfield

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
)

// ending is how a relaxation ended.
type ending struct {
	states [][]uint64 // the last state, or those of the cycle in order; valid until the next relaxation
	sweeps int        // until the first of them was reached
	cycle  int        // 1 fixed point, 2 and more a cycle of so many states, 0 none found within the limit
}

// relaxer relaxes one network from one start after another.
type relaxer struct {
	*spins.State
	order []int32 // a permutation of the neurons: each sweep shuffles it again
	next  []uint64
	seen  spins.History
	end   [][]uint64

	see func(sweeps int) // is told that the state is that after so many sweeps, from none on
}

func newRelaxer(state *spins.State, n int) *relaxer {
	return &relaxer{State: state, order: draw.Identity(n), next: make([]uint64, spins.Words(n)), see: func(int) {}}
}

// last is the ending in the present state.
func (r *relaxer) last(sweeps, cycle int) ending {
	r.end = append(r.end[:0], r.Spins())
	return ending{r.end, sweeps, cycle}
}

// async updates the neurons one after another, in a fresh random order each
// sweep, until none would flip or maxSweeps sweeps are done.
func (r *relaxer) async(ctx context.Context, start []uint64, maxSweeps int, rng *rand.Rand) (ending, error) {
	r.Move(start)
	for sweeps := 0; ; sweeps++ {
		r.see(sweeps)
		unstable, err := r.scan(ctx, 0)
		if err != nil {
			return ending{}, err
		}
		if unstable == len(r.order) {
			return r.last(sweeps, 1), nil
		}
		if sweeps == maxSweeps {
			return r.last(sweeps, 0), nil
		}
		if err := r.sweep(ctx, rng); err != nil {
			return ending{}, err
		}
	}
}

// neuronsPerCheck is how many neurons pass between two looks at the context: some
// milliseconds in the largest networks.
const neuronsPerCheck = 4096

// scan is the first position from at on, in the present order, of a neuron that
// disagrees with its field, or the length of the order.
func (r *relaxer) scan(ctx context.Context, at int) (int, error) {
	for at < len(r.order) {
		if at%neuronsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return at, err
			}
		}
		end := min(len(r.order), at-at%neuronsPerCheck+neuronsPerCheck)
		at += r.Unstable(r.order[at:end])
		if at < end {
			break
		}
	}
	return at, nil
}

// sweep updates every neuron once, in random order.
func (r *relaxer) sweep(ctx context.Context, rng *rand.Rand) error {
	draw.Choose(r.order, len(r.order), rng)
	for at := 0; ; at++ {
		var err error
		if at, err = r.scan(ctx, at); err != nil || at == len(r.order) {
			return err
		}
		r.Flip(int(r.order[at]))
	}
}

// sync updates all neurons at once until a state comes back: a fixed point, a cycle of
// two, or in a network of asymmetric couplings one of any length. It gives up if none
// of these is reached within maxSweeps steps, or closed within two more.
func (r *relaxer) sync(ctx context.Context, start []uint64, maxSweeps int) (ending, error) {
	r.Move(start)
	r.seen.Reset()
	for t := 0; ; t++ {
		first := r.seen.Add(r.Spins())
		if first < t && first <= maxSweeps {
			r.end = r.end[:0]
			for k := first; k < t; k++ {
				r.end = append(r.end, r.seen.State(k))
			}
			return ending{r.end, first, t - first}, nil
		}
		if first < t || t == maxSweeps+2 {
			r.end = append(r.end[:0], r.seen.State(maxSweeps))
			return ending{r.end, maxSweeps, 0}, nil
		}
		if t <= maxSweeps {
			r.see(t)
		}
		if err := r.step(ctx, r.next, follow); err != nil {
			return ending{}, err
		}
		r.Move(r.next)
	}
}

// glauber makes sweeps sweeps at a temperature: each spin is drawn anew, +1 with
// probability 1/(1+exp(-2h/T)), one after another in a fresh random order each
// sweep, or all at once from the same fields if order is nil. The fields h are those of
// the state by inputs.
func (r *relaxer) glauber(ctx context.Context, start []uint64, sweeps int, temperature float64, inputs int, order, noise *rand.Rand) (ending, error) {
	r.Move(start)
	scale := 2 / (temperature * float64(inputs))
	drawn := func(field int64) bool { return noise.Float64() < 1/(1+math.Exp(-scale*float64(field))) }
	for sweep := range sweeps {
		r.see(sweep)
		if order == nil {
			if err := r.step(ctx, r.next, func(h int64, _ bool) bool { return drawn(h) }); err != nil {
				return ending{}, err
			}
			r.Move(r.next)
			continue
		}
		draw.Choose(r.order, len(r.order), order)
		for at, i := range r.order {
			if at%neuronsPerCheck == 0 {
				if err := ctx.Err(); err != nil {
					return ending{}, err
				}
			}
			if drawn(r.Field(int(i))) != (r.Spin(int(i)) > 0) {
				r.Flip(int(i))
			}
		}
	}
	r.see(sweeps)
	return r.last(sweeps, 0), nil
}

// follow is the update at temperature 0: up is the spin as it is.
func follow(field int64, up bool) bool { return field > 0 || field == 0 && up }

// step overwrites next with the synchronous successor of the present state: update
// says of each neuron, from its field and its spin, whether it will be +1.
func (r *relaxer) step(ctx context.Context, next []uint64, update func(field int64, up bool) bool) error {
	var field [64]int64
	for k, old := range r.Spins() {
		if 64*k%neuronsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		count := min(64, len(r.order)-64*k)
		r.Fields(field[:count], 64*k)
		word := uint64(0)
		for i, h := range field[:count] {
			if update(h, old>>i&1 != 0) {
				word |= 1 << i
			}
		}
		next[k] = word
	}
	return nil
}
