package boltzmann

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/measure"
)

// randomMachine has Gaussian parameters of the given deviation.
func randomMachine(n, m int, scale float64, seed uint64) *layers {
	l := newLayers(n, m)
	r := testkit.Generator(seed)
	for _, xs := range [][]float64{l.w, l.a, l.b} {
		for k := range xs {
			xs[k] = scale * r.NormFloat64()
		}
	}
	return l
}

func spins(state, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(state>>i&1)*2 - 1
	}
	return v
}

// TestPartition sums over all states of both layers, whichever is the larger.
func TestPartition(t *testing.T) {
	for _, c := range []struct{ n, m int }{{4, 3}, {3, 5}, {2, 11}, {11, 2}, {1, 1}} {
		l := randomMachine(c.n, c.m, 0.8, 1)
		z := 0.0
		want := newLayers(c.n, c.m)
		for x := range 1 << c.n {
			v, marginal := spins(x, c.n), 0.0
			for y := range 1 << c.m {
				h := spins(y, c.m)
				e := 0.0
				for i := range v {
					e += l.a[i] * v[i]
					for j := range h {
						e += l.w[i*c.m+j] * v[i] * h[j]
					}
				}
				for j := range h {
					e += l.b[j] * h[j]
				}
				p := math.Exp(e)
				marginal += p
				for i := range v {
					want.a[i] += p * v[i]
					for j := range h {
						want.w[i*c.m+j] += p * v[i] * h[j]
					}
				}
				for j := range h {
					want.b[j] += p * h[j]
				}
			}
			if got := l.unnormalised(v, make([]float64, c.m)); math.Abs(got-math.Log(marginal)) > 1e-12 {
				t.Errorf("%v: ln P(v) + ln Z is %v, want %v", c, got, math.Log(marginal))
			}
			z += marginal
		}
		got := newLayers(c.n, c.m)
		lnZ, err := l.partition(t.Context(), got)
		if err != nil || math.Abs(lnZ-math.Log(z)) > 1e-11 {
			t.Errorf("%v: ln Z is %v, want %v, %v", c, lnZ, math.Log(z), err)
		}
		got.add(-1/z, want)
		if d := math.Sqrt(got.dot(got)); d > 1e-11 {
			t.Errorf("%v: the means are off by %v", c, d)
		}
	}
}

// TestGradient holds the gradient of the likelihood against differences.
func TestGradient(t *testing.T) {
	l := randomMachine(5, 4, 0.5, 2)
	s := testkit.Must(newSchool(t.Context(), l, fairPatterns(5, 3, testkit.Generator(3)), 1))
	gradient := newLayers(5, 4)
	if _, err := s.likelihood(t.Context(), gradient); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ at, slope []float64 }{{l.w, gradient.w}, {l.a, gradient.a}, {l.b, gradient.b}} {
		for k := range c.at {
			const d = 1e-5
			old := c.at[k]
			c.at[k] = old + d
			up, _ := s.likelihood(t.Context(), nil)
			c.at[k] = old - d
			down, _ := s.likelihood(t.Context(), nil)
			c.at[k] = old
			if want := (up - down) / (2 * d); math.Abs(c.slope[k]-want) > 1e-8 {
				t.Errorf("slope %v, want %v", c.slope[k], want)
			}
		}
	}
	// The exact algorithm's step is the gradient.
	s.algorithm = "exact"
	if c, err := s.cosine(t.Context(), gradient); err != nil || math.Abs(c-1) > 1e-12 {
		t.Errorf("cosine %v, %v", c, err)
	}
}

// TestContrastiveDivergence is the gradient in the limit of long chains: the mean
// step of many chains is within its standard errors. That of one step is not
// (Carreira-Perpiñán and Hinton 2005).
func TestContrastiveDivergence(t *testing.T) {
	l := randomMachine(5, 4, 0.5, 2)
	patterns := fairPatterns(5, 3, testkit.Generator(3))
	gradient := newLayers(5, 4)
	if _, err := testkit.Must(newSchool(t.Context(), l, patterns, 1)).likelihood(t.Context(), gradient); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		steps     int
		same      bool
	}{{"cd", 60, true}, {"pcd", 60, true}, {"cd", 1, false}} {
		s := testkit.Must(newSchool(t.Context(), l, patterns, 20))
		s.algorithm, s.steps, s.noise = c.algorithm, c.steps, testkit.Generator(4)
		const rounds = 200
		samples := make([][]float64, len(l.w))
		for k := range samples {
			samples[k] = make([]float64, rounds)
		}
		for round := range rounds {
			if err := s.step(t.Context()); err != nil {
				t.Fatal(err)
			}
			for k, x := range s.data.w {
				samples[k][round] = x
			}
		}
		worst := 0.0
		for k := range samples {
			e := measure.BlockEstimate(samples[k])
			worst = max(worst, math.Abs(e.Mean-gradient.w[k])/e.SE)
		}
		t.Logf("%s of %d steps: up to %.1f standard errors from the gradient", c.algorithm, c.steps, worst)
		if c.same && worst > 4.5 || !c.same && worst < 10 {
			t.Errorf("%s of %d steps: up to %.1f standard errors from the gradient", c.algorithm, c.steps, worst)
		}
	}
}

