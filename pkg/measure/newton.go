package measure

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// descent is Newton's method with damping on its way to a zero of f.
type descent struct {
	f        func(dst, z []float64)
	z        []float64 // the best point so far
	residual []float64 // f there
	size     float64   // its length

	trial, r []float64 // scratch
}

// newDescent begins at z, which it takes over.
func newDescent(f func(dst, z []float64), z []float64) *descent {
	n := len(z)
	d := &descent{f: f, z: z, residual: make([]float64, n), trial: make([]float64, n), r: make([]float64, n)}
	f(d.residual, z)
	d.size = math.Sqrt(dot(d.residual, d.residual))
	return d
}

// step goes along the Newton direction of the matrix D of derivatives, half as far
// each time until the residual is shorter. It reports false where D is singular or
// a fraction least of the way is still too far.
func (d *descent) step(D *mat.Dense, least float64) bool {
	var step mat.VecDense
	// A condition number that is large is no reason to give up: near a
	// bifurcation it has to be. Only an exactly singular matrix is.
	if err := step.SolveVec(D, mat.NewVecDense(len(d.residual), d.residual)); err != nil {
		if c, ok := err.(mat.Condition); !ok || math.IsInf(float64(c), 1) {
			return false
		}
	}
	for damping := 1.0; damping > least; damping /= 2 {
		for i := range d.trial {
			d.trial[i] = d.z[i] - float64(damping*step.AtVec(i))
		}
		d.f(d.r, d.trial)
		if next := math.Sqrt(dot(d.r, d.r)); next < d.size {
			d.z, d.trial, d.residual, d.r, d.size = d.trial, d.z, d.r, d.residual, next
			return true
		}
	}
	return false
}
