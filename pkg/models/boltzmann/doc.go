// Package boltzmann is the restricted Boltzmann machine: visible and hidden units
// that learn patterns by contrastive divergence or by the exact gradient.
//
// N visible units v_i = ±1 and M hidden units h_j = ±1 have the distribution
//
//	P(v, h) = exp(-E)/Z,  E = -Σ_i a_i v_i - Σ_j b_j h_j - Σ_ij W_ij v_i h_j
//
// so that each layer is independent given the other, P(h_j = 1 | v) =
// 1/(1 + exp(-2(b_j + Σ_i W_ij v_i))), and
//
//	ln P(v) = Σ_i a_i v_i + Σ_j ln 2cosh(b_j + Σ_i W_ij v_i) - ln Z
//
// All of these are pure numbers, logarithms are natural. Units of 0 and 1 give the
// same distributions with weights four times as large and other biases.
//
// # Learning
//
// p patterns with independent components ±1 are learned, all in each epoch:
//
//	W_ij += rate (<v_i h_j>_data - <v_i h_j>_model - decay W_ij),  a and b alike
//
// <>_data is the mean over the patterns with the hidden units' means. <>_model is
//
//	exact  the mean over the machine's distribution, by a sum over all states of the
//	       smaller layer, of at most 20 units
//	cd     that after k steps v → h → v of chains that begin at the patterns in
//	       each epoch (contrastive divergence), with the hidden units' means
//	pcd    the same with chains that go on from epoch to epoch
//
// Chains are chains times p. W begins as Gaussian numbers of deviation scale, a and
// b as zeros.
//
// # Outputs
//
// log_likelihood is the mean of ln P over the patterns, of which -ln p is the
// largest possible if they differ; divergence is what is missing: the divergence
// of Kullback and Leibler of the machine from the patterns. log_likelihoods has it
// before, at each tenth of the epochs, and gradient_cosines the cosine of the angle
// between the step of the learning algorithm and the exact gradient there. All are
// null if both layers have more than 20 units.
//
// reconstruction_error is the fraction of visible units that differ from a pattern
// after v → h → v with the likelier state each.
//
// Then the machine runs. A try starts from one of the first min(trials, p)
// patterns, with round((1-start)·n/2) units flipped, makes equilibration steps
// v → h → v and measures over window more: overlap is the mean overlap with the
// pattern, overlaps that of each try, success_fraction the fraction above 0.8,
// overlap_se the standard error from twenty blocks. Tries from random states
// follow, as many: captured_fraction is the fraction of them that end with an
// overlap above 0.8 with any of the patterns.
//
// # Streams
//
// patterns and start depend on n, weights, learning (the chains) and sampling on n
// and hidden: algorithms, rates and numbers of patterns are compared on the same
// patterns and first weights.
//
// # Known behaviour
//
// The exact gradient with a small rate never lowers the likelihood. The cd step is
// biased, less so for larger k, and goes to the gradient as k grows; it is a good
// direction while weights are small. Where weights are large chains of few steps
// stay near the patterns, and states far from all of them may keep probability.
// Persistent chains stop to mix there, and the likelihood falls again in the long
// run unless decay keeps the weights small. The exact gradient too overshoots where
// the rate is large: the smaller the more units.
//
// # Cost
//
// An epoch takes about p·chains·(2k + 1)·N·M operations; exact 2^min(N, M) times
// max(N, M) logarithms and N·M sums besides.
//
// # Sources
//
// Ackley, Hinton and Sejnowski, Cogn. Sci. 9:147 (1985). Smolensky, in Parallel
// Distributed Processing 1, MIT Press (1986). Hinton, Neural Comput. 14:1771 (2002).
// Tieleman, ICML 2008, p. 1064. Carreira-Perpiñán and Hinton, AISTATS 2005. Fischer
// and Igel, ICANN 2010, LNCS 6354:208, for likelihoods that fall.
package boltzmann
