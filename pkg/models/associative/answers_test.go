package associative

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

// TestStorkeyTable is the fraction of exactly fixed patterns at N = 200, against
// a reference run with a standard error of about 0.01 where it isn't 1, and
// Storkey's N/√(2 ln N) = 0.307 N between the rows that hold and those that fail.
func TestStorkeyTable(t *testing.T) {
	const n, networks = 200, 20
	for _, c := range []struct{ alpha, want, tolerance float64 }{
		{0.1, 1, 0}, {0.2, 1, 0.004}, {0.3, 0.992, 0.012}, {0.4, 0.834, 0.06}, {0.6, 0.25, 0.04},
	} {
		xs := make([]float64, networks)
		for k := range xs {
			m := randomMemories(n, int(math.Round(c.alpha*n)), uint64(k))
			xs[k] = held(t, teach(t, "storkey", lesson{memories: m}), m).fixed
		}
		answer(t, "fixed patterns", xs, c.want, c.tolerance)
	}
}

// TestPseudoInverse has every pattern as a fixed point at any load below 1, with
// aligned fields 1, or 1 - Q_ii with zero diagonal (Personnaz and others 1985,
// Kanter and Sompolinsky 1987).
func TestPseudoInverse(t *testing.T) {
	const n = 150
	for _, p := range []int{1, 40, 100, 149} {
		m := randomMemories(n, p, 1)
		kept, zero := teach(t, "pseudo-inverse", lesson{memories: m, diagonal: true}), teach(t, "pseudo-inverse", lesson{memories: m})
		if kept.ending != closed {
			t.Fatalf("p = %d: %s", p, kept.ending)
		}
		trace := 0.0
		for i := range n {
			trace += kept.self(i)
		}
		// The error of a solution is the condition of Gram's matrix, up to 10^5 or so
		// at p = 149, times 10^-16.
		if math.Abs(trace-float64(p)) > 1e-9 {
			t.Errorf("p = %d: the trace of the projector is %v", p, trace)
		}
		field := make([]float64, n)
		for mu := range p {
			xi := m.pattern(mu)
			kept.load(field, xi)
			for i, h := range field {
				if math.Abs(xi[i]*h-1) > 1e-9 {
					t.Fatalf("p = %d, pattern %d: field %v at a component %v", p, mu, h, xi[i])
				}
			}
			zero.load(field, xi)
			for i, h := range field {
				if math.Abs(xi[i]*h-(1-kept.self(i))) > 1e-9 {
					t.Fatalf("p = %d, pattern %d: field %v with zero diagonal, Q_ii = %v", p, mu, h, kept.self(i))
				}
			}
		}
		if st := held(t, zero, m); st.fixed != 1 || st.least <= 0 {
			t.Errorf("p = %d: %+v", p, st)
		}
	}
}

// TestDependentPatterns stores patterns of which one is the opposite of another,
// and one the product rule makes no new direction; all are held.
func TestDependentPatterns(t *testing.T) {
	m := randomMemories(60, 12, 1)
	for i := range m.n {
		m.pattern(5)[i] = -m.pattern(2)[i]
		m.pattern(9)[i] = m.pattern(0)[i]
	}
	net := teach(t, "pseudo-inverse", lesson{memories: m, diagonal: true})
	trace := 0.0
	for i := range m.n {
		trace += net.self(i)
	}
	if net.ending != dependent || math.Abs(trace-10) > 1e-9 {
		t.Errorf("learning ended %s with a projector of trace %v", net.ending, trace)
	}
	if st := held(t, net, m); st.fixed != 1 {
		t.Errorf("%+v", st)
	}
	// More patterns than neurons: the projector is the identity.
	m = randomMemories(60, 80, 1)
	net = teach(t, "pseudo-inverse", lesson{memories: m, diagonal: true})
	for i := range m.n {
		for j, w := range net.couplings.(*dense).row(i) {
			want := 0.0
			if i == j {
				want = 1
			}
			if w != want {
				t.Fatalf("element %d, %d of the identity is %v", i, j, w)
			}
		}
	}
	if net.ending != dependent {
		t.Errorf("80 patterns in 60 neurons: learning ended %s", net.ending)
	}
}

// largestStability is the κ at which α_c(κ) = 1/∫_{-κ}^∞ Dt (t+κ)² is alpha
// (Gardner 1988). The integral is (1+κ²) Φ(κ) + κ φ(κ).
func largestStability(alpha float64) float64 {
	low, high := 0.0, 10.0
	for range 100 {
		k := (low + high) / 2
		if capacity(k) > alpha {
			low = k
		} else {
			high = k
		}
	}
	return low
}

