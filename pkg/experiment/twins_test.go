package experiment

import (
	"context"

	"github.com/neurosweep/sweep/pkg/models"
)

// Stand-ins for three models of the library, with the same names.

var (
	bmsN       = models.Int("n", 100, "number of units").AtLeast(2)
	bmsInitial = models.Float("initial", 0.5, "half width of the initial potentials").AtLeast(0)
	bms        = &models.Model{
		Name: "bms", Doc: "bms is a stand-in for a network of spiking units.\n\nIt runs nothing.\n", Version: 1,
		Traces: []*models.Trace{models.NewTrace("potential", "", "steps", "potentials"), models.NewTrace("firing", "", "steps", "how many fire")},
		Params: []models.Param{
			bmsN,
			models.Float("gamma", 0.5, "leak").AtLeast(0).Below(1),
			models.Float("sigma", 5, "spread of the weights").AtLeast(0),
			models.Float("current", 0, "constant input"),
			models.Float("theta", 1, "threshold").Above(0),
			models.Float("mean", 0, "mean of the weights"),
			models.Choice("scaling", "scaling of the weights", "per-sqrt-n", "raw"),
			models.Flag("self", false, "whether units act on themselves"),
			bmsInitial,
			models.Int("transient", 1000, "steps before the window").AtLeast(0),
			models.Int("window", 1000, "steps measured").AtLeast(1),
			models.Float("tolerance", 0, "difference that counts as none").AtLeast(0),
		},
		Streams: []*models.Stream{models.NewStream("weights", bmsN), models.NewStream("initial", bmsN)},
		Outputs: []models.Output{
			models.Scalar("d", "potential", "order parameter"),
			models.Label("class", "what became of the network", "death", "periodic", "none"),
			models.Integer("period", "steps", "period of the orbit"),
		},
		Run: func(context.Context, *models.Trial) error { return nil },
	}

	hopN     = models.Int("n", 200, "number of units").AtLeast(2)
	hopAlpha = models.OptionalFloat("alpha", "patterns per unit").Above(0)
	hopP     = models.OptionalInt("patterns", "number of patterns").AtLeast(1)
	hopfield = &models.Model{
		Name: "hopfield", Doc: "hopfield is a stand-in for an associative memory.\n\nIt runs nothing.\n", Version: 1,
		Traces: []*models.Trace{models.NewTrace("overlap", "", "sweep", "overlap"), models.NewTrace("energy", "", "sweep", "energy")},
		Params: []models.Param{
			hopN, hopAlpha, hopP,
			models.Choice("update", "order of the updates", "async", "sync"),
			models.Flag("diagonal", false, "whether units act on themselves"),
			models.Float("start", 1, "overlap of the start with a pattern").AtLeast(-1).AtMost(1),
			models.Int("trials", 1, "patterns started from").AtLeast(1),
			models.Int("max_sweeps", 100, "sweeps before the trial gives up").AtLeast(1),
		},
		OneOf:   [][]models.Param{{hopAlpha, hopP}},
		Streams: []*models.Stream{models.NewStream("patterns", hopN), models.NewStream("order", hopN), models.NewStream("start", hopN)},
		Outputs: []models.Output{
			models.Scalar("overlap", "", "overlap at the end"),
			models.Bool("success", "whether the pattern was found"),
			models.Series("overlaps", "", "overlap of each try at the end"),
			models.Scalar("success_fraction", "", "fraction of the tries that end near their pattern"),
		},
		Run: func(context.Context, *models.Trial) error { return nil },
	}

	quadratic = &models.Model{
		Name: "quadratic", Doc: "quadratic is a stand-in for an image of escape times.\n\nIt runs nothing.\n", Version: 1,
		Params: []models.Param{
			models.Float("re", 0, "real part of the centre"), models.Float("im", 0, "imaginary part of the centre"),
			models.Float("width", 0, "width of the picture"), models.Float("height", 0, "height of the picture"),
			models.Int("columns", 1, "columns of cells").AtLeast(1), models.Int("limit", 1000, "steps after which an orbit counts as bound").AtLeast(1),
		},
		Outputs: []models.Output{models.Series("escape", "steps", "first step beyond 2")},
		Run:     func(context.Context, *models.Trial) error { return nil },
	}

	henonKeep      = models.Int("keep", 200, "steps that are kept").AtLeast(1)
	henonTolerance = models.Float("tolerance", 1e-8, "difference of states that count as one").Above(0)
	henonStart     = models.NewStream("start")
	henonPhases    = models.NewStream("phases")
	henonOrbit     = &models.Measure{Name: "orbit", Doc: "the orbit", Params: []models.Param{henonKeep}, Outputs: []models.Output{models.Series("orbit", "", "x")}}
	henonDistinct  = &models.Measure{Name: "distinct", Doc: "values visited", Params: []models.Param{henonKeep, henonTolerance}, Outputs: []models.Output{models.Integer("distinct", "", "values")}}
	henonLyapunov  = &models.Measure{Name: "lyapunov", Doc: "Lyapunov exponents",
		Params:  []models.Param{models.Int("steps", 1000, "steps averaged over").AtLeast(40), models.Int("k", 2, "how many").AtLeast(1).AtMost(2)},
		Outputs: []models.Output{models.Series("lyapunov", "1/step", "exponents")}}
	henonEquilibrium = &models.Measure{Name: "fixed_point", Doc: "the fixed point", Outputs: []models.Output{models.Series("fixed_point", "", "coordinates")}}
	henonZeroOne     = &models.Measure{Name: "zero_one", Doc: "the 0-1 test", Params: []models.Param{models.Int("sample", 2000, "states sampled").AtLeast(1000)},
		Streams: []*models.Stream{henonPhases}, Outputs: []models.Output{models.Scalar("zero_one", "", "K")}}
	henon = (&models.Model{
		Name: "henon", Doc: "henon is a stand-in for a map of which a spec can ask.\n\nIt runs nothing.\n", Version: 1,
		Params: []models.Param{
			models.Float("a", 1.4, "strength of the fold").AtLeast(-10).AtMost(10),
			models.Float("b", 0.3, "factor of areas").AtLeast(-1).AtMost(1),
		},
		Streams:  []*models.Stream{henonStart},
		Outputs:  []models.Output{models.Label("ending", "how the orbit ended")},
		Measures: []*models.Measure{henonOrbit, henonDistinct, henonLyapunov, henonEquilibrium, henonZeroOne},
		Run:      func(context.Context, *models.Trial) error { return nil },
	}).Asking(henonOrbit, henonLyapunov)

	twins = []*models.Model{bms, hopfield, quadratic, henon}
)
