// Package hopfield is the Hopfield network with Hebbian couplings, relaxed from one
// of its own patterns, at temperature zero unless another is given.
//
// N neurons s_i = ±1 store p patterns ξ^μ, whose N·p components are independent
// and ±1 with probability 1/2. The load is α = p/N.
//
//	couplings  J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ  for i ≠ j,   J_ij = J_ji
//	diagonal   J_ii = 0, or p/N if it is kept
//	field      h_i = Σ_j J_ij s_j
//	update     s_i ← sign h_i;  a spin whose field is exactly 0 stays as it is
//	overlap    m = (1/N) Σ_i ξ_i^μ s_i
//	energy     E/N = -(1/2N) Σ_{i≠j} J_ij s_i s_j
//
// All of these are pure numbers. N·J_ij and N·h_i are integers and are computed
// as such, so ties are exact, and a result does not depend on the order in which
// anything was added. The energy leaves the diagonal out whether or not the
// dynamics keeps it.
//
// # Parameters
//
// The size is n = N. The load is given either as alpha, which stores
// p = round(alpha·n) patterns but at least one, or as patterns = p. No more than
// 65535 patterns can be stored. A trial is one network: it takes the first
// min(trials, p) of its patterns, starts once from each and relaxes. With
// start = 1 it starts exactly from the pattern; with a smaller start m0 it first
// flips round((1-m0)·n/2) spins, chosen at random without repetition.
//
// With update = async the neurons are updated one after another, each sweep in a
// fresh random permutation, until every spin agrees with its field. With
// update = sync (Little) all are updated at once, one such step being a sweep,
// until the state repeats.
//
// With a temperature T > 0 (Glauber) each update draws the spin anew, +1 with
// probability 1/(1+exp(-2 h_i/T)), in the same two orders. There is no final state
// then: max_sweeps sweeps are made, the outputs are those of the state reached, and
// cycle_length is null.
//
// diagonal = true keeps J_ii = p/N, which lets a spin resist its own flip: far
// above p = N it freezes every state, so capacities with and without it are
// different questions.
//
// # Outputs
//
// m_f is the overlap, with the pattern started from, of the state in which a
// relaxation ended. A synchronous relaxation may end in a cycle of two states;
// its overlap and its energy are then the means over the two. A success is
// m_f > 0.8: at N of a thousand and more the distribution of m_f has one peak
// above 0.9 and one near 0.3, and nothing hangs on where between them the line is
// drawn.
//
// overlaps holds m_f of each try in the patterns' order; overlap,
// success_fraction, error_fraction = (1-m_f)/2, energy and sweeps are means over
// the tries. The sweeps of a try are those needed to reach the fixed point or the
// cycle, not counting the check that it is one: 0 if the start is a fixed point.
//
// cycle_length says how the tries ended: 1 if all reached a fixed point, 2 if one
// of them or more reached a two-cycle, and null if one or more did neither within
// max_sweeps. Such a try counts with its state after max_sweeps sweeps, and with
// max_sweeps as its number of sweeps: if cycle_length is null, sweeps is a lower
// bound.
//
// # Streams
//
// patterns, order (the permutations), start (the flipped spins) and noise (the draws of
// Glauber dynamics) depend on n.
// Pattern μ is drawn after pattern μ-1, in whole 64-bit words, so the patterns at
// a smaller load are the first of those at a larger one. Hence loads, update
// rules, diagonals and starts are compared on the same patterns.
//
// # Known behaviour
//
// In asynchronous updates the energy never increases, and only fixed points are
// reached. Synchronous updates of a symmetric J never increase
// L(t) = -Σ_ij J_ij s_i(t+1) s_j(t), and end in fixed points or cycles of two.
//
// A component of a pattern is unstable with probability P = erfc(1/√(2α))/2, with
// α = (p-1)/(N-1). A pattern is exactly fixed with a probability somewhat above
// (1-P)^N, since its unstable components come together (0.738 instead of 0.70 at
// N = 500, p = 50); for it to go to 1, p must stay below N/(2 ln N). One
// synchronous step takes an overlap m0 to erf(m0/√(2α)).
//
// With some errors allowed, patterns are retrieved up to α_c ≈ 0.138: in the
// replica-symmetric mean field at T = 0
//
//	m = erf(m/√(2αr)),  r = 1/(1-C)²,  C = √(2/(παr)) exp(-m²/(2αr))
//
// has solutions m > 0 up to α_c = 0.137906, where m = 0.9674 (m = 0.9980 at
// α = 0.10, 0.9932 at 0.12). Replica symmetry breaking moves α_c to 0.1382. In
// finite networks the success fraction falls from 1 to 0 around it, the more
// steeply the larger N: the curves of N = 1000 to 4000 cross near α = 0.139 at
// a success fraction near 0.93. Above, the final state keeps an overlap near 0.3
// with the pattern.
//
// With T > 0 a retrieved state has the m of
//
//	m = ∫Dz tanh((m+√(αr)z)/T),  q = ∫Dz tanh²((m+√(αr)z)/T),  r = q/(1-(1-q)/T)²
//
// such as m = 0.99116 at α = 0.05, T = 0.3, and m = tanh(m/T) at a few patterns in
// many neurons. Asynchronous updates leave exp(-E/T) invariant.
//
// # Cost
//
// The couplings are never formed: a field is summed over the p pattern bits of a
// neuron, from the overlaps of all patterns, which every flip brings up to date. A
// network is N·p bits, 17 kB at n = 1000 and 172 MB at n = 100000 near capacity; an
// update takes some 5 ns there and 0.25 µs here where the processor has AVX-512,
// about twice that with AVX2 and five times without; see internal/spins.
//
// # Sources
//
// Hopfield, PNAS 79:2554 (1982). Little, Math. Biosci. 19:101 (1974). Amit,
// Gutfreund and Sompolinsky, Phys. Rev. A 32:1007 (1985), Phys. Rev. Lett.
// 55:1530 (1985), Ann. Phys. 173:30 (1987). McEliece, Posner, Rodemich and
// Venkatesh, IEEE Trans. Inf. Theory 33:461 (1987). Kohring, J. Stat. Phys.
// 59:1077 (1990). Steffan and Kühn, Z. Phys. B 95:249 (1994). Folli, Leonetti and
// Ruocco, Front. Comput. Neurosci. 10:144 (2017), for the diagonal.
package hopfield
