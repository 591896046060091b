package tworecurrent

import (
	"context"
	_ "embed"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

var (
	network = models.Choice("network", "which of the two networks", "wang", "pasemann")
	a       = models.Float("a", 5, "weight a, of wang").AtLeast(-1e3).AtMost(1e3)
	b       = models.Float("b", 25, "weight b, of wang").AtLeast(-1e3).AtMost(1e3)
	mu      = models.Float("mu", 2, "gain of the weights, of wang").AtLeast(0).AtMost(1e3)
	theta1  = models.Float("theta1", -3.5, "bias of the first neuron, of pasemann").AtLeast(-1e3).AtMost(1e3)
	theta2  = models.Float("theta2", 3, "bias of the second neuron, of pasemann").AtLeast(-1e3).AtMost(1e3)

	on = measures.OnMap(measures.Defaults{Transient: 2000, Keep: 200, Steps: 20_000, Dim: 2, Shown: "y - x of wang or x of pasemann", State: "both neurons"})

	start = models.NewStream("start")
)

// Model is two neurons that drive each other.
var Model = (&models.Model{
	Name:     "tworecurrent",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{network, a, b, mu, theta1, theta2, on.Transient},
	Streams:  []*models.Stream{start},
	Outputs:  []models.Output{on.Ending},
	Measures: on.All(),
	Traces:   []*models.Trace{on.State},
	Carries:  true,
	Run:      run,
}).Asking(on.Orbit, on.Lyapunov, on.Period)

func run(ctx context.Context, t *models.Trial) error {
	var m dynamics.Map
	low, high := 0.0, 1.0
	shown := func(x []float64) float64 { return x[1] - x[0] }
	if network.Of(t) == "wang" {
		m = Wang{a.Of(t), b.Of(t), mu.Of(t)}
	} else {
		m = Pasemann{theta1.Of(t), theta2.Of(t)}
		low, high = -10, 10
		shown = func(x []float64) float64 { return x[0] }
	}
	x := make([]float64, 2)
	if len(t.Before) == 2 {
		copy(x, t.Before)
	} else {
		rng := start.Of(t)
		for i := range x {
			x[i] = low + float64((high-low)*rng.Float64())
		}
	}
	return on.Run(ctx, t, &measures.Orbit{Map: m, X: x, Shown: shown})
}
