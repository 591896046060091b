package hopfield

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// counted takes a census of network k of the tests.
func counted(t testing.TB, n, p, k, states int, sync bool) counts {
	t.Helper()
	at := func(stream uint64) *rand.Rand { return testkit.Generator(stream, uint64(n), uint64(k)) }
	c := census{memory: memory{patterns: testkit.Must(spins.Draw(context.Background(), n, p, at(1)))}, states: states, maxSweeps: 1000, start: at(2)}
	if !sync {
		c.order = at(3)
	}
	res, err := c.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	total := res.unsettled
	for _, k := range res.starts {
		total += k
	}
	if total != states {
		t.Fatalf("the classes hold %d of %d states", total, states)
	}
	return res
}

// TestCensusIsExhaustive finds every attractor of small networks: the fixed points
// by definition, and the cycles of two, all counted modulo the sign, with the mean
// energy of where each of the 2^N states leads to.
func TestCensusIsExhaustive(t *testing.T) {
	const n, states = 10, 20_000 // a fixed point is among them but with probability exp(-40)
	cycles := 0
	for k := range 12 {
		p := 1 + k
		patterns := testkit.Must(spins.Draw(context.Background(), n, p, testkit.Generator(1, n, uint64(k))))
		net := wrap(patterns, false)
		v := newNaive(n, false, net.states)
		fixed, pairs := 0, make(map[string]bool)
		for s := range uint64(1 << n) {
			orbit, back := v.sync(signs(n, []uint64{s}))
			if back != 0 {
				continue // not on a cycle
			}
			if len(orbit) == 1 {
				fixed++
				continue
			}
			// Of the cycle and its opposite, from either state, the one that prints first.
			a, b := orbit[0], orbit[1]
			minus := func(s []int) []int {
				s = slices.Clone(s)
				for i := range s {
					s[i] = -s[i]
				}
				return s
			}
			pairs[min(fmt.Sprint(a, b), fmt.Sprint(b, a), fmt.Sprint(minus(a), minus(b)), fmt.Sprint(minus(b), minus(a)))] = true
		}
		if got := counted(t, n, p, k, states, false); got.attractors != fixed/2 || got.unseen != 0 || got.starts[onCycle] != 0 {
			t.Errorf("p = %d: %d attractors, %v unseen; there are %d fixed points", p, got.attractors, got.unseen, fixed)
		}
		if got := counted(t, n, p, k, states, true); got.attractors != fixed/2+len(pairs) || (got.starts[onCycle] > 0) != (len(pairs) > 0) {
			t.Errorf("p = %d: %d attractors of all at once; there are %d fixed points and %d cycles", p, got.attractors, fixed, len(pairs))
		}
		cycles += len(pairs)
	}
	if cycles == 0 {
		t.Error("no network has a cycle")
	}
}

// TestCensusEnergies compares the energies with the couplings': the mean over the
// states is one over all classes.
func TestCensusEnergies(t *testing.T) {
	const n, p, states = 70, 11, 60
	for _, sync := range []bool{false, true} {
		for k := range 5 {
			got := counted(t, n, p, k, states, sync)
			net := newNetwork(n, p, false, testkit.Generator(1, n, uint64(k)))
			r, start, order := net.relaxer(), testkit.Generator(2, n, uint64(k)), testkit.Generator(3, n, uint64(k))
			var want [classes]float64
			sweeps := 0
			for range states {
				begin := []uint64{start.Uint64(), start.Uint64() & spins.LastMask(n)}
				var e ending
				if sync {
					e, _ = r.sync(context.Background(), begin, 1000)
				} else {
					e, _ = r.async(context.Background(), begin, 1000, order)
				}
				sweeps += e.sweeps
				if len(e.states) == 2 {
					want[onCycle] += float64(net.energy(e.states[0])+net.energy(e.states[1])) / (4 * n * n)
					continue
				}
				overlaps := make([]int32, p)
				for mu := range p {
					overlaps[mu] = int32(net.overlap(mu, e.states[0]))
				}
				want[newSorter(net.Patterns).class(e.states[0], overlaps)] += float64(net.energy(e.states[0])) / (2 * n * n)
			}
			for c := range classes {
				if e, ok := got.meanEnergy(c, n, n); ok && math.Abs(e-want[c]/float64(got.starts[c])) > 1e-12 || ok != (want[c] != 0) {
					t.Errorf("class %d: energy %v, want %v of %d", c, e, want[c], got.starts[c])
				}
			}
			if got.sweeps != float64(sweeps)/states {
				t.Errorf("%v sweeps, want %v", got.sweeps, float64(sweeps)/states)
			}
		}
	}
}

