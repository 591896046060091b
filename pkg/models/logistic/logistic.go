package logistic

import (
	"context"
	_ "embed"
	"math/rand/v2"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	r  = models.Float("r", 3.7, "growth rate").AtLeast(-10).AtMost(10)
	x0 = models.OptionalFloat("x0", "state at the start; drawn uniformly from (0, 1) if it is not given").Above(0).Below(1)

	on = measures.OnMap(measures.Defaults{Transient: 1000, Keep: 200, Steps: 100_000, Dim: 1, Shown: "x"})

	start = models.NewStream("start")

	reinjections = models.Integer("reinjections", "", "times that rounding put the orbit on 0 and it went on from a new random number")
)

// Model is the logistic map.
var Model = (&models.Model{
	Name:     "logistic",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{r, x0, on.Transient},
	Streams:  []*models.Stream{start},
	Outputs:  []models.Output{on.Ending, reinjections},
	Measures: on.All(),
	Traces:   []*models.Trace{on.State},
	Carries:  true,
	Run:      run,
}).Asking(on.Orbit, on.Distinct, on.Lyapunov, on.Period)

func run(ctx context.Context, t *models.Trial) error {
	m := &walker{Map: Map{r.Of(t)}, again: func() *rand.Rand { return start.Of(t) }}
	x, given := x0.Lookup(t)
	switch {
	case len(t.Before) == 1:
		x = t.Before[0]
	case !given:
		x = open(start.Of(t))
	}
	err := on.Run(ctx, t, &measures.Orbit{Map: m.Map, X: []float64{x}, Fill: m.fill, Advance: m.advance})
	reinjections.Put(t, int64(m.reinjections))
	return err
}
