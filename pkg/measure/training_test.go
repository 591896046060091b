package measure_test

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

// well is gradient descent with rate eta on the double well (w² - 1)²/4.
func well(eta float64) scalar {
	return scalar{
		func(w float64) float64 { return (1+eta)*w - eta*w*w*w },
		func(w float64) float64 { return 1 + eta - 3*eta*w*w },
	}
}

// Row 4b of docs/known-answers.md: gradient descent on a double well doubles its period at
// eta = 1, sqrt 5 - 1, 1.28803175, ..., 1.30228346 (1e-6); at eta = 2 it is the
// Chebyshev map T_3, with the exponent ln 3 (2e-3 with 2e5 steps); and the table of
// exponents there: ln 0.8 exactly at 0.9, four digits at 1.1, three elsewhere.
func TestDoubleWell(t *testing.T) {
	family := func(eta float64) dynamics.System { return well(eta) }
	var found []float64
	guess, step := 0.9, 0.2
	for k := range 7 {
		x := orbit(t, well(guess), []float64{0.9}, 20_000, 1)
		b := measure.FindBifurcation(family, measure.Flip, guess+0.3*step, x, measure.NewtonSettings{Period: 1 << k})
		if b.Ending != dynamics.Converged {
			t.Fatal(k, b)
		}
		found = append(found, b.Parameter)
		if step = 0.23; k > 0 {
			step = (b.Parameter - found[k-1]) / 4.6
		}
		guess = b.Parameter + 0.6*step
	}
	t.Logf("%.8f", found)
	for i, want := range []float64{1, math.Sqrt(5) - 1, 1.28803175} {
		within(t, "eta", found[i], want, 1e-6)
	}
	within(t, "their end", found[6]+(found[6]-found[5])/(4.669201609-1), 1.30228346, 1e-6)
	for _, c := range []struct{ eta, want, tolerance float64 }{
		{0.9, math.Log(0.8), 1e-6}, {1.1, -0.8574, 1e-4}, {1.31, 0.090, 2e-3}, {1.5, 0.492, 2e-3}, {2, math.Log(3), 2e-3},
	} {
		s := spectrum(t, well(c.eta), []float64{0.3}, measure.LyapunovSettings{Steps: 200_000, Transient: 1000})
		within(t, "exponent", s.Exponents[0], c.want, c.tolerance)
	}
	if _, e, _ := measure.Escape(ctx, well(2.1), []float64{0.3}, 10, 100_000); e != dynamics.Diverged {
		t.Error("bounded above eta = 2")
	}
}

// product is gradient descent on (1 - x²y²)²/2, whose Hessian matrix at a minimum
// xy = 1 has the largest eigenvalue 4 (x² + y²).
type product struct{ eta float64 }

func (m product) Dim() int { return 2 }
func (m product) Step(dst, x []float64) {
	a, b := x[0], x[1]
	g := -2 * a * b * (1 - a*a*b*b)
	dst[0], dst[1] = a-m.eta*g*b, b-m.eta*g*a
}

// Row 4c: the sharpness at which training ends is 2/eta - 2 eta within 0.02: eta =
// 0.05 from (4, 0.255), 4e5 steps.
func TestEdgeOfStability(t *testing.T) {
	const eta = 0.05
	x := orbit(t, product{eta}, []float64{4, 0.255}, 400_000, 1)
	sharpness := 4 * (x[0]*x[0] + x[1]*x[1])
	t.Logf("sharpness %.4f at xy = %.6f", sharpness, x[0]*x[1])
	within(t, "sharpness", sharpness, 2/eta-2*eta, 0.02)
}

// scalarProduct is gradient descent on (xy - 1)²/2.
type scalarProduct struct{ eta float64 }

func (m scalarProduct) Dim() int { return 2 }
func (m scalarProduct) Step(dst, x []float64) {
	e := x[0]*x[1] - 1
	dst[0], dst[1] = x[0]-m.eta*e*x[1], x[1]-m.eta*e*x[0]
}

// docs/known-answers.md: gradient descent balances x and y until x² + y² < 2/eta: from (3, 0.1)
// to 6.084 and from (2.5, 0.1) to 6.240 at eta = 0.25, half a unit of the last digit.
func TestBalancing(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{{3, 6.084}, {2.5, 6.240}} {
		x := orbit(t, scalarProduct{0.25}, []float64{c.x, 0.1}, 10_000, 1)
		within(t, "sharpness", x[0]*x[0]+x[1]*x[1], c.want, 0.0005)
	}
}
