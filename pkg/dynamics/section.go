package dynamics

import (
	"context"
	"math"
)

// Section is a surface in the space of states, G(x) = 0, to be crossed upwards
// (Direction 1, from G < 0 to G >= 0), downwards (-1) or either way (0).
type Section struct {
	G         func(x []float64) float64
	Direction int
}

// Crosses reports whether G going from a to b is a crossing.
func (s Section) Crosses(a, b float64) bool {
	up, down := a < 0 && b >= 0, a > 0 && b <= 0
	return up && s.Direction >= 0 || down && s.Direction <= 0
}

// Crossings are the crossings of a section by the orbit of a flow, one by one.
//
// Each step of the integrator is looked at in four pieces of its dense output.
// Where the sign changes, bisection finds the place on the dense output, and then
// a few secant steps on states that are Runge-Kutta steps of their own from the
// step's beginning: the place is as exact as the orbit, to 1e-10 in time and
// better, and not only as exact as the interpolant. After M. Hénon, Physica D
// 5:412 (1982), with the secant in place of his change of variables.
//
// A pair of crossings within a quarter of a step is not seen; MaxStep helps.
type Crossings struct {
	d       *DormandPrince
	section Section
	piece   int     // of the last step, 4 if it is done with
	g       float64 // G at the beginning of the piece
	x       []float64
	own     *DormandPrince // takes the steps of its own
}

const pieces = 4

// NewCrossings looks for crossings on the orbit of d, from where it is.
func NewCrossings(d *DormandPrince, s Section) *Crossings {
	return &Crossings{
		d: d, section: s, piece: pieces, g: s.G(d.x),
		x:   make([]float64, len(d.x)),
		own: NewDormandPrince(d.flow, d.tol),
	}
}

// Next sets dst to the state at the next crossing and returns its time:
// [Converged] if there is one before the time limit, else [Limit], or
// [Diverged]. It heeds ctx, whose error is the only one.
func (c *Crossings) Next(ctx context.Context, dst []float64, limit float64) (float64, Ending, error) {
	d := c.d
	for i := 0; ; i++ {
		for c.piece < pieces {
			from := c.time(c.piece)
			c.piece++
			to := c.time(c.piece)
			d.At(c.x, to)
			before, after := c.g, c.section.G(c.x)
			c.g = after
			if c.section.Crosses(before, after) {
				t := c.locate(dst, from, to, before)
				if t > limit { // and is found again when asked for with a later limit
					c.piece--
					c.g = before
					return limit, Limit, nil
				}
				return t, Converged, nil
			}
		}
		if d.t >= limit {
			return limit, Limit, nil
		}
		if i&255 == 0 {
			if err := ctx.Err(); err != nil {
				return d.t, Limit, err
			}
		}
		if !d.Step() {
			return d.t, Diverged, nil
		}
		c.piece = 0
	}
}

// time is where a piece begins.
func (c *Crossings) time(piece int) float64 {
	if piece == pieces {
		return c.d.t
	}
	return c.d.t0 + c.d.h0*float64(piece)/pieces
}

// locate sets dst to the state at the crossing between times a and b, where G is
// g at a, and returns its time.
func (c *Crossings) locate(dst []float64, a, b, g float64) float64 {
	d, width := c.d, b-a
	for range 60 { // bisection to the last bit
		m := a + (b-a)/2
		if m <= a || m >= b {
			break
		}
		d.At(c.x, m)
		if v := c.section.G(c.x); (v < 0) == (g < 0) && v != 0 {
			a = m
		} else {
			b = m
		}
	}
	// The interpolant's error is far below the piece, so a hundredth of it is
	// a good second point; secants then converge in three or four steps.
	t, best := b, math.Inf(1)
	t1, t2 := b, b-width/100
	if t2 < d.t0 {
		t2 = b + width/100
	}
	g1, g2 := c.exact(t1), c.exact(t2)
	for range 8 {
		if math.Abs(g1) < best {
			t, best = t1, math.Abs(g1)
		}
		next := t1 - g1*(t1-t2)/(g1-g2)
		if !(math.Abs(next-b) <= width) { // G is not smooth here: the interpolant's place must do
			break
		}
		if next == t1 {
			break
		}
		t2, g2, t1 = t1, g1, next
		g1 = c.exact(t1)
	}
	c.exact(t)
	copy(dst, c.own.x)
	return t
}

// exact is G at time t by a Runge-Kutta step from the beginning of the last
// step, whose state is left in c.own.x.
func (c *Crossings) exact(t float64) float64 {
	copy(c.own.x0, c.d.x0)
	copy(c.own.k[0], c.d.k[0])
	c.own.stages(c.own.x, t-c.d.t0)
	return c.section.G(c.own.x)
}
