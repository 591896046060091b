package hopfield

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// sizes are numbers of neurons and of patterns around the edges of words, of
// pairs of words and of bytes.
var sizes = [][2]int{
	{2, 1}, {2, 5}, {3, 2}, {7, 8}, {31, 9}, {63, 64}, {64, 1}, {64, 64}, {65, 63}, {65, 130},
	{100, 17}, {127, 65}, {128, 128}, {129, 129}, {130, 191}, {150, 192}, {193, 30}, {200, 260},
}

// random is a state of n random spins.
func random(n int, rng *rand.Rand) []uint64 {
	state := make([]uint64, (n+63)/64)
	for k := range state {
		state[k] = rng.Uint64()
	}
	state[len(state)-1] &= spins.LastMask(n)
	return state
}

// each runs f on networks of all sizes with both diagonals.
func each(t *testing.T, f func(t *testing.T, net *network, v *naive, rng *rand.Rand)) {
	for _, size := range sizes {
		for _, diagonal := range []bool{false, true} {
			n, p := size[0], size[1]
			t.Run(fmt.Sprintf("n=%d/p=%d/diagonal=%t", n, p, diagonal), func(t *testing.T) {
				rng := testkit.Generator(uint64(n), uint64(p))
				net := newNetwork(n, p, diagonal, rng)
				var patterns [][]uint64
				for mu := range p {
					patterns = append(patterns, net.pattern(mu))
				}
				f(t, net, newNaive(n, diagonal, patterns), rng)
			})
		}
	}
}

// TestNetwork compares fields, overlaps and energies with a dense matrix, and the
// fields after single flips with fields made anew.
func TestNetwork(t *testing.T) {
	each(t, func(t *testing.T, net *network, v *naive, rng *rand.Rand) {
		state := random(net.n, rng)
		s := signs(net.n, state)
		for mu := range net.p {
			if got, want := net.overlap(mu, state), v.overlap(mu, s); got != want {
				t.Fatalf("N·m[%d] = %d, want %d", mu, got, want)
			}
		}
		if got, want := net.energy(state), v.energy(s); got != int64(want) {
			t.Fatalf("energy %d, want %d", got, want)
		}
		r := net.relaxer()
		r.Set(state)
		for range 20 {
			for i, h := range r.fields() {
				if want := v.field(i, s); int(h) != want {
					t.Fatalf("N·h[%d] = %d, want %d", i, h, want)
				}
			}
			i := rng.IntN(net.n)
			r.Flip(i)
			s[i] = -s[i]
		}
		if got := signs(net.n, r.Spins()); !equal(got, s) {
			t.Fatalf("the spins are %v, want %v", got, s)
		}
	})
}

// TestPatternsNested checks that loads share their patterns, and that the same
// stream gives the same ones.
func TestPatternsNested(t *testing.T) {
	for _, n := range []int{5, 64, 100} {
		few := newNetwork(n, 10, false, testkit.Generator(1))
		many := newNetwork(n, 100, false, testkit.Generator(1))
		if !slices.EqualFunc(few.states, many.states[:10], slices.Equal) {
			t.Errorf("n = %d: the patterns of p = 10 are not the first of p = 100", n)
		}
		if slices.Equal(few.pattern(0), few.pattern(1)) {
			t.Errorf("n = %d: the first two patterns are the same", n)
		}
	}
}

// TestGauge multiplies patterns and start by a fixed vector of ±1, which changes
// no overlap, no energy and no course of a relaxation.
func TestGauge(t *testing.T) {
	const n, p = 150, 40
	rng := testkit.Generator(1)
	gauge := random(n, rng)
	net := newNetwork(n, p, false, rng)
	var turned [][]uint64
	for mu := range p {
		turned = append(turned, slices.Clone(net.pattern(mu)))
		for k := range gauge {
			turned[mu][k] ^= gauge[k]
		}
	}
	other := wrap(spins.Store(n, turned...), false)
	a, b := net.relaxer(), other.relaxer()
	for try := range 20 {
		start := random(n, rng)
		image := slices.Clone(start)
		for k := range image {
			image[k] ^= gauge[k]
		}
		for _, update := range []string{"async", "sync"} {
			x, y := relax(t, a, update, start, testkit.Generator(uint64(try))), relax(t, b, update, image, testkit.Generator(uint64(try)))
			if x.sweeps != y.sweeps || x.cycle != y.cycle || net.energy(x.states[0]) != other.energy(y.states[0]) {
				t.Fatalf("%s: %+v and, turned, %+v", update, x, y)
			}
			for mu := range p {
				if m, k := net.overlap(mu, x.states[0]), other.overlap(mu, y.states[0]); m != k {
					t.Fatalf("%s: overlap %d is %d and, turned, %d", update, mu, m, k)
				}
			}
			// Undo the shuffles, so that the next pair begins alike.
			copy(a.order, draw.Identity(n))
			copy(b.order, draw.Identity(n))
		}
	}
}
