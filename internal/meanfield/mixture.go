package meanfield

import "math"

// Mixture is a state that overlaps equally with an odd number n of patterns at
// temperature 0; of one pattern it is the retrieval state.
type Mixture struct {
	Y       float64 // m/√(2αr)
	Load    float64 // α
	Overlap float64 // m with each of the patterns
	C       float64 // susceptibility
	R       float64 // noise of the other patterns, 1/(1-C)²
	Energy  float64 // per neuron
}

// mixing are the means over z, the sum of n independent signs, that the equation
// of a mixture is made of:
//
//	a = <z erf(z y)>/n,   b = <exp(-z² y²)>,   a' = (2/√π) <z² exp(-z² y²)>/n
func mixing(n int, y float64) (a, b, slope float64) {
	weight := math.Exp2(-float64(n)) // of z = n
	for k := range (n + 1) / 2 {
		z := float64(n - 2*k)
		e := math.Exp(-z * z * y * y)
		a += 2 * weight * z * math.Erf(z*y)
		b += 2 * weight * e
		slope += 2 * weight * z * z * e
		weight *= float64(n-k) / float64(k+1)
	}
	return a / float64(n), b, 2 / math.SqrtPi * slope / float64(n)
}

// rootTwoLoad is √(2α) = a/y - (2/√π) b, the one equation that is left at
// temperature 0.
func rootTwoLoad(n int, y float64) float64 {
	a, b, _ := mixing(n, y)
	return a/y - 2/math.SqrtPi*b
}

// newMixture is the mixture at y.
func newMixture(n int, y, load float64) Mixture {
	a, b, _ := mixing(n, y)
	x := Mixture{Y: y, Load: load, Overlap: a}
	if load == 0 {
		x.R = 1
	} else {
		s := a / (math.Sqrt2 * y) // √(αr)
		x.C = sqrt2OnPi * b / s
		x.R = 1 / ((1 - x.C) * (1 - x.C))
	}
	x.Energy = -float64(n)*a*a/2 - load/2*(x.R-1)
	return x
}

// CriticalMixture is the mixture of an odd number n <= 99 of patterns at the
// largest load at which there is one; for n = 1 that is the capacity of the
// Hopfield network.
func CriticalMixture(n int) Mixture {
	// For n >= 7 there is another, lower, maximum at y < 0.4.
	rise := func(y float64) float64 {
		a, _, slope := mixing(n, y)
		return slope/y - a/(y*y) + 2*y*float64(n)*slope
	}
	y := root(rise, 1.2, rise(1.2), 2.5, rise(2.5))
	x := rootTwoLoad(n, y)
	return newMixture(n, y, x*x/2)
}

// MixtureAt is the mixture of an odd number n <= 99 of patterns at the load, if
// there is one: of several the one of largest y.
func MixtureAt(n int, load float64) (Mixture, bool) {
	if load == 0 {
		return newMixture(n, math.Inf(1), 0), true
	}
	top := CriticalMixture(n)
	if load > top.Load {
		return Mixture{}, false
	}
	want := math.Sqrt(2 * load)
	missing := func(y float64) float64 { return rootTwoLoad(n, y) - want }
	most := 1 / want // a is below 1
	return newMixture(n, root(missing, top.Y, math.Sqrt(2*top.Load)-want, most, missing(most)), load), true
}

// Zeros are the y in ascending order at which
//
//	y (√(2α) + (2/√π) exp(-y²)) = erf(y)
//
// that is, all m/√(2αr) that the theory of the Hopfield network has at
// temperature 0: five below the capacity, of which the outermost two are the
// retrieval state and its mirror image, and 0 alone above. At load 0 the
// outermost are at infinity, and the others at 0.
func Zeros(load float64) []float64 {
	top := CriticalMixture(1)
	if load == 0 || load > top.Load {
		return []float64{0}
	}
	want := math.Sqrt(2 * load)
	missing := func(y float64) float64 { return rootTwoLoad(1, y) - want }
	most := math.Sqrt(2*top.Load) - want
	inner := root(missing, 0, -want, top.Y, most)
	outer, _ := MixtureAt(1, load)
	return []float64{-outer.Y, -inner, 0, inner, outer.Y}
}
