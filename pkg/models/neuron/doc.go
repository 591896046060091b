// Package neuron is one neuron that feeds back on itself: a map of the unit
// interval with folds and one flip, and no chaos.
//
// The activity x is between 0 and 1, and in each step
//
//	x ← σ(w x + b),   σ(u) = 1/(1 + e^-u)
//
// where w is the weight of the neuron onto itself and b its bias. All are pure
// numbers; time is counted in steps.
//
// # Parameters
//
// A trial begins at x = start, or, on an axis along which the state is carried,
// where the trial before it ended. It ends when the orbit is known to within
// tolerance, or after transient steps. response names σ: the logistic function is
// the only one so far.
//
// # Outputs
//
// The distance of x from a fixed point is about |f(x) - x| / |1 - f'(x)|, and from
// an orbit of period 2 about |f(f(x)) - x| / |1 - f'(x) f'(f(x))|. Dividing by the
// slope keeps a slow passage near a fold, where steps are small and no fixed point
// is near, from being taken for convergence. ending is
//
//	fixed   the first distance is at most tolerance
//	cycle   the second is, and a step is longer than 100 tolerance
//	limit   neither, after transient steps
//
// x is the activity at the end, orbit the one or two values of the orbit found, in
// ascending order, period how many those are, and multiplier f'(x) or the product
// of f' over the cycle: the orbit attracts if it is between -1 and 1. At a limit
// the three have no value. steps is how many steps were made.
//
// # Known behaviour
//
// f is monotone: for w > 0 every orbit goes to a fixed point, for w < 0 to one or
// to a cycle of period 2; there is no chaos at any bias. With f' = w x (1 - x) a
// fixed point folds where w x (1 - x) = 1, which needs w >= 4, and flips where it
// is -1, which needs w <= -4: at
//
//	x = (1 ± √(1 - 4/|w|)) / 2,   b = ln(x/(1 - x)) - w x
//
// The cusps are (w, b) = (4, -2) and (-4, 2). Between the folds two fixed points
// attract:
//
//	w = 6    -3.415093 < b < -2.584907
//	w = 8    -5.065680 < b < -2.934320
//
// and between the flips a cycle of period 2:
//
//	w = -5    0.419542 < b < 4.580458
//	w = -6   -0.049009 < b < 6.049009
//
// So along b, carried up and down at w = 8, x runs through a hysteresis loop: up it
// jumps at -2.934320, down at -5.065680.
//
// # Sources
//
// Pasemann, Int. J. Bifurcation and Chaos 3:271 (1993), for the map. The numbers
// follow from the equations above.
package neuron
