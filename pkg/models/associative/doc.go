// Package associative is associative memory with a choice of learning rules:
// Hebb, Storkey, pseudo-inverse, perceptron, minover, diluted; and temperature.
//
// N neurons s_i = ±1 store p patterns ξ^μ. The load is α = p/N; a diluted network
// has c inputs a neuron, and its load is p/c.
//
//	field      h_i = Σ_j J_ij s_j
//	update     s_i ← sign h_i;  a spin whose field is exactly 0 stays as it is
//	at T > 0   s_i ← 1 with probability 1/(1 + exp(-2h_i/T)), else -1
//	overlap    m = (1/N) Σ_i ξ_i^μ s_i
//	energy     E/N = -(1/2N) Σ_{i≠j} J_ij s_i s_j
//	stability  κ_i^μ = ξ_i^μ Σ_j J_ij ξ_j^μ / √(Σ_j J_ij²)
//
// All of these are pure numbers. Couplings that are sums of patterns are kept as
// integers and a scale for each neuron, so ties are exact.
//
// # Rules
//
//	hebb            J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ
//	storkey         J_ij += (1/N) (ξ_i ξ_j - ξ_i h_ji - h_ij ξ_j), pattern after
//	                pattern, with h_ij = Σ_{k≠i,j} J_ik ξ_k
//	pseudo-inverse  J = Ξᵀ (Ξ Ξᵀ)⁻¹ Ξ, the projector on the span of the patterns
//	perceptron      J_ij += ξ_i^μ ξ_j^μ where κ_i^μ < kappa, or κ_i^μ ≤ 0, through
//	                the patterns in turn until there is no such μ
//	minover         the same at the μ of least κ_i^μ, until that is proved to be
//	                within the fraction accuracy of the greatest possible
//	diluted         J_ij = (1/c) Σ_μ ξ_i^μ ξ_j^μ for c inputs j of neuron i, which
//	                are chosen at random: j → i does not entail i → j
//
// Self-couplings J_ii are 0 unless diagonal is true; then perceptron and minover
// learn with them, and a neuron can hold any pattern by itself. The diluted
// network has none. Perceptron and minover scale the couplings of each neuron to
// Σ_j J_ij² = 1. The pseudo-inverse leaves out patterns that depend linearly on
// others, which it holds all the same.
//
// Perceptron and minover start from J = 0 and give a neuron up after max_updates
// steps. After k steps |J_i|/k, before scaling, is a bound on the stability that
// any couplings of the neuron can have; stability_bound is the least of these. So
// that stability is close to stability_bound proves minover optimal, and that it
// is below kappa proves that a perceptron can't learn.
//
// learning says how it ended: closed (a formula), dependent (a formula, and
// patterns that depend on others), converged, limit (a neuron was given up),
// unlearnable (a neuron is proved to have no solution). learned_fraction counts
// the neurons that converged.
//
// # Patterns
//
// Components are independent and ±1 with mean bias, unless there is correlation:
// each component is then with probability √correlation that of an ancestor common
// to all patterns, of the same mean. Two patterns have the correlation coefficient
// correlation at each neuron; without bias their overlap is correlation on average.
//
// # Retrieval
//
// A trial is one network: it starts once from each of its first min(trials, p)
// patterns, with overlap start: round((1-start)·n/2) spins, chosen at random, are
// flipped. At temperature 0 it relaxes to a fixed point or, with all neurons
// updated at once, to a cycle, whatever its length; overlap and energy are then
// means over the cycle. overlap, success_fraction, error_fraction, energy, sweeps,
// cycle_length and overlaps are those of the model hopfield.
//
// Above temperature 0 a try makes equilibration sweeps, and overlap and energy are
// means over the window sweeps that follow. overlap_se is from twenty blocks of
// these. It is the error by thermal noise; networks scatter besides, which
// replicates show.
//
// fixed_fraction, unstable_fraction and stability are of all stored patterns.
//
// # Streams
//
// patterns, mixture (the components that follow bias or ancestor), ancestor,
// start, order and noise depend on n; graph, the inputs of the diluted network, on
// n and connectivity. So rules, loads, temperatures and margins are compared on
// the same patterns, and without bias and correlation patterns and graph are those of
// the model hopfield with the same seed, which has the diluted network too, larger and
// without the other rules.
//
// # Known behaviour
//
// Hebb: α_c ≈ 0.138 at T = 0. At temperature T
//
//	m = ∫Dz tanh((m + √(αr) z)/T),  q = ∫Dz tanh²(…),  r = q/(1-C)²,  C = (1-q)/T
//
// gives m = 0.99116 at α = 0.05, T = 0.3 and 0.90411 at T = 0.5.
//
// Storkey: patterns are fixed up to p ≈ N/√(2 ln N).
//
// Pseudo-inverse: ξ_i^μ h_i^μ = 1 for all patterns, or 1 - Q_ii with zero diagonal,
// where Q is the projector; so every pattern is a fixed point up to α = 1. There Q
// is the identity: with zero diagonal no couplings are left, and every state stays
// as it is by the rule for ties, with stability 0.
//
// Perceptron: couplings with stability κ exist up to
//
//	α_c(κ) = 1 / ∫_{-κ}^∞ Dt (t + κ)²
//
// in large networks: α_c(0) = 2, α_c(1/2) = 0.961205, α_c(1) = 0.519572. One neuron
// of n inputs learns p random signs with probability 2^{1-p} Σ_{k<n} C(p-1, k).
// Minover reaches the κ at which α_c(κ) is the load.
//
// Diluted, c ≪ ln N and p, c → ∞: m(t+1) = erf(m(t)/√(2α)), and the overlap falls
// continuously to 0 at α_c = 2/π; it is 0.99841, 0.96990, 0.78612, 0.32852 at
// α = 0.1, 0.2, 0.4, 0.6.
//
// # Cost
//
// Couplings take 8n² bytes, so n is at most 8192, and 50 000 if diluted. Learning
// takes of the order of n²p operations, the pseudo-inverse np² + p³ besides,
// perceptron and minover p for each update of each neuron, minover another p to
// find it. A factorisation is not interrupted: 5 s at p = 4000.
//
// # Sources
//
// Personnaz, Guyon and Dreyfus, J. Physique Lett. 46:L359 (1985). Kanter and
// Sompolinsky, Phys. Rev. A 35:380 (1987). Storkey, ICANN 1997, LNCS 1327:451.
// Cover, IEEE Trans. Electron. Comput. 14:326 (1965). Gardner, J. Phys. A 21:257
// (1988). Krauth and Mézard, J. Phys. A 20:L745 (1987). Derrida, Gardner and
// Zippelius, Europhys. Lett. 4:167 (1987). Amit, Gutfreund and Sompolinsky, Ann.
// Phys. 173:30 (1987). Parga and Virasoro, J. Physique 47:1857 (1986), for
// patterns with an ancestor.
package associative
