package logistic

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

var ctx = context.Background()

// trial runs the model at a point given by its parameters that differ from the
// defaults.
func trial(t testing.TB, m *models.Model, values map[models.Param]models.Value) func(output string) models.Slot {
	t.Helper()
	p := &models.Point{}
	for _, param := range m.Params {
		v, given := values[param]
		if !given {
			v = param.Decl().Default
		}
		p.Values = append(p.Values, v)
		p.Index = append(p.Index, 0)
	}
	tr := models.NewSetting(m, 1, nil).NewTrial()
	tr.Start(p)
	if err := m.Execute(ctx, tr); err != nil {
		t.Fatal(err)
	}
	return func(output string) models.Slot {
		for i, o := range m.Outputs {
			if o.Decl().Name == output {
				return tr.Slots[i]
			}
		}
		panic("no output " + output)
	}
}

func scalar(s models.Slot) float64 { return s.Float() }

// docs/known-answers.md: periods; ln |2 - r| in the regime of the fixed point to
// rounding; ln 2 at r = 4 within 2e-3 with 1e6 steps.
func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		r        float64
		period   int64
		ending   dynamics.Ending
		lyapunov float64
		within   float64
	}{
		{0.5, 1, dynamics.Periodic, math.Log(0.5), 1e-12},
		{2, 1, dynamics.Periodic, math.Inf(-1), 0},
		{2.8, 1, dynamics.Periodic, math.Log(0.8), 1e-9},
		{3.2, 2, dynamics.Periodic, math.Log(math.Abs(4+2*3.2-3.2*3.2)) / 2, 1e-9}, // the multiplier of the 2-cycle is 4 + 2r - r²
		{3.5, 4, dynamics.Periodic, math.NaN(), 0},
		{3.5693, 32, dynamics.Periodic, math.NaN(), 0},
		{3.83, 3, dynamics.Periodic, math.NaN(), 0},
		{4, 0, dynamics.NoPeriod, math.Ln2, 2e-3},
		{4.5, 0, dynamics.Diverged, math.NaN(), 0},
	} {
		get := trial(t, Model, map[models.Param]models.Value{r: models.FloatValue(c.r), on.Steps: models.IntValue(1_000_000)})
		p, e, l := get("period"), get("ending"), get("lyapunov")
		if (p.State == models.Set) != (c.period > 0) || c.period > 0 && int64(p.Bits) != c.period || e.Text != c.ending.String() {
			t.Errorf("r = %v: %s, period %d; want %v, %d", c.r, e.Text, p.Bits, c.ending, c.period)
		}
		if c.ending == dynamics.Diverged {
			if l.State != models.Null {
				t.Errorf("r = %v: an exponent of an orbit that diverged", c.r)
			}
			continue
		}
		if got := l.Float(); !math.IsNaN(c.lyapunov) && got != c.lyapunov && !(math.Abs(got-c.lyapunov) <= c.within) {
			t.Errorf("r = %v: exponent %v, want %v", c.r, got, c.lyapunov)
		}
		d := get("distinct")
		if n := int64(d.Bits); c.period > 0 && c.period < 32 && n != c.period || c.period == 0 && n < 150 {
			t.Errorf("r = %v: %d distinct points", c.r, n)
		}
		if s := get("orbit"); len(s.Series) != 200 {
			t.Errorf("r = %v: an orbit of %d", c.r, len(s.Series))
		}
	}
}

// The density at r = 4 is 1/(pi sqrt(x (1-x))): of a million points the fraction
// below 1/4 is 1/3. Successive points are nearly independent, SE 5e-4; four of them.
func TestDensity(t *testing.T) {
	get := trial(t, Model.Asking(on.Orbit), map[models.Param]models.Value{r: models.FloatValue(4), on.Keep: models.IntValue(1_000_000)})
	below := 0
	for _, x := range get("orbit").Series {
		if x < 0.25 {
			below++
		}
	}
	if got := float64(below) / 1e6; math.Abs(got-1./3) > 2e-3 {
		t.Errorf("%v below 1/4, want 1/3", got)
	}
}

