package associative

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

// maxNumbers keeps a matrix of couplings, the patterns and their products within
// half a gigabyte each.
const maxNumbers = 1 << 26

var (
	n             = models.Int("n", 500, "number of neurons").AtLeast(2).AtMost(50_000)
	alpha         = models.OptionalFloat("alpha", "load p/n, of the diluted network p/connectivity: that many patterns are stored, rounded, at least one").Above(0)
	patterns      = models.OptionalInt("patterns", "number p of stored patterns").AtLeast(1)
	rule          = models.Choice("rule", "how the couplings are learned", "hebb", "storkey", "pseudo-inverse", "perceptron", "minover", "diluted")
	connectivity  = models.Int("connectivity", 20, "inputs of each neuron of the diluted network, less than n").AtLeast(1)
	kappa         = models.Float("kappa", 0, "margin of the perceptron: the stability that each neuron is to reach in each pattern").AtLeast(0)
	accuracy      = models.Float("accuracy", 0.05, "minover stops where its stability is proved to be within this fraction of the largest").Above(0).Below(1)
	maxUpdates    = models.Int("max_updates", 10_000, "learning steps of a neuron after which perceptron and minover give up").AtLeast(1).In("update")
	diagonal      = models.Flag("diagonal", false, "keep the self-couplings instead of zeros")
	bias          = models.Float("bias", 0, "mean of a pattern's components").Above(-1).Below(1)
	correlation   = models.Float("correlation", 0, "correlation coefficient of two patterns at a neuron, from a common ancestor").AtLeast(0).Below(1)
	update        = models.Choice("update", "neurons one after another in random order, or all at once", "async", "sync")
	temperature   = models.Float("temperature", 0, "of heat-bath updates; at 0 a neuron takes the sign of its field").AtLeast(0)
	equilibration = models.Int("equilibration", 50, "sweeps before the measurement at a temperature above 0").AtLeast(0).AtMost(1e12).In("sweep")
	window        = models.Int("window", 200, "sweeps of the measurement at a temperature above 0").AtLeast(blocks).AtMost(1e12).In("sweep")
	start         = models.Float("start", 1, "overlap with its pattern that a try starts from").Above(0).AtMost(1)
	trials        = models.Int("trials", 25, "tries of a network, each from another pattern: min(trials, p) are made").AtLeast(1)
	maxSweeps     = models.Int("max_sweeps", 1000, "sweeps after which a try at temperature 0 is given up").AtLeast(1).AtMost(100_000).In("sweep")

	patternStream  = models.NewStream("patterns", n)
	mixtureStream  = models.NewStream("mixture", n)
	ancestorStream = models.NewStream("ancestor", n)
	graphStream    = models.NewStream("graph", n, connectivity)
	startStream    = models.NewStream("start", n)
	orderStream    = models.NewStream("order", n)
	noiseStream    = models.NewStream("noise", n)

	overlap         = models.Scalar("overlap", "", "mean over the tries of the final overlap m_f with the pattern started from, above temperature 0 of its mean over the window")
	overlapSE       = models.Scalar("overlap_se", "", "standard error of the overlap by thermal noise in this network, from blocks of the window; null at temperature 0")
	successFraction = models.Scalar("success_fraction", "", "fraction of the tries with m_f > 0.8")
	errorFraction   = models.Scalar("error_fraction", "", "mean over the tries of the fraction (1-m_f)/2 of wrong spins")
	sweeps          = models.Scalar("sweeps", "sweep", "mean over the tries of the sweeps until the final state, max_sweeps if none was found; null above temperature 0")
	energy          = models.Scalar("energy", "", "mean over the tries of the final energy per neuron, without the diagonal")
	cycleLength     = models.Integer("cycle_length", "sweep", "longest final cycle, 1 fixed points only; null if a try met max_sweeps, and above temperature 0")
	overlaps        = models.Series("overlaps", "", "m_f of each try, in the order of the patterns").Long(models.Counted("min(trials, p)", tries, n, alpha, patterns, rule, connectivity, trials))
	stored          = models.Integer("stored", "", "number p of stored patterns")
	fixedFraction   = models.Scalar("fixed_fraction", "", "fraction of all stored patterns that are fixed points without an error")
	unstable        = models.Scalar("unstable_fraction", "", "fraction of the components of all stored patterns that their fields turn over")
	stability       = models.Scalar("stability", "", "least stability of a component of a pattern, ξ_i Σ_j J_ij ξ_j / |J_i|")
	stabilityBound  = models.Scalar("stability_bound", "", "no couplings can have a greater stability, by the certificate of perceptron or minover; null for other rules")
	learning        = models.Label("learning", "how the learning ended", closed, dependent, converged, limit, unlearnable)
	learnedFraction = models.Scalar("learned_fraction", "", "fraction of the neurons that perceptron or minover taught; null for other rules")
	updates         = models.Scalar("updates", "update", "mean over the neurons of the learning steps of perceptron or minover; null for other rules")
)

// Model is the associative memory with a choice of learning rules.
var Model = &models.Model{
	Name:    "associative",
	Doc:     doc,
	Version: 1,
	Params: []models.Param{n, alpha, patterns, rule, connectivity, kappa, accuracy, maxUpdates, diagonal, bias, correlation,
		update, temperature, equilibration, window, start, trials, maxSweeps},
	OneOf:   [][]models.Param{{alpha, patterns}},
	Streams: []*models.Stream{patternStream, mixtureStream, ancestorStream, graphStream, startStream, orderStream, noiseStream},
	Size:    []models.Param{n, alpha, patterns, trials},
	Outputs: []models.Output{overlap, overlapSE, successFraction, errorFraction, sweeps, energy, cycleLength, overlaps, stored,
		fixedFraction, unstable, stability, stabilityBound, learning, learnedFraction, updates},
	Run: run,
}

