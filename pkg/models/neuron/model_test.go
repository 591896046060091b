package neuron_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/neuron"
)

func TestModel(t *testing.T) { modeltest.Run(t, neuron.Model, "example.yaml") }