// From 1/2 the orbit at r = 4 falls on 1 and then on 0.
func TestReinjection(t *testing.T) {
	get := trial(t, Model, map[models.Param]models.Value{r: models.FloatValue(4), x0: models.FloatValue(0.5)})
	if n := get("reinjections").Bits; n != 1 {
		t.Errorf("%d reinjections", n)
	}
	if l := scalar(get("lyapunov")); math.Abs(l-math.Ln2) > 0.01 {
		t.Error("exponent", l)
	}
	m := &walker{Map: Map{4}, again: func() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }}
	if x, sum := m.advance(0.5, 100); m.reinjections != 1 || x == 0 || math.IsInf(sum, 0) {
		t.Error(x, sum, m.reinjections)
	}
	// Where 0 attracts nothing is put in.
	m = &walker{Map: Map{0.5}}
	if x, sum := m.advance(1e-300, 3000); x != 0 || math.Abs(sum-3000*math.Log(0.5)) > 1e-6 {
		t.Error(x, sum)
	}
}

// Conjugacies, 1e-9 over 20 steps (docs/known-answers.md): gradient descent on the
// loss x²/2 - x³/3 with v = eta (1-x)/(1+eta) and r = 1 + eta; z² + c with
// z = r (1/2 - x), c = r (2-r)/4.
func TestConjugacies(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 1000 {
		eta := 3 * rng.Float64()
		v := rng.Float64()
		m := Map{1 + eta}
		x := 1 - v*(1+eta)/eta
		c := m.R * (2 - m.R) / 4
		z := m.R * (0.5 - v)
		state, next := []float64{v}, []float64{0}
		for step := range 20 {
			x -= eta * (x - x*x) // the gradient of the loss
			z = z*z + c
			m.Step(next, state)
			state, next = next, state
			if off := math.Abs(eta*(1-x)/(1+eta) - state[0]); !(off <= 1e-9) {
				t.Fatalf("gradient descent, eta = %v, step %d: off by %g", eta, step+1, off)
			}
			if off := math.Abs(0.5 - z/m.R - state[0]); !(off <= 1e-9) {
				t.Fatalf("z² + c, r = %v, step %d: off by %g", m.R, step+1, off)
			}
		}
	}
}

// Periods are equal for x and z on a grid of 1000 r (docs/known-answers.md).
func TestConjugatePeriods(t *testing.T) {
	for i := range 1000 {
		r := 1 + 3*(float64(i)+0.5)/1000
		s := measure.PeriodSettings{Transient: 20_000, Longest: 64}
		a, err := measure.Period(ctx, Map{r}, []float64{0.3}, s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := measure.Period(ctx, square{r * (2 - r) / 4}, []float64{r * 0.2}, s)
		if err != nil {
			t.Fatal(err)
		}
		if a.Period != b.Period {
			t.Errorf("r = %v: periods %d and %d", r, a.Period, b.Period)
		}
	}
}

type square struct{ c float64 }

func (m square) Dim() int              { return 1 }
func (m square) Step(dst, x []float64) { dst[0] = x[0]*x[0] + m.c }

// The fast loop and the general method see the same orbit and the same exponent.
func TestAdvance(t *testing.T) {
	m := &walker{Map: Map{3.9}}
	x := 0.3
	var want float64
	for range 1000 {
		want += math.Log(math.Abs(3.9 * (1 - 2*x)))
		x = 3.9 * x * (1 - x)
	}
	if y, sum := m.advance(0.3, 1000); y != x || math.Abs(sum-want) > 1e-9 {
		t.Error(y, x, sum, want)
	}
	points := make([]float64, 1000)
	if y := m.fill(points, 0.3); y != x || points[999] != x {
		t.Error(y, x)
	}
}
