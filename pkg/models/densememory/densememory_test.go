package densememory

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/measure"
)

// retrieve makes tries from patterns of which some spins are flipped.
func retrieve(t testing.TB, m *memory, d relaxation, tries, flips int) results {
	t.Helper()
	e := retrieval{memory: m, dynamics: d, tries: tries, maxSweeps: 100, flips: flips, start: testkit.Generator(8)}
	res, err := e.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// answer compares the mean over networks with a known answer. The tolerance must
// be four standard errors or more.
func answer(t *testing.T, name string, xs []float64, want, tolerance float64) {
	t.Helper()
	got := measure.BlockEstimate(xs)
	testkit.Mean(t, name, got.Mean, got.SE, want, tolerance)
}

// TestErrors is the probability that a component of a pattern is unstable: to
// leading order erfc(√(N^(n-1) / (2 (2n-3)!! K)))/2 (Krotov and Hopfield 2016), and
// erfc(signal/√(2 variance))/2 with the signal and the variance of a finite
// network, whose noise is taken for Gaussian in both. The tolerance of row 1m is
// what 3000 tries leave.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		order, n, k           int
		want, tolerance, near float64
	}{
		{3, 50, 250, 0.0339, 0.006, 0.005},
		{3, 50, 500, 0.0984, 0.012, 0.009},
		{4, 30, 600, 0.0416, 0.010, 0.006},
	} {
		factorial := 1.0
		for x := 2*c.order - 3; x > 1; x -= 2 {
			factorial *= float64(x)
		}
		p := math.Erfc(math.Sqrt(math.Pow(float64(c.n), float64(c.order-1))/(2*factorial*float64(c.k)))) / 2
		if math.Abs(p-c.want) > 1e-4 {
			t.Errorf("the formula gives %v, want %v", p, c.want)
		}
		// One pattern's contribution to a field, and its mean square.
		f := power(c.order, false)
		gain := func(r int) float64 { return f(float64(r+1)) - f(float64(r-1)) }
		variance, binomial := 0.0, math.Pow(0.5, float64(c.n-1))
		for a := range c.n {
			variance += binomial * math.Pow(gain(2*a-(c.n-1)), 2)
			binomial *= float64(c.n-1-a) / float64(a+1)
		}
		finite := math.Erfc(gain(c.n-1)/math.Sqrt(2*float64(c.k-1)*variance)) / 2

		// Patterns of one network are correlated: many networks, few patterns of each.
		const tries = 12
		xs := make([]float64, 100)
		for seed := range xs {
			m := testkit.Must(newMemory(t.Context(), c.n, c.k, testkit.Generator(1, uint64(seed))))
			s := newSpins(m, power(c.order, false), nil)
			pattern := make([]float64, c.n)
			for mu := range tries {
				for i := range pattern {
					pattern[i] = float64(m.neuron(i)[mu])
				}
				s.begin(t.Context(), pattern)
				xs[seed] += float64(testkit.Must(s.unstable(t.Context()))) / float64(tries*c.n)
			}
		}
		answer(t, "unstable components, leading order", xs, c.want, c.tolerance)
		answer(t, "unstable components", xs, finite, c.near)
	}
}

// TestFields holds fields against the energies with both signs of a spin.
func TestFields(t *testing.T) {
	const n, k = 9, 7
	m := testkit.Must(newMemory(t.Context(), n, k, testkit.Generator(1)))
	other := testkit.Must(newMemory(t.Context(), n, 1, testkit.Generator(2)))
	state := make([]float64, n)
	for i := range state {
		state[i] = float64(other.xi[i])
	}
	for name, c := range map[string]struct {
		s *spins
		f func(float64) float64
	}{
		"square":    {newSpins(m, power(2, false), nil), func(x float64) float64 { return x * x }},
		"cube":      {newSpins(m, power(3, false), nil), func(x float64) float64 { return x * x * x }},
		"rectified": {newSpins(m, power(4, true), nil), func(x float64) float64 { return math.Pow(max(x, 0), 4) }},
		"exp":       {newSpins(m, nil, nil).exponential(0.3), func(x float64) float64 { return math.Exp(0.3 * x) }},
	} {
		energy := func() float64 {
			e := 0.0
			for mu := range k {
				x := 0.0
				for i, s := range state {
					x += s * float64(m.neuron(i)[mu])
				}
				e -= c.f(x)
			}
			return e
		}
		c.s.begin(t.Context(), state)
		largest := math.Inf(-1)
		for _, x := range c.s.overlaps {
			largest = max(largest, float64(x))
		}
		for i, s := range state {
			state[i] = -1
			want := energy()
			state[i] = 1
			want -= energy()
			state[i] = s
			if name == "exp" {
				want /= math.Exp(0.3*(largest+1)) * (math.Exp(0.3) - math.Exp(-0.3))
			}
			if got := c.s.field(i, c.s.base()); math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
				t.Errorf("%s: field %d is %v, want %v", name, i, got, want)
			}
		}
	}
}

