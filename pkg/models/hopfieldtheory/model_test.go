package hopfieldtheory_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/hopfield"
	"github.com/neurosweep/sweep/pkg/models/hopfieldtheory"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, hopfieldtheory.Model, "example.yaml") }

// TestSharedNames: what theory and simulation both have has one name, kind and
// unit.
func TestSharedNames(t *testing.T) {
	shared := 0
	for _, o := range hopfieldtheory.Model.Outputs {
		for _, other := range hopfield.Model.Outputs {
			if a, b := o.Decl(), other.Decl(); a.Name == b.Name {
				shared++
				if a.Kind != b.Kind || a.Unit != b.Unit {
					t.Errorf("%s is %v in %q here, %v in %q in hopfield", a.Name, a.Kind, a.Unit, b.Kind, b.Unit)
				}
			}
		}
	}
	if shared < 3 {
		t.Errorf("%d outputs are shared: overlap, error_fraction and energy should be", shared)
	}
	for _, p := range hopfieldtheory.Model.Params {
		if i := hopfield.Model.Param(p.Decl().Name); i >= 0 && hopfield.Model.Params[i].Decl().Kind != p.Decl().Kind {
			t.Errorf("%s is %v here and %v in hopfield", p.Decl().Name, p.Decl().Kind, hopfield.Model.Params[i].Decl().Kind)
		}
	}
}
