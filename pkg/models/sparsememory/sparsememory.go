package sparsememory

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

const maxComponents = 1 << 28

var (
	n         = models.Int("n", 1000, "number of neurons").AtLeast(2).AtMost(100_000)
	alpha     = models.OptionalFloat("alpha", "load p/n: round(alpha n) patterns are stored, at least one").Above(0)
	patterns  = models.OptionalInt("patterns", "number p of stored patterns").AtLeast(1).AtMost(maxComponents)
	activity  = models.Float("f", 0.05, "activity: probability of a one in a pattern").Above(0).Below(1)
	theta     = models.OptionalFloat("theta", "threshold; 1/2 - f if not given")
	start     = models.Float("start", 1, "overlap with its pattern that a try starts from").Above(0).AtMost(1)
	trials    = models.Int("trials", 25, "tries of a network, each from another pattern: min(trials, p) are made").AtLeast(1)
	maxSweeps = models.Int("max_sweeps", 1000, "sweeps after which a try is given up, with the one that changes nothing").AtLeast(1).In("sweep")

	patternStream = models.NewStream("patterns", n)
	startStream   = models.NewStream("start", n)
	orderStream   = models.NewStream("order", n)

	overlap       = models.Scalar("overlap", "", "mean over the tries of the final overlap m_f with the pattern started from")
	success       = models.Scalar("success_fraction", "", "fraction of the tries with m_f > 0.8")
	hits          = models.Scalar("hits", "", "fraction of the ones of the patterns tried that are 1 in the end; null if there are none")
	falseAlarms   = models.Scalar("false_alarms", "", "fraction of the zeros of the patterns tried that are 1 in the end; null if there are none")
	finalActivity = models.Scalar("activity", "", "fraction of the neurons that are 1 in the end")
	sweeps        = models.Scalar("sweeps", "sweep", "mean over the tries of the sweeps until the final state, max_sweeps if none was found")
	ending        = models.Label("ending", "whether all tries reached a fixed point or one or more met max_sweeps", "fixed", "limit")
	firstMisses   = models.Scalar("first_misses", "", "fraction of the ones of the patterns tried that the pattern's own fields turn to 0; null if there are none")
	firstFalse    = models.Scalar("first_false_alarms", "", "fraction of the zeros of the patterns tried that the pattern's own fields turn to 1; null if there are none")
	overlaps      = models.Series("overlaps", "", "final overlap m_f of each try, in the order of the patterns").Long(models.Counted("min(trials, p)", tries, n, alpha, patterns, trials))
	stored        = models.Integer("stored", "", "number p of stored patterns")
)

// Model is the sparse associative memory.
var Model = &models.Model{
	Name:    "sparsememory",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{n, alpha, patterns, activity, theta, start, trials, maxSweeps},
	OneOf:   [][]models.Param{{alpha, patterns}},
	Streams: []*models.Stream{patternStream, startStream, orderStream},
	Size:    []models.Param{n, alpha, patterns, activity, trials},
	Outputs: []models.Output{overlap, success, hits, falseAlarms, finalActivity, sweeps, ending, firstMisses, firstFalse, overlaps, stored},
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	size, f := n.Of(t), activity.Of(t)
	p := storedPatterns(t)
	if p > maxComponents/size || float64(p)*float64(size)*f > maxComponents/2 {
		return fmt.Errorf("%d patterns of n = %d neurons are too many: n p is at most %d, and n p f half as much", p, size, maxComponents)
	}
	threshold, given := theta.Lookup(t)
	if !given {
		threshold = 0.5 - f
	}
	net, err := newNetwork(ctx, size, p, f, threshold, patternStream.Of(t))
	if err != nil {
		return err
	}
	net.order = orderStream.Of(t)
	r, err := net.retrieve(ctx, tries(t), start.Of(t), maxSweeps.Of(t), startStream.Of(t))
	if err != nil {
		return err
	}
	overlap.Put(t, r.overlap)
	success.Put(t, r.success)
	finalActivity.Put(t, r.activity)
	sweeps.Put(t, r.sweeps)
	overlaps.Put(t, r.overlaps)
	stored.Put(t, int64(p))
	if r.limited {
		ending.Put(t, "limit")
	} else {
		ending.Put(t, "fixed")
	}
	for _, x := range []struct {
		out       *models.ScalarOutput
		count, of int
	}{{hits, r.hits, r.ones}, {falseAlarms, r.falseAlarms, r.zeros}, {firstMisses, r.firstMisses, r.ones}, {firstFalse, r.firstFalse, r.zeros}} {
		if x.of > 0 {
			x.out.Put(t, float64(x.count)/float64(x.of))
		} else {
			x.out.None(t)
		}
	}
	return nil
}

// storedPatterns is the number of patterns, at least one and at most as many as
// there may be components.
func storedPatterns(t *models.Trial) int {
	if p, given := patterns.Lookup(t); given {
		return p
	}
	a, _ := alpha.Lookup(t)
	return max(1, int(min(math.Round(a*float64(n.Of(t))), maxComponents)))
}

// tries is how many tries are made.
func tries(t *models.Trial) int { return min(trials.Of(t), storedPatterns(t)) }
