package hopfield

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
)

// ending is how a relaxation ended.
type ending struct {
	state  []uint64 // the last state, or one of the cycle; valid until the next relaxation
	other  []uint64 // the other state of a cycle of two, else nil
	sweeps int      // until state was reached
	cycle  int      // 1 fixed point, 2 cycle of two, 0 none found within the limit
}

// relaxer relaxes one network from one start after another.
type relaxer struct {
	*spins.State
	order  []int32 // a permutation of the neurons: each sweep shuffles it again
	states [3][]uint64

	see func(sweeps int) // is told that the state is that after so many sweeps, from none on
}

func newRelaxer(state *spins.State, n int) *relaxer {
	r := &relaxer{State: state, order: draw.Identity(n), see: func(int) {}}
	for i := range r.states {
		r.states[i] = make([]uint64, spins.Words(n))
	}
	return r
}

// async updates the neurons one after another, in a fresh random order each
// sweep, until none would flip or maxSweeps sweeps are done.
func (r *relaxer) async(ctx context.Context, start []uint64, maxSweeps int, rng *rand.Rand) (ending, error) {
	r.Set(start)
	for sweeps := 0; ; sweeps++ {
		r.see(sweeps)
		unstable, err := r.next(ctx, 0)
		if err != nil {
			return ending{}, err
		}
		if stable := unstable == len(r.order); stable || sweeps == maxSweeps {
			e := ending{state: r.states[0], sweeps: sweeps}
			copy(e.state, r.Spins())
			if stable {
				e.cycle = 1
			}
			return e, nil
		}
		if err := r.sweep(ctx, rng); err != nil {
			return ending{}, err
		}
	}
}

// neuronsPerCheck is how many neurons pass between two looks at the context: some
// milliseconds in the largest networks.
const neuronsPerCheck = 4096

// next is the first position from at on, in the present order, of a neuron that
// disagrees with its field, or the length of the order.
func (r *relaxer) next(ctx context.Context, at int) (int, error) {
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
		if at, err = r.next(ctx, at); err != nil || at == len(r.order) {
			return err
		}
		r.Flip(int(r.order[at]))
	}
}

// sync updates all neurons at once, until the state is the one before or the one
// before that, or maxSweeps steps did not lead to such a state.
func (r *relaxer) sync(ctx context.Context, start []uint64, maxSweeps int) (ending, error) {
	// Three states in succession: a, then b, then c.
	a, b, c := r.states[0], r.states[1], r.states[2]
	copy(a, start)
	r.Set(a)
	if err := r.step(ctx, b, follow); err != nil {
		return ending{}, err
	}
	for sweeps := 0; ; sweeps++ {
		r.see(sweeps) // the state is a
		if slices.Equal(a, b) {
			return ending{state: a, sweeps: sweeps, cycle: 1}, nil
		}
		r.move(b)
		if err := r.step(ctx, c, follow); err != nil {
			return ending{}, err
		}
		if slices.Equal(a, c) {
			return ending{state: a, other: b, sweeps: sweeps, cycle: 2}, nil
		}
		if sweeps == maxSweeps {
			return ending{state: a, sweeps: sweeps}, nil
		}
		a, b, c = b, c, a
	}
}

// glauber makes sweeps sweeps at a temperature: each spin is drawn anew, +1 with
// probability 1/(1+exp(-2h/T)), one after another in a fresh random order each
// sweep, or all at once from the same fields if order is nil.
func (r *relaxer) glauber(ctx context.Context, start []uint64, sweeps int, temperature float64, order, noise *rand.Rand) (ending, error) {
	r.Set(start)
	scale := 2 / (temperature * float64(len(r.order)))
	drawn := func(field int64) bool { return noise.Float64() < 1/(1+math.Exp(-scale*float64(field))) }
	next := r.states[0]
	for sweep := range sweeps {
		r.see(sweep)
		if order == nil {
			if err := r.step(ctx, next, func(h int64, _ bool) bool { return drawn(h) }); err != nil {
				return ending{}, err
			}
			r.move(next)
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
	copy(next, r.Spins())
	return ending{state: next, sweeps: sweeps}, nil
}

// follow is the update at temperature 0: up is the spin as it is.
func follow(field int64, up bool) bool { return field > 0 || field == 0 && up }

// move makes state the present one. A flip costs as much as some eight neurons of
// a state that is set as a whole.
func (r *relaxer) move(state []uint64) {
	differ := 0
	for k, word := range r.Spins() {
		differ += bits.OnesCount64(word ^ state[k])
	}
	if 8*differ > len(r.order) {
		r.Set(state)
		return
	}
	for k, word := range state {
		for word ^= r.Spins()[k]; word != 0; word &= word - 1 {
			r.Flip(64*k + bits.TrailingZeros64(word))
		}
	}
}

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
