package henon

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

var ctx = context.Background()

// Row 9a of docs/known-answers.md: sum ln 0.3 to 1e-9, 0.4192 within 0.003 with 3e5 steps. The
// tests of ChaosTools.jl (on Lyapunov exponents) ask for 0.41 to 0.43 and -1.63
// to -1.61, D_KY is 1.258 (Sprott 2003).
func TestSpectrum(t *testing.T) {
	s, err := measure.Lyapunov(ctx, Map{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{Steps: 300_000, Transient: 1000})
	if err != nil {
		t.Fatal(err)
	}
	l := s.Exponents
	t.Log(l, s.SE)
	if math.Abs(s.Sum()-math.Log(0.3)) > 1e-9 || math.Abs(l[0]-0.4192) > 0.003 || l[0] < 0.41 || l[0] > 0.43 || l[1] < -1.63 || l[1] > -1.61 {
		t.Errorf("exponents %v, sum - ln 0.3 = %g", l, s.Sum()-math.Log(0.3))
	}
	if d := measure.KaplanYorke(l); math.Abs(d-1.258) > 0.003 {
		t.Errorf("dimension %v", d)
	}
	found, ending, err := measure.LyapunovTwo(ctx, Map{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{Steps: 100_000, Transient: 1000})
	if ending != dynamics.Limit || err != nil || found.Mean < 0.41 || found.Mean > 0.43 {
		t.Error("two trajectories:", found, ending, err)
	}
}

// ChaosTools.jl asks for 1.1 to 1.3 (test/dimensions/correlationdim.jl).
func TestCorrelationDimension(t *testing.T) {
	o := dynamics.NewOrbit(Map{1.4, 0.3}, []float64{0.1, 0.1})
	var points []float64
	for range 5000 {
		o.Step()
		points = append(points, o.X...)
	}
	c, err := measure.CorrelationDimension(ctx, points[2000:], 2, measure.CorrelationSettings{Low: 0.002, High: 0.2})
	if err != nil || c.Dimension < 1.1 || c.Dimension > 1.3 {
		t.Error(c.Dimension, err)
	}
}

// The fixed point is born in a fold at a = -(1-b)²/4 and doubles its period at
// a = 3 (1-b)²/4 (Hénon 1976).
func TestBifurcations(t *testing.T) {
	family := func(a float64) dynamics.System { return Map{a, 0.3} }
	for _, c := range []struct {
		kind  measure.Class
		guess float64
		x     []float64
		want  float64
	}{{measure.Flip, 0.35, []float64{0.9, 0.3}, 3 * 0.49 / 4}, {measure.Fold, -0.1, []float64{2.5, 0.8}, -0.49 / 4}} {
		got := measure.FindBifurcation(family, c.kind, c.guess, c.x, measure.NewtonSettings{})
		if got.Ending != dynamics.Converged || math.Abs(got.Parameter-c.want) > 1e-8 {
			t.Errorf("%v at %+v, want %v", c.kind, got, c.want)
		}
	}
}

func TestTangent(t *testing.T) {
	m, x, v := Map{1.4, 0.3}, []float64{0.3, -0.2}, []float64{1, 2, -0.5, 0.25}
	got, want := make([]float64, 4), make([]float64, 4)
	m.Tangent(got, x, v)
	dynamics.TangentOf(struct{ dynamics.Map }{m}).Tangent(want, x, v)
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-9 {
			t.Errorf("%v, by differences %v", got, want)
		}
	}
}
