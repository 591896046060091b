// Package sparsememory is associative memory for sparse patterns of zeros and
// ones, with the covariance rule and a threshold.
//
// N neurons s_i = 0 or 1 store p patterns η^μ, whose components are independent
// and 1 with probability f, the activity. The load is α = p/N.
//
//	couplings  J_ij = (1/(N f(1-f))) Σ_μ (η_i^μ - f)(η_j^μ - f),  J_ii = 0
//	field      h_i = Σ_j J_ij s_j
//	update     s_i ← 1 if h_i > θ, 0 if h_i < θ, one after another in a fresh random
//	           order each sweep; at h_i = θ it stays as it is
//	overlap    m = Σ_i (η_i^μ - f) s_i / Σ_i (η_i^μ - f) η_i^μ
//
// All of these are pure numbers. m is 1 in the pattern, about 0 in a state that
// knows nothing of it, and 0 by definition if the pattern has no ones. In the pattern the field
// is 1-f where it is 1 and -f where it is 0, with Gaussian noise of variance αf, so
// that the threshold θ = 1/2 - f, the default, lies half way.
//
// # Parameters and outputs
//
// A trial is one network: it starts once from each of its first min(trials, p)
// patterns, in which the fraction (1-start)(1-f) of the ones is put at random
// places that are 0; the overlap is then start. overlap, success_fraction
// (m > 0.8), sweeps and overlaps are of the final states, as in the model hopfield.
// hits and false_alarms are the fractions of a pattern's ones and zeros that are 1
// in the end, activity the fraction of all that are. ending says whether all tries
// reached fixed points, which they do if max_sweeps is enough: the energy
// -½ Σ_ij J_ij s_i s_j + θ Σ_i s_i falls with every flip.
//
// first_misses and first_false_alarms are the fractions of a pattern's ones that
// turn to 0, and of its zeros that turn to 1, in the fields of the pattern itself.
//
// # Streams
//
// patterns, start and order depend on n. Component i of pattern μ is 1 where a
// uniform number is below f, the same at every f, and patterns of a smaller load
// are the first of those of a larger one.
//
// # Known behaviour
//
//	first_misses = erfc((1-f-θ)/√(2αf))/2,  first_false_alarms = erfc((θ+f)/√(2αf))/2
//
// in large networks. As f goes to 0 with θ close to 1, patterns are held up to
//
//	α_c = 1/(2 f |ln f|)
//
// which is the most that any couplings can do: far more patterns than neurons, each
// of less information.
//
// # Cost
//
// Couplings are not kept: a field takes the f·p patterns in which the neuron is 1,
// a flip as many. n·p is at most 2^28 and n·p·f about 2^27.
//
// # Sources
//
// Tsodyks and Feigel'man, Europhys. Lett. 6:101 (1988). Buhmann, Divko and
// Schulten, Phys. Rev. A 39:2689 (1989). Gardner, J. Phys. A 21:257 (1988).
package sparsememory
