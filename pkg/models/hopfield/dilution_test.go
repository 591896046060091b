package hopfield

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/meanfield"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/models"
)

// sparse draws diluted network k of the tests.
func sparse(t testing.TB, n, c, p int, symmetric, diagonal bool, k int) memory {
	t.Helper()
	x := memory{patterns: testkit.Must(spins.Draw(context.Background(), n, p, testkit.Generator(1, uint64(n), uint64(k)))), diagonal: diagonal}
	if err := x.dilute(context.Background(), c, symmetric, testkit.Generator(5, uint64(n), uint64(k))); err != nil {
		t.Fatal(err)
	}
	return x
}

// written is a diluted network written down from its definition.
func written(x memory) *naive {
	n := x.patterns.N()
	v := newNaive(n, x.diagonal, wrap(x.patterns, false).states)
	linked := make([]bool, n*n)
	for j := range n {
		for i := range x.bonds.From(j) {
			linked[i*n+j] = true
		}
	}
	for i, row := range v.j {
		for j := range row {
			if i != j && !linked[i*n+j] {
				row[j] = 0
			}
		}
	}
	return v
}

// TestDilutedRelax follows whole relaxations with a dense matrix: both orders of
// updates, cycles of any length, limits, and the results of all tries.
func TestDilutedRelax(t *testing.T) {
	lengths := make(map[int]int)
	for k := range 24 {
		n, c, p := []int{24, 64, 70}[k%3], 5, 9
		for _, symmetric := range []bool{false, true} {
			x := sparse(t, n, c, p, symmetric, k%5 == 0, k)
			v := written(x)
			r := x.relaxer()
			for try := range 3 {
				start := random(n, testkit.Generator(uint64(try), uint64(k)))
				// One after another, which need not end.
				const limit = 30
				s := signs(n, start)
				sweeps, settled := v.async(s, testkit.Generator(uint64(try)), limit)
				copy(r.order, draw.Identity(n))
				e, err := r.async(t.Context(), start, limit, testkit.Generator(uint64(try)))
				if err != nil || e.sweeps != sweeps || (e.cycle == 1) != settled || !equal(signs(n, e.states[0]), s) {
					t.Fatalf("async: %+v (%v), want %v after %d sweeps, settled %t", e, err, s, sweeps, settled)
				}
				if symmetric && !settled {
					t.Fatal("a symmetric network does not settle")
				}

				orbit, back := v.sync(signs(n, start))
				e = relax(t, r, "sync", start, nil)
				if e.sweeps != back || e.cycle != len(orbit)-back || len(e.states) != e.cycle {
					t.Fatalf("sync: %+v, want a cycle of %d after %d sweeps", e, len(orbit)-back, back)
				}
				for i, state := range e.states {
					if !equal(signs(n, state), orbit[back+i]) {
						t.Fatalf("sync: state %d of the cycle is %v, want %v", i, signs(n, state), orbit[back+i])
					}
				}
				if symmetric && e.cycle > 2 {
					t.Fatalf("a symmetric network has a cycle of %d", e.cycle)
				}
				lengths[e.cycle]++
				within := max(back, len(orbit)-2)
				for limit := max(1, within-2); limit <= within+1; limit++ {
					e, err := r.sync(t.Context(), start, limit)
					if err != nil || (e.cycle != 0) != (limit >= within) || e.cycle == 0 && (e.sweeps != limit || !equal(signs(n, e.states[0]), at(orbit, back, limit))) {
						t.Fatalf("sync, limit %d of %d: %+v, %v", limit, within, e, err)
					}
				}
			}
			dilutedMeans(t, x, v)
		}
	}
	if lengths[1] == 0 || len(lengths) < 5 {
		t.Errorf("cycle lengths %v: too few kinds", lengths)
	}
}

// at is the state of an orbit after so many sweeps, which goes back to one of its own.
func at(orbit [][]int, back, sweeps int) []int {
	if sweeps >= len(orbit) {
		sweeps = back + (sweeps-back)%(len(orbit)-back)
	}
	return orbit[sweeps]
}

