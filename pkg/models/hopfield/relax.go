package hopfield

import (
	"context"
	"math/rand/v2"
	"slices"
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
	net    *network
	field  []int32
	spin   []int8
	order  []int32 // a permutation of the neurons: each sweep shuffles it again
	states [3][]uint64

	see func(sweeps int, state []uint64) // is shown the start and the state after each sweep, if it is not nil
}

func newRelaxer(net *network) *relaxer {
	r := &relaxer{net: net, field: make([]int32, net.n), spin: make([]int8, net.n), order: identity(net.n)}
	for i := range r.states {
		r.states[i] = make([]uint64, net.words)
	}
	return r
}

func identity(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

// choose moves a uniform choice of k elements, in random order, to the front of
// list: k steps of Fisher-Yates. All of list is shuffled if k is its length.
func choose(list []int32, k int, rng *rand.Rand) {
	for i := range k {
		j := i + int(rng.Uint32N(uint32(len(list)-i)))
		list[i], list[j] = list[j], list[i]
	}
}

// async updates the neurons one after another, in a fresh random order each
// sweep, until none would flip or maxSweeps sweeps are done.
func (r *relaxer) async(ctx context.Context, start []uint64, maxSweeps int, rng *rand.Rand) (ending, error) {
	r.load(start)
	sweeps := 0
	if r.see != nil {
		r.see(0, start)
	}
	for !r.stable() && sweeps < maxSweeps {
		if err := r.sweep(ctx, rng); err != nil {
			return ending{}, err
		}
		sweeps++
		if r.see != nil {
			r.see(sweeps, r.store(r.states[0]))
		}
	}
	e := ending{state: r.store(r.states[0]), sweeps: sweeps}
	if r.stable() {
		e.cycle = 1
	}
	return e, nil
}

// load makes state the one to be updated.
func (r *relaxer) load(state []uint64) {
	r.net.fields(r.field, state)
	for i := range r.spin {
		r.spin[i] = int8(state[i/64]>>(i&63)&1)*2 - 1
	}
}

// store overwrites dst with the present state and returns it.
func (r *relaxer) store(dst []uint64) []uint64 {
	clear(dst)
	for i, s := range r.spin {
		dst[i/64] |= uint64(s+1) >> 1 << (i & 63)
	}
	return dst
}

// unstable says whether neuron i disagrees with its field; with a field of 0 it
// does not.
func (r *relaxer) unstable(i int) bool { return int32(r.spin[i])*r.field[i] < 0 }

func (r *relaxer) stable() bool {
	for i := range r.spin {
		if r.unstable(i) {
			return false
		}
	}
	return true
}

// flipsPerCheck is how many flips pass between two looks at the context: tens of
// milliseconds in the largest networks.
const flipsPerCheck = 256

// sweep updates every neuron once, in random order.
func (r *relaxer) sweep(ctx context.Context, rng *rand.Rand) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	choose(r.order, len(r.order), rng)
	flips := 0
	for _, i := range r.order {
		if !r.unstable(int(i)) {
			continue
		}
		r.flip(int(i))
		flips++
		if flips%flipsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flip turns spin i over and brings the fields up to date.
func (r *relaxer) flip(i int) {
	row := r.net.couplings(i)
	field := r.field[:len(row)]
	if r.spin[i] > 0 {
		for j, c := range row {
			field[j] -= 2 * int32(c)
		}
	} else {
		for j, c := range row {
			field[j] += 2 * int32(c)
		}
	}
	r.spin[i] = -r.spin[i]
}

// sync updates all neurons at once, until the state is the one before or the one
// before that, or maxSweeps steps did not lead to such a state.
func (r *relaxer) sync(ctx context.Context, start []uint64, maxSweeps int) (ending, error) {
	// Three states in succession: a, then b, then c.
	a, b, c := r.states[0], r.states[1], r.states[2]
	copy(a, start)
	r.step(b, a)
	for sweeps := 0; ; sweeps++ {
		if r.see != nil {
			r.see(sweeps, a)
		}
		if slices.Equal(a, b) {
			return ending{state: a, sweeps: sweeps, cycle: 1}, nil
		}
		if err := ctx.Err(); err != nil {
			return ending{}, err
		}
		r.step(c, b)
		if slices.Equal(a, c) {
			return ending{state: a, other: b, sweeps: sweeps, cycle: 2}, nil
		}
		if sweeps == maxSweeps {
			return ending{state: a, sweeps: sweeps}, nil
		}
		a, b, c = b, c, a
	}
}

// step overwrites next with the synchronous successor of state.
func (r *relaxer) step(next, state []uint64) {
	r.net.fields(r.field, state)
	for k, old := range state {
		word := uint64(0)
		for i, h := range r.field[64*k : min(64*k+64, len(r.field))] {
			bit := uint64(0)
			switch {
			case h > 0:
				bit = 1
			case h == 0:
				bit = old >> i & 1
			}
			word |= bit << i
		}
		next[k] = word
	}
}
