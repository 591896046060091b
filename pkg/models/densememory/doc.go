// Package densememory is the dense associative memory of Krotov and Hopfield:
// energies that are a steep function of the overlaps, and far more patterns than
// neurons.
//
// N neurons s_i = ±1 store K patterns ξ^μ, whose components are independent and
// ±1 with probability 1/2.
//
//	energy    E = -Σ_μ F(Σ_i ξ_i^μ s_i)
//	field     h_i = Σ_μ [F(R + ξ_i^μ) - F(R - ξ_i^μ)],  R = Σ_{j≠i} ξ_j^μ s_j
//	update    s_i ← sign h_i, one after another in a fresh random order each sweep;
//	          a spin whose field is exactly 0 stays as it is
//	overlap   m = (1/N) Σ_i ξ_i^μ s_i
//
// All of these are pure numbers. The field is the energy with s_i = -1 less that
// with s_i = 1, so E never increases.
//
// # Interactions
//
//	polynomial   F(x) = x^order; order 2 is the Hopfield network
//	rectified    F(x) = x^order for x > 0, else 0
//	exponential  F(x) = exp(beta x), computed relative to the largest overlap
//	softmax      states are real numbers, all updated at once:
//	             s ← Σ_μ w_μ ξ^μ with w_μ ∝ exp(beta Σ_i ξ_i^μ s_i), which never
//	             increases E = -(1/beta) ln Σ_μ exp(beta Σ_i ξ_i^μ s_i) + Σ_i s_i²/2
//
// With softmax a try has converged where no component changes by more than 10^-9.
//
// # Parameters
//
// The number of patterns is given as patterns = K, or as alpha: K is
// alpha·n^(order-1) for polynomial and rectified, exp(alpha·n) for exponential and
// softmax, rounded, but at least one. A trial is one set of patterns: it starts once
// from each of the first min(trials, K), with round((1-start)·n/2) spins, chosen at
// random, flipped.
//
// # Outputs
//
// overlap, error_fraction = (1-m)/2, success_fraction (m > 0.8), sweeps and
// overlaps are of the state in which a try ended, as in the model hopfield; ending
// says whether all tries reached fixed points. unstable_fraction is the fraction
// of the components of the patterns tried that their fields turn over, and
// fixed_fraction that of the patterns without any; for softmax a component is
// turned over if it has the other sign after one step from the pattern.
//
// # Streams
//
// patterns, start and order depend on n, so interactions, orders and loads are
// compared on the same patterns; those of a smaller K are the first of those of a
// larger one.
//
// # Known behaviour
//
// A component of a pattern is unstable with probability
//
//	P = erfc(√(N^(n-1) / (2 (2n-3)!! K))) / 2,   n = order
//
// to leading order in 1/N (0.0984 at n = 3, N = 50, K = 500), so with few errors
// K grows like N^(n-1), and without any up to N^(n-1)/(2 (2n-3)!! ln N). With the
// exponential, beta = 1, 2^(N/2) patterns are fixed points, and are found again
// from a fraction ρ of flipped spins up to K = exp(N I(1-2ρ)/2) at least, where
// I(x) = ((1+x) ln(1+x) + (1-x) ln(1-x))/2.
//
// # Cost
//
// An update takes K table look-ups, a sweep N·K. N·K is at most 2^28, a byte each.
//
// # Sources
//
// Krotov and Hopfield, NeurIPS 29 (2016), arXiv 1606.01164. Demircigil, Heusel,
// Löwe, Upgang and Vermet, J. Stat. Phys. 168:288 (2017). Ramsauer and others,
// Hopfield networks is all you need, arXiv 2008.02217 (2020). Lucibello and Mézard,
// Phys. Rev. Lett. 132:077301 (2024).
package densememory
