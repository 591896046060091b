package gcm

import "math"

// Network is globally coupled logistic maps as a system.
type Network struct {
	N      int
	R, Eps float64
}

// Dim is N.
func (g Network) Dim() int { return g.N }

// Step sets dst to the state after x.
func (g Network) Step(dst, x []float64) {
	var sum float64
	for i, v := range x {
		dst[i] = float64(g.R * v * (1 - v))
		sum += dst[i]
	}
	mean := float64(g.Eps * (sum / float64(g.N)))
	for i := range dst {
		dst[i] = float64((1-g.Eps)*dst[i]) + mean
	}
}

// Tangent sets dst to J(x) v.
func (g Network) Tangent(dst, x, v []float64) {
	for k := 0; k < len(v); k += g.N {
		w, dst := v[k:k+g.N], dst[k:k+g.N]
		var sum float64
		for i := range w {
			dst[i] = float64((g.R - float64(2*g.R*x[i])) * w[i])
			sum += dst[i]
		}
		mean := float64(g.Eps * (sum / float64(g.N)))
		for i := range dst {
			dst[i] = float64((1-g.Eps)*dst[i]) + mean
		}
	}
}

// spread is the largest difference of two units.
func spread(x []float64) float64 {
	low, high := x[0], x[0]
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	return high - low
}

func mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// local goes n steps of one unit's map from x and sums up ln |f'|.
func local(r float64) func(x float64, n int) (y, sum float64) {
	return func(x float64, n int) (y, sum float64) {
		for range n {
			sum += math.Log(math.Abs(r - float64(2*r*x)))
			x = r * x * (1 - x)
		}
		return x, sum
	}
}
