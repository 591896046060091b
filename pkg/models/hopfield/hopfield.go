package hopfield

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

// maxNeurons is where exact sums of N·p·M would still be far from the end of an
// int64; memory ends before, at N·p/8 bytes.
const maxNeurons = 1 << 20

var (
	n            = models.Int("n", 500, "number of neurons").AtLeast(2).AtMost(maxNeurons)
	alpha        = models.OptionalFloat("alpha", "load p/n, of a diluted network p/connectivity: that many patterns are stored, rounded, at least one").Above(0)
	patterns     = models.OptionalInt("patterns", "number p of stored patterns").AtLeast(1).AtMost(spins.MaxPatterns)
	connectivity = models.OptionalInt("connectivity", "inputs of each neuron of a diluted network, less than n; not set: all others").AtLeast(1)
	dilution     = models.Choice("dilution", "inputs of a diluted network: drawn for each neuron by itself, or in pairs of neurons that are inputs of each other", "asymmetric", "symmetric")
	update       = models.Choice("update", "neurons one after another in random order, or all at once", "async", "sync")
	temperature  = models.Float("temperature", 0, "temperature T of Glauber dynamics, 0 for none: max_sweeps sweeps are made").AtLeast(0)
	diagonal     = models.Flag("diagonal", false, "keep the self-couplings J_ii = p/n, diluted p/connectivity, instead of zeros")
	start        = models.Float("start", 1, "overlap with its pattern that a try starts from").Above(0).AtMost(1)
	trials       = models.Int("trials", 25, "tries of a network, each from another pattern: min(trials, p) are made").AtLeast(1)
	maxSweeps    = models.Int("max_sweeps", 1000, "sweeps after which a try is given up").AtLeast(1).In("sweep")

	patternStream = models.NewStream("patterns", n)
	graphStream   = models.NewStream("graph", n, connectivity)
	orderStream   = models.NewStream("order", n)
	startStream   = models.NewStream("start", n)
	noiseStream   = models.NewStream("noise", n)

	overlapTrace = models.NewTrace("overlap", "", "sweep", "overlap of try i with its pattern before each sweep and at the end")
	energyTrace  = models.NewTrace("energy", "", "sweep", "energy per neuron of try i, without the diagonal, before each sweep and at the end")

	overlap         = models.Scalar("overlap", "", "mean over the tries of the final overlap m_f with the pattern started from")
	successFraction = models.Scalar("success_fraction", "", "fraction of the tries with m_f > 0.8")
	sweeps          = models.Scalar("sweeps", "sweep", "mean over the tries of the sweeps until the final state, max_sweeps if none was found")
	energy          = models.Scalar("energy", "", "mean over the tries of the final energy per neuron, without the diagonal")
	cycleLength     = models.Integer("cycle_length", "sweep", "longest final cycle: 1 fixed points only, 2 a two-cycle, more in asymmetric networks only; null if a try met max_sweeps")
	errorFraction   = models.Scalar("error_fraction", "", "mean over the tries of the fraction (1-m_f)/2 of wrong spins")
	overlaps        = models.Series("overlaps", "", "final overlap m_f of each try, in the order of the patterns").Long(models.Counted("min(trials, p)", tries, n, connectivity, alpha, patterns, trials))
	stored          = models.Integer("stored", "", "number p of stored patterns")
	twoCycles       = models.Scalar("two_cycle_fraction", "", "fraction of the tries that end in a cycle of two states; null at a temperature")

	randomStarts      = models.Int("random_starts", 1000, "random states that the census starts from").AtLeast(1).AtMost(1 << 20)
	randomStartStream = models.NewStream("random_start", n)
	randomOrderStream = models.NewStream("random_order", n)

	attractors        = models.Integer("attractors", "", "attractors found, a state and its opposite being one")
	unseen            = models.Scalar("unseen", "", "estimate of the probability that one more random state leads to an attractor not found yet (Good and Turing)")
	censusSweeps      = models.Scalar("census_sweeps", "sweep", "mean over the random states of the sweeps until the attractor, max_sweeps if none was found")
	unsettledFraction = models.Scalar("unsettled_fraction", "", "fraction of the random states that found no attractor within max_sweeps")
	classFraction     = [classes]*models.ScalarOutput{
		models.Scalar("pattern_fraction", "", "fraction of the random states that lead to a pattern or its opposite"),
		models.Scalar("mixture3_fraction", "", "fraction of the random states that lead to a mixture of three patterns"),
		models.Scalar("mixture5_fraction", "", "fraction of the random states that lead to a mixture of five patterns"),
		models.Scalar("mixture7_fraction", "", "fraction of the random states that lead to a mixture of seven patterns"),
		models.Scalar("other_fraction", "", "fraction of the random states that lead to any other fixed point"),
		models.Scalar("cycle_fraction", "", "fraction of the random states that lead to a cycle of two states or, in asymmetric networks, more"),
	}
	classEnergy = [classes]*models.ScalarOutput{
		models.Scalar("pattern_energy", "", "mean energy per neuron, without the diagonal, over the random states that lead to a pattern; null if none does"),
		models.Scalar("mixture3_energy", "", "the same for mixtures of three patterns"),
		models.Scalar("mixture5_energy", "", "the same for mixtures of five patterns"),
		models.Scalar("mixture7_energy", "", "the same for mixtures of seven patterns"),
		models.Scalar("other_energy", "", "the same for other fixed points"),
		models.Scalar("cycle_energy", "", "the same for cycles, of which the mean is taken"),
	}
	censusMeasure = &models.Measure{
		Name:    "census",
		Doc:     "the attractors at temperature zero that random states lead to, counted and classed",
		Params:  []models.Param{randomStarts},
		Streams: []*models.Stream{randomStartStream, randomOrderStream},
		Outputs: append([]models.Output{attractors, unseen, censusSweeps, unsettledFraction}, outputs(classFraction[:], classEnergy[:])...),
	}
)

