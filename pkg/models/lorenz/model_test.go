package lorenz_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/lorenz"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, lorenz.Model, "example.yaml") }
