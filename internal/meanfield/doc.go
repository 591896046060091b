// Package meanfield solves the mean-field theory of networks that store random
// patterns: the replica-symmetric one of the Hopfield network (Amit, Gutfreund
// and Sompolinsky, Ann. Phys. 173:30, 1987), and the few formulas of one line
// that are drawn beside it.
//
// Everything is built on averages over a Gaussian local field of mean a and
// standard deviation s (average.go). At a temperature t the states that overlap
// with one pattern are a curve with s along it (isotherm.go): the [Isotherm]
// gives the retrieval state and its barrier at a load, the largest load at which
// there is one, and the load at which it ceases to be the ground state.
// [Disordered] is the state without overlap, spin glass or paramagnet.
// [RetrievalTemperature] and [GlobalTemperature] are the lines the other way
// round. At temperature 0 the curve is explicit (mixture.go), also for mixtures
// of several patterns. capacity.go has what needs no saddle point.
//
// Loads are patterns per neuron, temperatures are in the unit of the couplings
// J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ times N, overlaps, energies and entropies are per
// neuron; all are pure numbers. Every iteration is bounded.
package meanfield