// dilutedMeans compares the results of synchronous tries.
func dilutedMeans(t *testing.T, x memory, v *naive) {
	t.Helper()
	const tries = 4
	n := x.patterns.N()
	got, err := (&retrieval{memory: x, tries: tries, maxSweeps: 10_000}).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, e, twos, longest := 0.0, 0.0, 0.0, 0
	for mu := range tries {
		orbit, back := v.sync(slices.Clone(v.xi[mu]))
		cycle := orbit[back:]
		own := 0.0
		for _, s := range cycle {
			own += float64(v.overlap(mu, s)) / float64(n*len(cycle))
			e += float64(v.energy(s)) / float64(2*n*x.inputs*len(cycle)*tries)
		}
		if math.Abs(own-got.overlaps[mu]) > 1e-13 {
			t.Fatalf("overlap %v, want %v", got.overlaps[mu], own)
		}
		m += own / tries
		if len(cycle) == 2 {
			twos += 1.0 / tries
		}
		longest = max(longest, len(cycle))
	}
	if math.Abs(m-got.overlap) > 1e-13 || math.Abs(e-got.energy) > 1e-13 || math.Abs((1-m)/2-got.errors) > 1e-13 || got.cycle != longest || got.twoCycles != twos {
		t.Fatalf("%+v, want overlap %v, energy %v, longest cycle %d, of two %v", got, m, e, longest, twos)
	}
}

// TestUndilutedModel gives each neuron all others as inputs: nothing changes but the
// unit of the couplings, n - 1 instead of n.
func TestUndilutedModel(t *testing.T) {
	const size = 120
	for _, rule := range []string{"async", "sync"} {
		for _, kind := range []string{"asymmetric", "symmetric"} {
			for _, kept := range []bool{false, true} {
				for p := range int64(3) {
					given := values{n: models.IntValue(size), patterns: models.IntValue(8 + 20*p), update: models.TextValue(rule), diagonal: models.FlagValue(kept), trials: models.IntValue(8)}
					full, err := execute(t, given)
					if err != nil {
						t.Fatal(err)
					}
					given[connectivity], given[dilution] = models.IntValue(size-1), models.TextValue(kind)
					diluted, err := execute(t, given)
					if err != nil {
						t.Fatal(err)
					}
					for o, want := range full {
						got := diluted[o]
						if o == energy {
							if math.Abs(float(got)*(size-1)/size-float(want)) > 1e-14 {
								t.Errorf("energy %v, want %v", float(got), float(want))
							}
						} else if got.State != want.State || got.Bits != want.Bits || !slices.Equal(got.Series, want.Series) {
							t.Errorf("%s, %s, %d: %s is %+v, without a graph %+v", rule, kind, p, o.Decl().Name, got, want)
						}
					}
				}
			}
		}
	}
}

