package measure_test

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

func TestFixedPointClasses(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      dynamics.Map
		x      []float64
		period int
		want   []float64
		class  measure.Class
	}{
		{"logistic 2.5", logistic(2.5), []float64{0.5}, 1, []float64{0.6}, measure.Stable},
		{"logistic 3.2", logistic(3.2), []float64{0.7}, 1, []float64{1 - 1/3.2}, measure.Unstable},
		{"logistic 3", logistic(3), []float64{0.6}, 1, []float64{2. / 3}, measure.Flip},
		// x± = (r + 1 ± sqrt((r-3)(r+1))) / 2r
		{"logistic 3.2, period 2", logistic(3.2), []float64{0.8}, 2, []float64{(4.2 + math.Sqrt(0.2*4.2)) / 6.4}, measure.Stable},
		{"Henon", henon{1.4, 0.3}, []float64{0.6, 0.2}, 1, []float64{(-0.7 + math.Sqrt(0.49+5.6)) / 2.8, 0.3 * (-0.7 + math.Sqrt(0.49+5.6)) / 2.8}, measure.Saddle},
		{"rotation", linear{[]float64{0.6, -0.8, 0.8, 0.6}}, []float64{1, 1}, 1, []float64{0, 0}, measure.NeimarkSacker},
	} {
		p := fixedPoint(t, c.m, c.x, measure.NewtonSettings{Period: c.period})
		if p.Ending != dynamics.Converged || p.Class != c.class {
			t.Errorf("%s: %v, class %v, want %v", c.name, p.Ending, p.Class, c.class)
		}
		for i := range c.want {
			within(t, c.name, p.X[i], c.want[i], 1e-12)
		}
	}
	// No fixed point: x + 1.
	p := fixedPoint(t, scalar{func(x float64) float64 { return x + 1 }, func(float64) float64 { return 1 }}, []float64{0}, measure.NewtonSettings{})
	if p.Ending != dynamics.Limit {
		t.Error("found a fixed point where there is none", p)
	}
}

// The equilibria of the Lorenz flow: the origin, and C± = (±q, ±q, r-1) with
// q² = b (r-1), which are stable up to the Hopf bifurcation at
// r = s (s + b + 3)/(s - b - 1) = 24.7368...
func TestEquilibria(t *testing.T) {
	const s, b = 10, 8. / 3
	hopf := s * (s + b + 3) / (s - b - 1)
	for _, c := range []struct {
		r     float64
		class measure.Class
	}{{20, measure.Stable}, {hopf, measure.Hopf}, {28, measure.Saddle}} {
		q := math.Sqrt(b * (c.r - 1))
		p := equilibrium(t, lorenz{s, c.r, b}, []float64{q + 0.3, q - 0.2, c.r}, measure.NewtonSettings{})
		if p.Ending != dynamics.Converged || p.Class != c.class {
			t.Errorf("r = %v: %v, class %v, want %v", c.r, p.Ending, p.Class, c.class)
		}
		within(t, "C+", p.X[0], q, 1e-12)
	}
	p := equilibrium(t, lorenz{s, 1, b}, []float64{0, 0, 0}, measure.NewtonSettings{})
	if p.Class != measure.Fold {
		t.Error("the pitchfork of the origin at r = 1 is", p.Class)
	}
	found := measure.FindBifurcation(func(r float64) dynamics.System { return lorenz{s, r, b} }, measure.Hopf, 23, []float64{7.7, 7.7, 22}, measure.NewtonSettings{})
	if found.Ending != dynamics.Converged {
		t.Error(found)
	}
	within(t, "Hopf", found.Parameter, hopf, 1e-8)
	// Delayed logistic map x' = r x (1-y), y' = x: Neimark-Sacker at r = 2.
	found = measure.FindBifurcation(func(r float64) dynamics.System { return delayed{r} }, measure.NeimarkSacker, 1.9, []float64{0.45, 0.45}, measure.NewtonSettings{})
	if found.Ending != dynamics.Converged {
		t.Error(found)
	}
	within(t, "Neimark-Sacker", found.Parameter, 2, 1e-8)
}

type delayed struct{ r float64 }

func (m delayed) Dim() int              { return 2 }
func (m delayed) Step(dst, x []float64) { dst[0], dst[1] = m.r*x[0]*(1-x[1]), x[0] }