// TestClasses makes patterns and mixtures with some spins wrong.
func TestClasses(t *testing.T) {
	const n, p = 1000, 9
	rng := testkit.Generator(7)
	net := newNetwork(n, p, false, rng)
	r := net.relaxer()
	sort := newSorter(net.Patterns)
	for _, c := range []struct {
		of, wrong int
		want      class
	}{
		{1, 0, isPattern}, {1, 24, isPattern}, {1, 25, otherState}, // an overlap of 0.95 is not above it
		{3, 0, firstMixture}, {3, 24, firstMixture}, {3, 25, otherState},
		{5, 0, firstMixture + 1}, {5, 20, firstMixture + 1}, {7, 0, firstMixture + 2}, {7, 20, firstMixture + 2},
		{9, 0, otherState},
	} {
		for range 20 {
			members := rng.Perm(p)[:c.of]
			state := make([]uint64, spins.Words(n))
			turned := rng.Uint64()
			for i := range n {
				sum := 0
				for k, mu := range members {
					s := int(net.pattern(mu)[i/64]>>(i&63)&1)*2 - 1
					if turned>>k&1 != 0 {
						s = -s
					}
					sum += s
				}
				if sum > 0 {
					state[i/64] |= 1 << (i & 63)
				}
			}
			for _, i := range rng.Perm(n)[:c.wrong] {
				state[i/64] ^= 1 << (i & 63)
			}
			r.Set(state)
			if got := sort.class(state, r.Overlaps()); got != c.want {
				t.Errorf("%d patterns with %d wrong spins are of class %d, want %d", c.of, c.wrong, got, c.want)
			}
		}
	}
	for _, k := range mixed {
		states := make([][]uint64, k)
		for i := range states {
			states[i] = []uint64{rng.Uint64()}
		}
		for b := range 64 {
			ones := 0
			for _, s := range states {
				ones += bits.OnesCount64(s[0] >> b & 1)
			}
			if got := majority(states, 0)>>b&1 != 0; got != (2*ones > k) {
				t.Fatalf("%d of %d bits have the majority: %t", ones, k, got)
			}
		}
	}
}

// TestMixtureEnergies takes mixtures of three and of five patterns, which random states
// lead to if no more are stored: -k m²/2 with m = 1/2 and 3/8, but for terms of order
// k/N (Amit, Gutfreund and Sompolinsky 1985).
func TestMixtureEnergies(t *testing.T) {
	const n, networks = 5000, 40
	for i, c := range []struct {
		p    int
		want float64
	}{{3, -0.375}, {5, -0.3515625}} {
		var xs []float64
		for k := range networks {
			res := counted(t, n, c.p, k, 60, false)
			if e, ok := res.meanEnergy(firstMixture+class(i), n, n); ok {
				xs = append(xs, e)
			}
			if e, ok := res.meanEnergy(isPattern, n, n); !ok || math.Abs(e+0.5) > 0.01 {
				t.Errorf("p = %d: the patterns have energy %v", c.p, e)
			}
		}
		if len(xs) < networks/2 {
			t.Fatalf("p = %d: %d networks have mixtures", c.p, len(xs))
		}
		m := meanOf(xs)
		answer(t, fmt.Sprintf("energy of mixtures of %d", c.p), m, c.want, 4*m.se+float64(c.p)/n)
	}
}

// TestCensus compares how often random states lead to a pattern at N = 200 with the
// reference run, whose size is not known: its error is taken for that of 200 states.
func TestCensus(t *testing.T) {
	censusTable(t, 40, 50)
}

func censusTable(t *testing.T, networks, states int) {
	for _, c := range []struct {
		p                        int
		pattern, mixture3, other float64 // of the reference run
	}{
		{2, 1, 0, 0}, {3, 0.79, 0.15, 0.06}, {5, 0.67, 0.16, 0.17}, {10, 0.60, 0.12, 0.28},
		{20, 0.09, 0.10, 0.82}, {28, 0, 0.12, 0.88}, {100, 0, 0, 1},
	} {
		of := make([][]float64, classes)
		for k := range networks {
			res := counted(t, 200, c.p, k, states, false)
			for i := range classes {
				of[i] = append(of[i], float64(res.starts[i])/float64(states))
			}
			if c.p == 2 && (res.attractors != 2 || res.unseen != 0) {
				t.Errorf("two patterns have %d attractors, %v unseen", res.attractors, res.unseen)
			}
		}
		got := meanOf(of[isPattern])
		se := math.Hypot(got.se, math.Sqrt(max(c.pattern*(1-c.pattern), 0.005)/200))
		t.Logf("p = %d: mixtures of 3 %.4f, of 5 %.4f, of 7 %.4f, others %.4f", c.p,
			meanOf(of[firstMixture]).value, meanOf(of[firstMixture+1]).value, meanOf(of[firstMixture+2]).value, meanOf(of[otherState]).value)
		answer(t, fmt.Sprintf("p = %d: to a pattern", c.p), got, c.pattern, 4*se)
	}
}

// TestCriticalStart finds the overlap of the start from which half of the tries reach
// the pattern at N = 1000: a straight line between two starts around the value of
// the reference run, which had a hundred tries at each m0 = 0.1, 0.2, …
func TestCriticalStart(t *testing.T) {
	for _, c := range []struct{ alpha, want float64 }{{0.05, 0.18}, {0.10, 0.36}, {0.12, 0.45}} {
		critical(t, c.alpha, c.want, 40)
	}
}

func critical(t *testing.T, alpha, want float64, networks int) {
	t.Helper()
	const half = 0.05
	p, _ := storedAt(alpha, 1000)
	low := over(sample(t, networks, protocol{n: 1000, p: p, m0: want - half, tries: 5}), success)
	high := over(sample(t, networks, protocol{n: 1000, p: p, m0: want + half, tries: 5}), success)
	slope := (high.value - low.value) / (2 * half)
	at := mean{
		value: want + (0.5-(low.value+high.value)/2)/slope,
		se:    math.Hypot(low.se, high.se) / 2 / slope,
	}
	// Between two of its cells the reference run's own error is that of a hundred tries.
	answer(t, fmt.Sprintf("critical start at α = %g", alpha), at, want, 4*math.Hypot(at.se, 0.05/slope))
}