// TestDilutionRefused names what is wrong.
func TestDilutionRefused(t *testing.T) {
	for _, c := range []struct {
		n, inputs int64
		want      string
	}{{100, 100, "at most 99 inputs"}, {1 << 20, 1 << 10, "at most 2.7e+08 are possible"}} {
		_, err := execute(t, values{n: models.IntValue(c.n), connectivity: models.IntValue(c.inputs), patterns: models.IntValue(1)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d inputs of %d: %v, want %s", c.inputs, c.n, err, c.want)
		}
	}
	if p, err := storedAt(0.4, 20); p != 8 || err != nil {
		t.Errorf("load 0.4 of 20 inputs is %d patterns, %v", p, err)
	}
	put, err := execute(t, values{n: models.IntValue(100), connectivity: models.IntValue(20), alpha: models.FloatValue(0.4)})
	if err != nil || put[stored].Bits != 8 {
		t.Errorf("load 0.4 of 20 inputs stores %d patterns, %v", put[stored].Bits, err)
	}
}

// TestDilutedCensus finds every attractor of small networks, cycles of any length among
// them, counted modulo the sign.
func TestDilutedCensus(t *testing.T) {
	const n, states = 10, 20_000
	long := 0
	for k := range 30 {
		x := sparse(t, n, 3, 4, k%4 == 1, false, k)
		v := written(x)
		attractors, fixed := make(map[string]bool), 0
		for s := range uint64(1 << n) {
			orbit, back := v.sync(signs(n, []uint64{s}))
			if back != 0 {
				continue
			}
			if len(orbit) == 1 {
				fixed++
			} else if len(orbit) > 2 {
				long++
			}
			// Of all states of the cycle and of its opposite the one that prints first.
			var all []string
			for _, state := range orbit {
				minus := slices.Clone(state)
				for i := range minus {
					minus[i] = -minus[i]
				}
				all = append(all, fmt.Sprint(state), fmt.Sprint(minus))
			}
			attractors[slices.Min(all)] = true
		}
		c := census{memory: x, states: states, maxSweeps: 1000, start: testkit.Generator(2, uint64(k))}
		got, err := c.run(t.Context())
		if err != nil || got.attractors != len(attractors) || got.unseen != 0 || got.unsettled != 0 || (got.starts[onCycle] > 0) != (2*len(attractors) > fixed) {
			t.Errorf("network %d: %+v (%v), want %d attractors; there are %d fixed points", k, got, err, len(attractors), fixed)
		}
	}
	if long == 0 {
		t.Error("no network has a cycle of three or more")
	}
}

// TestAttractorKey knows a cycle from wherever on it it was found, with either sign,
// and from others.
func TestAttractorKey(t *testing.T) {
	const n = 70
	rng := testkit.Generator(3)
	for _, length := range []int{1, 2, 3, 8} {
		var cycle, minus [][]uint64
		for range length {
			state := random(n, rng)
			opposite := slices.Clone(state)
			for k := range opposite {
				opposite[k] = ^opposite[k]
			}
			opposite[1] &= spins.LastMask(n)
			cycle, minus = append(cycle, state), append(minus, opposite)
		}
		want := attractorKey(n, ending{states: cycle})
		for k := range length {
			for _, c := range [][][]uint64{cycle, minus} {
				if turned := slices.Concat(c[k:], c[:k]); attractorKey(n, ending{states: turned}) != want {
					t.Errorf("a cycle of %d found at state %d has another key", length, k)
				}
			}
		}
		if states := attractorStates(n, want); len(states) != length {
			t.Errorf("the key of %d states holds %d", length, len(states))
		}
		if length > 2 {
			back := slices.Clone(cycle)
			slices.Reverse(back)
			if attractorKey(n, ending{states: back}) == want {
				t.Errorf("a cycle of %d and the one the other way round have one key", length)
			}
		}
	}
}

// dilutedStep is the overlap after a step from overlap m in a tree-like network of c
// inputs and p patterns. Each input gives a sign that is right with probability
// (1+m)/2, and p-1 fair ones; of the c p signs more than half have to be right, or just
// half where the neuron was. With c p even that is true of the first step only: later
// ones depend on what the neuron was.
func dilutedStep(c, p int, m float64) float64 {
	fair := c * (p - 1)
	tail := make([]float64, fair+2) // of k or more
	for k := fair; k >= 0; k-- {
		tail[k] = tail[k+1] + binomial(fair, k, 0.5)
	}
	right := 0.0
	for a := range c + 1 {
		need := min(max(c*p/2+1-a, 0), fair+1)
		won := tail[need]
		if tie := c*p/2 - a; c*p%2 == 0 && tie >= 0 && tie <= fair {
			won += binomial(fair, tie, 0.5) * (1 + m) / 2
		}
		right += binomial(c, a, (1+m)/2) * won
	}
	return 2*right - 1
}

func binomial(n, k int, q float64) float64 {
	if q >= 1 {
		return float64(k / n)
	}
	lgamma := func(x int) float64 { y, _ := math.Lgamma(float64(x)); return y }
	return math.Exp(lgamma(n+1) - lgamma(k+1) - lgamma(n-k+1) + float64(k)*math.Log(q) + float64(n-k)*math.Log1p(-q))
}

// kept is the overlap that a map goes to from 1.
func kept(step func(float64) float64) float64 {
	m := 1.0
	for range 300 {
		m = min(step(m), 1)
	}
	return m
}

// gaussian is the map of Derrida, Gardner and Zippelius, c, p → ∞.
func gaussian(alpha float64) func(float64) float64 {
	return func(m float64) float64 { return math.Erf(m / math.Sqrt(2*alpha)) }
}

// finite is the map of a finite number of inputs.
func finite(c, p int) func(float64) float64 {
	return func(m float64) float64 { return dilutedStep(c, p, m) }
}

// TestDilutedTheory has the map of Derrida, Gardner and Zippelius (1987) and its fixed
// points, and that of a finite number of inputs, which goes to it.
func TestDilutedTheory(t *testing.T) {
	for _, c := range dgz {
		if got := kept(gaussian(c.alpha)); math.Abs(got-c.m) > 5e-6 {
			t.Errorf("α = %g: m = %.6f, want %.5f", c.alpha, got, c.m)
		}
	}
	// At α = 0.6 the distance to the limit falls like 1/c.
	far, near := kept(finite(15, 9))-0.32852, kept(finite(45, 27))-0.32852
	if near < 0 || near > far/2 {
		t.Errorf("%v above the limit with 15 inputs, %v with 45", far, near)
	}
}

// dgz are the overlaps kept at c, p → ∞, and networks of a load nearby whose c p is odd.
var dgz = []struct {
	alpha, m float64
	c, p     int
}{{0.1, 0.99841, 51, 5}, {0.2, 0.96990, 25, 5}, {0.4, 0.78612, 43, 17}, {0.6, 0.32852, 25, 15}}

// TestDilutedStep takes one synchronous step from overlap 0.5: erf(m0/√(2α)), with the
// steps of a finite number of inputs, ties among them. It holds whatever the graph, as
// no neuron is in its own past yet; in the symmetric one numbers of inputs scatter,
// which is worth 1/c.
func TestDilutedStep(t *testing.T) {
	const n, networks = 10_000, 6
	for _, c := range []struct {
		inputs, p int
		symmetric bool
		more      float64
	}{{25, 5, false, 0}, {50, 20, false, 0}, {101, 40, false, 0}, {101, 40, true, 0.005}, {401, 160, false, 0}} {
		xs := make([]float64, networks)
		for k := range xs {
			x := sparse(t, n, c.inputs, c.p, c.symmetric, false, k)
			got, err := (&retrieval{memory: x, tries: min(c.p, 10), flips: draw.Flips(0.5, n), maxSweeps: 1, start: testkit.Generator(2, uint64(k))}).run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			xs[k] = got.overlap
		}
		m := meanOf(xs)
		answer(t, fmt.Sprintf("m1 of %d inputs, %d patterns", c.inputs, c.p), m, dilutedStep(c.inputs, c.p, 0.5), 4*m.se+c.more)
		limit := gaussian(float64(c.p) / float64(c.inputs))(0.5)
		if c.inputs > 400 && math.Abs(m.value-limit) > 0.005 {
			t.Errorf("m1 is %.5f, want %.5f of Derrida, Gardner and Zippelius", m.value, limit)
		}
	}
}

// TestDilutedGlauber takes one step at a temperature, ∫Dz tanh((m0+√α z)/T): what it
// shows is the unit of the fields.
func TestDilutedGlauber(t *testing.T) {
	const n, c, p, networks, temperature = 10_000, 401, 160, 6, 0.5
	want, _ := meanfield.OneStep(1, float64(p)/c, temperature)
	for _, symmetric := range []bool{false, true} {
		xs := make([]float64, networks)
		for k := range xs {
			x := sparse(t, n, c, p, symmetric, false, k)
			got, err := (&retrieval{memory: x, tries: 5, maxSweeps: 1, temperature: temperature, noise: testkit.Generator(4, uint64(k))}).run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			xs[k] = got.overlap
		}
		answer(t, "m1", meanOf(xs), want, 0.006)
	}
}

// TestDilutedRetrieval compares what is kept with the theory for the number of inputs.
func TestDilutedRetrieval(t *testing.T) {
	for _, c := range []struct {
		inputs, p int
		tolerance float64
	}{{11, 5, 0.025}, {21, 5, 0.003}, {43, 17, 0.012}} {
		answer(t, "overlap", keptBy(t, 20_000, c.inputs, c.p, 8), kept(finite(c.inputs, c.p)), c.tolerance)
	}
}

// keptBy is the overlap after 60 synchronous steps from patterns.
func keptBy(t *testing.T, n, c, p, networks int) mean {
	xs := make([]float64, networks)
	for k := range xs {
		got, err := (&retrieval{memory: sparse(t, n, c, p, false, false, k), tries: 3, maxSweeps: 60}).run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		xs[k] = got.overlap
	}
	return meanOf(xs)
}
