// Package spinglass is a fully connected network of ±1 units with Gaussian
// couplings of any symmetry, small enough to visit every state.
//
//	couplings  J_ij = √((1+η)/2) a_ij + √((1-η)/2) b_ij,  J_ii = 0, with a_ij = a_ji
//	           and b_ij = -b_ji independent Gaussians of variance 1/N
//	field      h_i = Σ_j J_ij s_j
//	energy     E/N = -(1/2N) Σ_ij J_ij s_i s_j
//
// All of these are pure numbers. η = symmetry is the correlation of J_ij and J_ji:
// 1 is the spin glass of Sherrington and Kirkpatrick, 0 has independent couplings
// both ways, -1 is antisymmetric.
//
// # Outputs
//
// All 2^N states are visited. fixed_points counts those with s_i h_i > 0 for every
// i, the same for updates one by one and all at once; complexity is ln(fixed_points)/N,
// null if there is none. ground_energy is the least E/N, which knows the symmetric
// part of the couplings only.
//
// The other outputs are of the synchronous map s_i(t+1) = sign h_i(t), on whose
// graph every state is followed to its cycle: attractors counts the cycles, fixed
// points among them; longest_cycle and longest_transient are the largest of all
// states, and mean_cycle and mean_transient means over all states, so that a cycle
// counts with its basin.
//
// # Streams
//
// couplings depends on n, so symmetries are compared on the same Gaussians.
//
// # Known behaviour
//
// The mean number of fixed points is exactly
//
//	<N_s> = 2^N ∫Dz Φ(z √(ρ/(1-ρ)))^N,   ρ = η/(N-1) ≥ 0
//
// with Dz the Gaussian measure and Φ its integral: in any state the N numbers
// s_i h_i are Gaussian with correlation ρ. It is 1 for η = 0 whatever N, and for η = 1
// it grows like 1.0505 exp(0.19923 N): 8.1 at N = 10, 17.3 at 14, 37.8 at 18.
//
// Symmetric couplings have cycles of 1 and 2 only, antisymmetric ones of 4 only.
// In between cycles grow exponentially in N.
//
// # Cost
//
// N 2^N operations and 12·2^N bytes: 20 ms at N = 18, seconds and 200 MB at 24.
//
// # Sources
//
// Sherrington and Kirkpatrick, Phys. Rev. Lett. 35:1792 (1975). Tanaka and Edwards,
// J. Phys. F 10:2769 (1980). Gutfreund, Reger and Young, J. Phys. A 21:2775 (1988).
// Goles, SIAM J. Algebraic Discrete Methods 7:156 (1986), for the cycles of 4.
package spinglass
