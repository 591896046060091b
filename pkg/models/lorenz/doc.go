// Package lorenz is the flow of Lorenz, three modes of convection.
//
//	dx/dt = sigma (y - x)
//	dy/dt = x (rho - z) - y
//	dz/dt = x y - beta z
//
// x is the speed of convection, y and z are differences of temperature, all in
// scaled units; sigma is the Prandtl number, rho the heating over its critical
// value, beta the shape of the rolls. Volumes shrink at the constant rate
// sigma + 1 + beta: the three Lyapunov exponents add up to minus that exactly, and
// one of them is 0, that along the orbit.
//
// # Known behaviour
//
//	rho < 1                    the origin attracts everything
//	1 < rho < 24.74            two more equilibria, C± = (±q, ±q, rho-1), q² = beta (rho-1), attract;
//	                           from about 13.93 on orbits may first look chaotic for long
//	rho = sigma (sigma+beta+3)/(sigma-beta-1) = 24.7368   Hopf bifurcation of C±
//	rho = 28                   chaos: 0.9056, 0, -14.5723 per time unit, Lyapunov dimension 2.062,
//	                           correlation dimension 2.05
//
// at sigma = 10, beta = 8/3. Each maximum of z is a function of the one before, with
// one cusp: the map of Lorenz.
//
// # Others' values
//
// The tests of ChaosTools.jl ask for exponents from 0.85 to 0.95 (0.89 to 0.92 at
// T = 10^4), -0.1 to 0.1 and -14.7 to -14.1, and for a correlation dimension from
// 1.85 to 2.2; all hold here. At rho = 20, where orbits come to rest, they ask its
// two-trajectory function for 0 within 0.001. Here that is -0.1548, by the tangent
// method and by two trajectories alike, and it has to be: the real part of the
// leading eigenvalues at C±, from the characteristic polynomial there.
//
// nolds finds 2.4 ± 0.5 (lyap_r) and more than 1.5 (lyap_e): estimates from 2000
// values of one coordinate of an orbit by Euler's method. They measure another
// thing, how fast neighbours in a reconstructed space separate at first, and Euler's
// method at that step is another map. Its correlation dimension, 2.05 ± 0.2, holds.
//
// # What a trial does
//
// From a random point within one unit of (1, 1, rho-1) the flow is integrated by
// the Runge-Kutta method of order 4 in steps of dt. After the transient what is asked
// for is measured. If a spec does not say that is keep maxima of z and the exponents
// over time more, with vectors made orthonormal about every 0.05 time units and
// standard errors of 20 block means with gaps. The ending is converged if the orbit came to rest, limit if it moves on, and
// diverged if it left, which in this flow only too large a dt can do.
//
// # Papers
//
// E.N. Lorenz, Journal of the Atmospheric Sciences 20:130 (1963). C. Sparrow, The
// Lorenz Equations (1982). J.C. Sprott, Chaos and Time-Series Analysis (2003).
package lorenz
