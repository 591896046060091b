package quadratic_test

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/quadratic"
)

// The rows of experiments/mandelbrot.yaml add up to the area of the set, 1.5066,
// and what a limit of n steps leaves in, 3.6/n (docs/known-answers.md). Counting cells adds
// an error of about the boundary's cells, 0.005 for the coarse grid.
func TestExperiment(t *testing.T) {
	spec, err := experiment.Read("../../../experiments/mandelbrot.yaml", experiment.Options{Models: []*models.Model{quadratic.Model}, Variant: "quick"})
	if err != nil {
		t.Fatal(err)
	}
	plan := spec.Plan()
	tr := plan.Setting().NewTrial()
	var total float64
	var p models.Point
	for i := range plan.Len() {
		plan.Point(i, &p)
		tr.Start(&p)
		if err := quadratic.Model.Execute(context.Background(), tr); err != nil {
			t.Fatal(err)
		}
		for k, o := range quadratic.Model.Outputs {
			if o.Decl().Name == "area" {
				total += tr.Slots[k].Float()
			}
		}
	}
	t.Logf("area %.4f", total)
	if math.Abs(total-(1.5066+3.6/500)) > 0.005 {
		t.Errorf("area %v", total)
	}
}
