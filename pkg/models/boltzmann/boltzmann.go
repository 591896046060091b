package boltzmann

import (
	"context"
	_ "embed"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	n             = models.Int("n", 20, "number of visible units").AtLeast(1).AtMost(4096)
	hidden        = models.Int("hidden", 10, "number of hidden units").AtLeast(1).AtMost(4096)
	patterns      = models.Int("patterns", 5, "number p of patterns").AtLeast(1).AtMost(4096)
	algorithm     = models.Choice("algorithm", "contrastive divergence, the same with persistent chains, or the exact gradient", "cd", "pcd", "exact")
	k             = models.Int("k", 1, "steps v → h → v of each chain in an epoch").AtLeast(1).AtMost(1e12).In("step")
	chains        = models.Int("chains", 1, "chains for each pattern").AtLeast(1).AtMost(4096)
	rate          = models.Float("rate", 0.05, "learning rate").Above(0)
	decay         = models.Float("decay", 0, "weight decay").AtLeast(0)
	epochs        = models.Int("epochs", 1000, "epochs of learning").AtLeast(0).AtMost(1e12).In("epoch")
	scale         = models.Float("scale", 0.01, "standard deviation of the first weights").AtLeast(0)
	equilibration = models.Int("equilibration", 50, "steps v → h → v of a try before the measurement").AtLeast(0).AtMost(1e12).In("step")
	window        = models.Int("window", 200, "steps of the measurement").AtLeast(blocks).AtMost(1e12).In("step")
	start         = models.Float("start", 1, "overlap with its pattern that a try starts from").Above(0).AtMost(1)
	trials        = models.Int("trials", 25, "tries, each from another pattern: min(trials, p), and as many from random states").AtLeast(1)

	patternStream  = models.NewStream("patterns", n)
	weightStream   = models.NewStream("weights", n, hidden)
	learningStream = models.NewStream("learning", n, hidden)
	startStream    = models.NewStream("start", n)
	samplingStream = models.NewStream("sampling", n, hidden)

	logLikelihood  = models.Scalar("log_likelihood", "", "mean of ln P over the patterns after learning; null if both layers have more than 20 units")
	divergence     = models.Scalar("divergence", "", "divergence of the machine from the distinct patterns, their negative entropy less log_likelihood")
	likelihoods    = models.Series("log_likelihoods", "", "log_likelihood before learning and after each tenth of the epochs").Long(models.Exactly(checks + 1))
	cosines        = models.Series("gradient_cosines", "", "cosine of the angle between the algorithm's step and the exact gradient, at the same times").Long(models.Exactly(checks + 1))
	reconstruction = models.Scalar("reconstruction_error", "", "fraction of visible units that v → h → v to the likelier states changes in the patterns")
	overlap        = models.Scalar("overlap", "", "mean over the tries and the window of the overlap with the pattern started from")
	overlapSE      = models.Scalar("overlap_se", "", "standard error of the overlap, from blocks of the window")
	overlaps       = models.Series("overlaps", "", "mean overlap of each try, in the order of the patterns").Long(models.Counted("min(trials, p)", tries, patterns, trials))
	success        = models.Scalar("success_fraction", "", "fraction of the tries with a mean overlap above 0.8")
	captured       = models.Scalar("captured_fraction", "", "fraction of the tries from random states that end with an overlap above 0.8 with a pattern")
)

// Model is the restricted Boltzmann machine.
var Model = &models.Model{
	Name:    "boltzmann",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{n, hidden, patterns, algorithm, k, chains, rate, decay, epochs, scale, equilibration, window, start, trials},
	Streams: []*models.Stream{patternStream, weightStream, learningStream, startStream, samplingStream},
	Size:    []models.Param{n, hidden, patterns, k, chains, epochs},
	Outputs: []models.Output{logLikelihood, divergence, likelihoods, cosines, reconstruction, overlap, overlapSE, overlaps, success, captured},
	Run:     run,
}

// checks are the parts of the epochs after which the likelihood is computed, and
// blocks those of the window that give its standard error.
const checks, blocks = 10, 20

