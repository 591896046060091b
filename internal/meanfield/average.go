package meanfield

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// averages are means over h = a + s z with z a standard Gaussian, at the
// temperature t, with u = h/t.
type averages struct {
	tanh  float64 // of tanh u
	wrong float64 // of 1/(1 + e^2u) = (1 - tanh u)/2, which tanh has lost where it is near 1
	tanh2 float64 // of tanh² u
	slope float64 // of sech² u / t, the derivative of tanh in a
	z     float64 // of z sech² u / t
	z2    float64 // of (z² - 1) sech² u / t
	sech4 float64 // of sech⁴ u / t²; infinite at t = 0
	bits  float64 // of ln 2cosh u - u tanh u, the entropy of a spin
}

// The quadrature is Gauss and Legendre's on panels. tanh u has its poles at
// ±iπ/2, so on a panel from 0 to 2 in u, or from d to 2d anywhere beyond, 16
// nodes leave an error below 1e-17; so do they for the Gaussian on a panel of
// 1.5, and beyond 9 there is 1e-18 of it.
const (
	nodes     = 16
	reach     = 9
	longest   = 1.5
	firstInU  = 2
	coldest   = 1e-9                                     // times s: below it the averages are those of t = 0, to 1e-17
	sqrt2OnPi = 0.79788456080286535587989211986876373695 // √(2/π)
)

// legendre are the nodes and weights on [-1, 1].
var legendre = func() (rule [nodes]struct{ x, w float64 }) {
	x, w := make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(x, w, -1, 1)
	for i := range rule {
		rule[i].x, rule[i].w = x[i], w[i]
	}
	return rule
}()

// density is the Gaussian's.
func density(z float64) float64 { return sqrt2OnPi / 2 * math.Exp(-z*z/2) }

// average computes the averages for a >= 0, s >= 0 and t >= 0.
func average(a, s, t float64) (v averages) {
	switch {
	case s == 0 && t == 0:
		v.tanh, v.tanh2 = 1, 1
		if a == 0 {
			v = averages{wrong: 0.5, slope: math.Inf(1), sech4: math.Inf(1), bits: math.Ln2}
		}
		return v
	case s == 0:
		v.add(a/t, 0, 1, t)
		return v
	case t < coldest*s:
		x := a / s
		v.tanh, v.wrong, v.tanh2 = math.Erf(x/math.Sqrt2), math.Erfc(x/math.Sqrt2)/2, 1
		v.slope = 2 * density(x) / s
		if v.slope > 0 { // or else x² may be infinite
			v.z, v.z2 = -x*v.slope, (x*x-1)*v.slope
			v.sech4 = 2. / 3 * v.slope / t
		}
		return v
	}
	// Panels begin at the zero of the field, where tanh bends within t/s, and
	// grow with the distance d from it; far from it they end at the Gaussian's.
	length := func(d float64) float64 { return min(longest, max(firstInU*t/s, d)) }
	zero := -a / s
	if zero < -reach {
		// Outside; the fields are not rounded as differences from a zero far away.
		for z := -float64(reach); z < reach; {
			to := min(z+length(z-zero), reach)
			v.panel(a, 0, s, t, z, to)
			z = to
		}
		return v
	}
	for d, end := 0.0, reach-zero; d < end; {
		to := min(d+length(d), end)
		v.panel(0, zero, s, t, d, to)
		d = to
	}
	for d, end := 0.0, reach+zero; d < end; {
		to := min(d+length(d), end)
		v.panel(0, zero, s, t, -to, -d)
		d = to
	}
	return v
}

// panel adds the fields h + s x at z + x, for x between from and to.
func (v *averages) panel(h, z, s, t, from, to float64) {
	mid, half := (from+to)/2, (to-from)/2
	for _, node := range legendre {
		x := mid + half*node.x
		v.add((h+s*x)/t, z+x, half*node.w*density(z+x), t)
	}
}

// add adds a field u = h/t of weight w.
func (v *averages) add(u, z, w, t float64) {
	x := math.Abs(u)
	e := math.Exp(-2 * x)
	tanh, low := (1-e)/(1+e), e/(1+e) // low is (1 - tanh x)/2
	sech2 := 4 * low / (1 + e)
	if u < 0 {
		v.tanh -= w * tanh
		v.wrong += w / (1 + e)
	} else {
		v.tanh += w * tanh
		v.wrong += w * low
	}
	v.tanh2 += w * tanh * tanh
	v.slope += w * sech2 / t
	v.z += w * z * sech2 / t
	v.z2 += w * (z*z - 1) * sech2 / t
	v.sech4 += w * (sech2 / t) * (sech2 / t)
	if e > 0 {
		v.bits += w * (math.Log1p(e) + 2*x*low)
	}
}
