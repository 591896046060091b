package measure_test

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

var ctx = context.Background()

// Systems with known answers.

// scalar is a map of one number with its derivative.
type scalar struct{ f, df func(x float64) float64 }

func (m scalar) Dim() int              { return 1 }
func (m scalar) Step(dst, x []float64) { dst[0] = m.f(x[0]) }
func (m scalar) Tangent(dst, x, v []float64) {
	d := m.df(x[0])
	for i := range v {
		dst[i] = d * v[i]
	}
}

func logistic(r float64) scalar {
	return scalar{func(x float64) float64 { return r * x * (1 - x) }, func(x float64) float64 { return r * (1 - 2*x) }}
}

func sigma(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// neuron is x' = sigma(w x + b).
func neuron(w, b float64) scalar {
	return scalar{
		func(x float64) float64 { return sigma(w*x + b) },
		func(x float64) float64 { s := sigma(w*x + b); return w * s * (1 - s) },
	}
}

// henon is x' = 1 - a x² + y, y' = b x, whose Jacobian determinant is -b.
type henon struct{ a, b float64 }

func (m henon) Dim() int              { return 2 }
func (m henon) Step(dst, x []float64) { dst[0], dst[1] = 1-m.a*x[0]*x[0]+x[1], m.b*x[0] }
func (m henon) Tangent(dst, x, v []float64) {
	for k := 0; k < len(v); k += 2 {
		dst[k], dst[k+1] = -2*m.a*x[0]*v[k]+v[k+1], m.b*v[k]
	}
}

type lorenz struct{ s, r, b float64 }

func (m lorenz) Dim() int { return 3 }
func (m lorenz) Derivative(dst, x []float64) {
	dst[0], dst[1], dst[2] = m.s*(x[1]-x[0]), x[0]*(m.r-x[2])-x[1], x[0]*x[1]-m.b*x[2]
}
func (m lorenz) Tangent(dst, x, v []float64) {
	for k := 0; k < len(v); k += 3 {
		a, b, c := v[k], v[k+1], v[k+2]
		dst[k], dst[k+1], dst[k+2] = m.s*(b-a), (m.r-x[2])*a-b-x[0]*c, x[1]*a+x[0]*b-m.b*c
	}
}

type roessler struct{ a, b, c float64 }

func (m roessler) Dim() int { return 3 }
func (m roessler) Derivative(dst, x []float64) {
	dst[0], dst[1], dst[2] = -x[1]-x[2], x[0]+m.a*x[1], m.b+x[2]*(x[0]-m.c)
}

func orbit(t testing.TB, m dynamics.Map, x []float64, transient, n int) []float64 {
	t.Helper()
	o := dynamics.NewOrbit(m, x)
	if e, err := o.Advance(ctx, transient, 1e6); e != dynamics.Limit || err != nil {
		t.Fatal(e, err)
	}
	var points []float64
	for range n {
		o.Step()
		points = append(points, o.X...)
	}
	return points
}

// within fails unless got is as near to want as the tolerance says.
func within(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.12g, want %.12g within %g", what, got, want, tolerance)
	}
}
