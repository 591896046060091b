package bms

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

// The limits of 1e6 and 1e12 are far beyond use; they keep sums of potentials
// and counts of steps finite.
var (
	n         = models.Int("n", 100, "number of neurons N").AtLeast(1).AtMost(10000)
	gamma     = models.Float("gamma", 0.5, "leak: the fraction of a silent neuron's potential that is left after a step").AtLeast(0).Below(1).In("1/step")
	sigma     = models.Float("sigma", 5, "standard deviation of the weights, scaled as scaling says").AtLeast(0).AtMost(1e6).In("potential")
	current   = models.Float("current", 0, "constant external current I into every neuron, per step").AtLeast(-1e6).AtMost(1e6).In("potential")
	theta     = models.Float("theta", 1, "firing threshold").Above(0).AtMost(1e6).In("potential")
	mean      = models.Float("mean", 0, "mean mu of the weights, scaled as scaling says").AtLeast(-1e6).AtMost(1e6).In("potential")
	scaling   = models.Choice("scaling", "what the weights' mean and standard deviation are: mean/N and sigma/sqrt(N), or raw, mean and sigma", "per-sqrt-n", "raw")
	self      = models.Flag("self", true, "whether a neuron's weight onto itself is kept, else it is zero")
	initial   = models.Float("initial", 2, "scale of the initial potentials, drawn uniformly from [0, initial*theta)").AtLeast(0).AtMost(1e6)
	transient = models.Int("transient", 10_000, "steps before the window").AtLeast(0).AtMost(1e12).In("steps")
	window    = models.Int("window", 200_000, "steps in which a period is searched").AtLeast(1).AtMost(1e12).In("steps")
	tolerance = models.Float("tolerance", 1e-9, "largest difference between two potentials of states that count as one").AtLeast(0).AtMost(1).In("potential")
)

// Trials that differ in sigma, gamma or anything but n have the same standard
// normals and the same uniforms.
var (
	weights  = models.NewStream("weights", n)
	starting = models.NewStream("initial", n)
)

var (
	potential = models.NewTrace("potential", "potential", "steps", "every neuron's potential at each step, before the reset of those that fire")
	firing    = models.NewTrace("firing", "", "steps", "how many neurons fire at each step")
)

var (
	class     = models.Label("class", "what became of the network: dead, provably periodic, or neither within the window", death, periodic, none)
	period    = models.Integer("period", "steps", "period of the raster and of the potentials; null unless periodic")
	deathStep = models.Integer("death_step", "steps", "first step from which on no neuron fires, counted from the start of the transient; null unless dead")
	distance  = models.Scalar("d", "potential", "smallest distance of a potential from the threshold on the attractor reached, or in the window if none was")
	windowMin = models.Bool("d_is_window_min", "whether d is only the minimum in the window, an upper bound that shrinks with the window")
	floor     = models.Scalar("d_floor", "potential", "expected minimum of as many independent samples as the window holds; null unless d is a window's minimum")
	rate      = models.Scalar("rate", "spikes/step", "mean spikes per neuron and step, over one period or over the window if none was found")
	silent    = models.Scalar("silent_fraction", "", "fraction of the neurons that never fire over the steps that rate is a mean of")
	depth     = models.Integer("memory_depth", "steps", "past steps whose spikes fix the next ones, from d; null for d = 0")
	raster    = models.Label("raster_hash", "hash of the raster of one period, wherever it begins, or of the window if no period was found")
)

// Model is the deterministic network of Beslon, Mazet and Soula.
var Model = &models.Model{
	Name:    "bms",
	Doc:     doc,
	Version: 1,
	Params: []models.Param{
		n, gamma, sigma, current, theta, mean, scaling, self, initial, transient, window, tolerance,
	},
	Outputs: []models.Output{
		class, period, deathStep, distance, windowMin, floor, rate, silent, depth, raster,
	},
	Streams: []*models.Stream{weights, starting},
	Traces:  []*models.Trace{potential, firing},
	Size:    []models.Param{n, window, transient},
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	law := gaussian{mean: mean.Of(t), sigma: sigma.Of(t), raw: scaling.Of(t) == "raw", self: self.Of(t)}
	net, err := NewNetwork(ctx, n.Of(t), gamma.Of(t), theta.Of(t), current.Of(t), law.weights(n.Of(t), weights.Of(t)))
	if err != nil {
		return err
	}
	net.SetState(uniform(n.Of(t), initial.Of(t)*theta.Of(t), starting.Of(t)))

	if potential.Recorded(t) || firing.Recorded(t) {
		steps := 0
		net.see = func() {
			potential.Add(t, float64(steps), net.State()...)
			firing.Add(t, float64(steps), float64(len(net.Fired())))
			steps++
		}
		net.see()
	}
	v, err := classify(ctx, net, settings{transient.Of(t), window.Of(t), tolerance.Of(t)})
	if err != nil {
		return err
	}
	class.Put(t, v.class)
	period.None(t)
	deathStep.None(t)
	floor.None(t)
	depth.None(t)
	switch v.class {
	case periodic:
		period.Put(t, int64(v.period))
	case death:
		deathStep.Put(t, int64(v.step))
	case none:
		if v.floor > 0 {
			floor.Put(t, v.floor)
		}
	}
	distance.Put(t, v.d)
	windowMin.Put(t, v.class == none)
	rate.Put(t, v.rate)
	silent.Put(t, v.silent)
	lo, hi := net.Bounds()
	if T, ok := memoryDepth(v.d, gamma.Of(t), lo, hi); ok {
		depth.Put(t, int64(T))
	}
	raster.Put(t, fmt.Sprintf("%016x", v.raster))
	return nil
}

// gaussian is the law of the weights.
type gaussian struct {
	mean, sigma float64
	raw         bool // mean and sigma as they are, not over n and sqrt(n)
	self        bool
}

// weights are n by n weights drawn one by one: a standard normal for each, in
// the order asked for. What is drawn for the diagonal is dropped without self,
// so that all other weights are the same.
func (g gaussian) weights(n int, rng *rand.Rand) func(i, j int) float64 {
	mean, root := g.mean/float64(n), math.Sqrt(float64(n))
	if g.raw {
		mean, root = g.mean, 1
	}
	return func(i, j int) float64 {
		xi := rng.NormFloat64()
		if i == j && !g.self {
			return 0
		}
		return float64(xi*g.sigma)/root + mean
	}
}

// uniform are n potentials drawn from [0, top), in ascending order of neurons.
func uniform(n int, top float64, rng *rand.Rand) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = top * rng.Float64()
	}
	return v
}
