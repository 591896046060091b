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

	twins = []*models.Model{bms, hopfield, quadratic}
)
