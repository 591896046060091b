package logistic

import (
	"math"
	"math/rand/v2"
)

// Map is the logistic map as a system: x' = R x (1 - x).
type Map struct{ R float64 }

// Dim is 1.
func (m Map) Dim() int { return 1 }

// Step sets dst to the state after x.
func (m Map) Step(dst, x []float64) { dst[0] = m.R * x[0] * (1 - x[0]) }

// Tangent sets dst to R (1 - 2x) v.
func (m Map) Tangent(dst, x, v []float64) {
	d := m.R * (1 - 2*x[0])
	for i := range v {
		dst[i] = d * v[i]
	}
}

// walker goes along an orbit in loops without calls, and starts again where
// rounding has put it on 0.
type walker struct {
	Map
	again        func() *rand.Rand
	reinjections int
}

// batch is how many derivatives are multiplied before a logarithm is taken.
const batch = 16

// advance goes n steps from x and sums up ln |f'|. A batch that ends on 0 is
// taken anew from a random start.
func (m *walker) advance(x float64, n int) (y, sum float64) {
	r := m.R
	for n > 0 {
		k := min(n, batch)
		z, p := x, 1.0
		if k == batch { // a loop of constant length is faster
			for range batch {
				p *= r - float64(2*r*z)
				z = r * z * (1 - z)
			}
		} else {
			for range k {
				p *= r - float64(2*r*z)
				z = r * z * (1 - z)
			}
		}
		if z == 0 && r > 1 {
			m.reinjections++
			x = open(m.again())
			continue
		}
		sum += math.Log(math.Abs(p))
		x = z
		n -= k
	}
	return x, sum
}

// fill sets dst to the states after x and returns the last.
func (m *walker) fill(dst []float64, x float64) float64 {
	for i := range dst {
		x = m.R * x * (1 - x)
		if x == 0 && m.R > 1 {
			m.reinjections++
			x = open(m.again())
		}
		dst[i] = x
	}
	return x
}

// open is a number from (0, 1).
func open(rng *rand.Rand) float64 {
	for {
		if x := rng.Float64(); x > 0 {
			return x
		}
	}
}
