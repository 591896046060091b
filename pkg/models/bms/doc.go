// Package bms is the deterministic network of leaky integrate-and-fire neurons of Beslon, Mazet and Soula in discrete time.
//
// Each of N neurons has a potential V_i(t); it fires when the potential is at
// or above the threshold, is then reset, and acts on all others one step
// later:
//
//	V_i(t+1) = gamma V_i(t) (1 - Z_i(t)) + sum_{j=1..N} W_ij Z_j(t) + I
//	Z_i(t)   = 1 if V_i(t) >= theta, else 0
//
// In one step Z is read off V(t), row t of the raster is Z(t), and V(t+1)
// follows. The symbols, with the parameters that set them:
//
//	t      time                                  steps
//	V_i    membrane potential                    potential, the unit of theta
//	Z_i    1 if neuron i fires                   spikes
//	gamma  leak, 0 <= gamma < 1                  1/step
//	theta  threshold                             potential
//	I      current, the same for all neurons     potential
//	W_ij   weight from neuron j to neuron i      potential
//	mu     mean of the weights (mean)            potential
//	sigma  their standard deviation              potential
//	xi_ij  independent standard normals          -
//
// Nothing sets the scale of the potential: to multiply theta, I, mean, sigma
// and tolerance by one number changes V and d by that factor and nothing else.
//
// # Parameters
//
// The n*n weights are independent and normal. With scaling per-sqrt-n, the
// default, sigma means the same at every size,
//
//	W_ij = sigma/sqrt(N) xi_ij + mean/N,
//
// and with raw, W_ij = sigma xi_ij + mean. self: false sets W_ii = 0 and leaves
// all other weights as they are, the divisors too. The initial potentials are
// independent and uniform in [0, initial*theta): with initial: 2 half of the
// neurons fire at step 0. Without a current, initial <= 1 leaves a network in
// which nothing ever happens, and initial: 0 is rest. The network runs for
// transient steps, and is then watched for up to window steps; tolerance is
// the largest difference, potential by potential, between two states that may
// be a recurrence. Whether it is one is not left to the tolerance, see below.
//
// # Random streams
//
// The stream weights gives xi, for each j from 0 all i from 0; the stream
// initial gives V_i(0), i from 0. Both depend on n alone, so one replicate has
// the same xi and the same uniforms at every gamma, sigma, mean and current.
//
// # Classes
//
// death: from step death_step on, no neuron fires. The test is exact: no neuron
// fires now and I/(1-gamma) < theta. Without a current death is always
// possible; near its boundary it comes after 10^3 to 10^5 steps, so the
// fraction of dead networks depends on transient + window.
//
// periodic: the raster repeats for ever with the period given. The state at two
// times, period steps apart, differs by delta <= tolerance at most, and
//
//	min |V_i - theta| > delta / (1 - gamma^period)
//
// over the steps between: that is a proof, since a difference shrinks by gamma
// a step as long as the rasters agree, so all later rounds together stay
// closer to the first than its closest approach to the threshold. (Rounding,
// some 1e-12 at most for weights of order one, is not part of it.)
//
// none: neither within the window. It is a statement about transient and
// window, and not chaos: generically all attractors are periodic, with periods
// that can be longer than any window. The search is Brent's, whose reference
// states are those at steps 0, 1, 3, 7, 15, ... of the window: it finds every
// period up to a third of the window at least, to 68929 steps for 200000.
//
// Lyapunov exponents say nothing here: a silent neuron gives ln(gamma), one
// that fires minus infinity. Sensitivity comes from the threshold only.
//
// # Outputs
//
// d is the distance of the attractor from the threshold, Cessac's
// d(Omega, S) for the one attractor reached: the smallest |V_i - theta| over
// one period, to within the tolerance; theta - I/(1-gamma) after death, which
// does not belong in a mean with the others. With class none it is the minimum
// in the window, an upper bound (d_is_window_min): if the states were
// independent, with density p of a potential at theta, its mean would be
//
//	d_floor = 1 / (2 p N window),    p = c / (2 h N window),    h = theta/100,
//
// where c counts the |V_i(t) - theta| < h in the window: d_floor = h/c, null if
// c = 0. A map that is flat at d_floor shows the window and not the network;
// the mean of ln d lies 0.577 below ln d_floor then.
//
// rate (spikes per neuron and step) and silent_fraction (of neurons that never
// fire) are over one period; over the window for none; 0 and 1 for death.
//
// memory_depth is T_d = floor(ln(d/(V_max-V_min)) / ln(gamma)) + 1, the number
// of past steps of the raster that fix the next one, where
//
//	V_max = max(0, max_i (sum_j max(W_ij,0) + I)/(1-gamma))
//	V_min = min(0, min_i (sum_j min(W_ij,0) + I)/(1-gamma))
//
// is the box that potentials stay in once there. It is 1 for gamma = 0 (the next raster
// is a function of the last), 0 where the box is narrower than d, a lower bound
// if d is an upper one, and null for d = 0.
//
// raster_hash is a hash of 64 bits in hexadecimal of the raster of one period
// begun at its least rotation, so that two runs into one attractor have one
// hash; of one silent row for death; of the rows of the window, in order, for
// none. The raster, and with it hash, class and period, does not depend on
// rounding as long as d >> 1e-12: a perturbation of V(0) by less than the
// smallest |V_i(t) - theta| of an orbit leaves its raster as it is.
//
// # Known behaviour
//
// Without current, death at small sigma; above, a ridge of very small d, most
// marked at large gamma; further up d grows with sigma. For N -> infinity,
// gamma = 0, mean 0 and I = 0 the rate x follows
//
//	x(t+1) = Q(theta/(sigma sqrt(x(t)))),    Q(u) = erfc(u/sqrt(2))/2,
//
// with activity possible above sigma = 2.456501 theta; x = 0.371386 at
// sigma = 5 theta. In reference runs at gamma = 0.5, sigma = 5 the median
// period grows as exp(0.098 N) and d shrinks as exp(-0.125 N): to see periods
// take N <= 60. A neuron alone with I > (1-gamma) theta fires every
// ceil(ln(1 - theta(1-gamma)/I) / ln(gamma)) steps. If all neurons fire and
// sum_j W_ij + I >= theta for all i, all fire for ever.
//
// # Papers
//
// H. Soula, G. Beslon, O. Mazet, Spontaneous dynamics of asymmetric random
// recurrent spiking neural networks, Neural Computation 18 (2006), arXiv
// cs/0411052. B. Cessac, A discrete time neural network model with spiking
// neurons: rigorous results on the spontaneous dynamics, Journal of
// Mathematical Biology 56 (2008), arXiv 0706.0077. B. Cessac, T. Viéville, On
// dynamics of integrate-and-fire neural networks with conductance based
// synapses, Frontiers in Computational Neuroscience 2 (2008), arXiv 0709.4370.
package bms
