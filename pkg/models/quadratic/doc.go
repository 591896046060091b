// Package quadratic is the complex map z² + c: the Mandelbrot set and the Julia
// sets.
//
//	z(t+1) = z(t)² + c
//
// z and c are complex numbers without unit. The Mandelbrot set is all c for which
// the orbit of 0 stays within |z| <= 2, a filled Julia set all starts z for which
// it does at one c. On the real axis it is the logistic map, z = r (1/2 - x) and
// c = r (2-r)/4: r = 3 is c = -3/4, the end of the period doublings -1.401155189,
// r = 4 is -2. A quadratic neuron x' = w x² + b is this map with c = w b.
//
// # Known behaviour
//
//	c in the main cardioid           a fixed point
//	|c + 1| < 1/4                    period 2
//	area of the Mandelbrot set       1.5065918849 (Förstemann 2012)
//	Julia set of c = 0               the unit circle; of c = -2 the interval [-2, 2]
//
// # What a trial does
//
// A trial is a picture of rows times columns cells, and the orbit at its centre.
// The default is one cell, so that an orbit is a trial; large pictures are swept
// one row at a time along im. In set mandelbrot the picture is of c and orbits
// begin at 0; in set julia it is of the start and c is c_re + i c_im.
//
// escape lists for every cell, rows from low to high imaginary part, the first
// step at which |z| > 2 at the cell's centre, or limit if there is none up to it;
// 2 is enough for |c| <= 2, and for a larger c by which all starts escape. inside is
// the number of cells that did not escape and area their area: above the truth by
// about 3.6/limit for the Mandelbrot set. With shortcuts, cells in the main
// cardioid and the disc of period 2 are not iterated.
//
// The orbit at the centre is followed for limit steps; then what is asked for is
// measured on it, if a spec does not say its period. orbit is keep steps of it, real
// and imaginary parts in turn, and the exponent the mean of ln |2z| over steps.
//
// # Papers
//
// A. Douady, J.H. Hubbard, Publications mathématiques d'Orsay 84-02 (1984).
package quadratic
