package hopfield

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// answer compares a measured mean with a known answer. Its standard error, over
// networks, must be small enough for the tolerance to be four of them.
func answer(t *testing.T, name string, got mean, want, tolerance float64) {
	t.Helper()
	testkit.Mean(t, name, got.value, got.se, want, tolerance)
}

// TestOneStep takes one synchronous step from overlap 0.5:
// m1 = erf(m0/√(2α)), α = (p-1)/N.
func TestOneStep(t *testing.T) {
	const n, p, networks = 1000, 100, 200
	xs := make([]float64, networks)
	for k := range xs {
		net := newNetwork(n, p, false, testkit.Generator(1, n, uint64(k)))
		e := retrieval{memory: memory{patterns: net.Patterns}, flips: draw.Flips(0.5, n), start: testkit.Generator(2, n, uint64(k))}
		state, next := make([]uint64, spins.Words(n)), make([]uint64, spins.Words(n))
		e.begin(state, 0, draw.Identity(n))
		if m := net.overlap(0, state); m != n/2 {
			t.Fatalf("the start has overlap %d", m)
		}
		r := net.relaxer()
		r.Set(state)
		if err := r.step(context.Background(), next, follow); err != nil {
			t.Fatal(err)
		}
		xs[k] = float64(net.overlap(0, next)) / n
	}
	want := math.Erf(0.5 / math.Sqrt(2*float64(p-1)/n))
	if math.Abs(want-0.8880) > 5e-5 {
		t.Errorf("erf gives %v, not 0.8880", want)
	}
	answer(t, "m1", meanOf(xs), want, 0.01)
}

// TestRetrieval compares with the replica-symmetric theory at T = 0 (Amit,
// Gutfreund and Sompolinsky 1987) and with the success fractions of the
// reference run.
func TestRetrieval(t *testing.T) {
	overlap := func(r results) float64 { return r.overlap }
	energy := func(r results) float64 { return r.energy }

	low := sample(t, 200, protocol{n: 1000, p: 100, tries: 25})
	answer(t, "overlap at α = 0.10", over(low, overlap), 0.9979993, 0.001)
	// Finite networks lie 1/(2N) above -m²/2-α(r-1)/2: the diagonal left out is
	// α/2, the other patterns give -(p-1)/2N.
	answer(t, "energy at α = 0.10", over(low, energy), -0.500154+1.0/2000, 0.0005)
	for _, r := range low {
		if r.cycle != 1 || math.Abs(r.errors-(1-r.overlap)/2) > 1e-15 {
			t.Fatalf("cycle %d, errors %v of overlap %v", r.cycle, r.errors, r.overlap)
		}
	}

	mid := sample(t, 400, protocol{n: 1000, p: 120, tries: 25})
	answer(t, "success at α = 0.12", over(mid, success), 0.991, 0.01)
	// The reference run saw 0.9925 to 0.9932 at several N.
	if m := retrieved(mid); math.Abs(m-0.9932227) > 0.0007 {
		t.Errorf("overlap of the retrieved at α = 0.12 is %.5f, want 0.99322 ± 0.0007", m)
	}

	high := sample(t, 80, protocol{n: 1000, p: 200, tries: 25})
	answer(t, "success at α = 0.20", over(high, success), 0.033, 0.02)
}

// flawed is the probability that a component of a pattern is unstable: the noise
// is the sum of K = (p-1)(N-1) independent signs, the signal N-1, and a tie is
// kept. It is the exact binomial tail.
func flawed(n, p int) float64 {
	k := (p - 1) * (n - 1)
	lgamma := func(x int) float64 { y, _ := math.Lgamma(float64(x)); return y }
	// More than (K+N-1)/2 of the signs are wrong.
	b := (k+n-1)/2 + 1
	term := math.Exp(lgamma(k+1) - lgamma(b+1) - lgamma(k-b+1) - float64(k)*math.Ln2)
	sum := 0.0
	for ; b <= k && term > 1e-18; b++ {
		sum += term
		term *= float64(k-b) / float64(b+1)
	}
	return sum
}

// stability is the fraction of unstable components of a network's patterns, and
// of patterns without any.
func stability(net *network) (unstable, fixed float64) {
	r := net.relaxer()
	for mu := range net.p {
		r.Set(net.pattern(mu))
		if r.Unstable(r.order) == net.n {
			fixed += 1 / float64(net.p)
		}
		for i := range net.n {
			if r.unstable(i) {
				unstable += 1 / float64(net.p*net.n)
			}
		}
	}
	return unstable, fixed
}

// TestSingleBitErrors measures P = erfc(1/√(2α))/2 at the loads where it takes
// round values, α = (p-1)/(N-1).
func TestSingleBitErrors(t *testing.T) {
	for _, c := range []struct{ p, alpha float64 }{
		{0.001, 0.104717}, {0.0036, 0.138458}, {0.01, 0.184778}, {0.05, 0.369612}, {0.1, 0.608875},
	} {
		// Seven digits of α give six of P where P falls fastest.
		if got := math.Erfc(1/math.Sqrt(2*c.alpha)) / 2; math.Abs(got/c.p-1) > 1e-4 {
			t.Errorf("P(α = %g) is %g, want %g", c.alpha, got, c.p)
		}
		const n, networks = 1000, 30
		p := 1 + int(math.Round(c.alpha*(n-1)))
		xs := make([]float64, networks)
		for k := range xs {
			xs[k], _ = stability(newNetwork(n, p, false, testkit.Generator(1, n, uint64(k))))
		}
		want := flawed(n, p)
		m := meanOf(xs)
		answer(t, "P", m, want, 4*m.se)
		// The noise goes in steps of 2 and its Gaussian in none: up to 1 in N-1,
		// times 1/α ≤ 10 in the exponent.
		a := float64(p-1) / (n - 1)
		gauss := math.Erfc(1/math.Sqrt(2*a)) / 2
		if math.Abs(want/gauss-1) > 0.02 {
			t.Errorf("n = %d, p = %d: exact %g, Gaussian %g", n, p, want, gauss)
		}
	}
}

// TestExactlyFixed counts patterns that are fixed points. (1-P)^N takes their
// bits for independent; they are not, and the fraction is higher, as it was in
// the reference run: 0.722, standard error 0.014, where (1-P)^N = 0.70.
func TestExactlyFixed(t *testing.T) {
	const n, p, networks = 500, 50, 200
	xs := make([]float64, networks)
	for k := range xs {
		_, xs[k] = stability(newNetwork(n, p, false, testkit.Generator(1, n, uint64(k))))
	}
	got := meanOf(xs)
	answer(t, "fixed patterns", got, 0.722, 4*math.Hypot(got.se, 0.014))
	gauss := math.Erfc(1/math.Sqrt(2*float64(p-1)/(n-1))) / 2
	if independent := math.Pow(1-gauss, n); math.Abs(independent-0.70) > 0.005 || got.value < independent {
		t.Errorf("%.4f fixed, of independent bits %.4f", got.value, independent)
	}
}
