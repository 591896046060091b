package gcm

import (
	"context"
	_ "embed"
	"math"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	n   = models.Int("n", 50, "number of units N").AtLeast(2).AtMost(10_000)
	r   = models.Float("r", 4, "growth rate").AtLeast(0).AtMost(4)
	eps = models.Float("eps", 0.4, "coupling").AtLeast(0).AtMost(1)

	// Time goes with the number of units, so there are fewer steps than for a map.
	on = measures.OnMap(measures.Defaults{Transient: 10_000, Keep: 100, Steps: 10_000, Numbers: models.AsManyAs(n), Shown: "the mean of the units", State: "all units"})

	start = models.NewStream("start", n)

	separation   = models.Scalar("spread", "", "largest difference of two units")
	synchronised = models.Bool("synchronised", "the spread is below 1e-12")
	clusters     = models.Integer("clusters", "", "groups of units that are within 1e-6")
	synchrony    = on.Own(&models.Measure{
		Name: "synchrony", Doc: "whether the units agree, behind the exponents' steps if these are asked for",
		Outputs: []models.Output{separation, synchronised, clusters},
	}, agreement)

	transverse   = models.Scalar("transverse", "1/step", "rate at which differences from the synchronous state grow")
	transverseSE = models.Scalar("transverse_se", "1/step", "its standard error")
	synchronous  = on.Own(&models.Measure{
		Name: "transverse", Doc: "the stability of the synchronous state, from one unit's own map",
		Params: []models.Param{on.Steps}, Outputs: []models.Output{transverse, transverseSE},
	}, stability)
)

// Model is globally coupled logistic maps.
var Model = (&models.Model{
	Name:     "gcm",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{n, r, eps, on.Transient},
	Streams:  []*models.Stream{start},
	Outputs:  []models.Output{on.Ending},
	Measures: on.All(synchrony, synchronous),
	Traces:   []*models.Trace{on.State},
	Carries:  true,
	Run:      run,
}).Asking(on.Orbit, on.Lyapunov, synchrony, synchronous, on.Period)

// together is the spread below which units are synchronised; see the doc.
const together = 1e-12

func run(ctx context.Context, t *models.Trial) error {
	g := Network{n.Of(t), r.Of(t), eps.Of(t)}
	x := make([]float64, g.N)
	own := 1 - start.Of(t).Float64() // where the local map begins, in (0, 1]
	if len(t.Before) == g.N {
		copy(x, t.Before)
	} else {
		for i := range x {
			x[i] = start.Of(t).Float64()
		}
	}
	return on.Run(ctx, t, &measures.Orbit{Map: beside{g, own}, X: x, Shown: mean})
}

// agreement puts how far the units are apart.
func agreement(ctx context.Context, t *models.Trial, o *measures.Orbit) (dynamics.Ending, error) {
	apart := spread(o.X)
	separation.Put(t, apart)
	synchronised.Put(t, apart < together)
	clusters.Put(t, int64(measure.Distinct(o.X, 1e-6)))
	return dynamics.Limit, nil
}

// beside is the network, and where one unit's own map begins.
type beside struct {
	Network
	x float64
}

// stability puts the transverse exponent.
func stability(ctx context.Context, t *models.Trial, o *measures.Orbit) (dynamics.Ending, error) {
	g := o.Map.(beside)
	e, _, _, err := measure.LyapunovScalar(ctx, local(g.R), g.x, measure.LyapunovSettings{Steps: on.Steps.Of(t), Transient: 1000})
	if err != nil {
		return dynamics.Limit, err
	}
	transverse.Put(t, e.Mean+math.Log(1-g.Eps))
	transverseSE.Put(t, e.SE)
	return dynamics.Limit, nil
}
