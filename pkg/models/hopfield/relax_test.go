package hopfield

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// relax runs one relaxation with a limit far beyond what it needs.
func relax(t testing.TB, r *relaxer, update string, start []uint64, rng *rand.Rand) ending {
	t.Helper()
	var e ending
	var err error
	if update == "async" {
		e, err = r.async(context.Background(), start, 10_000, rng)
	} else {
		e, err = r.sync(context.Background(), start, 10_000)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestRelax compares whole relaxations with those of a dense matrix.
func TestRelax(t *testing.T) {
	each(t, func(t *testing.T, net *network, v *naive, rng *rand.Rand) {
		r := net.relaxer()
		for try := range 6 {
			start := random(net.n, rng)
			if try%2 == 0 {
				start = net.pattern(try % net.p)
			}
			s := signs(net.n, start)
			copy(r.order, draw.Identity(net.n))
			e := relax(t, r, "async", start, testkit.Generator(uint64(try)))
			sweeps, _ := v.async(s, testkit.Generator(uint64(try)), 10_000)
			if e.sweeps != sweeps || e.cycle != 1 || len(e.states) != 1 || !equal(signs(net.n, e.states[0]), s) {
				t.Fatalf("async: %+v, want %v after %d sweeps", e, s, sweeps)
			}

			orbit, back := v.sync(signs(net.n, start))
			e = relax(t, r, "sync", start, nil)
			if e.sweeps != back || e.cycle != len(orbit)-back || !equal(signs(net.n, e.states[0]), orbit[back]) {
				t.Fatalf("sync: %+v, want cycle %d after %d sweeps", e, len(orbit)-back, back)
			}
			if e.cycle == 2 && !equal(signs(net.n, e.states[1]), orbit[back+1]) {
				t.Fatalf("sync: the other state is %v, want %v", signs(net.n, e.states[1]), orbit[back+1])
			}

			// A limit below the transient gives the state at the limit; one equal
			// to it is enough.
			for limit := 1; limit <= back; limit++ {
				e, err := r.sync(context.Background(), start, limit)
				if err != nil || e.sweeps != limit || (e.cycle != 0) != (limit == back) || !equal(signs(net.n, e.states[0]), orbit[limit]) {
					t.Fatalf("sync, limit %d of %d: %+v, %v", limit, back, e, err)
				}
			}
			for limit := 1; limit <= sweeps; limit++ {
				copy(r.order, draw.Identity(net.n))
				e, err := r.async(context.Background(), start, limit, testkit.Generator(uint64(try)))
				if err != nil || e.sweeps != limit || (e.cycle == 1) != (limit == sweeps) {
					t.Fatalf("async, limit %d of %d: %+v, %v", limit, sweeps, e, err)
				}
			}
		}
	})
}

// TestTie gives neuron 1 a field of exactly 0: two patterns of three neurons,
// +++ and +-+, couple neurons 0 and 2 only.
func TestTie(t *testing.T) {
	r := wrap(spins.Store(3, []uint64{0b111}, []uint64{0b101}), false).relaxer()
	for _, update := range []string{"async", "sync"} {
		for _, start := range []uint64{0b111, 0b101, 0b000, 0b010} {
			for seed := range uint64(10) {
				e := relax(t, r, update, []uint64{start}, testkit.Generator(seed))
				if e.states[0][0] != start || e.sweeps != 0 || e.cycle != 1 {
					t.Fatalf("%s from %03b: %+v", update, start, e)
				}
			}
		}
		// Here neurons 0 and 2 disagree, and neuron 1 must stay as it is while
		// they change.
		for _, start := range []uint64{0b001, 0b011, 0b100, 0b110} {
			for seed := range uint64(10) {
				e := relax(t, r, update, []uint64{start}, testkit.Generator(seed))
				if e.states[0][0]&0b010 != start&0b010 {
					t.Fatalf("%s from %03b: %+v", update, start, e)
				}
			}
		}
		// Both neurons follow one another at once.
		if e := relax(t, r, "sync", []uint64{0b001}, nil); e.cycle != 2 || e.states[1][0] != 0b100 {
			t.Fatalf("sync from 001: %+v", e)
		}
	}
}

// TestEnergyFalls flips by hand what async would flip, and sees the energy fall,
// in exact integers, with every flip: a spin with field 0 is not flipped.
func TestEnergyFalls(t *testing.T) {
	for _, diagonal := range []bool{false, true} {
		const n, p = 130, 30
		rng := testkit.Generator(1)
		net := newNetwork(n, p, diagonal, rng)
		r := net.relaxer()
		flips := 0
		for range 30 {
			r.Set(random(n, rng))
			energy := net.energy(r.Spins())
			for r.Unstable(r.order) < n {
				draw.Choose(r.order, n, rng)
				for _, i := range r.order {
					if !r.unstable(int(i)) {
						continue
					}
					r.Flip(int(i))
					flips++
					now := net.energy(r.Spins())
					if now >= energy {
						t.Fatalf("diagonal %t: the energy went from %d to %d", diagonal, energy, now)
					}
					energy = now
				}
			}
		}
		if flips < 100 {
			t.Fatalf("diagonal %t: only %d flips", diagonal, flips)
		}
	}
}

// TestSyncLyapunov follows synchronous orbits beyond their ends:
// L = -Σ s_i(t+1) N·h_i(t) never rises, and every orbit ends in a cycle of one
// or two.
func TestSyncLyapunov(t *testing.T) {
	cycles := [3]int{}
	for _, diagonal := range []bool{false, true} {
		const n, p = 100, 30
		rng := testkit.Generator(2)
		net := newNetwork(n, p, diagonal, rng)
		r := net.relaxer()
		for range 200 {
			start := random(n, rng)
			e := relax(t, r, "sync", start, nil)
			cycles[e.cycle]++
			a, b := start, make([]uint64, spins.Words(n))
			last := int64(math.MaxInt64)
			for range e.sweeps + 3 {
				r.Set(a)
				if err := r.step(context.Background(), b, follow); err != nil {
					t.Fatal(err)
				}
				field := r.fields()
				l := int64(0)
				for i, s := range signs(n, b) {
					l -= int64(s) * field[i]
				}
				if l > last {
					t.Fatalf("diagonal %t: L went from %d to %d", diagonal, last, l)
				}
				a, b, last = b, a, l
			}
		}
	}
	if cycles[0] != 0 || cycles[1] < 10 || cycles[2] < 10 {
		t.Fatalf("%d limits, %d fixed points, %d two-cycles", cycles[0], cycles[1], cycles[2])
	}
}

// TestChoose counts the 24 orders of four elements and the 6 ordered choices of
// two out of three. The bounds are the 1e-6 points of χ² with 23 and 5 degrees of
// freedom.
func TestChoose(t *testing.T) {
	for _, c := range []struct {
		n, k, outcomes int
		bound          float64
	}{{4, 4, 24, 70.5}, {3, 2, 6, 35.9}} {
		const draws = 24000
		rng := testkit.Generator(uint64(c.n))
		counts := make(map[string]int)
		list := draw.Identity(c.n)
		for range draws {
			draw.Choose(list, c.k, rng) // on from the last order, as sweeps do
			counts[fmt.Sprint(list[:c.k])]++
		}
		chi, want := 0.0, draws/float64(c.outcomes)
		for _, k := range counts {
			// The order of the terms does not matter to a comparison this coarse.
			chi += (float64(k) - want) * (float64(k) - want) / want
		}
		if len(counts) != c.outcomes || chi > c.bound {
			t.Errorf("%d of %d: %d outcomes, χ² = %.1f: %v", c.k, c.n, len(counts), chi, counts)
		}
	}
}

// TestNoAllocation relaxes again and again in the same memory.
func TestNoAllocation(t *testing.T) {
	rng := testkit.Generator(3)
	net := newNetwork(200, 50, false, rng)
	r := net.relaxer()
	start := random(net.n, rng)
	for _, update := range []string{"async", "sync"} {
		if k := testing.AllocsPerRun(10, func() { relax(t, r, update, start, rng) }); k != 0 {
			t.Errorf("%s: %v allocations a relaxation", update, k)
		}
	}
}

// lapsing is a context that ends at the look number left.
type lapsing struct {
	context.Context
	left, looks int
}

func (c *lapsing) Err() error {
	c.looks++
	if c.looks >= c.left {
		return context.Canceled
	}
	return nil
}

// TestCancel ends the context at one look after another: the relaxation does not
// look again, and no more neurons pass between two looks than promised.
func TestCancel(t *testing.T) {
	rng := testkit.Generator(4)
	net := newNetwork(1000, 500, false, rng)
	for _, sync := range []bool{false, true} {
		for left := 1; left <= 6; left++ {
			e := retrieval{memory: memory{patterns: net.Patterns}, tries: 25, flips: 400, maxSweeps: 1000, start: rng}
			if !sync {
				e.order = rng
			}
			ctx := &lapsing{Context: context.Background(), left: left}
			if _, err := e.run(ctx); err != context.Canceled || ctx.looks != left {
				t.Errorf("sync %t: error %v after %d looks, want %d", sync, err, ctx.looks, left)
			}
		}
	}
	// A sweep and a step look once in every neuronsPerCheck neurons.
	const n = 2*neuronsPerCheck + 1000
	r := newNetwork(n, 20, false, rng).relaxer()
	r.Set(random(n, rng))
	ctx := &lapsing{Context: context.Background(), left: math.MaxInt}
	if err := r.step(ctx, make([]uint64, spins.Words(n)), follow); err != nil || ctx.looks != 3 {
		t.Errorf("%d looks in a step, want 3 (%v)", ctx.looks, err)
	}
	if err := r.sweep(ctx, rng); err != nil || ctx.looks != 6 {
		t.Errorf("%d looks in a step and a sweep, want 6 (%v)", ctx.looks, err)
	}
}
