// Package ricker is the Ricker map, a population that outgrows its food.
//
//	x(t+1) = x(t) exp(r (1 - x(t)))
//
// x >= 0 is the population in units of the carrying capacity, r the growth rate per
// step. For r > 0 no population is larger than exp(r-1)/r from the first step on; for
// r < 0 those above 1 grow without bound and diverge.
//
// # Known behaviour
//
//	r < 0            extinction, from below 1
//	0 < r < 2        the fixed point 1, with the exponent ln |1 - r|
//	r = 2; 2.526467726; 2.656353265; ...; 2.692368851   the period doubles, without end there
//	above            chaos, with windows; populations come close to 0
//
// # What a trial does
//
// As in the model logistic: from x0, or a start drawn uniformly from (0, 1),
// transient steps are dropped; then what is asked for is measured. If a spec does not
// say that is keep steps as the orbit, the exponent over steps more, the mean of
// ln |(1 - r x) exp(r (1 - x))|, and the period in the last state. For r above 7.6 or so a population can fall below the smallest float64 after
// its peak; it is extinct then, the fixed point 0 with the exponent r.
//
// # Papers
//
// W.E. Ricker, Journal of the Fisheries Research Board of Canada 11:559 (1954). R.M.
// May, G.F. Oster, American Naturalist 110:573 (1976).
package ricker