// Row 5a: period doublings of the logistic map by Newton's method in r and x,
// with the table of docs/known-answers.md as the answer only: each is guessed from the two
// before it. Tolerance 1e-8, and delta 4.669201609 within 1e-3.
func TestPeriodDoubling(t *testing.T) {
	want := []float64{3, 3.4494897428, 3.5440903596, 3.5644072661, 3.5687594195, 3.5696916098, 3.5698912594}
	family := func(r float64) dynamics.System { return logistic(r) }
	r := []float64{1} // where the fixed point becomes stable
	step := 2.0
	for k := range want {
		last := r[len(r)-1]
		// A point of the orbit with period 2^k while that is stable.
		x := orbit(t, logistic(last+0.6*step), []float64{0.5}, 20_000, 1)
		b := measure.FindBifurcation(family, measure.Flip, last+0.9*step, x, measure.NewtonSettings{Period: 1 << k})
		if b.Ending != dynamics.Converged {
			t.Fatal(k, b)
		}
		within(t, "doubling", b.Parameter, want[k], 1e-8)
		r = append(r, b.Parameter)
		step = (b.Parameter - last) / 4.6
		if k == 0 {
			step = 0.45 // the first step says nothing of the next
		}
	}
	n := len(r)
	delta := (r[n-2] - r[n-3]) / (r[n-1] - r[n-2])
	t.Logf("delta %.6f from r_5, r_6, r_7", delta)
	within(t, "delta", delta, 4.669201609, 1e-3)
	// The period-3 window opens with a fold at 1 + sqrt 8.
	b := measure.FindBifurcation(family, measure.Fold, 3.83, []float64{0.51}, measure.NewtonSettings{Period: 3})
	if b.Ending != dynamics.Converged {
		t.Error(b)
	}
	within(t, "fold", b.Parameter, 1+math.Sqrt(8), 1e-8)
	// and doubles at 3.8414990075 (docs/known-answers.md).
	b = measure.FindBifurcation(family, measure.Flip, 3.841, orbit(t, logistic(3.84), []float64{0.5}, 3000, 1), measure.NewtonSettings{Period: 3})
	within(t, "flip of period 3", b.Parameter, 3.8414990075, 1e-8)
}

// Row 5c, docs/known-answers.md: fold and flip curves of one recurrent neuron, where
// x± = (1 ± sqrt(1 - 4/|w|))/2 and b = ln(x/(1-x)) - w x, to 1e-6.
func TestNeuronCurves(t *testing.T) {
	for _, w := range []float64{4.5, 5, 6, 8, 12, 20} {
		for _, sign := range []float64{1, -1} {
			for _, branch := range []float64{1, -1} {
				w := sign * w
				kind := measure.Fold
				if w < 0 {
					kind = measure.Flip
				}
				x := (1 + branch*math.Sqrt(1-4/math.Abs(w))) / 2
				want := math.Log(x/(1-x)) - w*x
				b := measure.FindBifurcation(func(b float64) dynamics.System { return neuron(w, b) }, kind, want+0.05, []float64{x + 0.01}, measure.NewtonSettings{})
				if b.Ending != dynamics.Converged {
					t.Errorf("w = %v: %v", w, b)
				}
				within(t, "b", b.Parameter, want, 1e-6)
				p := fixedPoint(t, neuron(w, b.Parameter), b.X, measure.NewtonSettings{Margin: 1e-4})
				if p.Class != kind {
					t.Errorf("w = %v, b = %v: class %v, want %v", w, b.Parameter, p.Class, kind)
				}
			}
		}
	}
	// The numbers of docs/known-answers.md.
	for _, c := range []struct{ w, b float64 }{{6, -3.415093}, {6, -2.584907}, {8, -5.065680}, {8, -2.934320}, {-6, -0.049009}, {-6, 6.049009}, {-5, 0.419542}, {-5, 4.580458}} {
		kind, x := measure.Fold, []float64{(1 + math.Sqrt(1-4/math.Abs(c.w))) / 2}
		if c.w < 0 {
			kind = measure.Flip
		}
		low := measure.FindBifurcation(func(b float64) dynamics.System { return neuron(c.w, b) }, kind, c.b, x, measure.NewtonSettings{})
		x[0] = 1 - x[0]
		high := measure.FindBifurcation(func(b float64) dynamics.System { return neuron(c.w, b) }, kind, c.b, x, measure.NewtonSettings{})
		if d := min(math.Abs(low.Parameter-c.b), math.Abs(high.Parameter-c.b)); d > 1e-6 {
			t.Errorf("w = %v: %v and %v, want %v", c.w, low.Parameter, high.Parameter, c.b)
		}
	}
}

