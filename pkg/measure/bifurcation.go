package measure

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Bifurcation is a point of a family of systems at which stability changes.
type Bifurcation struct {
	Parameter float64
	X         []float64
	Ending    dynamics.Ending // Converged, or Limit with the best point seen
}

// FindBifurcation is where a fixed point (for Period p one of the p-th iterate)
// of a family of systems loses its stability in the given way, found by Newton's
// method in the parameter and the state together from the guess (parameter, x):
//
//	F(x) - x = 0  and  g = 0
//	g = prod (mu_i - 1)      Fold
//	g = prod (mu_i + 1)      Flip
//	g = |mu|² - 1            NeimarkSacker, of the pair next to the unit circle
//
// and for flows f(x) = 0 with g = prod mu_i for Fold, Re mu of the pair next to
// the axis for Hopf. The derivatives of g and those along the parameter are
// central differences; they set the speed of the iteration, while what it
// converges to depends on the system's own derivative only: 1e-10 with an
// analytic one. All systems of the family have one dimension. Every parameter
// that is tried is near the ones before, and damping keeps it so.
//
// Cost: per iteration 2 (Dim+1) Jacobian matrices with their eigenvalues.
//
// Yu.A. Kuznetsov, Elements of Applied Bifurcation Theory, 10.2 (2004).
func FindBifurcation(family func(parameter float64) dynamics.System, kind Class, parameter float64, x []float64, s NewtonSettings) Bifurcation {
	s = s.withDefaults()
	n := len(x)
	evaluate := func(dst, z []float64) {
		sys := family(z[n])
		if f, ok := sys.(dynamics.Flow); ok {
			f.Derivative(dst[:n], z[:n])
		} else {
			it := newIterate(sys.(dynamics.Map), s.Period)
			sys = it
			it.Step(dst[:n], z[:n])
			for i := range n {
				dst[i] -= z[i]
			}
		}
		_, flow := sys.(dynamics.Flow)
		dst[n] = border(kind, eigenvalues(sys, z[:n]), flow)
	}
	d := newDescent(evaluate, append(append([]float64(nil), x...), parameter))
	low, high := make([]float64, n+1), make([]float64, n+1)
	D := mat.NewDense(n+1, n+1, nil)
	for range s.Iterations {
		if d.size == 0 || math.IsNaN(d.size) {
			break
		}
		z := d.z
		for j := range z {
			// 6e-6 is the cube root of 2^-53; the p-th iterate of a
			// doubling family changes on scales that shrink with p².
			keep, h := z[j], 6e-6*(1+math.Abs(z[j]))/float64(s.Period*s.Period)
			z[j] = keep + h
			evaluate(high, z)
			z[j] = keep - h
			evaluate(low, z)
			z[j] = keep
			for i := range z {
				D.Set(i, j, (high[i]-low[i])/(2*h))
			}
		}
		if !d.step(D, 1e-4) {
			break
		}
	}
	b := Bifurcation{Parameter: d.z[n], X: d.z[:n], Ending: dynamics.Limit}
	// The last residual, of g, is the sum of Period products: what rounding
	// leaves of it grows with the period.
	if d.size <= 1e-9*float64(s.Period) {
		b.Ending = dynamics.Converged
	}
	return b
}

// border is zero where the fixed point with these multipliers bifurcates.
func border(kind Class, e []complex128, flow bool) float64 {
	if e == nil {
		return math.NaN()
	}
	product := complex(1, 0)
	pair, found := 0.0, false
	for _, z := range e {
		switch {
		case kind == Fold && flow:
			product = multiply(product, z)
		case kind == Fold:
			product = multiply(product, z-1)
		case kind == Flip:
			product = multiply(product, z+1)
		}
		if imag(z) > 0 {
			g := real(z)
			if !flow {
				g = float64(cmplx.Abs(z)*cmplx.Abs(z)) - 1
			}
			if !found || math.Abs(g) < math.Abs(pair) {
				pair, found = g, true
			}
		}
	}
	switch kind {
	case Fold, Flip:
		return real(product)
	case NeimarkSacker, Hopf:
		if !found {
			return math.NaN()
		}
		return pair
	}
	panic("measure: not a kind of bifurcation: " + kind.String())
}

// multiply is a b with every product rounded on its own, which the operator does
// not promise.
func multiply(a, b complex128) complex128 {
	return complex(float64(real(a)*real(b))-float64(imag(a)*imag(b)), float64(real(a)*imag(b))+float64(imag(a)*real(b)))
}
