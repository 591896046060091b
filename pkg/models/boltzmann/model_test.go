package boltzmann_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/boltzmann"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, boltzmann.Model, "example.yaml") }
