package hopfield

import (
	"context"
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// TestSinglePattern knows the answer: the one pattern is reached in one sweep
// from any overlap above zero, and E/N = -(1-1/N)/2.
func TestSinglePattern(t *testing.T) {
	for _, sync := range []bool{false, true} {
		for _, n := range []int{2, 3, 64, 100, 500} {
			for _, m0 := range []float64{0.4, 1} {
				if n == 2 && m0 < 1 {
					continue // one of two spins would be wrong: an overlap of zero
				}
				r := sample(t, 1, protocol{n: n, p: 1, sync: sync, m0: m0, tries: 25})[0]
				want := results{
					overlap: 1, success: 1, energy: -(1 - 1/float64(n)) / 2,
					cycle: 1, overlaps: []float64{1},
				}
				if m0 < 1 {
					want.sweeps = 1
				}
				if math.Abs(r.energy-want.energy) > 1e-15 {
					t.Errorf("n = %d, m0 = %g, sync %t: energy %v, want %v", n, m0, sync, r.energy, want.energy)
				}
				r.energy = want.energy
				if !slices.Equal(r.overlaps, want.overlaps) || r.overlap != 1 || r.success != 1 || r.errors != 0 ||
					r.cycle != 1 || r.sweeps != want.sweeps {
					t.Errorf("n = %d, m0 = %g, sync %t: %+v, want %+v", n, m0, sync, r, want)
				}
			}
		}
	}
}

// TestMeans follows the results of a network with two-cycles back to its single
// relaxations.
func TestMeans(t *testing.T) {
	const n, p, tries = 200, 38, 10
	net := newNetwork(n, p, false, testkit.Generator(5))
	got, err := (&retrieval{memory: memory{patterns: net.Patterns}, tries: tries, maxSweeps: 1000}).run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	v := newNaive(n, false, func() (all [][]uint64) {
		for mu := range p {
			all = append(all, net.pattern(mu))
		}
		return all
	}())
	var want results
	for mu := range tries {
		orbit, back := v.sync(signs(n, net.pattern(mu)))
		m, e, cycle := 0.0, 0.0, orbit[back:]
		for _, s := range cycle {
			m += float64(v.overlap(mu, s)) / n / float64(len(cycle))
			e += float64(v.energy(s)) / (2 * n * n) / float64(len(cycle))
		}
		want.overlaps = append(want.overlaps, m)
		want.overlap += m / tries
		want.energy += e / tries
		want.errors += (1 - m) / 2 / tries
		want.sweeps += float64(back) / tries
		if m > 0.8 {
			want.success += 1.0 / tries
		}
		want.cycle = max(want.cycle, len(cycle))
		want.twoCycles += float64(len(cycle)-1) / tries
	}
	if want.cycle != 2 || want.success == 0 || want.success == 1 {
		t.Fatalf("not a case worth testing: %+v", want)
	}
	near := func(name string, a, b float64) {
		// Means of tens of numbers of order one, added in floats: 1e-13 is ample.
		if math.Abs(a-b) > 1e-13 {
			t.Errorf("%s is %v, want %v", name, a, b)
		}
	}
	near("overlap", got.overlap, want.overlap)
	near("energy", got.energy, want.energy)
	near("errors", got.errors, want.errors)
	near("sweeps", got.sweeps, want.sweeps)
	near("success", got.success, want.success)
	near("two-cycles", got.twoCycles, want.twoCycles)
	for mu := range tries {
		near("an overlap", got.overlaps[mu], want.overlaps[mu])
	}
	if got.cycle != want.cycle {
		t.Errorf("cycle %d, want %d", got.cycle, want.cycle)
	}
}

// TestLimit cuts relaxations short: the cycle is unknown, and the sweeps are
// those made.
func TestLimit(t *testing.T) {
	for _, sync := range []bool{false, true} {
		for _, r := range sample(t, 3, protocol{n: 300, p: 100, sync: sync, tries: 20, maxSweeps: 1}) {
			if r.cycle != 0 || r.sweeps > 1 || r.sweeps < 0.9 {
				t.Errorf("sync %t: cycle %d after %v sweeps, want 0 after 1", sync, r.cycle, r.sweeps)
			}
		}
	}
}

// TestSuccessBound puts m_f above 0.8, on it and below: success is above.
func TestSuccessBound(t *testing.T) {
	for wrong := range 3 {
		// A second pattern, which differs from the first in a few places and is
		// stored many times over, draws the try to itself.
		all := [][]uint64{{1<<20 - 1}}
		for range 9 {
			all = append(all, []uint64{1<<20 - 1 ^ (1<<(wrong+1) - 1)})
		}
		r, err := (&retrieval{memory: memory{patterns: spins.Store(20, all...)}, tries: 1, maxSweeps: 100}).run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m := 1 - float64(wrong+1)/10 // 0.9, 0.8, 0.7
		if math.Abs(r.overlap-m) > 1e-15 || (r.success == 1) != (wrong == 0) {
			t.Errorf("overlap %v, success %v; want %v", r.overlap, r.success, m)
		}
	}
}

// TestStart counts the flipped spins, which differ from try to try.
func TestStart(t *testing.T) {
	for _, c := range []struct {
		m0   float64
		n, k int
	}{
		{1, 1000, 0}, {0.9, 1000, 50}, {0.7, 1000, 150}, {0.1, 1000, 450}, {0.5, 1000, 250}, {1e-9, 1000, 500},
		{0.5, 10, 3}, {0.9, 5, 0}, {0.8, 5, 1}, {1e-9, 3, 1}, {1e-9, 2, 1},
	} {
		if k := draw.Flips(c.m0, c.n); k != c.k {
			t.Errorf("start %g of %d flips %d spins, want %d", c.m0, c.n, k, c.k)
		}
	}
	sites := draw.Identity(100)
	rng := testkit.Generator(6)
	var seen [2]uint64
	for range 100 {
		draw.Choose(sites, 30, rng)
		var state [2]uint64
		for _, i := range sites[:30] {
			state[i/64] ^= 1 << (i & 63)
		}
		if bits.OnesCount64(state[0])+bits.OnesCount64(state[1]) != 30 || state == seen {
			t.Fatalf("flipped %x after %x", state, seen)
		}
		seen = state
	}
}

func TestStoredAt(t *testing.T) {
	for _, c := range []struct {
		alpha float64
		n, p  int
	}{{0.138, 500, 69}, {0.12, 1000, 120}, {1e-9, 100, 1}, {0.125, 100, 13}, {2, 50, 100}, {65535, 1, 65535}} {
		if p, err := storedAt(c.alpha, c.n); p != c.p || err != nil {
			t.Errorf("alpha = %g of %d stores %d (%v), want %d", c.alpha, c.n, p, err, c.p)
		}
	}
	for _, alpha := range []float64{700, 1e300} {
		if p, err := storedAt(alpha, 100); err == nil {
			t.Errorf("alpha = %g of 100 stores %d", alpha, p)
		}
	}
}

// TestBits pins results that only a change of Version may change. All of them
// are integers divided once, so they are the same on every architecture.
func TestBits(t *testing.T) {
	for _, c := range []struct {
		protocol
		want results
	}{
		{protocol{n: 200, p: 32, tries: 4}, results{energy: -0.5196, sweeps: 4, cycle: 1, overlaps: []float64{0.96, 0.98, 0.31, 1}}},
		{protocol{n: 200, p: 32, tries: 4, m0: 0.5}, results{energy: -0.6141, sweeps: 9.25, cycle: 1, overlaps: []float64{0.17, 0.34, 0.37, 0.01}}},
		{protocol{n: 200, p: 32, tries: 4, sync: true}, results{energy: -0.5186, sweeps: 5.75, cycle: 2, overlaps: []float64{0.96, 0.98, 0.34, 1}}},
	} {
		got := sample(t, 1, c.protocol)[0]
		if got.energy != c.want.energy || got.sweeps != c.want.sweeps || got.cycle != c.want.cycle || !slices.Equal(got.overlaps, c.want.overlaps) {
			t.Errorf("%+v: %+v, want %+v", c.protocol, got, c.want)
		}
	}
}
