package lorenz

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

var (
	ctx     = context.Background()
	classic = Flow{10, 28, 8. / 3}
)

// Row 9b of docs/known-answers.md: the sum is -(10 + 1 + 8/3) to 1e-3, 0.9056 within 0.03 at
// T = 300; the bands of ChaosTools.jl (test/lyapunovs/continuous_lyapunov.jl).
func TestSpectrum(t *testing.T) {
	s, err := measure.Lyapunov(ctx, dynamics.NewRK4(classic, 0.005, 10), []float64{1, 1, 20}, measure.LyapunovSettings{Steps: 6000, Transient: 1000})
	if err != nil {
		t.Fatal(err)
	}
	l := s.Exponents
	t.Log(l, s.SE, s.Sum()+41./3)
	if math.Abs(s.Sum()+41./3) > 1e-3 || math.Abs(l[0]-0.9056) > 0.03 {
		t.Errorf("exponents %v, sum %v", l, s.Sum())
	}
	if l[0] < 0.85 || l[0] > 0.95 || math.Abs(l[1]) > 0.1 || l[2] < -14.7 || l[2] > -14.1 {
		t.Errorf("exponents %v", l)
	}
	if d := measure.KaplanYorke(l); math.Abs(d-2.062) > 0.003 {
		t.Errorf("dimension %v", d)
	}
}

// At rho = 20 the orbit comes to rest at C±, and the largest exponent is the real
// part of the leading eigenvalues there, zeros of
// l³ + (sigma+beta+1) l² + beta (sigma+rho) l + 2 sigma beta (rho-1).
func TestRest(t *testing.T) {
	f := Flow{10, 20, 8. / 3}
	q := math.Sqrt(8. / 3 * 19)
	p, err := measure.FindEquilibrium(t.Context(), f, []float64{q, q, 19}, measure.NewtonSettings{})
	if err != nil {
		t.Fatal(err)
	}
	want := real(p.Multipliers[0])
	l := p.Multipliers[0]
	if zero := l*l*l + (10+8./3+1)*l*l + 8./3*30*l + 2*10*8./3*19; math.Hypot(real(zero), imag(zero)) > 1e-10 {
		t.Error("not an eigenvalue:", l)
	}
	t.Logf("eigenvalues %v", p.Multipliers)
	s, err := measure.Lyapunov(ctx, dynamics.NewRK4(f, 0.005, 10), []float64{q + 1, q, 19}, measure.LyapunovSettings{Steps: 20_000, Transient: 4000})
	if err != nil || math.Abs(s.Exponents[0]-want) > 1e-3 {
		t.Errorf("exponents %v, want %v (%v)", s.Exponents, want, err)
	}
	two, _, err := measure.LyapunovTwo(ctx, dynamics.NewRK4(f, 0.005, 10), []float64{q + 1, q, 19}, measure.LyapunovSettings{Steps: 20_000, Transient: 4000})
	if err != nil || math.Abs(two.Mean-want) > 1e-3 {
		t.Errorf("by two trajectories %v, want %v (%v)", two, want, err)
	}
	if math.Abs(want+0.1548) > 1e-4 { // the doc's number
		t.Error("the leading real part is", want)
	}
}

// Every maximum of z is a function of the one before with one cusp (Lorenz 1963):
// rising before it, falling behind it.
func TestCusp(t *testing.T) {
	z, _, _, err := measure.Points(ctx, nil, dynamics.NewRK4(classic, 0.005, 1), []float64{1, 1, 20}, measure.PointsSettings{Transient: 10_000, Keep: 1000, Coordinate: 2, Pick: measure.Maxima})
	if err != nil || len(z) != 1000 {
		t.Fatal(len(z), err)
	}
	// The cusp is where the next maximum is the largest.
	cusp, top := 0., 0.
	for i := range z[:999] {
		if z[i+1] > top {
			cusp, top = z[i], z[i+1]
		}
	}
	wrong := 0
	for i := range z[:999] {
		for j := range z[:999] {
			// The function is thin, not a line: pairs that differ by half a unit.
			if z[i] < z[j]-0.5 && (z[j] < cusp && z[i+1] > z[j+1] || z[i] > cusp && z[i+1] < z[j+1]) {
				wrong++
			}
		}
	}
	t.Logf("cusp at %.2f, top %.2f", cusp, top)
	if wrong > 0 {
		t.Errorf("%d pairs of maxima out of order", wrong)
	}
}

// 2.05 ± 0.03 in the literature (Grassberger and Procaccia 1983); ChaosTools.jl asks
// for 1.85 to 2.2, nolds for 2.05 ± 0.2.
func TestCorrelationDimension(t *testing.T) {
	o := dynamics.NewOrbit(dynamics.NewRK4(classic, 0.01, 10), []float64{1, 1, 20})
	var points []float64
	for i := range 6500 {
		o.Step()
		if i >= 500 {
			points = append(points, o.X...)
		}
	}
	c, err := measure.CorrelationDimension(ctx, points, 3, measure.CorrelationSettings{Low: 0.7, High: 5})
	t.Logf("%.3f", c.Dimension)
	if err != nil || math.Abs(c.Dimension-2.05) > 0.03 {
		t.Error(c.Dimension, err)
	}
}

func TestTangent(t *testing.T) {
	x, v := []float64{3, -2, 15}, []float64{1, 2, -0.5, 0.25, 1, -3}
	got, want := make([]float64, 6), make([]float64, 6)
	classic.Tangent(got, x, v)
	dynamics.TangentOf(struct{ dynamics.Flow }{classic}).Tangent(want, x, v)
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-7 {
			t.Errorf("%v, by differences %v", got, want)
		}
	}
}
