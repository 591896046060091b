// Package hopfield is the Hopfield network with Hebbian couplings, relaxed from one
// of its own patterns, at temperature zero unless another is given; with all neurons
// coupled to all others, or diluted.
//
// N neurons s_i = ±1 store p patterns ξ^μ, whose N·p components are independent
// and ±1 with probability 1/2. The load is α = p/N, of a diluted network p/c.
//
//	couplings  J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ  for i ≠ j,   J_ij = J_ji
//	diluted    J_ij = (1/c) Σ_μ ξ_i^μ ξ_j^μ  for the inputs j of neuron i, else 0
//	diagonal   J_ii = 0, or p/N, diluted p/c, if it is kept
//	field      h_i = Σ_j J_ij s_j
//	update     s_i ← sign h_i;  a spin whose field is exactly 0 stays as it is
//	overlap    m = (1/N) Σ_i ξ_i^μ s_i
//	energy     E/N = -(1/2N) Σ_{i≠j} J_ij s_i s_j
//
// All of these are pure numbers. N·J_ij and N·h_i, diluted c·J_ij and c·h_i, are
// integers and are computed as such, so ties are exact, and a result does not depend
// on the order in which anything was added. The energy leaves the diagonal out
// whether or not the dynamics keeps it.
//
// # Parameters
//
// The size is n = N. The load is given either as alpha, which stores
// p = round(alpha·n) patterns but at least one, or as patterns = p. No more than
// 65535 patterns can be stored.
//
// connectivity = c dilutes the network: alpha then is the load per input, and stores
// p = round(alpha·c) patterns. With dilution = asymmetric each neuron has c inputs,
// drawn from all others by itself: j → i does not entail i → j. With symmetric each
// pair of neurons is coupled with probability c/(n-1), both ways, so c is the mean
// number of inputs. n·c may be 2^28 at most. With c = n-1 all are inputs of all, and
// nothing but the unit of J differs from the network without dilution. A diagonal that
// is kept comes on top of the c inputs.
//
// A trial is one network: it takes the first min(trials, p) of its patterns, starts
// once from each and relaxes. With start = 1 it starts exactly from the pattern; with a
// smaller start m0 it first flips round((1-m0)·n/2) spins, chosen at random without
// repetition.
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
// relaxation ended. A synchronous relaxation may end in a cycle, of two states, or
// of any number in an asymmetric network; its overlap and its energy are then the
// means over these. A success is m_f > 0.8: at N of a thousand and more the
// distribution of m_f has one peak above 0.9 and one near 0.3, and nothing hangs on
// where between them the line is drawn.
//
// overlaps holds m_f of each try in the patterns' order; overlap,
// success_fraction, error_fraction = (1-m_f)/2, energy and sweeps are means over
// the tries. The sweeps of a try are those needed to reach the fixed point or the
// cycle, not counting the check that it is one: 0 if the start is a fixed point.
//
// two_cycle_fraction is how many of the tries end in a cycle of two, null at a
// temperature. cycle_length says how the tries ended: 1 if all reached a fixed
// point, 2 if one of them or more reached a two-cycle, the length of the longest
// cycle in asymmetric networks, and null if one or more did neither within
// max_sweeps, or did not close a cycle within two sweeps more. Such a try counts
// with its state after max_sweeps sweeps, and with max_sweeps as its number of
// sweeps: if cycle_length is null, sweeps is a lower bound.
//
// Asymmetric networks have no function that their dynamics lowers: energy is the number
// -(1/2N) Σ s_i J_ij s_j and nothing more. Their cycles are mostly longer than any
// max_sweeps, and updated one after another they do not come to rest. Then overlap and
// energy are those of one state of an orbit that goes on, which replicates, tries and a
// larger max_sweeps average and settle.
//
// # Attractors
//
// A spec that asks for the census relaxes the network besides from random_starts
// random states, at T = 0 whatever the temperature, and counts the attractors that they
// lead to. A state and its opposite are counted as one, since no field tells them apart.
// unseen is the number of attractors found once over that of the states that found
// one: far from 0, there are more than were found. The fractions are of the random
// states, not of the attractors, so they are volumes of basins, and add up to 1:
//
//	pattern      overlap with a pattern above 0.95 in size
//	mixture of k no pattern, and the overlap with the sign of the sum of k patterns, each
//	             with either sign, is above 0.95 in size; k = 3, 5, 7
//	other        any other fixed point, such as those of the spin glass
//	cycle        a cycle of two states, or of more in an asymmetric network
//	unsettled    none of these within max_sweeps
//
// A mixture is sought among those of the k patterns that the state overlaps most with. The
// overlaps alone do not tell: at α = 0.1, N = 200, one state in eight has three overlaps
// between 0.4 and 0.6, and one in 2000 is a mixture of three.
//
// # Streams
//
// patterns, order (the permutations), start (the flipped spins) and noise (the draws of
// Glauber dynamics) depend on n, and so do random_start and random_order of the census;
// graph (the inputs of a diluted network) on n and connectivity. Pattern μ is drawn
// after pattern μ-1, in whole 64-bit words, so the patterns at a smaller load are the
// first of those at a larger one. Hence loads, update rules, diagonals, starts and
// dilutions are compared on the same patterns.
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
// with the pattern. Noisy patterns are retrieved from overlaps above some 0.18 at
// α = 0.05, 0.36 at 0.10 and 0.51 at 0.13.
//
// From random states few patterns are found again, together with mixtures of odd
// numbers of them, whose energies go to -3/8, -45/128, … -1/π at α → 0 (a pattern has
// -1/2). Mixtures of 3 end near α = 0.03, of 5 near 0.016; towards capacity nearly all
// random states end in the spin glass.
//
// With T > 0 a retrieved state has the m of
//
//	m = ∫Dz tanh((m+√(αr)z)/T),  q = ∫Dz tanh²((m+√(αr)z)/T),  r = q/(1-(1-q)/T)²
//
// such as m = 0.99116 at α = 0.05, T = 0.3, and m = tanh(m/T) at a few patterns in
// many neurons. Asynchronous updates leave exp(-E/T) invariant.
//
// In a diluted asymmetric network, c, p → ∞ with c ≪ ln N, no two neurons have a
// common past, and all at once at T = 0
//
//	m(t+1) = erf(m(t)/√(2α)),  α = p/c
//
// so the overlap that is kept falls continuously to 0 at α_c = 2/π = 0.6366: it is
// 0.99841, 0.96990, 0.78612, 0.32852 at α = 0.1, 0.2, 0.4, 0.6, whichever the order
// of updates. The first step is that of any network. With few inputs more is kept
// (0.9864 at c = 25, p = 5), and where c·p is even fields can be 0, which keeps
// wrong spins. Loops in the graph cost memory near α_c: at α = 0.6 a million neurons
// of 25 inputs keep what theory says, 0.352, and 20 000 some 0.2. Symmetric networks
// keep more, 0.87 instead of 0.80 at α = 0.4, c = 100, N = 100 000: they freeze as a
// spin glass does.
//
// # Cost
//
// The couplings are never formed: a field is summed over the p pattern bits of a
// neuron, from the overlaps of all patterns, which every flip brings up to date. A
// network is N·p bits, 17 kB at n = 1000 and 172 MB at n = 100000 near capacity; an
// update takes some 5 ns there and 0.25 µs here where the processor has AVX-512,
// about twice that with AVX2 and five times without; see internal/spins.
//
// A diluted network has its couplings formed once and its fields kept: six bytes a bond
// and ten while it is made, N·c bonds. To draw and couple them takes 30 to 45 ns each,
// a try 1 ns for each, and each flip 1 ns for each receiver, whatever p. N = 100 000
// takes 130 MB and a third of a second to make at c = 100, 1 GB and 4.5 s at c = 1000.
//
// # Sources
//
// Hopfield, PNAS 79:2554 (1982). Little, Math. Biosci. 19:101 (1974). Amit,
// Gutfreund and Sompolinsky, Phys. Rev. A 32:1007 (1985), Phys. Rev. Lett.
// 55:1530 (1985), Ann. Phys. 173:30 (1987). McEliece, Posner, Rodemich and
// Venkatesh, IEEE Trans. Inf. Theory 33:461 (1987). Kohring, J. Stat. Phys.
// 59:1077 (1990). Steffan and Kühn, Z. Phys. B 95:249 (1994). Folli, Leonetti and
// Ruocco, Front. Comput. Neurosci. 10:144 (2017), for the diagonal. Derrida, Gardner
// and Zippelius, Europhys. Lett. 4:167 (1987), for dilution.
package hopfield
