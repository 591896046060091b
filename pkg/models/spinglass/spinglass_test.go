package spinglass

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/measure"
)

// meanFixedPoints is the logarithm of the mean number of fixed points,
// 2^n ∫Dz Φ(z √(ρ/(1-ρ)))^n with ρ = symmetry/(n-1), by the trapezoidal rule.
func meanFixedPoints(n int, symmetry float64) float64 {
	rho := symmetry / float64(n-1)
	k := math.Sqrt(rho / (1 - rho))
	const step = 0.005
	var logs []float64
	largest := math.Inf(-1)
	for z := -10.0; z < 60; z += step {
		log := -z*z/2 - math.Log(2*math.Pi)/2 + float64(n)*math.Log(math.Erfc(-k*z/math.Sqrt2))
		logs = append(logs, log)
		largest = max(largest, log)
	}
	sum := 0.0
	for _, log := range logs {
		sum += math.Exp(log - largest)
	}
	return largest + math.Log(sum*step)
}

// TestTheory compares the exact mean with the asymptotic law of Tanaka and Edwards
// (1980), 1.0505 exp(0.19923 N).
func TestTheory(t *testing.T) {
	slope := (meanFixedPoints(2000, 1) - meanFixedPoints(1000, 1)) / 1000
	if math.Abs(slope-0.19923) > 1e-5 {
		t.Errorf("the exponent is %v, want 0.19923", slope)
	}
	if prefactor := math.Exp(meanFixedPoints(1000, 1) - 1000*slope); math.Abs(prefactor-1.0505) > 0.002 {
		t.Errorf("the factor is %v, want 1.0505", prefactor)
	}
	for n := 2; n < 30; n += 9 {
		if x := math.Exp(meanFixedPoints(n, 0)); math.Abs(x-1) > 1e-9 {
			t.Errorf("%v fixed points of independent couplings, want 1", x)
		}
	}
	// Two units with one coupling: two fixed points, whatever its sign.
	if x := math.Exp(meanFixedPoints(2, 0.999999)); math.Abs(x-2) > 2e-3 {
		t.Errorf("%v fixed points of two units, want 2", x)
	}
}

