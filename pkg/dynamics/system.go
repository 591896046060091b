package dynamics

// System is what maps and flows share: states are vectors of Dim numbers.
type System interface {
	Dim() int
}

// Map is a system in discrete time, x(t+1) = f(x(t)).
type Map interface {
	System
	// Step sets dst to f(x). The two do not overlap, and x stays as it is.
	Step(dst, x []float64)
}

// Flow is an autonomous system in continuous time, dx/dt = f(x). Where the
// equation depends on time, time is a coordinate with derivative 1.
type Flow interface {
	System
	// Derivative sets dst to f(x). The two do not overlap, and x stays as it is.
	Derivative(dst, x []float64)
}

// Tangent is the derivative of a system along vectors.
type Tangent interface {
	// Tangent sets dst to J(x) v for each of the vectors that stand one after
	// the other in v, where J is the Jacobian matrix of f. Nothing overlaps.
	Tangent(dst, x, v []float64)
}

// TangentOf is s itself if it knows its derivative, else central differences,
// J(x) v ≈ (f(x + e v) - f(x - e v)) / 2e, whose relative error is about 1e-10
// where f is smooth on the scale of 1 + |x|. It panics if s is neither a map
// nor a flow.
func TangentOf(s System) Tangent {
	if t, ok := s.(Tangent); ok {
		return t
	}
	d := &differences{
		x: make([]float64, s.Dim()),
		a: make([]float64, s.Dim()),
	}
	switch s := s.(type) {
	case Map:
		d.f = s.Step
	case Flow:
		d.f = s.Derivative
	default:
		panic("dynamics: a system that is neither a map nor a flow")
	}
	return d
}

// Jacobian sets dst to the Jacobian matrix of s at x, row by row:
// dst[i*n+j] = d f_i / d x_j. It allocates.
func Jacobian(dst []float64, s System, x []float64) {
	n := s.Dim()
	if len(dst) != n*n || len(x) != n {
		panic("dynamics: sizes do not match")
	}
	unit, columns := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		unit[i*n+i] = 1
	}
	TangentOf(s).Tangent(columns, x, unit)
	for i := range n {
		for j := range n {
			dst[i*n+j] = columns[j*n+i]
		}
	}
}

// Work is about how many numbers a step of m computes: its dimension, times what an
// integrator does for one.
func Work(m System) int {
	switch m := m.(type) {
	case *RK4:
		return 8 * m.n * m.Dim() // four derivatives, and as many sums
	case *Euler:
		return 2 * m.n * m.Dim()
	}
	return m.Dim()
}
