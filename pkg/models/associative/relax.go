package associative

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/pkg/measure"
)

// retrieval starts a network from its first patterns, one try after another.
type retrieval struct {
	net      *learned
	memories *memories
	tries    int // at most memories.p
	flips    int // spins of the pattern that are flipped before a try
	sync     bool

	maxSweeps int // at temperature 0

	temperature           float64
	equilibration, window int // sweeps, at a temperature above 0

	start *rand.Rand // which spins are flipped
	order *rand.Rand // of asynchronous updates
	noise *rand.Rand // at a temperature above 0

	field, spin []float64
	sites       []int32 // a permutation of the neurons: each sweep shuffles it again
}

// outcome is what one try gave. Of a cycle the overlap and the energy are means
// over its states.
type outcome struct {
	overlap, energy float64
	sweeps          int
	cycle           int     // its length in sweeps, 1 for a fixed point; 0 if none was found
	se              float64 // standard error of the overlap at a temperature above 0
}

// blocks are the blocks of a window that give its standard error. Twenty give it
// to a sixth of itself.
const blocks = 20

// Success is an overlap above 0.8, between the peak of the retrieved and that of
// the lost.
const success = 0.8

// run makes the tries.
func (r *retrieval) run(ctx context.Context) ([]outcome, error) {
	n := r.memories.n
	r.field, r.spin, r.sites = make([]float64, n), make([]float64, n), draw.Identity(n)
	flipped := draw.Identity(n)
	all := make([]outcome, r.tries)
	for mu := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		copy(r.spin, r.memories.pattern(mu))
		if r.flips > 0 {
			draw.Choose(flipped, r.flips, r.start)
			for _, i := range flipped[:r.flips] {
				r.spin[i] = -r.spin[i]
			}
		}
		r.net.load(r.field, r.spin)
		relax := r.async
		switch {
		case r.temperature > 0:
			relax = r.warm
		case r.sync:
			relax = r.parallel
		}
		var err error
		if all[mu], err = relax(ctx, r.memories.pattern(mu)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// overlap is Σ_i ξ_i s_i of the present state.
func (r *retrieval) overlap(xi []float64) float64 {
	sum := 0.0
	for i, s := range r.spin {
		sum += xi[i] * s
	}
	return sum
}

// energy is -(1/2N) Σ_{i≠j} J_ij s_i s_j of the present state.
func (r *retrieval) energy() float64 {
	sum := 0.0
	for i, s := range r.spin {
		sum += float64(r.net.scale[i] * (r.net.self(i) - s*r.field[i]))
	}
	return sum / float64(2*len(r.spin))
}

// unstable says whether neuron i disagrees with its field; with a field of 0 it
// does not.
func (r *retrieval) unstable(i int) bool { return r.spin[i]*r.field[i] < 0 }

func (r *retrieval) stable() bool {
	for i := range r.spin {
		if r.unstable(i) {
			return false
		}
	}
	return true
}

// settled says whether the state is a fixed point. Fields that are not exact are
// computed afresh before that is believed.
func (r *retrieval) settled() bool {
	if !r.stable() {
		return false
	}
	if !r.net.exact {
		r.net.load(r.field, r.spin)
	}
	return r.stable()
}

func (r *retrieval) flip(i int) {
	r.spin[i] = -r.spin[i]
	r.net.add(r.field, i, 2*r.spin[i])
}

// flipsPerCheck is how many flips pass between two looks at the context.
const flipsPerCheck = 256

// async updates the neurons one after another, in a fresh random order each
// sweep, until none would flip or the sweeps are done.
func (r *retrieval) async(ctx context.Context, xi []float64) (outcome, error) {
	var out outcome
	flips := 0
	for {
		if r.settled() {
			out.cycle = 1
			break
		}
		if out.sweeps == r.maxSweeps {
			break
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		draw.Choose(r.sites, len(r.sites), r.order)
		for _, i := range r.sites {
			if !r.unstable(int(i)) {
				continue
			}
			r.flip(int(i))
			if flips++; flips%flipsPerCheck == 0 {
				if err := ctx.Err(); err != nil {
					return out, err
				}
			}
		}
		out.sweeps++
	}
	out.overlap, out.energy = r.overlap(xi)/float64(len(xi)), r.energy()
	return out, nil
}

// parallel updates all neurons at once until a state comes back or the sweeps
// are done. Every state that was seen is kept, a bit for a neuron.
func (r *retrieval) parallel(ctx context.Context, xi []float64) (outcome, error) {
	var seen spins.History
	state := make([]uint64, spins.Words(len(xi)))
	var overlaps, energies []float64
	for t := 0; ; t++ {
		if err := ctx.Err(); err != nil {
			return outcome{}, err
		}
		pack(state, r.spin)
		first := seen.Add(state)
		cycle := t - first
		out := outcome{sweeps: first, cycle: cycle}
		if cycle == 0 && t > r.maxSweeps {
			// One state more than there may be sweeps has been seen.
			out.sweeps, first, cycle = t-1, t-1, 1
		}
		if cycle > 0 {
			for k := first; k < first+cycle; k++ {
				out.overlap += overlaps[k]
				out.energy += energies[k]
			}
			out.overlap /= float64(cycle * len(xi))
			out.energy /= float64(cycle)
			return out, nil
		}
		overlaps, energies = append(overlaps, r.overlap(xi)), append(energies, r.energy())
		for i, h := range r.field {
			if h != 0 {
				r.spin[i] = math.Copysign(1, h)
			}
		}
		r.net.load(r.field, r.spin)
	}
}

// warm makes heat-bath updates, P(s_i = 1) = 1/(1 + exp(-2h_i/T)), and measures
// the overlap over the window.
func (r *retrieval) warm(ctx context.Context, xi []float64) (outcome, error) {
	n := float64(len(xi))
	means := make([]float64, blocks)
	out := outcome{sweeps: r.equilibration + r.window}
	for t := range out.sweeps {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if r.sync {
			for i := range r.spin {
				r.spin[i] = r.drawn(i)
			}
		} else {
			draw.Choose(r.sites, len(r.sites), r.order)
			for _, i := range r.sites {
				if s := r.drawn(int(i)); s != r.spin[i] {
					r.flip(int(i))
				}
			}
		}
		if r.sync || !r.net.exact {
			r.net.load(r.field, r.spin)
		}
		if k := t - r.equilibration; k >= 0 {
			means[k*blocks/r.window] += r.overlap(xi) / n
			out.energy += r.energy() / float64(r.window)
		}
	}
	for k := range means {
		// Sweeps of block k: those with k ≤ blocks t/window < k+1.
		first, end := (k*r.window+blocks-1)/blocks, ((k+1)*r.window+blocks-1)/blocks
		means[k] /= float64(end - first)
	}
	e := measure.BlockEstimate(means)
	out.overlap, out.se = e.Mean, e.SE
	return out, nil
}

// drawn is what neuron i becomes in its field.
func (r *retrieval) drawn(i int) float64 {
	h := r.net.scale[i] * r.field[i]
	if r.noise.Float64() < 1/(1+math.Exp(-2*h/r.temperature)) {
		return 1
	}
	return -1
}
