package dynamics

import "context"

// Euler is the map that takes n steps of length h of Euler's method,
// x <- x + h f(x), of order 1. Its tangent is the exact derivative of the
// method.
//
// L. Euler, Institutionum calculi integralis I (1768).
type Euler struct {
	flow    Flow
	tangent Tangent
	h       float64
	n       int
	x, k    []float64
	kv      []float64
}

// NewEuler returns the map of n steps of length h.
func NewEuler(f Flow, h float64, n int) *Euler {
	if !(h > 0) || n < 1 {
		panic("dynamics: steps must be positive")
	}
	return &Euler{flow: f, tangent: TangentOf(f), h: h, n: n, x: make([]float64, f.Dim()), k: make([]float64, f.Dim())}
}

// Dim is the dimension of the flow.
func (e *Euler) Dim() int { return e.flow.Dim() }

// Time is the time that a step of the map takes.
func (e *Euler) Time() float64 { return float64(e.n) * e.h }

// Step sets dst to the state n h later than x.
func (e *Euler) Step(dst, x []float64) {
	copy(dst, x)
	for range e.n {
		e.flow.Derivative(e.k, dst)
		add(dst, dst, e.h, e.k)
	}
}

// Tangent moves the vectors v along from x.
func (e *Euler) Tangent(dst, x, v []float64) {
	e.kv = grow(e.kv, len(v))
	copy(e.x, x)
	copy(dst, v)
	for range e.n {
		e.tangent.Tangent(e.kv, e.x, dst)
		add(dst, dst, e.h, e.kv)
		e.flow.Derivative(e.k, e.x)
		add(e.x, e.x, e.h, e.k)
	}
}

// RK4 is the map that takes n steps of length h of the classical Runge-Kutta
// method, of order 4:
//
//	k1 = f(x), k2 = f(x + h/2 k1), k3 = f(x + h/2 k2), k4 = f(x + h k3)
//	x <- x + h/6 (k1 + 2 k2 + 2 k3 + k4)
//
// Its tangent is the exact derivative of the method, which is the method applied
// to the variational equation dv/dt = J(x) v.
//
// W. Kutta, Zeitschrift für Mathematik und Physik 46:435 (1901).
type RK4 struct {
	flow    Flow
	tangent Tangent
	h       float64
	n       int
	x       []float64
	at      [4][]float64 // the states at which f is taken
	k       []float64
	sum     []float64
	w, kw   []float64 // tangent vectors: moved, and their derivative
	sumW    []float64
}

// NewRK4 returns the map of n steps of length h.
func NewRK4(f Flow, h float64, n int) *RK4 {
	if !(h > 0) || n < 1 {
		panic("dynamics: steps must be positive")
	}
	m := &RK4{flow: f, tangent: TangentOf(f), h: h, n: n}
	for _, v := range []*[]float64{&m.x, &m.at[0], &m.at[1], &m.at[2], &m.at[3], &m.k, &m.sum} {
		*v = make([]float64, f.Dim())
	}
	return m
}

// Dim is the dimension of the flow.
func (m *RK4) Dim() int { return m.flow.Dim() }

// Time is the time that a step of the map takes.
func (m *RK4) Time() float64 { return float64(m.n) * m.h }

// Step sets dst to the state n h later than x.
func (m *RK4) Step(dst, x []float64) {
	copy(dst, x)
	for range m.n {
		m.stages(dst)
	}
}

// longSteps is how many steps of the method make one of the map long: some tenths of a
// millisecond.
const longSteps = 4096

// step is Step, and heeds ctx on the way.
func (m *RK4) step(ctx context.Context, dst, x []float64) error {
	copy(dst, x)
	for k := range m.n {
		if k%longSteps == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		m.stages(dst)
	}
	return nil
}

// stages takes one step in place and leaves in m.at where f was taken.
func (m *RK4) stages(x []float64) {
	copy(m.at[0], x)
	m.flow.Derivative(m.k, x)
	copy(m.sum, m.k)
	for s := 1; s < 4; s++ {
		c, weight := m.h/2, 2.0
		if s == 3 {
			c, weight = m.h, 1
		}
		add(m.at[s], x, c, m.k)
		m.flow.Derivative(m.k, m.at[s])
		add(m.sum, m.sum, weight, m.k)
	}
	add(x, x, m.h/6, m.sum)
}

// Tangent moves the vectors v along from x.
func (m *RK4) Tangent(dst, x, v []float64) {
	m.w, m.kw, m.sumW = grow(m.w, len(v)), grow(m.kw, len(v)), grow(m.sumW, len(v))
	copy(m.x, x)
	copy(dst, v)
	for range m.n {
		m.stages(m.x)
		m.tangent.Tangent(m.kw, m.at[0], dst)
		copy(m.sumW, m.kw)
		for s := 1; s < 4; s++ {
			c, weight := m.h/2, 2.0
			if s == 3 {
				c, weight = m.h, 1
			}
			add(m.w, dst, c, m.kw)
			m.tangent.Tangent(m.kw, m.at[s], m.w)
			add(m.sumW, m.sumW, weight, m.kw)
		}
		add(dst, dst, m.h/6, m.sumW)
	}
}

// add sets dst to a + c b; dst may be a or b. The product is rounded on its own,
// so that no architecture fuses it with the sum.
func add(dst, a []float64, c float64, b []float64) {
	for i := range dst {
		dst[i] = a[i] + float64(c*b[i])
	}
}

// grow is s with length n, of new memory if it has to be.
func grow(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}
