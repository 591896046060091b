package measure

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"

	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Class is the linear stability of a fixed point.
type Class uint8

// The classes. Those from Fold on are marginal: one multiplier, or one pair, is
// on the border of stability within Margin.
const (
	Stable        Class = iota + 1 // all perturbations shrink
	Saddle                         // some shrink, some grow
	Unstable                       // all grow
	Fold                           // a multiplier 1, or an eigenvalue 0: fold, transcritical or pitchfork
	Flip                           // a multiplier -1: period doubling
	NeimarkSacker                  // a pair of multipliers on the unit circle
	Hopf                           // a pair of eigenvalues on the imaginary axis
)

func (c Class) String() string {
	names := [...]string{"stable", "saddle", "unstable", "fold", "flip", "neimark-sacker", "hopf"}
	if c >= 1 && int(c) <= len(names) {
		return names[c-1]
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// NewtonSettings are the settings of [FindFixedPoint], [FindEquilibrium] and
// [FindBifurcation].
type NewtonSettings struct {
	Period     int     // of the point, in steps: a fixed point of the Period-th iterate; default 1
	Tolerance  float64 // largest residual |f(x) - x|, relative to 1 + |x|; default 1e-13
	Iterations int     // of Newton's method, at most; default 100
	Margin     float64 // distance from the border of stability that counts as on it; default 1e-6
}

func (s NewtonSettings) withDefaults() NewtonSettings {
	if s.Period == 0 {
		s.Period = 1
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-13
	}
	if s.Iterations == 0 {
		s.Iterations = 100
	}
	if s.Margin == 0 {
		s.Margin = 1e-6
	}
	if s.Period < 1 || s.Iterations < 1 {
		panic("measure: settings of Newton's method that make no sense")
	}
	return s
}

// FixedPoint is what [FindFixedPoint] and [FindEquilibrium] find.
type FixedPoint struct {
	X           []float64
	Multipliers []complex128 // eigenvalues of the Jacobian matrix there, the most unstable first
	Class       Class
	Residual    float64
	Ending      dynamics.Ending // Converged, or Limit with the best point seen
}

// FindFixedPoint is the fixed point of m, or of its Period-th iterate F, to
// which Newton's method with damping leads from x,
//
//	x <- x - s (J - 1)^-1 (F(x) - x),   s = 1, 1/2, 1/4, ... until |F(x) - x| falls
//
// with its stability from the eigenvalues of J: stable if all are within the unit
// circle. A period found may be a divisor of the one asked for. The iteration
// goes on below the tolerance as long as it gains. It heeds ctx, whose error is the
// only one: of systems of more than 300 numbers it then leaves an LU
// decomposition or the eigenvalues behind, which end by themselves.
//
// Cost: per iteration the Jacobian matrix (Dim tangents a step), an LU
// decomposition, and a step for each damping.
func FindFixedPoint(ctx context.Context, m dynamics.Map, x []float64, s NewtonSettings) (FixedPoint, error) {
	s = s.withDefaults()
	it := newIterate(m, s.Period)
	return newton(ctx, it, x, s, func(dst, x []float64) {
		it.Step(dst, x)
		for i := range dst {
			dst[i] -= x[i]
		}
	}, 1, func(e []complex128) Class { return classifyMap(e, s.Margin) })
}

// FindEquilibrium is the point f(x) = 0 of a flow to which Newton's method with
// damping leads from x, as in [FindFixedPoint], with its stability from the
// eigenvalues of the Jacobian matrix: stable if all real parts are negative.
func FindEquilibrium(ctx context.Context, f dynamics.Flow, x []float64, s NewtonSettings) (FixedPoint, error) {
	s = s.withDefaults()
	return newton(ctx, f, x, s, f.Derivative, 0, func(e []complex128) Class { return classifyFlow(e, s.Margin) })
}

// newton finds a zero of f, whose Jacobian matrix is that of the system minus
// shift times the identity.
func newton(ctx context.Context, sys dynamics.System, x []float64, s NewtonSettings, f func(dst, x []float64), shift float64, classify func([]complex128) Class) (FixedPoint, error) {
	n := sys.Dim()
	// large does what takes long in large systems.
	large := func(f func()) error {
		if n > 300 {
			return patience.Leave(ctx, f)
		}
		f()
		return ctx.Err()
	}
	d := newDescent(f, append([]float64(nil), x...))
	J := make([]float64, n*n)
	for range s.Iterations {
		if d.size == 0 {
			break
		}
		shorter := false
		err := large(func() {
			dynamics.Jacobian(J, sys, d.z)
			for i := range n {
				J[i*n+i] -= shift
			}
			shorter = d.step(mat.NewDense(n, n, J), 1e-6)
		})
		if err != nil {
			return FixedPoint{}, err
		}
		if !shorter {
			break
		}
	}
	x = d.z
	p := FixedPoint{X: x, Residual: d.size, Ending: dynamics.Limit}
	if d.size <= s.Tolerance*(1+math.Sqrt(dot(x, x))) {
		p.Ending = dynamics.Converged
	}
	var multipliers []complex128
	if err := large(func() { multipliers = eigenvalues(sys, x) }); err != nil {
		return FixedPoint{}, err
	}
	p.Multipliers = multipliers
	sortMultipliers(p.Multipliers, shift == 0)
	if len(p.Multipliers) > 0 {
		p.Class = classify(p.Multipliers)
	}
	return p, nil
}

// eigenvalues are those of the Jacobian matrix at x, none if it is not finite.
func eigenvalues(sys dynamics.System, x []float64) []complex128 {
	n := sys.Dim()
	J := make([]float64, n*n)
	dynamics.Jacobian(J, sys, x)
	for _, v := range J {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	if n == 1 {
		return []complex128{complex(J[0], 0)}
	}
	var e mat.Eigen
	if !e.Factorize(mat.NewDense(n, n, J), mat.EigenNone) {
		return nil
	}
	return e.Values(nil)
}

// sortMultipliers puts the most unstable first, by modulus or, of a flow, by
// real part; a pair stays together because the sort is stable.
func sortMultipliers(e []complex128, flow bool) {
	size := func(z complex128) float64 {
		if flow {
			return real(z)
		}
		return cmplx.Abs(z)
	}
	for i := 1; i < len(e); i++ {
		for j := i; j > 0 && size(e[j]) > size(e[j-1]); j-- {
			e[j], e[j-1] = e[j-1], e[j]
		}
	}
}

func classifyMap(e []complex128, margin float64) Class {
	inside := 0
	for _, z := range e {
		switch off := cmplx.Abs(z) - 1; {
		case math.Abs(off) <= margin && math.Abs(imag(z)) > margin:
			return NeimarkSacker
		case math.Abs(off) <= margin && real(z) > 0:
			return Fold
		case math.Abs(off) <= margin:
			return Flip
		case off < 0:
			inside++
		}
	}
	return split(inside, len(e))
}

func classifyFlow(e []complex128, margin float64) Class {
	inside := 0
	for _, z := range e {
		switch {
		case math.Abs(real(z)) <= margin && math.Abs(imag(z)) > margin:
			return Hopf
		case math.Abs(real(z)) <= margin:
			return Fold
		case real(z) < 0:
			inside++
		}
	}
	return split(inside, len(e))
}

func split(inside, all int) Class {
	switch inside {
	case all:
		return Stable
	case 0:
		return Unstable
	}
	return Saddle
}

// iterate is the p-th iterate of a map.
type iterate struct {
	m       dynamics.Map
	tangent dynamics.Tangent
	p       int
	a, b    []float64
	v       []float64
}

func newIterate(m dynamics.Map, p int) *iterate {
	return &iterate{m: m, tangent: dynamics.TangentOf(m), p: p, a: make([]float64, m.Dim()), b: make([]float64, m.Dim())}
}

func (t *iterate) Dim() int { return t.m.Dim() }

func (t *iterate) Step(dst, x []float64) {
	copy(t.a, x)
	for range t.p {
		t.m.Step(t.b, t.a)
		t.a, t.b = t.b, t.a
	}
	copy(dst, t.a)
}

func (t *iterate) Tangent(dst, x, v []float64) {
	if len(t.v) != len(v) {
		t.v = make([]float64, len(v))
	}
	copy(t.a, x)
	copy(t.v, v)
	for range t.p {
		t.tangent.Tangent(dst, t.a, t.v)
		copy(t.v, dst)
		t.m.Step(t.b, t.a)
		t.a, t.b = t.b, t.a
	}
}