func run(ctx context.Context, t *models.Trial) error {
	machine := newLayers(n.Of(t), hidden.Of(t))
	if algorithm.Of(t) == "exact" && !machine.tractable() {
		return errors.New("algorithm exact needs a layer of at most 20 units")
	}
	w := weightStream.Of(t)
	for i := range machine.w {
		machine.w[i] = float64(scale.Of(t) * w.NormFloat64())
	}
	s, err := newSchool(ctx, machine, fairPatterns(machine.n, patterns.Of(t), patternStream.Of(t)), chains.Of(t))
	if err != nil {
		return err
	}
	s.algorithm, s.steps, s.rate, s.decay, s.noise = algorithm.Of(t), k.Of(t), rate.Of(t), decay.Of(t), learningStream.Of(t)

	var lnP, angles []float64
	gradient := newLayers(machine.n, machine.m)
	done := 0
	for part := 0; part <= checks; part++ {
		for ; done < epochs.Of(t)*part/checks; done++ {
			if err := s.epoch(ctx); err != nil {
				return err
			}
		}
		if !machine.tractable() {
			continue
		}
		l, err := s.likelihood(ctx, gradient)
		if err != nil {
			return err
		}
		c, err := s.cosine(ctx, gradient)
		if err != nil {
			return err
		}
		lnP, angles = append(lnP, l), append(angles, c)
	}
	if machine.tractable() {
		logLikelihood.Put(t, lnP[checks])
		divergence.Put(t, -entropy(s.patterns)-lnP[checks])
		likelihoods.Put(t, lnP)
		cosines.Put(t, angles)
	} else {
		logLikelihood.None(t)
		divergence.None(t)
		likelihoods.None(t)
		cosines.None(t)
	}
	wrong, err := s.reconstruction(ctx)
	if err != nil {
		return err
	}
	reconstruction.Put(t, wrong)
	return sample(ctx, t, s)
}

// fairPatterns draws patterns of fair signs, one after another.
func fairPatterns(n, p int, r *rand.Rand) [][]float64 {
	all := make([][]float64, p)
	for mu := range all {
		all[mu] = make([]float64, n)
		draw.Signs(all[mu], r)
	}
	return all
}

// entropy is that of the distribution of the patterns: ln p if they differ.
func entropy(patterns [][]float64) float64 {
	counts := make(map[string]int)
	sum, p := 0.0, float64(len(patterns))
	key := make([]byte, len(patterns[0]))
	for _, v := range patterns {
		for i, x := range v {
			key[i] = byte(x + 1)
		}
		counts[string(key)]++
	}
	for _, v := range patterns { // each of c equal ones has -ln(c/p)/p
		for i, x := range v {
			key[i] = byte(x + 1)
		}
		sum -= math.Log(float64(counts[string(key)])/p) / p
	}
	return sum
}

// tries is how many tries are made from patterns, and as many from random states.
func tries(t *models.Trial) int { return min(trials.Of(t), patterns.Of(t)) }

// sample runs the machine from patterns and from random states.
func sample(ctx context.Context, t *models.Trial, s *school) error {
	r, flips := samplingStream.Of(t), startStream.Of(t)
	v := make([]float64, s.machine.n)
	tries := tries(t)
	size := float64(len(v))
	before, length := equilibration.Of(t), window.Of(t)
	wrong := draw.Flips(start.Of(t), len(v))
	sites := draw.Identity(len(v))
	series := make([]float64, tries)
	mean, variance, successes, caught := 0.0, 0.0, 0, 0
	for mu := range tries {
		pattern := s.patterns[mu]
		copy(v, pattern)
		draw.Choose(sites, wrong, flips)
		for _, i := range sites[:wrong] {
			v[i] = -v[i]
		}
		var sums [blocks]float64
		for step := range before + length {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.machine.gibbs(v, s.hidden, r)
			if at := step - before; at >= 0 {
				sums[at*blocks/length] += dot(v, pattern) / size
			}
		}
		for b := range sums {
			first, end := (b*length+blocks-1)/blocks, ((b+1)*length+blocks-1)/blocks
			sums[b] /= float64(end - first)
		}
		e := measure.BlockEstimate(sums[:])
		series[mu] = e.Mean
		mean += e.Mean / float64(tries)
		variance += float64(e.SE * e.SE)
		if e.Mean > 0.8 {
			successes++
		}
	}
	for range tries {
		draw.Signs(v, r)
		for range before + length {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.machine.gibbs(v, s.hidden, r)
		}
		for _, pattern := range s.patterns {
			if dot(v, pattern) > 0.8*size {
				caught++
				break
			}
		}
	}
	overlap.Put(t, mean)
	overlapSE.Put(t, math.Sqrt(variance)/float64(tries))
	overlaps.Put(t, series)
	success.Put(t, float64(successes)/float64(tries))
	captured.Put(t, float64(caught)/float64(tries))
	return nil
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, a := range x {
		sum += float64(a * y[i])
	}
	return sum
}
