package hopfield

import (
	"context"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
)

// memory is what is relaxed: patterns and the couplings between them.
type memory struct {
	patterns *spins.Patterns
	diagonal bool // it is kept

	bonds  *spins.Bonds // of a diluted network; nil: all neurons are inputs of all others
	inputs int          // of a neuron, in the mean; used with bonds only
}

func (x *memory) relaxer() *relaxer {
	if x.bonds != nil {
		return newRelaxer(x.bonds.NewState(x.diagonal), x.patterns.N())
	}
	return newRelaxer(spins.NewState(x.patterns, x.diagonal), x.patterns.N())
}

// unit is the 1/J of an integer coupling of 1: N, or the inputs of a diluted neuron.
func (x *memory) unit() int {
	if x.bonds != nil {
		return x.inputs
	}
	return x.patterns.N()
}

// retrieval relaxes a network from its first patterns, one try after another.
type retrieval struct {
	memory
	tries     int // at most the number of patterns
	flips     int // spins of the pattern that are flipped before a try
	maxSweeps int
	start     *rand.Rand // which spins are flipped; unused without flips
	order     *rand.Rand // of asynchronous updates; nil: synchronous

	temperature float64
	noise       *rand.Rand // unused at temperature 0

	see func(try, sweeps int, state *spins.State) // is shown each try before its sweeps and at its end, if it is not nil
}

// results are means over the tries; see the outputs of the same names.
type results struct {
	overlap, success, sweeps, energy, errors, twoCycles float64

	cycle    int // the longest, 0 if a try found none within the limit
	overlaps []float64
}

// Success is m_f > successNum/successDen = 0.8, the criterion for the order
// parameter of Amit, Gutfreund and Sompolinsky: between the peak of the retrieved
// and that of the lost.
const successNum, successDen = 4, 5

func (e *retrieval) run(ctx context.Context) (results, error) {
	n := e.patterns.N()
	r := e.relaxer()
	begin := make([]uint64, spins.Words(n))
	sites := draw.Identity(n)
	res := results{cycle: 1, overlaps: make([]float64, e.tries)}
	// Twice the mean over the states of a try's cycle, added up: integers, and exact,
	// unless a cycle is longer than two.
	overlapSum, energySum := 0.0, 0.0
	successes, sweepSum, cycles, limited := 0, 0, 0, false
	for mu := range e.tries {
		if err := ctx.Err(); err != nil {
			return results{}, err
		}
		e.begin(begin, mu, sites)
		if e.see != nil {
			r.see = func(sweeps int) { e.see(mu, sweeps, r.State) }
		}
		var end ending
		var err error
		switch {
		case e.temperature > 0:
			end, err = r.glauber(ctx, begin, e.maxSweeps, e.temperature, e.unit(), e.order, e.noise)
		case e.order != nil:
			end, err = r.async(ctx, begin, e.maxSweeps, e.order)
		default:
			end, err = r.sync(ctx, begin, e.maxSweeps)
		}
		if err != nil {
			return results{}, err
		}
		if end.cycle == 2 {
			cycles++
		}
		m, h := 0, int64(0)
		for _, state := range end.states { // a cycle may be long
			if err := ctx.Err(); err != nil {
				return results{}, err
			}
			r.Move(state)
			m += int(r.Overlaps()[mu])
			h += r.Energy()
		}
		period := len(end.states)
		res.overlaps[mu] = float64(m) / float64(period*n)
		overlapSum += 2 * float64(m) / float64(period)
		energySum += 2 * float64(h) / float64(period)
		if successDen*m > successNum*period*n {
			successes++
		}
		sweepSum += end.sweeps
		res.cycle = max(res.cycle, end.cycle)
		limited = limited || end.cycle == 0
	}
	if limited {
		res.cycle = 0
	}
	// One division each of exact integers: the means are rounded once.
	all := float64(2 * n * e.tries)
	res.overlap = overlapSum / all
	res.errors = (all - overlapSum) / (2 * all)
	res.energy = energySum / (2 * all * float64(e.unit()))
	res.success = float64(successes) / float64(e.tries)
	res.sweeps = float64(sweepSum) / float64(e.tries)
	res.twoCycles = float64(cycles) / float64(e.tries)
	return res, nil
}

// begin overwrites dst with pattern mu, of which e.flips spins are flipped. It
// shuffles sites, a permutation of the neurons.
func (e *retrieval) begin(dst []uint64, mu int, sites []int32) {
	e.patterns.Pattern(dst, mu)
	if e.flips == 0 {
		return // e.start may be nil
	}
	draw.Choose(sites, e.flips, e.start)
	for _, i := range sites[:e.flips] {
		dst[i/64] ^= 1 << (i & 63)
	}
}