// The Gauss map x' = exp(-a x²) + b, a = 6.2, is not monotone: its bias has flips
// at -0.8726449 and 0.4144171 (docs/known-answers.md).
func TestGaussMap(t *testing.T) {
	family := func(b float64) dynamics.System {
		return scalar{
			func(x float64) float64 { return math.Exp(-6.2*x*x) + b },
			func(x float64) float64 { return -12.4 * x * math.Exp(-6.2*x*x) },
		}
	}
	for _, c := range []struct{ guess, x, want float64 }{{-0.9, 0.08, -0.8726449}, {0.4, 0.55, 0.4144171}} {
		b := measure.FindBifurcation(family, measure.Flip, c.guess, []float64{c.x}, measure.NewtonSettings{})
		if b.Ending != dynamics.Converged {
			t.Error(b)
		}
		within(t, "flip", b.Parameter, c.want, 1e-7)
	}
}

// responses are monotone, with their derivatives.
var responses = []struct {
	name  string
	f, df func(x float64) float64
}{
	{"logistic", sigma, func(x float64) float64 { return sigma(x) * (1 - sigma(x)) }},
	{"tanh", math.Tanh, func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }},
	{"erf", math.Erf, func(x float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }},
	{"arctan", math.Atan, func(x float64) float64 { return 1 / (1 + x*x) }},
	{"clip", func(x float64) float64 { return max(-1, min(1, x)) }, nil},
}

// monotone checks on a grid of (w, b) that a neuron with a monotone response has
// a period of at most 2: a theorem (docs/known-answers.md), since the second iterate of a
// monotone map is increasing and its orbits are monotone. Near the curves of
// bifurcation convergence is slow, and a transient that finds no period is
// made longer; beyond that only the curve itself is left, where the orbit
// must be one of the monotone ones of the theorem.
func monotone(t *testing.T, n int) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, phi := range responses {
		counts := make(map[int]int)
		for i := range n {
			for j := range n {
				w, b := -20+40*(float64(i)+0.5)/float64(n), -20+40*(float64(j)+0.5)/float64(n)
				m := scalar{f: func(x float64) float64 { return phi.f(w*x + b) }}
				x := []float64{2*rng.Float64() - 1}
				var p measure.Orbital
				for _, transient := range []int{100, 3000, 100_000} {
					var err error
					p, err = measure.Period(ctx, m, x, measure.PeriodSettings{Transient: transient, Longest: 16})
					if err != nil {
						t.Fatal(err)
					}
					if p.Ending == dynamics.Periodic {
						break
					}
				}
				if p.Ending != dynamics.Periodic || p.Period > 2 || w > 0 && p.Period > 1 {
					t.Errorf("%s: w = %v, b = %v: %v, period %d", phi.name, w, b, p.Ending, p.Period)
				}
				counts[p.Period]++
			}
		}
		t.Logf("%s: %d with period 1, %d with 2", phi.name, counts[1], counts[2])
		if counts[2] == 0 {
			t.Errorf("%s: no period 2 anywhere", phi.name)
		}
	}
}

func TestMonotoneResponses(t *testing.T) { monotone(t, 40) }

// The product of the eigenvalues that a fixed point has is its determinant.
func TestMultipliers(t *testing.T) {
	p := fixedPoint(t, henon{1.4, 0.3}, []float64{0.6, 0.2}, measure.NewtonSettings{})
	if got := p.Multipliers[0] * p.Multipliers[1]; cmplx.Abs(got+0.3) > 1e-12 {
		t.Error("the determinant is", got)
	}
	if cmplx.Abs(p.Multipliers[0]) < cmplx.Abs(p.Multipliers[1]) {
		t.Error("not in descending order", p.Multipliers)
	}
}

func fixedPoint(t *testing.T, m dynamics.Map, x []float64, s measure.NewtonSettings) measure.FixedPoint {
	t.Helper()
	p, err := measure.FindFixedPoint(t.Context(), m, x, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func equilibrium(t *testing.T, f dynamics.Flow, x []float64, s measure.NewtonSettings) measure.FixedPoint {
	t.Helper()
	p, err := measure.FindEquilibrium(t.Context(), f, x, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
