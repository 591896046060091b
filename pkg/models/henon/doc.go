// Package henon is the map of Hénon, the simplest strange attractor in the plane.
//
//	x(t+1) = 1 - a x(t)² + y(t)
//	y(t+1) = b x(t)
//
// x and y are numbers without unit. Every step shrinks areas by |b|: the two
// Lyapunov exponents add up to ln |b| exactly. With b = 0 it is the logistic map.
//
// # Known behaviour
//
// At a = 1.4, b = 0.3 the attractor has the exponents 0.4192 and -1.6232 per step,
// the Lyapunov dimension 1.258 and the correlation dimension 1.21. The fixed point
// doubles its period at a = 3 (1-b)²/4 = 0.3675. For large a, and far from the
// attractor, orbits diverge.
//
// Published values of others' programs: the tests of ChaosTools.jl ask for a
// largest exponent from 0.41 to 0.43 and a second from -1.63 to -1.61, and for a
// correlation dimension from 1.1 to 1.3; all hold here.
//
// # What a trial does
//
// From (x0, y0), each 0 if it is not given, plus a small random shift of at most
// spread, transient steps are dropped; then what is asked for is measured. If a
// spec does not say that is keep steps as the orbit (x only), the exponents over
// steps more, with standard errors of 20 block means with gaps, and the period in
// the last state.
//
// # Papers
//
// M. Hénon, Communications in Mathematical Physics 50:69 (1976).
package henon
