package meanfield

import "math"

// OneStep is the overlap after all neurons were updated once, and the fraction of
// wrong spins, from an overlap start >= 0 at a load and a temperature: at
// temperature 0 it is erf(start/√(2α)). In a network of N neurons with p patterns
// the load is (p-1)/N.
func OneStep(start, load, t float64) (overlap, wrong float64) {
	v := average(start, math.Sqrt(load), t)
	return v.tanh, v.wrong
}

// Diluted is the overlap that is kept in a network so diluted that the past of
// a neuron's inputs is independent (Derrida, Gardner and Zippelius, Europhys.
// Lett. 4:167, 1987), with the load in patterns per input: the largest m =
// <tanh((m + √α z)/t)>. At t = 0 it goes to 0 at α = 2/π, continuously.
func Diluted(load, t float64) float64 {
	s := math.Sqrt(load)
	// Where the slope at 0 is not above 1, Newton would creep up to 0.
	if average(0, s, t).slope <= 1 {
		return 0
	}
	m, _ := overlapping(s, t)
	return m
}

// Gardner is the largest load at which some couplings store random patterns with
// stability kappa >= 0 (J. Phys. A 21:257, 1988), the inverse of the integral of
// Dt (t + κ)² from -κ on.
func Gardner(kappa float64) float64 {
	below := math.Erfc(-kappa/math.Sqrt2) / 2
	return 1 / ((1+kappa*kappa)*below + kappa*density(kappa))
}

// Stability is the largest stability kappa at which some couplings store random
// patterns at the load, if there are any: the inverse of [Gardner]. At load 0
// there is no largest.
func Stability(load float64) (kappa float64, ok bool) {
	if load == 0 || load > 2 {
		return 0, false
	}
	// The integral is at least (1+κ²)/2.
	missing := func(k float64) float64 { return 1/Gardner(k) - 1/load }
	most := math.Sqrt(2 / load)
	return root(missing, 0, missing(0), most, missing(most)), true
}

// GlassFixedPoints is ln(number of fixed points)/N of the mean-field spin glass
// with symmetric Gaussian couplings, without patterns, at temperature 0 (Tanaka
// and Edwards, J. Phys. F 10:2769, 1980): the largest ln 2Φ(x) - x²/2, with Φ the
// normal distribution.
func GlassFixedPoints() float64 {
	below := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	rise := func(x float64) float64 { return density(x)/below(x) - x }
	x := root(rise, 0, rise(0), 1, rise(1))
	return math.Log(2*below(x)) - x*x/2
}