// outputs lists several lists of outputs.
func outputs(lists ...[]*models.ScalarOutput) (all []models.Output) {
	for _, list := range lists {
		for _, o := range list {
			all = append(all, o)
		}
	}
	return all
}

// Model is the Hopfield network with Hebbian couplings.
var Model = (&models.Model{
	Name:    "hopfield",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{n, alpha, patterns, connectivity, dilution, update, temperature, diagonal, start, trials, maxSweeps},
	OneOf:   [][]models.Param{{alpha, patterns}},
	Streams: []*models.Stream{patternStream, graphStream, orderStream, startStream, noiseStream},
	Size:    []models.Param{n, alpha, patterns, connectivity, trials, randomStarts},
	Traces:  []*models.Trace{overlapTrace, energyTrace},
	Outputs: []models.Output{overlap, successFraction, sweeps, energy, cycleLength, errorFraction, overlaps, stored, twoCycles},

	Measures: []*models.Measure{censusMeasure},
	Run:      run,
}).Asking()

func run(ctx context.Context, t *models.Trial) error {
	x, err := build(ctx, t)
	if err != nil {
		return err
	}
	p := x.patterns.P()
	e := retrieval{
		memory:    x,
		tries:     tries(t),
		flips:     draw.Flips(start.Of(t), n.Of(t)),
		maxSweeps: maxSweeps.Of(t),
	}
	if e.flips > 0 {
		e.start = startStream.Of(t)
	}
	if e.temperature = temperature.Of(t); e.temperature > 0 {
		e.noise = noiseStream.Of(t)
	}
	if update.Of(t) == "async" {
		e.order = orderStream.Of(t)
	}
	if overlapTrace.Recorded(t) || energyTrace.Recorded(t) {
		size, unit := float64(n.Of(t)), float64(e.unit())
		e.see = func(try, sweeps int, state *spins.State) {
			overlapTrace.AddFrom(t, float64(sweeps), try, float64(state.Overlaps()[try])/size)
			energyTrace.AddFrom(t, float64(sweeps), try, float64(state.Energy())/(2*size*unit))
		}
	}
	res, err := e.run(ctx)
	if err != nil {
		return err
	}
	overlap.Put(t, res.overlap)
	successFraction.Put(t, res.success)
	sweeps.Put(t, res.sweeps)
	energy.Put(t, res.energy)
	errorFraction.Put(t, res.errors)
	overlaps.Put(t, res.overlaps)
	stored.Put(t, int64(p))
	if res.cycle > 0 {
		cycleLength.Put(t, int64(res.cycle))
	} else {
		cycleLength.None(t)
	}
	if e.temperature > 0 {
		twoCycles.None(t)
	} else {
		twoCycles.Put(t, res.twoCycles)
	}
	if t.Asks(censusMeasure) {
		return take(ctx, t, x)
	}
	return nil
}

