// Package logistic is the logistic map, the road from a fixed point to chaos by
// period doubling.
//
//	x(t+1) = r x(t) (1 - x(t))
//
// x is a number without unit in [0, 1], r the growth rate. Seen as a neuron it is
// one unit with a response that is not monotone; gradient descent on the loss
// x²/2 - x³/3 is the same map with r = 1 + learning rate.
//
// # Known behaviour
//
//	0 <= r <= 1      everything goes to 0
//	1 < r < 3        the fixed point 1 - 1/r, with the exponent ln |2 - r|
//	r_1 = 3, r_2 = 1 + sqrt 6, r_3 = 3.54409, ...   the period doubles, up to
//	r_inf = 3.569945672, the distances shrinking by 4.6692 (Feigenbaum)
//	1 + sqrt 8       a window of period 3 opens
//	r = 4            chaos with the exponent ln 2 and the density 1/(pi sqrt(x (1-x)))
//	r > 4, r < -2    almost all orbits diverge
//
// # What a trial does
//
// From x0, or a start drawn uniformly from (0, 1), transient steps are dropped;
// then what is asked for is measured. If a spec does not say that is keep steps as
// the orbit, the values it visits, the exponent over steps more, and the period in
// the last state, for which the exponent's steps are a second transient.
//
// In floating point an orbit at r = 4 can fall on 0 exactly and stay there, about
// once in 10^8 steps. Where 0 is unstable (r > 1) such an orbit goes on from a new
// random number; reinjections counts that.
//
// The exponent is the mean of ln |r (1 - 2x)|, with the standard error of 20 block
// means with gaps. Logarithms are taken of products of sixteen derivatives: a
// factor that is not zero is at least r 2^-53, so the product is not, either.
//
// # Papers
//
// R.M. May, Nature 261:459 (1976). M.J. Feigenbaum, J. Stat. Phys. 19:25 (1978).
package logistic
