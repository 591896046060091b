package quadratic

import (
	"context"
)

// bailout bounds the central orbit: real and imaginary part of an orbit within
// |z| <= 2 are, too, and what is beyond for |c| <= 2 never comes back.
const bailout = 2

// Map is z² + c on the plane.
type Map struct{ Re, Im float64 }

// Dim is 2.
func (m Map) Dim() int { return 2 }

// Step sets dst to the state after z.
func (m Map) Step(dst, z []float64) {
	x, y := z[0], z[1]
	dst[0] = float64(x*x) - float64(y*y) + m.Re
	dst[1] = float64((x+x)*y) + m.Im
}

// Tangent sets dst to 2 z v.
func (m Map) Tangent(dst, z, v []float64) {
	for k := 0; k < len(v); k += 2 {
		a, b := v[k], v[k+1]
		dst[k] = 2 * (float64(z[0]*a) - float64(z[1]*b))
		dst[k+1] = 2 * (float64(z[0]*b) + float64(z[1]*a))
	}
}

// Picture is a rectangle of cells in the plane of c, or for Julia of the start.
type Picture struct {
	Re, Im        float64 // of the centre
	Width, Height float64
	Columns, Rows int
	Limit         int
	Shortcuts     bool
	Julia         bool
	CRe, CIm      float64 // of c, for Julia
}

// Escape sets dst to the escape times of the cells' centres, row by row from low
// to high imaginary part, and returns how many did not escape. It heeds ctx,
// whose error is the only one.
func (p Picture) Escape(ctx context.Context, dst []float64) (inside int, err error) {
	for row := range p.Rows {
		y := p.Im + float64(p.Height*((float64(row)+0.5)/float64(p.Rows)-0.5))
		cells := dst[row*p.Columns : (row+1)*p.Columns]
		// A thousand cells at a thousand steps are about three milliseconds.
		patience := max(1, 1_000_000/p.Limit)
		for column := range cells {
			if column%patience == 0 {
				if err := ctx.Err(); err != nil {
					return inside, err
				}
			}
			x := p.Re + float64(p.Width*((float64(column)+0.5)/float64(p.Columns)-0.5))
			n := p.Limit
			switch {
			case p.Julia:
				n, err = escapeTime(ctx, x, y, p.CRe, p.CIm, p.Limit)
			case !p.Shortcuts || !known(x, y):
				n, err = escapeTime(ctx, 0, 0, x, y, p.Limit)
			}
			if err != nil {
				return inside, err
			}
			if n == p.Limit {
				inside++
			}
			cells[column] = float64(n)
		}
	}
	return inside, nil
}

// stepsPerCheck is how many steps of one cell are made between two looks at the context:
// some ten milliseconds.
const stepsPerCheck = 1 << 22

// escapeTime is the first step at which |z| > 2, limit if there is none before. It heeds
// ctx where limit is large.
func escapeTime(ctx context.Context, x, y, cRe, cIm float64, limit int) (int, error) {
	for n := 0; ; {
		for end := min(limit, n+stepsPerCheck); n < end; n++ {
			xx, yy := float64(x*x), float64(y*y)
			if xx+yy > 4 {
				return n, nil
			}
			y = float64((x+x)*y) + cIm
			x = xx - yy + cRe
		}
		if n == limit {
			return limit, nil
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
	}
}

// known reports whether c = x + iy is in the main cardioid or in the disc of
// period 2.
func known(x, y float64) bool {
	yy := float64(y * y)
	u := x - 0.25
	q := float64(u*u) + yy
	return float64(q*(q+u)) <= 0.25*yy || float64((x+1)*(x+1))+yy <= 1./16
}
