package tworecurrent

import "math"

// response is the logistic response of a neuron.
func response(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// slope is the derivative of the response, by its value.
func slope(s float64) float64 { return s * (1 - s) }

// Wang is the network of rank one as a system.
type Wang struct{ A, B, Mu float64 }

// Dim is 2.
func (w Wang) Dim() int { return 2 }

// Step sets dst to the state after x.
func (w Wang) Step(dst, x []float64) {
	u := x[1] - x[0]
	dst[0], dst[1] = response(w.Mu*w.A*u), response(w.Mu*w.B*u)
}

// Tangent sets dst to J(x) v.
func (w Wang) Tangent(dst, x, v []float64) {
	u := x[1] - x[0]
	a := w.Mu * w.A * slope(response(w.Mu*w.A*u))
	b := w.Mu * w.B * slope(response(w.Mu*w.B*u))
	for k := 0; k < len(v); k += 2 {
		du := v[k+1] - v[k]
		dst[k], dst[k+1] = a*du, b*du
	}
}

// Pasemann is the network of an excitatory and an inhibitory neuron as a system.
type Pasemann struct{ Theta1, Theta2 float64 }

// Dim is 2.
func (p Pasemann) Dim() int { return 2 }

// Step sets dst to the state after x.
func (p Pasemann) Step(dst, x []float64) {
	sx, sy := response(x[0]), response(x[1])
	dst[0] = p.Theta1 - float64(20*sx) + float64(6*sy)
	dst[1] = p.Theta2 - float64(6*sx)
}

// Tangent sets dst to J(x) v.
func (p Pasemann) Tangent(dst, x, v []float64) {
	a, b := slope(response(x[0])), slope(response(x[1]))
	for k := 0; k < len(v); k += 2 {
		dst[k], dst[k+1] = float64(6*b*v[k+1])-float64(20*a*v[k]), -6*a*v[k]
	}
}
