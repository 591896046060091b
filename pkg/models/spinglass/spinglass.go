package spinglass

import (
	"context"
	_ "embed"
	"math"

	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	n        = models.Int("n", 14, "number of units").AtLeast(2).AtMost(24)
	symmetry = models.Float("symmetry", 1, "correlation of J_ij and J_ji: 1 symmetric, 0 independent, -1 antisymmetric").AtLeast(-1).AtMost(1)

	couplings = models.NewStream("couplings", n)

	fixedPoints      = models.Integer("fixed_points", "", "number of fixed points among all states")
	complexity       = models.Scalar("complexity", "", "ln(fixed_points)/n, null if there is none")
	groundEnergy     = models.Scalar("ground_energy", "", "least energy per unit of all states")
	attractors       = models.Integer("attractors", "", "number of cycles of the synchronous map, fixed points among them")
	longestCycle     = models.Integer("longest_cycle", "step", "length of the longest cycle")
	meanCycle        = models.Scalar("mean_cycle", "step", "mean over all states of the length of the cycle they lead to")
	longestTransient = models.Integer("longest_transient", "step", "most steps from a state to its cycle")
	meanTransient    = models.Scalar("mean_transient", "step", "mean over all states of the steps to their cycle")
)

// Model is the small spin glass with couplings of any symmetry.
var Model = &models.Model{
	Name:    "spinglass",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{n, symmetry},
	Streams: []*models.Stream{couplings},
	Outputs: []models.Output{fixedPoints, complexity, groundEnergy, attractors, longestCycle, meanCycle, longestTransient, meanTransient},
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	net := newNetwork(n.Of(t), symmetry.Of(t), couplings.Of(t))
	c, err := net.census(ctx)
	if err != nil {
		return err
	}
	o, err := orbits(ctx, c.next)
	if err != nil {
		return err
	}
	fixedPoints.Put(t, int64(c.fixed))
	if c.fixed > 0 {
		complexity.Put(t, math.Log(float64(c.fixed))/float64(net.n))
	} else {
		complexity.None(t)
	}
	groundEnergy.Put(t, c.ground)
	attractors.Put(t, int64(o.cycles))
	longestCycle.Put(t, int64(o.longestCycle))
	meanCycle.Put(t, o.meanCycle)
	longestTransient.Put(t, int64(o.longestTransient))
	meanTransient.Put(t, o.meanTransient)
	return nil
}