func capacity(k float64) float64 {
	return 1 / ((1+k*k)*math.Erfc(-k/math.Sqrt2)/2 + k*math.Exp(-k*k/2)/math.Sqrt(2*math.Pi))
}

func newStudent(t testing.TB, m *memories) *student {
	t.Helper()
	g, err := m.gram(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return &student{gram: g, memories: m, inputs: m.n - 1, counts: make([]float64, m.p), field: make([]float64, m.p)}
}

// TestMinover brings neurons to the largest stability, which the mean-field
// theory gives: it has to lie between the stability reached and the bound. At
// N = 200 finite size is worth 0.03.
func TestMinover(t *testing.T) {
	for _, c := range []struct{ kappa, want float64 }{{0, 2}, {0.470655, 1}, {0.5, 0.961205}, {1, 0.519572}} {
		if got := capacity(c.kappa); math.Abs(got-c.want) > 2e-6 {
			t.Errorf("α_c(%g) is %v, want %v", c.kappa, got, c.want)
		}
	}
	const n, neurons = 201, 20
	for _, alpha := range []float64{0.25, 0.5, 1} {
		var low, high []float64
		for seed := range uint64(3) {
			m := randomMemories(n, int(alpha*n), seed)
			s := newStudent(t, m)
			l := lesson{memories: m, accuracy: 0.02, maxUpdates: 1_000_000}
			lowest, highest := 0.0, 0.0
			for i := range neurons {
				s.begin(i)
				if ending, err := l.minover(context.Background(), s); ending != converged || err != nil {
					t.Fatal(ending, err)
				}
				least := math.Inf(1)
				for mu := range m.p {
					least = min(least, s.aligned(mu))
				}
				reached := least / math.Sqrt(s.square)
				if reached > s.bound() || reached < 0.98*s.bound()-1e-12 {
					t.Fatalf("stability %v, bound %v", reached, s.bound())
				}
				lowest += reached / neurons
				highest += s.bound() / neurons
			}
			low, high = append(low, lowest), append(high, highest)
		}
		want := largestStability(alpha)
		t.Logf("α = %g: from %.4f to %.4f, want %.4f", alpha, low, high, want)
		for k := range low {
			if want < low[k]-0.03 || want > high[k]+0.03 {
				t.Errorf("α = %g: the largest stability is from %.4f to %.4f, want %.4f", alpha, low[k], high[k], want)
			}
		}
	}
}

// TestTwoPatterns knows the largest stability of two patterns: half the length of
// the sum of the vectors ξ_i^μ ξ^μ, the nearest point to 0 between them.
func TestTwoPatterns(t *testing.T) {
	m := randomMemories(40, 2, 3)
	s := newStudent(t, m)
	l := lesson{memories: m, accuracy: 1e-9, maxUpdates: 1000}
	for i := range m.n {
		s.begin(i)
		ending, err := l.minover(context.Background(), s)
		dot := 0.0
		for j := range m.n {
			if j != i {
				dot += m.pattern(0)[i] * m.pattern(0)[j] * m.pattern(1)[i] * m.pattern(1)[j]
			}
		}
		want := math.Sqrt(2*39+2*dot) / 2
		if got := s.bound(); ending != converged || err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("neuron %d: %s, %v, stability %v, want %v", i, ending, err, got, want)
		}
	}
}

// TestPerceptronMargin learns below Gardner's capacity and proves that it can't
// above.
func TestPerceptronMargin(t *testing.T) {
	for _, c := range []struct {
		kappa, alpha float64
		ending       string
	}{{0, 1, converged}, {0.5, 0.6, converged}, {0.5, 1.6, unlearnable}, {1, 0.35, converged}, {1, 0.8, unlearnable}} {
		m := randomMemories(120, int(c.alpha*120), 2)
		net := teach(t, "perceptron", lesson{memories: m, kappa: c.kappa})
		st := held(t, net, m)
		if net.ending != c.ending || (net.ending == converged) != (st.fixed == 1 && st.least >= c.kappa-1e-9) || st.least > net.bound {
			t.Errorf("κ = %g at α = %g: %s, %.3f of the neurons, %+v, bound %v", c.kappa, c.alpha, net.ending, net.taught, st, net.bound)
		}
		if c.ending == converged && net.taught != 1 {
			t.Errorf("κ = %g at α = %g: %.3f of the neurons learned", c.kappa, c.alpha, net.taught)
		}
	}
}

