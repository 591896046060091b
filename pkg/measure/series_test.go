package measure_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/measure"
)

// Row 9d of docs/known-answers.md and the values that it computed: N = 5000.
func TestZeroOne(t *testing.T) {
	for _, c := range []struct{ r, low, high float64 }{
		{3.5, -0.05, 0.05}, {3.55, -0.05, 0.05}, {3.569945672, -0.05, 0.05}, {3.6, 0.95, 1}, {3.9, 0.95, 1}, {4, 0.95, 1},
	} {
		x := orbit(t, logistic(c.r), []float64{0.3}, 1000, 5000)
		k, err := measure.ZeroOne(ctx, x, rand.New(rand.NewPCG(5, 6)), measure.ZeroOneSettings{Frequencies: 40})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("r = %v: K = %.4f", c.r, k)
		if !(k >= c.low && k <= c.high) {
			t.Errorf("r = %v: K = %v", c.r, k)
		}
	}
}

// Row 9c: exact frequencies at r = 4, rationals by the conjugacy with the tent map;
// 0.002 with 1e6 values. The decreasing order never occurs.
func TestOrdinalPatterns(t *testing.T) {
	x := orbit(t, logistic(4), []float64{0.3}, 100, 1_000_000)
	o := measure.Ordinal(x, 3, 1)
	for _, c := range []struct {
		pattern []int
		want    float64
	}{
		{[]int{0, 1, 2}, 1. / 3}, {[]int{2, 0, 1}, 4. / 15}, {[]int{1, 2, 0}, 1. / 5}, {[]int{1, 0, 2}, 2. / 15}, {[]int{0, 2, 1}, 1. / 15}, {[]int{2, 1, 0}, 0},
	} {
		within(t, "frequency", o.Frequency(measure.PatternIndex(c.pattern)), c.want, 0.002)
	}
	within(t, "entropy", o.Entropy, 1.48975, 0.002)
	within(t, "normalised", o.Normalised(), 0.8314, 0.001)
	for _, c := range []struct{ order, forbidden int }{{3, 1}, {4, 12}, {5, 89}} {
		if got := measure.Ordinal(x, c.order, 1).Forbidden; got != c.forbidden {
			t.Errorf("order %d: %d forbidden patterns, want %d", c.order, got, c.forbidden)
		}
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range x {
		x[i] = rng.Float64()
	}
	if o := measure.Ordinal(x, 5, 1); o.Forbidden != 0 || o.Normalised() < 0.9999 {
		t.Error("white noise:", o.Forbidden, o.Normalised())
	}
	if o := measure.Ordinal([]float64{1, 1, 1, 1}, 3, 1); o.Counts[0] != 2 {
		t.Error("equal values are not in the order of time:", o)
	}
	if o := measure.Ordinal([]float64{0, 9, 1, 8, 2}, 3, 2); o.Counts[0] != 1 {
		t.Error("delay:", o)
	}
}

// docs/known-answers.md: 1.21 ± 0.02 in the literature for Henon, 1.18 with 8000 points and
// radii 0.002 to 0.2, tolerance 0.06. A line, a square and the logistic map at
// r_infinity (0.500, tolerance 0.01) have known ones.
func TestCorrelationDimension(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	line, square := make([]float64, 4000), make([]float64, 8000)
	for i := range line {
		line[i] = rng.Float64()
	}
	for i := range square {
		square[i] = rng.Float64()
	}
	for _, c := range []struct {
		name            string
		points          []float64
		dim             int
		low, high       float64
		want, tolerance float64
	}{
		{"line", line, 1, 1e-3, 2e-2, 1, 0.03},
		{"square", square, 2, 5e-3, 5e-2, 2, 0.06},
		{"Henon", orbit(t, henon{1.4, 0.3}, []float64{0.1, 0.1}, 1000, 8000), 2, 0.002, 0.2, 1.18, 0.06},
		{"logistic", orbit(t, logistic(3.569945671870945), []float64{0.5}, 100_000, 6000), 1, 1e-5, 0.1, 0.5, 0.01},
	} {
		got, err := measure.CorrelationDimension(ctx, c.points, c.dim, measure.CorrelationSettings{Low: c.low, High: c.high})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.4f", c.name, got.Dimension)
		within(t, c.name, got.Dimension, c.want, c.tolerance)
	}
	if got, _ := measure.CorrelationDimension(ctx, []float64{0, 1, 2, 3}, 1, measure.CorrelationSettings{Low: 0.5, High: 1.5, Radii: 2, Theiler: 1}); got.Sum[1] != 0 {
		t.Error("the Theiler window leaves neighbours in:", got)
	}
	got, _ := measure.CorrelationDimension(ctx, []float64{0, 1, 2, 3}, 1, measure.CorrelationSettings{Low: 0.5, High: 1.5, Radii: 2, Theiler: -1})
	if got.Sum[1] != 0.5 { // 3 of 6 pairs
		t.Error(got)
	}
}

// An autoregressive series x' = a x + noise has rho(k) = a^k and
// tau = (1+a)/(1-a). The standard error of tau is about tau sqrt(2 W/n), W = 5 max(tau, 2);
// four of them.
func TestAutocorrelationTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const n = 200_000
	for _, a := range []float64{0, 0.5, 0.9, -0.5} {
		x := make([]float64, n)
		for i := 1; i < n; i++ {
			x[i] = a*x[i-1] + rng.NormFloat64()
		}
		want := (1 + a) / (1 - a)
		tau, ok, _ := measure.AutocorrelationTime(t.Context(), x)
		if !ok {
			t.Error(a, "is not ok")
		}
		within(t, "tau", tau, want, 4*max(want, 1)*math.Sqrt(2*5*max(want, 2)/n))
		rho := make([]float64, 4)
		measure.Autocorrelation(t.Context(), rho, x)
		for k := range rho {
			within(t, "rho", rho[k], math.Pow(a, float64(k)), 0.03)
		}
	}
	ramp := make([]float64, 100)
	for i := range ramp {
		ramp[i] = float64(i)
	}
	if _, ok, _ := measure.AutocorrelationTime(t.Context(), ramp); ok {
		t.Error("a ramp is all memory")
	}
	if tau, ok, _ := measure.AutocorrelationTime(t.Context(), make([]float64, 10)); tau != 1 || !ok {
		t.Error("a constant")
	}
}