// TestSampling visits visible states as often as their probabilities say.
func TestSampling(t *testing.T) {
	const n, m, steps = 4, 3, 200_000
	l := randomMachine(n, m, 0.5, 5)
	lnZ, _ := l.partition(t.Context(), nil)
	counts := make([]int, 1<<n)
	v, h, r := spins(0, n), make([]float64, m), testkit.Generator(6)
	for range steps {
		l.gibbs(v, h, r)
		state := 0
		for i, x := range v {
			state |= int(x+1) / 2 << i
		}
		counts[state]++
	}
	total := 0.0
	for state, c := range counts {
		p := math.Exp(l.unnormalised(spins(state, n), h) - lnZ)
		total += p
		// Successive states are correlated over a few steps: ten for one.
		if se := math.Sqrt(10 * p * (1 - p) / steps); math.Abs(float64(c)/steps-p) > 4*se {
			t.Errorf("state %04b: frequency %v, probability %v", state, float64(c)/steps, p)
		}
	}
	if math.Abs(total-1) > 1e-12 {
		t.Errorf("the probabilities add up to %v", total)
	}
}

// TestLearning raises the likelihood from that of a fair machine, -n ln 2, towards
// -ln p: by the exact gradient step by step, by contrastive divergence nearly as
// far, by persistent chains with decay as far as this lets them.
func TestLearning(t *testing.T) {
	const n, m, p = 10, 8, 4
	reached := make(map[string]float64)
	for _, algorithm := range []string{"exact", "cd", "pcd"} {
		l := newLayers(n, m)
		s := testkit.Must(newSchool(t.Context(), l, fairPatterns(n, p, testkit.Generator(3)), 10))
		s.algorithm, s.steps, s.rate, s.noise = algorithm, 5, 0.02, testkit.Generator(4)
		if algorithm == "pcd" {
			s.decay = 0.1 // without it the chains stop to mix, and the likelihood falls again
		}
		if before, _ := s.likelihood(t.Context(), nil); math.Abs(before+n*math.Ln2) > 1e-12 {
			t.Errorf("the likelihood of no weights is %v, want -%d ln 2", before, n)
		}
		r := testkit.Generator(7)
		for k := range l.w {
			l.w[k] = 0.01 * r.NormFloat64()
		}
		last, _ := s.likelihood(t.Context(), nil)
		for epoch := range 1500 {
			if err := s.epoch(t.Context()); err != nil {
				t.Fatal(err)
			}
			if epoch%20 != 0 && epoch != 1499 {
				continue
			}
			now, _ := s.likelihood(t.Context(), nil)
			if algorithm == "exact" && now < last {
				t.Errorf("epoch %d of the exact gradient: the likelihood falls from %v to %v", epoch, last, now)
			}
			last = now
		}
		reached[algorithm] = last
		if last > -math.Log(p)+1e-9 {
			t.Errorf("%s: a likelihood of %v, above -ln %d", algorithm, last, p)
		}
		if e := testkit.Must(s.reconstruction(t.Context())); e > 0 {
			t.Errorf("%s: reconstruction error %v", algorithm, e)
		}
	}
	t.Logf("%v of at most %.4f", reached, -math.Log(p))
	if reached["exact"] < -math.Log(p)-0.1 || reached["cd"] < reached["exact"]-0.3 || reached["pcd"] < reached["exact"]-0.8 {
		t.Errorf("%v of at most %v", reached, -math.Log(p))
	}
}

func TestEntropy(t *testing.T) {
	a, b := []float64{1, -1}, []float64{1, 1}
	want := math.Log(4) - math.Log(2)/2 // two of four alike
	if got := entropy([][]float64{a, b, a, {-1, -1}}); math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}