// TestCover counts the neurons that can learn p random signs of n = 50 inputs,
// with Cover's probability 2^{1-p} Σ_{k<n} C(p-1, k) (1965). What the perceptron
// did not learn is left to linear programming: there is no solution if 0 is a mean
// of the vectors ξ_i^μ ξ^μ with weights ≥ 0.
func TestCover(t *testing.T) {
	const n = 50
	for _, c := range []struct {
		p, samples int
		want       float64
	}{{90, 60, 0.85545}, {100, 200, 0.5}, {110, 60, 0.16909}} {
		probability := 0.0
		for k := range n {
			probability += binomial(c.p-1, k, 0.5)
		}
		if math.Abs(probability-c.want) > 5e-6 {
			t.Errorf("Cover's probability for %d patterns is %v, want %v", c.p, probability, c.want)
		}
		learnt := 0
		for k := range c.samples {
			m := randomMemories(n+1, c.p, uint64(k))
			s := newStudent(t, m)
			s.begin(0)
			ending, err := (&lesson{memories: m, maxUpdates: 30_000}).perceptron(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			// One in ten of those learned is checked by linear programming too.
			possible := ending == converged
			if !possible || k%10 == 0 {
				possible = separable(t, m)
			}
			if ending == converged && !possible {
				t.Errorf("sample %d of %d patterns is learned and can't be", k, c.p)
			}
			if possible {
				learnt++
			}
		}
		tolerance := 4 * math.Sqrt(c.want*(1-c.want)/float64(c.samples))
		got := float64(learnt) / float64(c.samples)
		t.Logf("%d patterns: %.3f, want %.4f ± %.3f", c.p, got, c.want, tolerance)
		if math.Abs(got-c.want) > tolerance {
			t.Errorf("%.3f learn %d patterns, want %.4f ± %.3f", got, c.p, c.want, tolerance)
		}
	}
}

// separable decides by linear programming whether neuron 0 can learn.
func separable(t testing.TB, m *memories) bool {
	a, b := mat.NewDense(m.n, m.p, nil), make([]float64, m.n)
	for mu := range m.p {
		xi := m.pattern(mu)
		for j := 1; j < m.n; j++ {
			a.Set(j-1, mu, xi[0]*xi[j])
		}
		a.Set(m.n-1, mu, 1)
	}
	b[m.n-1] = 1
	_, _, err := lp.Simplex(make([]float64, m.p), a, b, 1e-10, nil)
	if err != nil && !errors.Is(err, lp.ErrInfeasible) {
		t.Fatal(err)
	}
	return err != nil
}

func binomial(n, k int, q float64) float64 {
	if q == 1 {
		if k == n {
			return 1
		}
		return 0
	}
	lgamma := func(x int) float64 { y, _ := math.Lgamma(float64(x)); return y }
	return math.Exp(lgamma(n+1) - lgamma(k+1) - lgamma(n-k+1) + float64(k)*math.Log(q) + float64(n-k)*math.Log1p(-q))
}

// TestGlauber compares with the mean-field theory at a temperature (Amit,
// Gutfreund and Sompolinsky 1987); with one pattern it is m = tanh(m/T), from which
// 500 neurons are 0.001 away.
func TestGlauber(t *testing.T) {
	for _, c := range []struct {
		n, p                       int
		temperature, want, allowed float64
		sync                       bool
		window                     int
	}{
		{2000, 100, 0.3, 0.99116, 0.002, false, 80},
		{500, 1, 0.5, 0.957504, 0.003, false, 500},
		{500, 1, 0.5, 0.957504, 0.003, true, 500},
	} {
		xs := make([]float64, 4)
		for k := range xs {
			m := randomMemories(c.n, c.p, uint64(k))
			net := teach(t, "hebb", lesson{memories: m})
			tries := retrieve(t, net, m, retrieval{tries: min(2, c.p), temperature: c.temperature, sync: c.sync, equilibration: 40, window: c.window}, uint64(k))
			for _, o := range tries {
				xs[k] += o.overlap / float64(len(tries))
				if !(o.se > 0 && o.se < 0.005) {
					t.Errorf("standard error %v", o.se)
				}
			}
		}
		answer(t, "overlap", xs, c.want, c.allowed)
	}
}