// take puts the census of a network.
func take(ctx context.Context, t *models.Trial, x memory) error {
	c := census{memory: x, states: randomStarts.Of(t), maxSweeps: maxSweeps.Of(t), start: randomStartStream.Of(t)}
	if update.Of(t) == "async" {
		c.order = randomOrderStream.Of(t)
	}
	res, err := c.run(ctx)
	if err != nil {
		return err
	}
	attractors.Put(t, int64(res.attractors))
	unseen.Put(t, res.unseen)
	censusSweeps.Put(t, res.sweeps)
	unsettledFraction.Put(t, float64(res.unsettled)/float64(c.states))
	for k := range classes {
		classFraction[k].Put(t, float64(res.starts[k])/float64(c.states))
		if e, ok := res.meanEnergy(k, x.patterns.N(), x.unit()); ok {
			classEnergy[k].Put(t, e)
		} else {
			classEnergy[k].None(t)
		}
	}
	return nil
}

// build draws the network of a trial.
func build(ctx context.Context, t *models.Trial) (memory, error) {
	size := n.Of(t)
	c, diluted := connectivity.Lookup(t)
	switch {
	case !diluted:
	case c >= size:
		return memory{}, fmt.Errorf("connectivity = %d: a neuron of n = %d has at most %d inputs", c, size, size-1)
	case c > spins.MaxBonds/size:
		return memory{}, fmt.Errorf("connectivity = %d: %d neurons of so many inputs have %.2g bonds; at most %.2g are possible", c, size, float64(size)*float64(c), float64(spins.MaxBonds))
	}
	p, err := storedPatterns(t)
	if err != nil {
		return memory{}, err
	}
	drawn, err := spins.Draw(ctx, size, p, patternStream.Of(t))
	if err != nil {
		return memory{}, err
	}
	x := memory{patterns: drawn, diagonal: diagonal.Of(t)}
	if !diluted {
		return x, nil
	}
	return x, x.dilute(ctx, c, dilution.Of(t) == "symmetric", graphStream.Of(t))
}

// dilute draws the graph of a network, with c inputs a neuron or, if it is symmetric, c
// in the mean, and forms the couplings.
func (x *memory) dilute(ctx context.Context, c int, symmetric bool, r *rand.Rand) error {
	n := x.patterns.N()
	var graph *spins.Graph
	if symmetric {
		pairs, err := draw.Pairs(ctx, n, float64(c)/float64(n-1), r)
		if err != nil {
			return err
		}
		if graph, err = spins.Undirected(ctx, n, pairs); err != nil {
			return err
		}
	} else {
		from, err := draw.Inputs(ctx, n, c, r)
		if err != nil {
			return err
		}
		if graph, err = spins.Directed(ctx, n, c, from); err != nil {
			return err
		}
	}
	var err error
	x.inputs = c
	x.bonds, err = spins.Couple(ctx, x.patterns, graph)
	return err
}

// storedPatterns is the number of patterns, if there may be so many.
func storedPatterns(t *models.Trial) (int, error) {
	if p, given := patterns.Lookup(t); given {
		return p, nil
	}
	a, _ := alpha.Lookup(t)
	c, diluted := connectivity.Lookup(t)
	if !diluted {
		c = n.Of(t)
	}
	return storedAt(a, c)
}

// tries is how many tries are made, 0 if so many patterns have no place.
func tries(t *models.Trial) int {
	p, _ := storedPatterns(t)
	return min(trials.Of(t), p)
}

// storedAt is the number of patterns at load alpha of neurons with c inputs, round(alpha
// c) and at least one.
func storedAt(alpha float64, c int) (int, error) {
	p := math.Round(alpha * float64(c))
	if p > spins.MaxPatterns {
		return 0, fmt.Errorf("alpha = %v stores %v patterns, at %d inputs a neuron; at most %d are possible", alpha, p, c, spins.MaxPatterns)
	}
	return max(1, int(p)), nil
}
