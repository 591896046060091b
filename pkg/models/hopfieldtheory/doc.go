// Package hopfieldtheory is the mean-field theory of the Hopfield network and of
// other nets that store random patterns, to be swept and drawn beside simulations.
//
// In the limit N → ∞ at load α = p/N and temperature T the states that overlap with
// one pattern are saddle points (Amit, Gutfreund and Sompolinsky; replica symmetric)
//
//	m = ∫Dz tanh((m + √(αr) z)/T)        Dz = exp(-z²/2) dz / √(2π)
//	q = ∫Dz tanh²((m + √(αr) z)/T)
//	r = q/(1-C)²,   C = (1-q)/T
//
// of the free energy per neuron, the diagonal of the couplings left out,
//
//	f = α/2 + m²/2 + (α/2) (T ln(1-C) - q/(1-C)) + αrC/2 - T ∫Dz ln 2cosh((m + √(αr) z)/T)
//
// with energy and entropy per neuron
//
//	e = α/2 - m²/2 - (α/2) (1/(1-C) + rC)
//	S = ∫Dz s(z) - (α/2) (ln(1-C) + C/(1-C)),   s = ln 2cosh u - u tanh u,  u = (m + √(αr) z)/T
//
// m is the overlap with the pattern, q the mean square of the neurons' mean
// activities, r the noise of the other patterns, C the susceptibility. Couplings
// are J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ; energies and temperatures are in their unit
// times N, and all numbers are pure. At T = 0 the three equations are one in
// y = m/√(2αr):
//
//	y (√(2α) + (2/√π) exp(-y²)) = erf(y),   m = erf(y)
//
// # Parameters
//
// alpha is the load α and temperature is T; n, start, kappa and mixture belong to
// the outputs named below and to no other. n, alpha and start mean what they mean
// to the model hopfield, and so do the outputs overlap, error_fraction and energy:
// two data sets can be drawn in one figure by column.
//
// # Outputs
//
// An output is null where the theory has no such thing. phase is
//
//	retrieval-global      there is a retrieval state, of least free energy
//	retrieval-metastable  there is one, above the spin glass
//	spin-glass            there is none, and q > 0 without overlap
//	paramagnet            there is none, and q = 0
//
// overlap, error_fraction = (1-m)/2, q, r, c, energy, free_energy and entropy are
// those of the retrieval state. Its replicon is 1 - (α/(T²(1-C)²)) ∫Dz sech⁴(u): the
// state is stable against breaking replica symmetry where that is positive (de
// Almeida and Thouless); at T = 0 it is -∞, and null. overlap_barrier is the
// second, smaller root m, a saddle point of the free energy between retrieval and
// no overlap; it is not the edge of the basin of attraction. q_glass, energy_glass,
// free_energy_glass and entropy_glass are those of the state with m = 0, spin glass
// or paramagnet. zeros are all roots y of the equation above, at T = 0 only.
//
// The lines of the phase diagram, each as function of either parameter:
//
//	alpha_retrieval   α_M(T), the largest load with a retrieval state
//	alpha_global      α_c(T), the largest load at which it has the least free energy
//	temperature_retrieval, temperature_global   T_M(α), T_c(α), the same lines
//	temperature_glass                           T_g(α) = 1 + √α
//
// T_M and T_c take some tenths of a second a trial, and are computed with
// lines = true only. They are the highest such temperature: at low T both
// lines bend back.
//
// One step of all neurons at once from overlap start leads to overlap_step =
// ∫Dz tanh((start + √α z)/T), at T = 0 erf(start/√(2α)); unstable_fraction is the fraction
// of wrong neurons after a step from a pattern itself, at T = 0 erfc(1/√(2α))/2. In
// a network of n neurons with p patterns, α in these is (p-1)/n. error_free_one =
// n/(2 ln n) and error_free_all = n/(4 ln n) are the largest numbers of patterns at
// which, at T = 0, one given pattern and all patterns are exactly fixed points.
//
// overlap_diluted is the overlap kept in a net so diluted and asymmetric that
// neurons' pasts are independent, with α in patterns per input: the largest
// m = ∫Dz tanh((m + √α z)/T). alpha_gardner is the load up to which any couplings
// give all patterns the stability kappa, and kappa_gardner, the other way round,
// the largest stability at the load; both are of perceptrons, one for each neuron.
//
// alpha_mixture is the largest load, at T = 0, with a state that overlaps equally
// with `mixture` patterns, an odd number; overlap_mixture and energy_mixture are
// those of the state at alpha, at T = 0 only. Whether it is stable is not looked at.
//
// # Known behaviour
//
//	α_c(T = 0), capacity   0.137905566495, where m = 0.967417, y = 1.511219, r = 1.485803
//	global up to           0.0518543 at T = 0
//	mixtures at T = 0      α_3 = 0.0299418, α_5 = 0.0162659
//	diluted net            2/π = 0.636620, continuous
//	Gardner                α(κ) = 2, 0.961205, 0.519572 at κ = 0, 1/2, 1
//
// With replica symmetry the line α_M(T) has its maximum 0.138189 at T = 0.0228, and
// α_c(T) its own 0.053132 at T = 0.085. On the first replica symmetry is unstable
// below T = 0.02507; breaking it moves the capacity at T = 0 to 0.138186 (one step)
// and 0.138187 (two), near to where the line meets that temperature. At small loads
// T_M = 1 - 1.95 √α and T_c = 1 - 2.60 √α. Entropies below 0 are a fault of
// replica symmetry.
//
// Loads have about 12 digits, states near the end of a line fewer: they go with
// the square root of the distance. Within 10⁻⁶ of T = 1 there is no retrieval
// here, at loads that are below 10⁻¹² there.
//
// # Sources
//
// Amit, Gutfreund and Sompolinsky, Phys. Rev. A 32:1007 (1985), Phys. Rev. Lett.
// 55:1530 (1985), Ann. Phys. 173:30 (1987). Naef and Canning, J. Phys. I France
// 2:247 (1992), for the lines that bend back. Steffan and Kühn, Z. Phys. B 95:249
// (1994), for broken replica symmetry. McEliece, Posner, Rodemich and Venkatesh,
// IEEE Trans. Inf. Theory 33:461 (1987). Derrida, Gardner and Zippelius, Europhys.
// Lett. 4:167 (1987). Gardner, J. Phys. A 21:257 (1988).
package hopfieldtheory
