package measure_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

func spectrum(t testing.TB, m dynamics.Map, x []float64, s measure.LyapunovSettings) measure.Spectrum {
	t.Helper()
	got, err := measure.Lyapunov(ctx, m, x, s)
	if err != nil || got.Ending != dynamics.Limit {
		t.Fatal(got.Ending, err)
	}
	t.Logf("%.5f +- %.5f, D %.4f", got.Exponents, got.SE, measure.KaplanYorke(got.Exponents))
	return got
}

// Row 9a of docs/known-answers.md: the sum is ln |det J| = ln 0.3 exactly; 0.4192, -1.6232 and
// D 1.258 after J.C. Sprott, Chaos and Time-Series Analysis (2003).
func TestHenonSpectrum(t *testing.T) {
	s := spectrum(t, henon{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{Steps: 300_000, Transient: 1000})
	within(t, "sum", s.Sum(), math.Log(0.3), 1e-9)
	within(t, "lambda_1", s.Exponents[0], 0.4192, 0.003)
	within(t, "lambda_2", s.Exponents[1], -1.6232, 0.003)
	within(t, "D", measure.KaplanYorke(s.Exponents), 1.258, 0.003)
}

// Row 9b: the sum is the divergence -(10 + 1 + 8/3); 0.9056, 0, -14.5723 and
// D 2.062 after Sprott. T = 300.
func TestLorenzSpectrum(t *testing.T) {
	m := dynamics.NewRK4(lorenz{10, 28, 8. / 3}, 0.005, 10)
	s := spectrum(t, m, []float64{1, 1, 20}, measure.LyapunovSettings{Steps: 6000, Transient: 1000})
	within(t, "sum", s.Sum(), -41./3, 1e-3)
	within(t, "lambda_1", s.Exponents[0], 0.9056, 0.03)
	within(t, "lambda_2", s.Exponents[1], 0, 0.03)
	within(t, "D", measure.KaplanYorke(s.Exponents), 2.062, 0.003)
}

// 0.0714, 0, -5.394 after Sprott, by differences for the tangent; T = 2000. SE 0.002.
func TestRoesslerSpectrum(t *testing.T) {
	m := dynamics.NewRK4(roessler{0.2, 0.2, 5.7}, 0.02, 10)
	s := spectrum(t, m, []float64{1, 1, 0}, measure.LyapunovSettings{Steps: 10_000, Transient: 2000})
	within(t, "lambda_1", s.Exponents[0], 0.0714, 0.01)
	within(t, "lambda_2", s.Exponents[1], 0, 0.005)
	within(t, "lambda_3", s.Exponents[2], -5.394, 0.06)
}

// Exact: the exponents of a linear map are ln |eigenvalue|, in descending order
// whatever the order of the coordinates; a fixed point of the logistic map has
// ln |2 - r|, a superstable one -Inf.
func TestExactExponents(t *testing.T) {
	diagonal := linear{[]float64{0.5, 0, 0, 0, 0.9, 0, 0, 0, 0.7}}
	s := spectrum(t, diagonal, []float64{0, 0, 0}, measure.LyapunovSettings{Steps: 2000})
	for i, e := range []float64{0.9, 0.7, 0.5} {
		within(t, "exponent", s.Exponents[i], math.Log(e), 1e-9)
	}
	singular := linear{[]float64{0.5, 0, 0, 0}}
	s = spectrum(t, singular, []float64{0, 0}, measure.LyapunovSettings{Steps: 1000})
	if within(t, "exponent", s.Exponents[0], math.Log(0.5), 1e-9); !math.IsInf(s.Exponents[1], -1) {
		t.Error(s.Exponents)
	}
	// Of rank one, along a direction that is not an axis.
	s = spectrum(t, linear{[]float64{0.1, 0.2, 0.3, 0.6}}, []float64{0, 0}, measure.LyapunovSettings{Steps: 1000})
	if within(t, "exponent", s.Exponents[0], math.Log(0.7), 1e-9); !math.IsInf(s.Exponents[1], -1) {
		t.Error("rank one:", s.Exponents)
	}
	for _, r := range []float64{1.5, 2.5, 2.9} {
		s = spectrum(t, logistic(r), []float64{0.3}, measure.LyapunovSettings{Steps: 1000, Transient: 1000})
		within(t, "exponent", s.Exponents[0], math.Log(math.Abs(2-r)), 1e-9)
	}
	s = spectrum(t, logistic(2), []float64{0.5}, measure.LyapunovSettings{Steps: 1000})
	if !math.IsInf(s.Exponents[0], -1) {
		t.Error("a superstable point:", s.Exponents)
	}
	if got, err := measure.Lyapunov(ctx, logistic(4.5), []float64{0.3}, measure.LyapunovSettings{Steps: 1000}); got.Ending != dynamics.Diverged || err != nil || got.Exponents != nil {
		t.Error(got, err)
	}
}

type linear struct{ a []float64 }

func (m linear) Dim() int {
	n := 1
	for n*n < len(m.a) {
		n++
	}
	return n
}
func (m linear) Step(dst, x []float64) {
	n := len(x)
	for i := range dst {
		dst[i] = 0
		for j := range x {
			dst[i] += m.a[i*n+j] * x[j]
		}
	}
}
func (m linear) Tangent(dst, _, v []float64) {
	for n, k := m.Dim(), 0; k < len(v); k += n {
		m.Step(dst[k:k+n], v[k:k+n])
	}
}

// advance is the loop that LyapunovScalar asks for.
func advance(r float64) func(x float64, n int) (float64, float64) {
	return func(x float64, n int) (float64, float64) {
		var sum float64
		for range n {
			sum += math.Log(math.Abs(r - 2*r*x))
			x = r * x * (1 - x)
		}
		return x, sum
	}
}

// The same exponent in four ways; ln 2 with 1e6 steps (docs/known-answers.md, tolerance
// 2e-3 there; the standard errors are below 1e-4).
func TestWaysToAnExponent(t *testing.T) {
	s := measure.LyapunovSettings{Steps: 1_000_000, Transient: 100}
	e, _, ending, err := measure.LyapunovScalar(ctx, advance(4), 0.3, s)
	if ending != dynamics.Limit || err != nil {
		t.Fatal(ending, err)
	}
	within(t, "scalar", e.Mean, math.Ln2, 2e-3)
	got := spectrum(t, logistic(4), []float64{0.3}, s)
	within(t, "tangent", got.Exponents[0], math.Ln2, 2e-3)
	s.Steps = 200_000
	s.Distance = 1e-9
	two, ending, err := measure.LyapunovTwo(ctx, logistic(4), []float64{0.3}, s)
	if ending != dynamics.Limit || err != nil {
		t.Fatal(ending, err)
	}
	within(t, "two trajectories", two.Mean, math.Ln2, 2e-3)
	two, _, err = measure.LyapunovTwo(ctx, henon{1.4, 0.3}, []float64{0.1, 0.1}, s)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "two trajectories of Henon", two.Mean, 0.4192, 0.004)
}

