package hopfield_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/hopfield"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, hopfield.Model, "example.yaml") }