func run(ctx context.Context, t *models.Trial) error {
	p, err := storedPatterns(t)
	if err != nil {
		return err
	}
	m, err := newMemories(ctx, n.Of(t), p, bias.Of(t), correlation.Of(t), origins{
		fair: patternStream.Of(t), mixture: mixtureStream.Of(t), ancestor: ancestorStream.Of(t),
	})
	if err != nil {
		return err
	}
	l := lesson{
		memories: m, diagonal: diagonal.Of(t),
		inputs: connectivity.Of(t), graph: graphStream.Of(t),
		kappa: kappa.Of(t), accuracy: accuracy.Of(t), maxUpdates: maxUpdates.Of(t),
	}
	net, err := l.learn(ctx, rule.Of(t))
	if err != nil {
		return err
	}
	st, err := stabilities(ctx, net, m)
	if err != nil {
		return err
	}
	r := retrieval{
		net: net, memories: m, tries: tries(t), flips: draw.Flips(start.Of(t), m.n), sync: update.Of(t) == "sync",
		maxSweeps:   maxSweeps.Of(t),
		temperature: temperature.Of(t), equilibration: equilibration.Of(t), window: window.Of(t),
		start: startStream.Of(t), order: orderStream.Of(t), noise: noiseStream.Of(t),
	}
	outcomes, err := r.run(ctx)
	if err != nil {
		return err
	}
	putTries(t, outcomes)
	stored.Put(t, int64(p))
	fixedFraction.Put(t, st.fixed)
	unstable.Put(t, st.unstable)
	stability.Put(t, st.least)
	learning.Put(t, net.ending)
	if net.ending == closed || net.ending == dependent {
		stabilityBound.None(t)
		learnedFraction.None(t)
		updates.None(t)
	} else {
		stabilityBound.Put(t, net.bound)
		learnedFraction.Put(t, net.taught)
		updates.Put(t, net.updates)
	}
	return nil
}

// storedPatterns is the number of patterns, if couplings and patterns have a
// place in memory.
func storedPatterns(t *models.Trial) (int, error) {
	n, rule := n.Of(t), rule.Of(t)
	inputs := n
	if rule == "diluted" {
		if inputs = connectivity.Of(t); inputs >= n {
			return 0, fmt.Errorf("connectivity = %d: a neuron of n = %d has at most %d inputs", inputs, n, n-1)
		}
	}
	p, ok := patterns.Lookup(t)
	if !ok {
		a, _ := alpha.Lookup(t)
		x := math.Round(a * float64(inputs))
		if x > maxNumbers {
			return 0, fmt.Errorf("alpha = %v stores %v patterns; too many", a, x)
		}
		p = max(1, int(x))
	}
	gram := 1
	if rule == "pseudo-inverse" || rule == "perceptron" || rule == "minover" {
		gram = p
	}
	switch {
	case n > maxNumbers/inputs:
		return 0, fmt.Errorf("n = %d needs %.2g couplings; at most %.2g are possible, as n = 8192 has", n, float64(n)*float64(inputs), float64(maxNumbers))
	case rule == "diluted" && p > spins.MaxPatterns:
		return 0, fmt.Errorf("%d patterns are too many for rule diluted; at most %d are possible", p, spins.MaxPatterns)
	case p > maxNumbers/n || p > maxNumbers/gram:
		return 0, fmt.Errorf("%d patterns of n = %d neurons are too many for rule %s: n p and, if it needs all products of patterns, p² are at most %.2g", p, n, rule, float64(maxNumbers))
	}
	return p, nil
}

// tries is how many tries are made, 0 if so many patterns have no place.
func tries(t *models.Trial) int {
	p, _ := storedPatterns(t)
	return min(trials.Of(t), p)
}

// stable is how well a network holds its patterns.
type stable struct{ fixed, unstable, least float64 }

func stabilities(ctx context.Context, net *learned, m *memories) (stable, error) {
	norm, field := make([]float64, m.n), make([]float64, m.n)
	net.norms(norm)
	fixed, wrong, least := 0, 0, math.Inf(1)
	for mu := range m.p {
		if err := ctx.Err(); err != nil {
			return stable{}, err
		}
		xi := m.pattern(mu)
		net.load(field, xi)
		before := wrong
		for i, h := range field {
			if h *= xi[i]; h < 0 {
				wrong++
			}
			if norm[i] > 0 {
				h /= norm[i]
			}
			least = min(least, h)
		}
		if wrong == before {
			fixed++
		}
	}
	return stable{float64(fixed) / float64(m.p), float64(wrong) / float64(m.p*m.n), least}, nil
}

// putTries puts the means over the tries.
func putTries(t *models.Trial, tries []outcome) {
	var m, e, s, variance float64
	var successes, longest int
	limited := false
	series := make([]float64, len(tries))
	for k, o := range tries {
		series[k] = o.overlap
		m += o.overlap
		e += o.energy
		s += float64(o.sweeps)
		variance += float64(o.se * o.se)
		if o.overlap > success {
			successes++
		}
		longest = max(longest, o.cycle)
		limited = limited || o.cycle == 0
	}
	k := float64(len(tries))
	overlap.Put(t, m/k)
	errorFraction.Put(t, (1-m/k)/2)
	successFraction.Put(t, float64(successes)/k)
	energy.Put(t, e/k)
	overlaps.Put(t, series)
	if temperature.Of(t) > 0 {
		overlapSE.Put(t, math.Sqrt(variance)/k)
		sweeps.None(t)
	} else {
		overlapSE.None(t)
		sweeps.Put(t, s/k)
	}
	if limited {
		cycleLength.None(t)
	} else {
		cycleLength.Put(t, int64(longest))
	}
}
