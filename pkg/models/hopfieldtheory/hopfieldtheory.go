package hopfieldtheory

import (
	"context"
	_ "embed"
	"math"

	"github.com/neurosweep/sweep/internal/meanfield"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	alpha       = models.Float("alpha", 0.1, "load p/n").AtLeast(0).AtMost(1e6)
	temperature = models.Float("temperature", 0, "temperature T").AtLeast(0).AtMost(1e6)
	lines       = models.Flag("lines", false, "compute temperature_retrieval and temperature_global too, which takes some tenths of a second")
	start       = models.Float("start", 1, "overlap that overlap_step starts from").Above(0).AtMost(1)
	n           = models.Int("n", 500, "number of neurons in error_free_one and error_free_all").AtLeast(2)
	kappa       = models.Float("kappa", 0, "stability in alpha_gardner").AtLeast(0).AtMost(1e6)
	mixture     = models.Int("mixture", 3, "number of patterns in alpha_mixture, overlap_mixture and energy_mixture").AtLeast(1).AtMost(99).Odd()

	phase         = models.Label("phase", "whether there is a retrieval state and has the least free energy; if there is none, whether neurons freeze", retrievalGlobal, retrievalMetastable, spinGlass, paramagnet)
	overlap       = models.Scalar("overlap", "", "overlap m of the retrieval state with its pattern")
	errorFraction = models.Scalar("error_fraction", "", "fraction (1-m)/2 of wrong spins of the retrieval state")
	q             = models.Scalar("q", "", "mean square of the neurons' mean activities in the retrieval state")
	r             = models.Scalar("r", "", "noise of the other patterns in the retrieval state, q/(1-C)^2")
	c             = models.Scalar("c", "", "susceptibility C = (1-q)/T of the retrieval state")
	energy        = models.Scalar("energy", "", "energy per neuron of the retrieval state, without the diagonal")
	free          = models.Scalar("free_energy", "", "free energy per neuron of the retrieval state")
	entropy       = models.Scalar("entropy", "nat", "entropy per neuron of the retrieval state")
	replicon      = models.Scalar("replicon", "", "stability of the retrieval state against breaking replica symmetry: stable if positive; null where it is infinite")
	barrier       = models.Scalar("overlap_barrier", "", "overlap of the unstable state between retrieval and no overlap")
	qGlass        = models.Scalar("q_glass", "", "mean square of the neurons' mean activities in the state without overlap")
	energyGlass   = models.Scalar("energy_glass", "", "energy per neuron of the state without overlap")
	freeGlass     = models.Scalar("free_energy_glass", "", "free energy per neuron of the state without overlap")
	entropyGlass  = models.Scalar("entropy_glass", "nat", "entropy per neuron of the state without overlap")
	zeros         = models.Series("zeros", "", "all roots y = m/sqrt(2 alpha r) in ascending order; null unless T is 0")

	alphaRetrieval = models.Scalar("alpha_retrieval", "", "alpha_M(T), the largest load with a retrieval state; null if there is none")
	alphaGlobal    = models.Scalar("alpha_global", "", "alpha_c(T), the largest load at which the retrieval state has the least free energy; null if there is none")
	tempRetrieval  = models.Scalar("temperature_retrieval", "", "T_M(alpha), the highest temperature with a retrieval state; null if there is none or lines is false")
	tempGlobal     = models.Scalar("temperature_global", "", "T_c(alpha), the highest temperature at which the retrieval state has the least free energy; null if there is none or lines is false")
	tempGlass      = models.Scalar("temperature_glass", "", "T_g(alpha), below which the state without overlap is a spin glass")

	overlapStep      = models.Scalar("overlap_step", "", "overlap after one step of all neurons from overlap start")
	unstableFraction = models.Scalar("unstable_fraction", "", "fraction of wrong neurons after one step of all neurons from a pattern")
	errorFreeOne     = models.Scalar("error_free_one", "patterns", "n/(2 ln n), patterns up to which a given one is exactly a fixed point at T = 0")
	errorFreeAll     = models.Scalar("error_free_all", "patterns", "n/(4 ln n), patterns up to which all are exactly fixed points at T = 0")

	overlapDiluted = models.Scalar("overlap_diluted", "", "overlap kept in the diluted asymmetric net with alpha patterns per input")
	alphaGardner   = models.Scalar("alpha_gardner", "", "largest load at which any couplings store patterns with stability kappa")
	kappaGardner   = models.Scalar("kappa_gardner", "", "largest stability at which any couplings store patterns at the load; null if none do, or if there is no largest")
	alphaMixture   = models.Scalar("alpha_mixture", "", "largest load at T = 0 with a symmetric mixture of that many patterns")
	overlapMixture = models.Scalar("overlap_mixture", "", "overlap of the mixture with each of its patterns; null if there is none or T is not 0")
	energyMixture  = models.Scalar("energy_mixture", "", "energy per neuron of the mixture; null if there is none or T is not 0")
)

