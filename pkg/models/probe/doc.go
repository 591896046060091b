// Package probe is the model with known answers: no neural network, but a trial
// of every kind, for testing an installation, a cluster or a notebook.
//
// At a point (x, n) with the default mode, ok, a trial puts
//
//	square   x²
//	count    n
//	word     "naïve", or "Gödel" if flag is true: text that is not ASCII
//	even     whether n is even
//	uniform  the first number, in [0, 1), of the stream draw
//	list     x, x + 0.5, x + 1, ...: n values
//
// All are pure numbers; x² and the list are rounded once per value, so they can be
// compared bit by bit. The stream draw depends on no parameter: uniform is the
// same at every point of a replicate, and another in the next.
// While it does, the trace walk goes through the n values and their squares.
//
// # Modes
//
// The other modes are what else can become of a trial:
//
//	nan, inf, minus-inf  square and the first value of list are NaN, +Inf, -Inf
//	minus-zero, tiny     they are -0, and 2^-1074, the smallest number above 0
//	none                 square and list have no value
//	error                the trial fails with an error that names x
//	panic                the trial panics
//	sleep                the trial waits for work seconds without computing
//	ignore               so it does, and does not stop when told
//	hoard                the trial takes memory until it is told to stop, or has 4 GiB
//	devour               so it does, and does not stop when told
//	overflow             the trial calls itself until the stack is full, which ends the process
//	race                 it writes to a map from four goroutines, which does so
//	stray                it panics in a goroutine of its own, which does so
//	exit                 it calls os.Exit
//	goexit               it ends the goroutine that runs it
//
// sleep and ignore then put what ok puts. In all other modes a trial first
// computes for work seconds of wall time, 0 by default, heeding a stop. How long
// that was is no output: the values are the same.
//
// With its defaults a trial costs less than a microsecond, most of it for keying
// the stream: what a sweep of this model takes is the engine's own time.
package probe
