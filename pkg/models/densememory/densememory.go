package densememory

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

// maxComponents keeps the patterns within a quarter of a gigabyte.
const maxComponents = 1 << 28

var (
	n           = models.Int("n", 100, "number of neurons").AtLeast(2).AtMost(20_000)
	alpha       = models.OptionalFloat("alpha", "load: alpha n^(order-1) patterns, or exp(alpha n) for exponential and softmax, rounded, at least one").Above(0)
	patterns    = models.OptionalInt("patterns", "number K of stored patterns").AtLeast(1).AtMost(maxComponents)
	interaction = models.Choice("interaction", "how the energy depends on the overlaps", "polynomial", "rectified", "exponential", "softmax")
	order       = models.Int("order", 3, "power of the overlaps in polynomial and rectified").AtLeast(2).AtMost(20)
	beta        = models.Float("beta", 1, "steepness of exponential and softmax").Above(0)
	start       = models.Float("start", 1, "overlap with its pattern that a try starts from").Above(0).AtMost(1)
	trials      = models.Int("trials", 25, "tries, each from another pattern: min(trials, K) are made").AtLeast(1)
	maxSweeps   = models.Int("max_sweeps", 100, "sweeps after which a try is given up, with the one that changes nothing").AtLeast(1).In("sweep")

	patternStream = models.NewStream("patterns", n)
	startStream   = models.NewStream("start", n)
	orderStream   = models.NewStream("order", n)

	overlap         = models.Scalar("overlap", "", "mean over the tries of the final overlap m_f with the pattern started from")
	successFraction = models.Scalar("success_fraction", "", "fraction of the tries with m_f > 0.8")
	errorFraction   = models.Scalar("error_fraction", "", "mean over the tries of (1-m_f)/2, the fraction of wrong spins")
	sweeps          = models.Scalar("sweeps", "sweep", "mean over the tries of the sweeps until the final state, max_sweeps if none was found")
	ending          = models.Label("ending", "whether all tries reached a fixed point or one or more met max_sweeps", "fixed", "limit")
	unstable        = models.Scalar("unstable_fraction", "", "fraction of the components of the patterns tried that their fields turn over")
	fixedFraction   = models.Scalar("fixed_fraction", "", "fraction of the patterns tried without such a component")
	overlaps        = models.Series("overlaps", "", "final overlap m_f of each try, in the order of the patterns").Long(models.Counted("min(trials, K)", tries, n, alpha, patterns, interaction, order, trials))
	stored          = models.Integer("stored", "", "number K of stored patterns")
)

// Model is the dense associative memory.
var Model = &models.Model{
	Name:    "densememory",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{n, alpha, patterns, interaction, order, beta, start, trials, maxSweeps},
	OneOf:   [][]models.Param{{alpha, patterns}},
	Streams: []*models.Stream{patternStream, startStream, orderStream},
	Size:    []models.Param{n, alpha, patterns, trials},
	Outputs: []models.Output{overlap, successFraction, errorFraction, sweeps, ending, unstable, fixedFraction, overlaps, stored},
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	k, err := storedPatterns(t)
	if err != nil {
		return err
	}
	m, err := newMemory(ctx, n.Of(t), k, patternStream.Of(t))
	if err != nil {
		return err
	}
	var d relaxation
	switch interaction.Of(t) {
	case "polynomial":
		d = newSpins(m, power(order.Of(t), false), orderStream.Of(t))
	case "rectified":
		d = newSpins(m, power(order.Of(t), true), orderStream.Of(t))
	case "exponential":
		d = newSpins(m, nil, orderStream.Of(t)).exponential(beta.Of(t))
	case "softmax":
		d = &softmax{memory: m, beta: beta.Of(t)}
	}
	e := retrieval{
		memory: m, dynamics: d, tries: tries(t), maxSweeps: maxSweeps.Of(t),
		flips: draw.Flips(start.Of(t), m.n), start: startStream.Of(t),
	}
	res, err := e.run(ctx)
	if err != nil {
		return err
	}
	overlap.Put(t, res.overlap)
	errorFraction.Put(t, (1-res.overlap)/2)
	successFraction.Put(t, res.success)
	sweeps.Put(t, res.sweeps)
	unstable.Put(t, res.unstable)
	fixedFraction.Put(t, res.fixed)
	overlaps.Put(t, res.overlaps)
	stored.Put(t, int64(k))
	if res.limited {
		ending.Put(t, "limit")
	} else {
		ending.Put(t, "fixed")
	}
	return nil
}

// storedPatterns is the number of patterns, if they have a place in memory.
func storedPatterns(t *models.Trial) (int, error) {
	n := n.Of(t)
	k, given := patterns.Lookup(t)
	x := float64(k)
	if !given {
		a, _ := alpha.Lookup(t)
		switch interaction.Of(t) {
		case "exponential", "softmax":
			x = math.Round(math.Exp(a * float64(n)))
		default:
			x = math.Round(a * math.Pow(float64(n), float64(order.Of(t)-1)))
		}
	}
	if x > float64(maxComponents/n) {
		return 0, fmt.Errorf("%.3g patterns of n = %d neurons: at most %d are possible", x, n, maxComponents/n)
	}
	return max(1, int(x)), nil
}

// tries is how many tries are made, 0 if so many patterns have no place.
func tries(t *models.Trial) int {
	p, _ := storedPatterns(t)
	return min(trials.Of(t), p)
}