// TestEndsInFixedPoints of every interaction, and keeps its overlaps.
func TestEndsInFixedPoints(t *testing.T) {
	m := testkit.Must(newMemory(t.Context(), 40, 300, testkit.Generator(1)))
	for _, s := range []*spins{newSpins(m, power(2, false), testkit.Generator(2)), newSpins(m, power(3, true), testkit.Generator(2)), newSpins(m, nil, testkit.Generator(2)).exponential(0.2)} {
		res := retrieve(t, m, s, 1, 10)
		kept := append([]int32(nil), s.overlaps...)
		s.begin(t.Context(), append([]float64(nil), s.spin...))
		if testkit.Must(s.unstable(t.Context())) != 0 || res.limited || res.sweeps == 0 {
			t.Errorf("%d unstable after %+v", testkit.Must(s.unstable(t.Context())), res)
		}
		for mu, x := range s.overlaps {
			if kept[mu] != x {
				t.Fatalf("overlap %d is %d, kept as %d", mu, x, kept[mu])
			}
		}
	}
}

// TestExponentialCapacity stores 2^(N/2) patterns, and exp(N I(1-2ρ)/2) with a
// fraction ρ flipped, where all are found (Demircigil and others 2017, with
// probability 1 in large networks); order 3 loses them.
func TestExponentialCapacity(t *testing.T) {
	m := testkit.Must(newMemory(t.Context(), 26, 1<<13, testkit.Generator(1)))
	if res := retrieve(t, m, newSpins(m, nil, testkit.Generator(2)).exponential(1), 40, 0); res.fixed != 1 {
		t.Errorf("2^13 patterns in 26 neurons: %+v", res)
	}
	if res := retrieve(t, m, newSpins(m, power(3, false), testkit.Generator(2)), 40, 0); res.fixed > 0.1 {
		t.Errorf("2^13 patterns in 26 neurons, order 3: %+v", res)
	}
	const rho = 0.1
	x := 1 - 2*rho
	i := ((1+x)*math.Log(1+x) + (1-x)*math.Log(1-x)) / 2
	m = testkit.Must(newMemory(t.Context(), 40, int(math.Exp(40*i/2)), testkit.Generator(1)))
	if res := retrieve(t, m, newSpins(m, nil, testkit.Generator(2)).exponential(1), 40, 4); res.overlap < 0.999 {
		t.Errorf("%d patterns in 40 neurons from a tenth flipped: %+v", m.k, res)
	}
}

// TestSoftmax descends in the energy of Ramsauer and others (2020), finds a
// pattern in one step where beta is large, and the mean of all where it is small.
func TestSoftmax(t *testing.T) {
	const n, k = 30, 50
	m := testkit.Must(newMemory(t.Context(), n, k, testkit.Generator(1)))
	start := make([]float64, n)
	for i := range start {
		start[i] = testkit.Generator(3, uint64(i)).Float64()*2 - 1
	}
	for _, beta := range []float64{0.02, 0.1, 0.5} {
		s := &softmax{memory: m, beta: beta}
		energy := func() float64 {
			sum, squares := 0.0, 0.0
			for mu := range k {
				x := 0.0
				for i, y := range s.spin {
					x += float64(m.neuron(i)[mu]) * y
				}
				sum += math.Exp(beta * x)
			}
			for _, y := range s.spin {
				squares += y * y / 2
			}
			return squares - math.Log(sum)/beta
		}
		s.begin(t.Context(), start)
		before, steps := energy(), 0
		for done := false; !done && steps < 1000; steps++ {
			done, _ = s.sweep(t.Context())
			after := energy()
			if after > before+1e-9 {
				t.Errorf("beta = %g: the energy goes from %v to %v", beta, before, after)
			}
			before = after
		}
		if steps == 1000 {
			t.Errorf("beta = %g: not converged", beta)
		}
	}
	if res := retrieve(t, m, &softmax{memory: m, beta: 2}, 20, 3); res.overlap < 1-1e-6 || res.sweeps > 2 {
		t.Errorf("large beta: %+v", res)
	}
	s := &softmax{memory: m, beta: 1e-12}
	s.begin(t.Context(), start)
	s.step(t.Context())
	for i, x := range s.other {
		mean := 0.0
		for _, xi := range m.neuron(i) {
			mean += float64(xi) / k
		}
		if math.Abs(x-mean) > 1e-9 {
			t.Errorf("small beta: component %d is %v, want %v", i, x, mean)
		}
	}
}
