// Package tworecurrent is two neurons that drive each other, on two roads to chaos.
//
// s(x) = 1/(1 + exp(-x)) is the response of a neuron; states and weights are numbers
// without unit.
//
// Network wang, after X. Wang, rank one, with the gain mu of all weights:
//
//	x(t+1) = s(mu a (y - x))
//	y(t+1) = s(mu b (y - x))
//
// The difference u = y - x obeys u' = s(mu b u) - s(mu a u), a map with one hump for
// u > 0 and b > a: the period doubles as mu grows, at 1.25075688, 2.18736065,
// 2.50268619 for a = 5, b = 25, without end at 2.603314, and a window of period 3
// lies about 4.285 to 4.535.
//
// Network pasemann, an excitatory and an inhibitory neuron with fixed weights and
// biases theta1, theta2:
//
//	x(t+1) = theta1 - 20 s(x) + 6 s(y)
//	y(t+1) = theta2 - 6 s(x)
//
// With theta2 = 3 the bias theta1 alone switches between order and chaos: period 2 at
// -6 (exponent -0.376), 4 at -5 (-0.065), chaos at -4 (+0.094), -3.5 (+0.348),
// -3 (+0.317) and -2 (+0.234), period 4 at -1 (-0.094), 2 at +1 (-0.370). Several
// attractors can live side by side: use many replicates, 20 or more.
//
// # What a trial does
//
// From a start drawn uniformly from the unit square (wang) or from [-10, 10]²
// (pasemann), transient steps are dropped; then what is asked for is measured. If a
// spec does not say that is keep steps as the orbit, which is u for wang and x for
// pasemann, both Lyapunov exponents over steps more, with standard errors of 20 block
// means with gaps, and the period in the last state.
//
// wang forgets its start in one step but for u, whose sign stays; half of all starts
// lead to u < 0, where the hump is a mirror image: the exponents are the same. The
// second exponent is -inf, since all weights point along one direction.
//
// # Papers
//
// X. Wang, Complex Systems 5:425 (1991). F. Pasemann, Network: Computation in Neural
// Systems 13:195 (2002).
package tworecurrent
