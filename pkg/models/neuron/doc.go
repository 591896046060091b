// Package neuron is one neuron that feeds back on itself: a map of one number
// whose bias gives folds and a flip, or a whole cascade, as its response has it.
//
// In each step the activity x becomes, by the parameter response,
//
//	logistic    x ← σ(w x + b),   σ(u) = 1/(1 + e^-u)
//	tanh        x ← tanh(w x + b)
//	gaussian    x ← e^(-a x²) + b
//	quadratic   x ← w x² + b
//
// where w is the weight of the neuron onto itself, b its bias and a the steepness
// of the Gaussian. All are pure numbers; time is counted in steps.
//
// # Parameters
//
// A trial begins at x = start, or, on an axis along which the state is carried,
// where the trial before it ended. A fixed point or a cycle of period 2 is looked
// for at every step until the orbit is known to within tolerance, for at most
// transient steps. If none is found, a period of at most longest is looked for, and
// if there is none either, keep steps of the orbit are kept. exponent is how many
// steps more the Lyapunov exponent is a mean over, if that is asked for.
//
// # Outputs
//
// The distance of x from a fixed point is about |f(x) - x| / |1 - f'(x)|, and from
// an orbit of period 2 about |f(f(x)) - x| / |1 - f'(x) f'(f(x))|. Dividing by the
// slope keeps a slow passage near a fold, where steps are small and no fixed point
// is near, from being taken for convergence; and an orbit that repels is never
// taken for reached. ending is
//
//	fixed      the first distance is at most tolerance
//	cycle      the second is, and a step is longer than 100 tolerance; or a longer
//	           period was found
//	none       no period of at most longest was found
//	diverged   |x| went beyond 10^12
//
// x is the activity at the end, orbit the values of the orbit found, in ascending
// order, period how many those are, and multiplier the product of f' over them: the
// orbit attracts if it is between -1 and 1. Without a period, orbit is the steps
// kept, and the other two have no value. steps is how many steps were made until
// the orbit was known, or transient. lyapunov is the mean of ln |f'|. A trial that
// diverges hands on the state that it began with.
//
// # Known behaviour
//
// The logistic response and tanh are monotone: for w > 0 every orbit goes to a fixed point, for w < 0 to one or
// to a cycle of period 2; there is no chaos at any bias. For the logistic response
// f' = w x (1 - x), and a fixed point folds where w x (1 - x) = 1, which needs w >= 4, and flips where it
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
// The quadratic neuron is z → z² + c with z = w x and c = w b: its bias is c of the
// Mandelbrot set on the real axis, and r of the logistic map by c = r (2 - r)/4. The
// Gaussian one at a = 6.2 flips at b = -0.8726449, is chaotic from about -0.71 to
// -0.30, and flips back at 0.4144171.
//
// # Sources
//
// Pasemann, Int. J. Bifurcation and Chaos 3:271 (1993), for the map. The numbers
// follow from the equations above.
package neuron