// The phases.
const (
	retrievalGlobal     = "retrieval-global"
	retrievalMetastable = "retrieval-metastable"
	spinGlass           = "spin-glass"
	paramagnet          = "paramagnet"
)

// Model is the mean-field theory of the Hopfield network.
var Model = &models.Model{
	Name:    "hopfieldtheory",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{alpha, temperature, lines, start, n, kappa, mixture},
	Outputs: []models.Output{
		phase, overlap, errorFraction, q, r, c, energy, free, entropy, replicon, barrier,
		qGlass, energyGlass, freeGlass, entropyGlass, zeros,
		alphaRetrieval, alphaGlobal, tempRetrieval, tempGlobal, tempGlass,
		overlapStep, unstableFraction, errorFreeOne, errorFreeAll,
		overlapDiluted, alphaGardner, kappaGardner, alphaMixture, overlapMixture, energyMixture,
	},
	Run: run,
}

func run(ctx context.Context, t *models.Trial) error {
	formulas(t)
	zeroTemperature(t)
	states(t)
	return inverse(ctx, t)
}

// put puts x if it is there.
func put(t *models.Trial, o *models.ScalarOutput, x float64, ok bool) {
	if ok {
		o.Put(t, x)
	} else {
		o.None(t)
	}
}

// states puts the saddle points at the trial's load and temperature, and the
// lines at its temperature.
func states(t *models.Trial) {
	load, temp := alpha.Of(t), temperature.Of(t)
	line := meanfield.NewIsotherm(temp)
	x, ok := line.Retrieval(load)
	low, _ := line.Barrier(load)
	glass := meanfield.Disordered(load, temp)

	switch {
	case ok && x.Free <= glass.Free:
		phase.Put(t, retrievalGlobal)
	case ok:
		phase.Put(t, retrievalMetastable)
	case temp < meanfield.GlassTemperature(load):
		phase.Put(t, spinGlass)
	default:
		phase.Put(t, paramagnet)
	}
	put(t, overlap, x.Overlap, ok)
	put(t, errorFraction, x.Wrong, ok)
	put(t, q, x.Q, ok)
	put(t, r, x.R, ok)
	put(t, c, x.C, ok)
	put(t, energy, x.Energy, ok)
	put(t, free, x.Free, ok)
	put(t, entropy, x.Entropy, ok)
	put(t, replicon, x.Replicon, ok && temp > 0)
	put(t, barrier, low.Overlap, ok)
	qGlass.Put(t, glass.Q)
	energyGlass.Put(t, glass.Energy)
	freeGlass.Put(t, glass.Free)
	entropyGlass.Put(t, glass.Entropy)

	put(t, alphaRetrieval, line.Capacity(), line.Capacity() > 0)
	put(t, alphaGlobal, line.Transition(), line.Capacity() > 0)
	tempGlass.Put(t, meanfield.GlassTemperature(load))
}

// inverse puts the lines at the trial's load.
func inverse(ctx context.Context, t *models.Trial) error {
	if !lines.Of(t) {
		tempRetrieval.None(t)
		tempGlobal.None(t)
		return ctx.Err()
	}
	temp, ok, err := meanfield.RetrievalTemperature(ctx, alpha.Of(t))
	if err != nil {
		return err
	}
	put(t, tempRetrieval, temp, ok)
	if temp, ok, err = meanfield.GlobalTemperature(ctx, alpha.Of(t)); err != nil {
		return err
	}
	put(t, tempGlobal, temp, ok)
	return nil
}

// formulas puts what needs no saddle point.
func formulas(t *models.Trial) {
	load, temp := alpha.Of(t), temperature.Of(t)
	m, _ := meanfield.OneStep(start.Of(t), load, temp)
	overlapStep.Put(t, m)
	_, wrong := meanfield.OneStep(1, load, temp)
	unstableFraction.Put(t, wrong)
	size := float64(n.Of(t))
	errorFreeOne.Put(t, size/(2*math.Log(size)))
	errorFreeAll.Put(t, size/(4*math.Log(size)))
	overlapDiluted.Put(t, meanfield.Diluted(load, temp))
	alphaGardner.Put(t, meanfield.Gardner(kappa.Of(t)))
	k, ok := meanfield.Stability(load)
	put(t, kappaGardner, k, ok)
}

// zeroTemperature puts what is known in closed form at T = 0.
func zeroTemperature(t *models.Trial) {
	load := alpha.Of(t)
	alphaMixture.Put(t, meanfield.CriticalMixture(mixture.Of(t)).Load)
	x, ok := meanfield.MixtureAt(mixture.Of(t), load)
	ok = ok && temperature.Of(t) == 0
	put(t, overlapMixture, x.Overlap, ok)
	put(t, energyMixture, x.Energy, ok)
	if temperature.Of(t) == 0 {
		zeros.Put(t, meanfield.Zeros(load))
	} else {
		zeros.None(t)
	}
}
