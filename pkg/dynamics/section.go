package dynamics

import "context"

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
// Where the sign changes, bisection finds the place to the last bit of time. What
// remains is the error of the orbit and of the interpolant, both about the
// tolerance asked for: with 1e-11 or less places are good to 1e-10. (Hénon's trick,
// Physica D 5:412 (1982), would save the interpolant's part, which is the smaller.)
//
// A pair of crossings within a quarter of a step is not seen; MaxStep helps.
type Crossings struct {
	d       *DormandPrince
	section Section
	piece   int     // of the last step, 4 if it is done with
	g       float64 // G at the beginning of the piece
	x       []float64
}

const pieces = 4

// NewCrossings looks for crossings on the orbit of d, from where it is.
func NewCrossings(d *DormandPrince, s Section) *Crossings {
	return &Crossings{
		d: d, section: s, piece: pieces, g: s.G(d.x),
		x: make([]float64, len(d.x)),
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
	for {
		m := a + (b-a)/2
		if m <= a || m >= b {
			c.d.At(dst, b)
			return b
		}
		c.d.At(c.x, m)
		if v := c.section.G(c.x); (v < 0) == (g < 0) && v != 0 {
			a = m
		} else {
			b = m
		}
	}
}