func counts(t *testing.T, n int, symmetry float64, networks int) []float64 {
	xs := make([]float64, networks)
	for k := range xs {
		c, err := newNetwork(n, symmetry, testkit.Generator(uint64(n), uint64(k))).census(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		xs[k] = float64(c.fixed)
	}
	return xs
}

// TestFixedPoints counts fixed points by exhaustion against the exact mean.
func TestFixedPoints(t *testing.T) {
	for _, c := range []struct {
		n        int
		symmetry float64
		networks int
	}{{10, 1, 1000}, {14, 1, 600}, {17, 1, 60}, {12, 0.5, 1000}, {8, 0, 3000}, {11, 0, 3000}} {
		want := math.Exp(meanFixedPoints(c.n, c.symmetry))
		got := measure.BlockEstimate(counts(t, c.n, c.symmetry, c.networks))
		t.Logf("N = %d, symmetry %g: %.3f(%.3f), want %.3f", c.n, c.symmetry, got.Mean, got.SE, want)
		if got.SE > 0.06*want || !(math.Abs(got.Mean-want) <= 4*got.SE) {
			t.Errorf("N = %d, symmetry %g: %.3f(%.3f) fixed points, want %.3f", c.n, c.symmetry, got.Mean, got.SE, want)
		}
	}
	if want := math.Exp(meanFixedPoints(14, 1)); math.Abs(want-17.25) > 0.36 {
		t.Errorf("N = 14: the exact mean is %v; a reference run of 300 networks had 17.25(36)", want)
	}
}

// TestGrowth fits ln <N_s> against N, whose slope goes to 0.19923.
func TestGrowth(t *testing.T) {
	var x, y, xx, xy, k, variance float64
	for n := 8; n <= 16; n += 2 {
		e := measure.BlockEstimate(counts(t, n, 1, 500))
		u := float64(n - 12)
		k, x, y, xx, xy = k+1, x+u, y+math.Log(e.Mean), xx+u*u, xy+u*math.Log(e.Mean)
		variance += u * u * (e.SE / e.Mean) * (e.SE / e.Mean)
	}
	slope, se := (k*xy-x*y)/(k*xx-x*x), math.Sqrt(variance)/xx
	t.Logf("slope %.4f(%.4f), exact %.4f", slope, se, (meanFixedPoints(16, 1)-meanFixedPoints(8, 1))/8)
	// The exact means at N = 8 to 16 have the slope 0.1985.
	if exact := (meanFixedPoints(16, 1) - meanFixedPoints(8, 1)) / 8; math.Abs(exact-0.19923) > 0.002 || math.Abs(slope-exact) > 4*se {
		t.Errorf("slope %.4f(%.4f), exact %.4f", slope, se, exact)
	}
}

// TestCensus looks at every state of a small network by itself.
func TestCensus(t *testing.T) {
	const n = 13 // more than one start of the fields
	net := newNetwork(n, 0.3, testkit.Generator(5))
	c, err := net.census(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fixed, ground := 0, math.Inf(1)
	for state := range uint32(1) << n {
		next, energy := uint32(0), 0.0
		for i := range n {
			h := 0.0
			for j := range n {
				h += net.from[j*n+i] * float64(int(state>>j&1)*2-1)
			}
			if h > 0 {
				next |= 1 << i
			}
			energy -= h * float64(int(state>>i&1)*2-1) / (2 * n)
		}
		if next != c.next[state] {
			t.Fatalf("the successor of %b is %b, want %b", state, c.next[state], next)
		}
		if next == state {
			fixed++
		}
		ground = min(ground, energy)
	}
	if c.fixed != fixed || math.Abs(c.ground-ground) > 1e-12 {
		t.Errorf("%d fixed points and energy %v, want %d and %v", c.fixed, c.ground, fixed, ground)
	}
}

// TestSymmetry draws couplings of the variance and the correlation asked for.
func TestSymmetry(t *testing.T) {
	const n = 600
	for _, symmetry := range []float64{-1, -0.4, 0, 0.7, 1} {
		net := newNetwork(n, symmetry, testkit.Generator(1))
		var square, product float64
		for i := range n {
			if net.from[i*n+i] != 0 {
				t.Fatal("a unit sends to itself")
			}
			for j := range i {
				a, b := net.from[j*n+i], net.from[i*n+j]
				square += (a*a + b*b) / (n - 1)
				product += 2 * a * b / (n - 1)
			}
		}
		// 180 000 pairs: a standard error of √(2/180 000).
		if math.Abs(square-1) > 0.014 || math.Abs(product-symmetry) > 0.014 {
			t.Errorf("variance %v/N, correlation %v, want 1/N and %v", square, product, symmetry)
		}
	}
}

// TestCycles has cycles of 1 and 2 for symmetric couplings, of 4 for antisymmetric
// ones (Goles 1986), and follows one map state by state.
func TestCycles(t *testing.T) {
	for seed := range uint64(20) {
		for symmetry, ok := range map[float64]func(o paths) bool{
			1:  func(o paths) bool { return o.longestCycle <= 2 },
			-1: func(o paths) bool { return o.longestCycle == 4 && o.meanCycle == 4 },
		} {
			c, _ := newNetwork(11, symmetry, testkit.Generator(seed)).census(t.Context())
			if o, _ := orbits(t.Context(), c.next); !ok(o) {
				t.Errorf("symmetry %g: %+v", symmetry, o)
			}
		}
	}
	c, _ := newNetwork(9, -0.5, testkit.Generator(3)).census(t.Context())
	got, _ := orbits(t.Context(), c.next)
	var want paths
	for start := range c.next {
		seen := make(map[uint32]int)
		s := uint32(start)
		for ; ; s = c.next[s] {
			if _, known := seen[s]; known {
				break
			}
			seen[s] = len(seen)
		}
		transient, cycle := seen[s], len(seen)-seen[s]
		least := uint32(start)
		for x, at := range seen {
			if at >= transient {
				least = min(least, x)
			}
		}
		if least == uint32(start) && transient == 0 {
			want.cycles++
		}
		want.longestCycle, want.longestTransient = max(want.longestCycle, cycle), max(want.longestTransient, transient)
		want.meanCycle += float64(cycle) / 512
		want.meanTransient += float64(transient) / 512
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if want.longestCycle < 3 {
		t.Errorf("%+v: too tame to show anything", want)
	}
}
