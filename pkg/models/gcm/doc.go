// Package gcm is globally coupled logistic maps: many chaotic units and their mean.
//
//	x_i(t+1) = (1 - eps) f(x_i(t)) + eps/N sum_j f(x_j(t)),   f(x) = r x (1 - x)
//
// x_i are N numbers without unit in [0, 1], r the growth rate, eps the coupling.
//
// # Known behaviour
//
// The state in which all units agree follows one map, whose exponent is lambda_f.
// Differences from it grow at the rate lambda_f + ln(1 - eps), the transverse
// exponent: it is stable if that is negative. At r = 4, where lambda_f = ln 2, that is
// eps > 1/2 exactly. Below, units form clusters that agree within, or none.
//
// # What a trial does
//
// From starts drawn uniformly from (0, 1), transient steps are dropped; then what is
// asked for is measured. If a spec does not say that is keep steps of the mean as the
// orbit, the network's largest Lyapunov exponent over steps more, with the standard
// error of 20 block means with gaps, whether the units agree then, the transverse
// exponent, and the period in the last state. transverse is measured on one unit's own map, from a start of its own, so
// it is known where the units do not agree, too.
//
// Units count as synchronised where they are within 1e-12, not where they are equal:
// rounding makes copies equal that are close, and equal ones stay so for ever, even
// where the exact system would drift apart. So synchronised with a positive
// transverse exponent says that rounding did it.
//
// At r = 4 all units together can fall on 0 by rounding once they agree, about once in
// 10^8 steps. period is 1 then, and the mean 0.
//
// # Papers
//
// K. Kaneko, Physica D 41:137 (1990).
package gcm
