package dynamics

import "math"

// differences is the tangent of a function that does not know its own.
type differences struct {
	f    func(dst, x []float64)
	x, a []float64
}

// 6e-6 is the cube root of 2^-53: there the rounding of f, of relative size
// 2^-53/e, equals the error of the central difference, of size e^2.
const differenceStep = 6e-6

func (d *differences) Tangent(dst, x, v []float64) {
	n := len(x)
	for k := 0; k < len(v); k += n {
		v, dst := v[k:k+n], dst[k:k+n]
		length := norm(v)
		if length == 0 {
			clear(dst)
			continue
		}
		e := differenceStep * (1 + norm(x)) / length
		for i := range x {
			d.x[i] = x[i] + float64(e*v[i])
		}
		d.f(dst, d.x)
		for i := range x {
			d.x[i] = x[i] - float64(e*v[i])
		}
		d.f(d.a, d.x)
		for i := range dst {
			dst[i] = (dst[i] - d.a[i]) / (2 * e)
		}
	}
}

func norm(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}