// Honest standard errors: of 200 random starts at r = 4 the truth is within two
// standard errors in 90 to 99 %. Adjoining blocks fail this with 100 %: see the
// comment on blocking.
func TestStandardErrorIsHonest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	inside, general := 0, 0
	const runs = 200
	for range runs {
		x := rng.Float64()
		s := measure.LyapunovSettings{Steps: 20_000, Transient: 100}
		e, _, _, err := measure.LyapunovScalar(ctx, advance(4), x, s)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(e.Mean-math.Ln2) <= 2*e.SE {
			inside++
		}
		got, err := measure.Lyapunov(ctx, logistic(4), []float64{x}, s)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Exponents[0]-math.Ln2) <= 2*got.SE[0] {
			general++
		}
	}
	t.Logf("%d and %d of %d", inside, general, runs)
	for _, n := range []int{inside, general} {
		if n < runs*90/100 || n > runs*99/100 {
			t.Errorf("%d of %d within two standard errors", n, runs)
		}
	}
}

// On a cycle the exponent is the mean of ln |f'| over its points, and the blocks
// see each of them as often: with blocks that all begin in one phase it is off
// by many of its standard errors, which are then none.
func TestExponentOfCycles(t *testing.T) {
	for _, c := range []struct {
		r      float64
		period int
	}{{3.2, 2}, {3.433, 2}, {3.5, 4}, {3.544, 8}, {3.55, 8}, {3.83, 3}, {3.74, 5}, {3.628, 6}, {3.7017, 7}} {
		x, _ := advance(c.r)(0.3, 1_000_000)
		y, sum := advance(c.r)(x, c.period)
		if math.Abs(y-x) > 1e-9 {
			t.Fatalf("r = %v has no period %d: %v goes to %v", c.r, c.period, x, y)
		}
		want := sum / float64(c.period)
		for _, steps := range []int{10_000, 100_000} {
			e, _, _, err := measure.LyapunovScalar(t.Context(), advance(c.r), x, measure.LyapunovSettings{Steps: steps})
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(e.Mean-want) > 4*e.SE+1e-9 {
				t.Errorf("r = %v, %d steps: %v ± %v, not %v", c.r, steps, e.Mean, e.SE, want)
			}
		}
	}
}

// A series of running means ends with the exponent, whose standard error is that
// of the blocks.
func TestConvergenceSeries(t *testing.T) {
	s := spectrum(t, henon{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{Steps: 10_000, Blocks: 10, Series: true})
	if len(s.Series) != 10 || len(s.Blocks) != 10 {
		t.Fatal(len(s.Series), len(s.Blocks))
	}
	for i := range s.Exponents {
		within(t, "last mean", s.Series[9][i], s.Exponents[i], 1e-14)
		within(t, "first mean", s.Series[0][i], s.Blocks[0][i], 0)
	}
}

func TestKaplanYorke(t *testing.T) {
	for _, c := range []struct {
		exponents []float64
		want      float64
	}{
		{[]float64{0.9056, 0, -14.5723}, 2 + 0.9056/14.5723},
		{[]float64{-1, -2}, 0},
		{[]float64{1, -0.5}, 2},
		{[]float64{0.5, math.Inf(-1)}, 1},
	} {
		within(t, "dimension", measure.KaplanYorke(c.exponents), c.want, 1e-15)
	}
}

func TestLyapunovAllocatesNothingPerStep(t *testing.T) {
	allocs := func(steps int) float64 {
		return testing.AllocsPerRun(3, func() {
			measure.Lyapunov(ctx, henon{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{Steps: steps})
			measure.LyapunovTwo(ctx, henon{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{Steps: steps})
		})
	}
	if a, b := allocs(1000), allocs(5000); a != b {
		t.Errorf("%v allocations for 1000 steps, %v for 5000", a, b)
	}
}

func TestLyapunovHeedsContext(t *testing.T) {
	stopped, stop := context.WithCancel(ctx)
	stop()
	s := measure.LyapunovSettings{Steps: 1 << 40}
	if _, err := measure.Lyapunov(stopped, logistic(4), []float64{0.3}, s); err == nil {
		t.Error("Lyapunov goes on")
	}
	if _, _, err := measure.LyapunovTwo(stopped, logistic(4), []float64{0.3}, s); err == nil {
		t.Error("LyapunovTwo goes on")
	}
	if _, _, _, err := measure.LyapunovScalar(stopped, advance(4), 0.3, s); err == nil {
		t.Error("LyapunovScalar goes on")
	}
}
